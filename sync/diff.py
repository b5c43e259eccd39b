"""desired x observed x ledger -> changes, field by field and column by column. Pure.

A field is equal if the site holds what the sheets say, or if nothing happened since our last write: the sheets say
what we sent, and the site holds what it then made of it. Whose doing a difference is, is the cause: `sis` if the
sheets differ from what we sent, `site` if the site differs from what we saw, `both`; `mapping` where the mapping
itself changed since the last plan that was applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sync.absence import claimed_by
from sync.looking import fields_of, seen_text
from sync.model import Desired, Field, Issue, Manners, Observed, Resource
from sync.values import pack, pick, position, same, unpack


@dataclass(frozen=True, slots=True)
class Sides:
    """The three sides of one resource, and what is known beside.

    leaving:  ledger rows that may be deleted
    wanted:   match and key columns of objects that only other resources' rows speak of
    mappings: names of all mappings of the site; others that a ledger row names are gone
    """

    resource: Resource
    desired: Desired
    observed: Observed
    ledger: pd.DataFrame
    leaving: pd.DataFrame
    wanted: pd.DataFrame
    mappings: frozenset[str]


@dataclass(frozen=True, slots=True)
class Difference:
    """What the comparison of one resource found.

    changes:   resource, op, match, key, before, after (packed), cause, claims, file, tab, row, also
    unchanged: how many objects are as they should be
    learned:   ledger rows (columns `LEDGER`) that seeing teaches, whether or not anything is sent
    """

    changes: pd.DataFrame
    unchanged: int
    learned: pd.DataFrame
    issues: tuple[Issue, ...]


COLUMNS = ("resource", "op", "match", "key", "before", "after", "cause", "claims", "file", "tab", "row", "also")


def diff(sides: Sides, changed_mappings: frozenset[str], day: int, manners: Manners) -> Difference:
    """Compare one resource. `changed_mappings` names those that changed since they were last applied."""
    resource, observed = sides.resource, sides.observed
    rows = sides.desired.rows
    if len(observed.failed):
        rows = rows[position(rows["match"], observed.failed.to_series()) < 0].reset_index(drop=True)
    at = position(rows["match"], observed.rows["match"])
    new = rows[at < 0].reset_index(drop=True)
    there = rows[at >= 0].reset_index(drop=True)
    seen = observed.rows.iloc[at[at >= 0]].reset_index(drop=True)
    compared = _compare(sides, there, seen, manners)
    parts = [
        _creates(sides, new),
        _updates(sides, compared) if resource.updatable else _none(),
        _deletes(sides),
    ]
    changes = pd.concat([part for part in parts if len(part)] or [_none()], ignore_index=True)
    changes["claims"] = _all_claims(sides, changes)
    if changed_mappings:
        ours = claimed_by(changes["claims"], changed_mappings)
        changes["cause"] = changes["cause"].mask(ours & changes["cause"].isin(["sis"]), "mapping")
    unchanged = len(there) - len(parts[1])
    return Difference(
        changes[list(COLUMNS)],
        unchanged,
        pd.concat([_learned(sides, compared, day), _found(sides, day)], ignore_index=True),
        _kept_values(sides, compared),
    )


def _none() -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    return frame.astype({"row": "Int64"})


# -- comparing -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Compared:
    """Present objects on both sides, row by row, and what the comparison says.

    exact: the site holds what the sheets say; differs: there is something to write; `rest` holds, for the rows not
    exact, what was sent and seen (frames aligned to those rows) and per field where it must be written.
    """

    rows: pd.DataFrame
    seen: pd.DataFrame
    names: list[str]
    exact: np.ndarray[Any, np.dtype[np.bool_]]
    differs: np.ndarray[Any, np.dtype[np.bool_]]
    sent: pd.DataFrame
    remembered: pd.DataFrame
    by_sis: np.ndarray[Any, np.dtype[np.bool_]]
    by_site: np.ndarray[Any, np.dtype[np.bool_]]
    events: dict[str, np.ndarray[Any, np.dtype[np.bool_]]]
    kept: dict[str, np.ndarray[Any, np.dtype[np.bool_]]]


def _field(resource: Resource, name: str) -> Field:
    return resource.field(name) or Field(name)


def _compare(sides: Sides, rows: pd.DataFrame, seen: pd.DataFrame, manners: Manners) -> _Compared:
    resource = sides.resource
    names = fields_of(resource, rows)
    fields = {name: _field(resource, name) for name in names}
    state = [n for n in names if fields[n].send == "state" and n not in sides.desired.on_create]
    exact = np.ones(len(rows), dtype=bool)
    for name in state:
        equal = same(rows[name], seen[name], fields[name].kind, manners) | rows[name].isna()
        exact &= equal.to_numpy()
    events = [name for name in names if fields[name].send == "event"]
    look = ~exact
    for name in events:
        look |= rows[name].notna().to_numpy()
    at = position(rows["match"][look], sides.ledger["match"])
    sent = unpack(pick(sides.ledger["sent"], at), names)
    remembered = unpack(pick(sides.ledger["seen"], at), names)
    some, actual = rows[look].reset_index(drop=True), seen[look].reset_index(drop=True)
    differs = np.zeros(len(some), dtype=bool)
    by_sis, by_site = differs.copy(), differs.copy()
    kept: dict[str, np.ndarray[Any, np.dtype[np.bool_]]] = {}
    for name in state:
        kind = fields[name].kind
        wanted, is_now = some[name], actual[name]
        unsaid, blind = wanted.isna().to_numpy(), is_now.isna().to_numpy()
        holds = same(wanted, is_now, kind, manners).to_numpy()
        as_sent = same(wanted, sent[name], kind, manners).to_numpy()
        as_seen = same(is_now, remembered[name], kind, manners).to_numpy()
        equal = unsaid | holds | (as_sent & (as_seen | blind))
        differs |= ~equal
        by_sis |= ~equal & ~as_sent
        by_site |= ~equal & ~as_seen & remembered[name].notna().to_numpy()
        kept[name] = equal & ~unsaid & ~holds & ~blind
    happened = {}
    for name in events:
        before = sent[name]
        happened[name] = (some[name].notna() & before.notna() & (some[name] != before)).to_numpy(dtype=bool)
        differs |= happened[name]
        by_sis |= happened[name]
    return _Compared(
        rows, seen, names, exact, _spread(look, differs), sent[differs].reset_index(drop=True),
        remembered[differs].reset_index(drop=True), by_sis[differs], by_site[differs],
        {name: where[differs] for name, where in happened.items()},
        {name: _spread(look, where) for name, where in kept.items()},
    )  # fmt: skip


def _spread(where: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    whole = np.zeros(len(where), dtype=bool)
    whole[where] = values
    return whole


# -- changes ---------------------------------------------------------------------------------------------------


def _change(sides: Sides, rows: pd.DataFrame, op: str, columns: dict[str, Any]) -> pd.DataFrame:
    origin = {name: rows[name] for name in ("match", "claims", "file", "tab", "row", "also")}
    key = pack(rows, sides.resource.key)
    frame = pd.DataFrame({"resource": sides.resource.name, "op": op, "key": key, **origin, **columns}, index=rows.index)
    return frame.astype({"resource": "str", "op": "str"})


def _creates(sides: Sides, rows: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in fields_of(sides.resource, rows) if _field(sides.resource, name).send != "with"]
    held = sides.ledger["match"][sides.ledger["sent"].notna()]
    cause = np.where(position(rows["match"], held) >= 0, "site", "sis")
    after = pack(rows, names)
    empty = pd.Series(pd.NA, index=rows.index, dtype="str")
    return _change(sides, rows, "create", {"before": empty, "after": after, "cause": pd.Series(cause, dtype="str")})


def _updates(sides: Sides, compared: _Compared) -> pd.DataFrame:
    """A write says all mapped fields of the object; those not in the sheets' hands go as they are on the site."""
    rows = compared.rows[compared.differs].reset_index(drop=True)
    seen = compared.seen[compared.differs].reset_index(drop=True)
    after: dict[str, pd.Series[Any]] = {}
    before: dict[str, pd.Series[Any]] = {}
    for name in compared.names:
        send = _field(sides.resource, name).send
        if send == "event":
            after[name] = rows[name].where(compared.events[name])
        elif send == "state":
            wanted = rows[name] if name not in sides.desired.on_create else pd.Series(pd.NA, rows.index, dtype="str")
            after[name] = wanted.fillna(seen[name]).fillna(compared.sent[name])
            before[name] = seen[name].fillna(compared.remembered[name]).fillna(compared.sent[name])
    cause = np.select([compared.by_sis & compared.by_site, compared.by_site], ["both", "site"], "sis")
    return _change(
        sides,
        rows,
        "update",
        {
            "before": pack(pd.DataFrame(before, index=rows.index), list(before)),
            "after": pack(pd.DataFrame(after, index=rows.index), list(after)),
            "cause": pd.Series(cause, dtype="str"),
        },
    )


def _deletes(sides: Sides) -> pd.DataFrame:
    leaving = sides.leaving
    at = position(leaving["match"], sides.observed.rows["match"])
    rows = leaving[at >= 0].reset_index(drop=True)
    before = seen_text(sides.resource, sides.observed.rows.iloc[at[at >= 0]].reset_index(drop=True))
    said = position(rows["match"], sides.desired.removals["match"])
    origin = {name: _origin(sides.desired.removals[name], said) for name in ("file", "tab", "row")}
    empty = pd.Series(pd.NA, index=rows.index, dtype="str")
    frame = pd.DataFrame(
        {
            "resource": sides.resource.name,
            "op": "delete",
            "match": rows["match"],
            "key": rows["key"],
            "before": before,
            "after": empty,
            "cause": "sis",
            "claims": rows["claims"],
            **origin,
            "also": empty,
        },
        index=rows.index,
    )
    return frame.astype({"resource": "str", "op": "str", "cause": "str"})


def _origin(column: pd.Series[Any], at: np.ndarray[Any, Any]) -> pd.Series[Any]:
    column = column.astype("Int64" if pd.api.types.is_numeric_dtype(column) else "str")
    if not len(column):
        return pd.Series(pd.NA, index=range(len(at)), dtype=column.dtype)
    found: pd.Series[Any] = column.iloc[np.maximum(at, 0)].reset_index(drop=True)
    return found.mask(pd.Series(at < 0))


def forgotten(sides: Sides) -> pd.Series[Any]:
    """Ledger rows no sheet asks for, of objects that are not on the site or were only ever seen: an earlier plan that
    was not applied found them, and a later one must not adopt them."""
    match = sides.ledger["match"]
    gone = position(match, sides.observed.absent.to_series()) >= 0
    stranger = (sides.ledger["owned"] == 0).to_numpy()
    return match[(gone | stranger) & (position(match, sides.desired.rows["match"]) < 0)]


# -- what seeing teaches ---------------------------------------------------------------------------------------


def _learned(sides: Sides, compared: _Compared, day: int) -> pd.DataFrame:
    """Ledger rows for objects that are as they should be: who claims them, and what the site holds now.

    What differs is not learned here: it would be forgotten that the site was edited before anything was mended.
    """
    exact = compared.exact
    text = seen_text(sides.resource, compared.seen)
    read = (compared.seen["source"] == "read").to_numpy()
    ledger = sides.ledger
    at = position(compared.rows["match"], ledger["match"])
    owned = np.zeros(len(at), dtype=np.int64)
    owned[at >= 0] = ledger["owned"].to_numpy(dtype="int64")[at[at >= 0]]
    old = {name: pick(ledger[name], at) for name in ("sent", "seen", "claims")}
    names = compared.names
    news = at < 0
    news |= (compared.rows["claims"] != old["claims"].fillna("")).to_numpy(dtype=bool)
    news |= read & (text != old["seen"].fillna("")).to_numpy(dtype=bool)
    news |= (owned == 1) & (pack(compared.rows, names) != old["sent"].fillna("")).to_numpy(dtype=bool)
    news &= exact
    rows = compared.rows[news].reset_index(drop=True)
    was = {name: column[news].reset_index(drop=True) for name, column in old.items()}
    frame = pd.DataFrame(
        {
            "match": rows["match"],
            "key": pick(ledger["key"], at[news]).fillna(pack(rows, sides.resource.key)),
            "sent": _agreed(was["sent"], rows[names], owned[news]),
            "seen": text[news].reset_index(drop=True).where(pd.Series(read[news]), was["seen"]),
            "claims": _merged_claims(rows["claims"], was["claims"], sides.mappings - sides.desired.complete),
            "owned": owned[news],
            "checked": day,
        }
    )
    same = frame[["sent", "seen", "claims"]].fillna("").eq(pd.DataFrame(was)[["sent", "seen", "claims"]].fillna(""))
    return frame[~(same.all(axis="columns") & (at[news] >= 0))].reset_index(drop=True)


def _found(sides: Sides, day: int) -> pd.DataFrame:
    """Ledger rows for objects that were found on the site because others refer to them: nobody's, but known."""
    rows = sides.wanted[position(sides.wanted["match"], sides.ledger["match"]) < 0]
    at = position(rows["match"], sides.observed.rows["match"])
    rows, seen = rows[at >= 0].reset_index(drop=True), sides.observed.rows.iloc[at[at >= 0]].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "match": rows["match"],
            "key": pack(rows, sides.resource.key),
            "sent": pd.Series(pd.NA, index=rows.index, dtype="str"),
            "seen": seen_text(sides.resource, seen),
            "claims": pd.Series("", index=rows.index, dtype="str"),
            "owned": np.int64(0),
            "checked": day,
        }
    )
    return frame


def _all_claims(sides: Sides, changes: pd.DataFrame) -> pd.Series[Any]:
    """The claims of changes, those included that earlier nights brought and nobody took back."""
    before = pick(sides.ledger["claims"], position(changes["match"], sides.ledger["match"]))
    merged = _merged_claims(changes["claims"], before, sides.mappings - sides.desired.complete)
    return merged.where(changes["op"] != "delete", changes["claims"])


def _agreed(sent: pd.Series[Any], wanted: pd.DataFrame, owned: np.ndarray[Any, Any]) -> pd.Series[Any]:
    """What was sent, brought up to what the sheets say and the site holds without our doing."""
    names = list(wanted.columns)
    other = (pack(wanted, names) != sent).to_numpy(dtype=bool) & (owned == 1)
    if not other.any():
        return sent
    before = unpack(sent[other], names)
    agreed = pd.DataFrame({name: wanted[name][other].fillna(before[name]) for name in names})
    sent = sent.copy()
    sent[other] = pack(agreed, names)
    return sent


def _merged_claims(now: pd.Series[Any], before: pd.Series[Any], unheard: frozenset[str]) -> pd.Series[Any]:
    """Who claims an object: those that name it now, and those that did and had no whole say tonight."""
    pairs = (now + "\n" + before.fillna("")).astype("str")

    def merge(pair: str) -> str:
        names, _, earlier = pair.partition("\n")
        others = [name for name in earlier.split() if name in unheard and name not in names.split()]
        return " ".join([*names.split(), *others])

    return pairs.map({pair: merge(pair) for pair in pairs.unique()}).astype("str")


def _kept_values(sides: Sides, compared: _Compared) -> tuple[Issue, ...]:
    """Fields where the site makes something else of what is sent: told once a field, not sent night after night."""
    issues = []
    for name, where in compared.kept.items():
        if where.any():
            first = compared.rows[where].iloc[0]
            was = compared.seen[where].iloc[0][name]
            issues.append(
                Issue(
                    code="site-keeps-own-value",
                    severity="warning",
                    resource=sides.resource.name,
                    file=str(first["file"]),
                    tab=None if pd.isna(first["tab"]) else str(first["tab"]),
                    row=None if pd.isna(first["row"]) else int(first["row"]),
                    column=name,
                    value=str(first[name]),
                    message=f"the site keeps its own value of {name} for {int(where.sum())} of the "
                    f"{sides.resource.title}, such as `{was}` where `{first[name]}` was sent; it is not sent again",
                    hint="Write it in the SIS as the site keeps it, or ask the site's administrator why it is changed.",
                )
            )
    return tuple(issues)
