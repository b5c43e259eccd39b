"""desired x observed x ledger -> changes. Pure.

The cause of a change says where it comes from: `sis` if the sheets differ from what we sent, `site` if the site differs
from what we saw, `both` if both do; `mapping` if the mapping itself has changed since the last plan that was applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.damaged_text import damage_text
from sync.diff.field_diff import Alignment, Compared, Retries, compare, field_of
from sync.diff.ledger_updates import all_claims, learned, no_memories
from sync.diff.removals import claimed_by
from sync.model import Conventions, Issue
from sync.model.columns import filled, framed, rows_where, selected, stacked
from sync.model.findings import cell, key_of
from sync.model.frames import fields_of, seen_text
from sync.model.index import among, places
from sync.model.issue_texts import wording
from sync.model.values import pack


@dataclass(frozen=True, slots=True)
class Difference:
    """What the comparison of one resource found.

    changes:   resource, op, match, object, key, before, after (packed), cause, claims, file, tab, row, also
    unchanged: how many objects are as they should be
    learned:   ledger rows (columns `LEDGER`) to write because of what was seen, whether or not anything is sent
    """

    changes: pd.DataFrame
    unchanged: int
    learned: pd.DataFrame
    issues: tuple[Issue, ...]


MOST = 100
"""Number of values of a field, stored by the site in another form, that are reported one by one; more are counted."""

COLUMNS = (
    "resource",
    "op",
    "match",
    "object",
    "key",
    "before",
    "after",
    "cause",
    "claims",
    "file",
    "tab",
    "row",
    "also",
)


def diff(
    alignment: Alignment,
    changed_mappings: frozenset[str],
    day: int,
    conventions: Conventions,
    retries: Retries | None = None,
) -> Difference:
    """Compare one resource. `changed_mappings` names those that changed since they were last applied."""
    resource, observed = alignment.resource, alignment.observed
    rows = alignment.desired.rows
    if not len(rows) and not len(alignment.leaving) and not len(alignment.wanted):
        return Difference(_none(), 0, no_memories(), ())
    known = among(rows["object"], observed.rows["object"]) | among(rows["object"], observed.failed)
    new, lacking = _whole(alignment, rows_where(rows, ~known))
    compared = compare(alignment, conventions, retries)
    parts = [
        _creates(alignment, new) if len(new) else _none(),
        _updates(alignment, compared) if resource.updatable and compared.differs.any() else _none(),
        _deletes(alignment, alignment.leaving) if len(alignment.leaving) else _none(),
    ]
    changes = stacked(*parts)
    changes["claims"] = all_claims(alignment, changes) if len(changes) else changes["claims"]
    if changed_mappings:
        ours = claimed_by(changes["claims"], changed_mappings)
        changes["cause"] = changes["cause"].mask(ours & changes["cause"].isin(["sis"]), "mapping")
    unchanged = len(compared.rows) - len(parts[1])
    return Difference(
        selected(changes, COLUMNS),
        unchanged,
        learned(alignment, compared, day),
        (
            *lacking,
            *_left_to_site(alignment, new),
            *_kept_values(alignment, compared),
            *_damaged_values(alignment, compared),
            *_unchangeable(alignment, compared),
        ),
    )


def with_removals(difference: Difference, alignment: Alignment, rows: pd.DataFrame) -> Difference:
    """The same, and more objects deleted: ledger rows."""
    more = selected(_deletes(alignment, rows), COLUMNS)
    return replace(difference, changes=stacked(difference.changes, more))


@cache
def _none() -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    return frame.astype({"object": "int64", "row": "Int64"})


# -- changes ---------------------------------------------------------------------------------------------------


def _change(alignment: Alignment, rows: pd.DataFrame, op: str, columns: dict[str, Any]) -> pd.DataFrame:
    origin = {name: rows[name] for name in ("match", "object", "claims", "file", "tab", "row", "also")}
    key = pack(rows, alignment.resource.key)
    return framed({"resource": alignment.resource.name, "op": op, "key": key, **origin, **columns}, rows.index)


def _whole(alignment: Alignment, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """Only those new objects that have every value the site needs; what is `never_blank` may be missing."""
    needed = [f.name for f in alignment.resource.state if f.required and f.name in rows]
    lacking = np.zeros(len(rows), dtype=bool)
    for name in needed:
        lacking |= rows[name].isna().to_numpy()
    if not lacking.any():
        return rows, []
    incomplete = rows[lacking]
    issues = [
        wording("missing-value", "new-record").issue(
            "error",
            resource=alignment.resource.name,
            key=key_of(alignment.resource, row),
            **cell(alignment.desired.columns, row, [name for name in needed if pd.isna(row[name])]),
        )
        for row in incomplete.to_dict("records")
    ]
    return rows[~lacking].reset_index(drop=True), issues


def _left_to_site(alignment: Alignment, new: pd.DataFrame) -> Iterator[Issue]:
    """Values that new objects lack and that the site puts there itself: reported once, when they are created."""
    for field in alignment.resource.state:
        count = int(new[field.name].isna().sum()) if field.fills and field.name in new else 0
        if count:
            objects = alignment.resource.counted(count)
            text = wording("filled-by-site", "one" if count == 1 else "", objects=objects, field=field.called)
            yield text.issue("notice", resource=alignment.resource.name)


def _creates(alignment: Alignment, rows: pd.DataFrame) -> pd.DataFrame:
    names = fields_of(alignment.resource, rows)
    ledger = alignment.ledger
    held = ledger["object"][ledger["sent"].notna() | (ledger["checked"] > 0)]  # sent, or found to have vanished
    cause = np.where(among(rows["object"], held), "site", "sis")
    after = pack(rows, names)
    empty = filled(None, rows.index)
    return _change(alignment, rows, "create", {"before": empty, "after": after, "cause": pd.Series(cause, dtype="str")})


def _updates(alignment: Alignment, compared: Compared) -> pd.DataFrame:
    """A write contains all mapped fields of the object; others are sent as the site has them."""
    rows, seen = compared.rows.only(compared.differs), compared.seen.only(compared.differs)
    after: dict[str, pd.Series[Any]] = {}
    before: dict[str, pd.Series[Any]] = {}
    for name in compared.names:
        send = field_of(alignment.resource, name).send
        if send == "event":
            after[name] = rows[name].where(compared.events[name])
        elif send == "with":
            after[name] = rows[name]
        elif send == "state":
            wanted = rows[name] if name not in alignment.desired.on_create else filled(None, rows.index)
            if name in compared.damaged:
                wanted = wanted.mask(compared.damaged[name][compared.differs] > 0)
            after[name] = wanted.fillna(seen[name]).fillna(compared.sent[name])
            before[name] = seen[name].fillna(compared.remembered[name]).fillna(compared.sent[name])
    # Where the sheets say what was sent, the site has changed, even if nobody has read it since.
    cause = np.select([compared.by_sis & compared.by_site, compared.by_sis], ["both", "sis"], "site")
    return _change(
        alignment,
        rows,
        "update",
        {
            "before": pack(pd.DataFrame(before, index=rows.index), list(before)),
            "after": pack(pd.DataFrame(after, index=rows.index), list(after)),
            "cause": pd.Series(cause, dtype="str"),
        },
    )


def _deletes(alignment: Alignment, leaving: pd.DataFrame) -> pd.DataFrame:
    at = places(leaving["object"], alignment.observed.rows["object"])
    rows = rows_where(leaving, at >= 0)
    before = seen_text(alignment.resource, alignment.observed.rows.iloc[at[at >= 0]].reset_index(drop=True))
    stated = places(rows["object"], alignment.desired.removals["object"])
    origin = {name: _origin(alignment.desired.removals[name], stated) for name in ("file", "tab", "row")}
    empty = filled(None, rows.index)
    return framed(
        {
            "resource": alignment.resource.name,
            "op": "delete",
            "match": rows["match"],
            "object": rows["object"],
            "key": rows["key"],
            "before": before,
            "after": empty,
            "cause": "sis",
            "claims": rows["claims"],
            **origin,
            "also": empty,
        },
        rows.index,
    )


def _origin(column: pd.Series[Any], at: np.ndarray[Any, Any]) -> pd.Series[Any]:
    column = column.astype("Int64" if pd.api.types.is_numeric_dtype(column) else "str")
    if not len(column):
        return pd.Series(pd.NA, index=range(len(at)), dtype=column.dtype)
    found: pd.Series[Any] = column.iloc[np.maximum(at, 0)].reset_index(drop=True)
    return found.mask(pd.Series(at < 0))


def _kept_values(alignment: Alignment, compared: Compared) -> Iterator[Issue]:
    """Values that the site stores in another form than was sent: reported, not sent in every run."""
    for name, kept_there in compared.kept.items():
        where = kept_there & (compared.damaged[name] == 0) if name in compared.damaged else kept_there
        count = int(where.sum())
        if not count:
            continue
        rows, seen = compared.rows.only(where).head(MOST), compared.seen.only(where).head(MOST)
        for row, kept in zip(rows.to_dict("records"), seen[name], strict=True):
            yield wording(
                "site-keeps-own-value", kept=kept, field=alignment.resource.called(name), sent=row[name]
            ).issue(
                "warning",
                resource=alignment.resource.name,
                value=row[name],
                key=key_of(alignment.resource, row),
                **cell(alignment.desired.columns, row, [name]),
            )
        if count > MOST:
            resource, left = alignment.resource, count - MOST
            objects = resource.noun if left == 1 else resource.title
            text = wording("site-keeps-own-value", "more", field=resource.called(name), count=left, objects=objects)
            yield text.issue("warning", resource=resource.name)


def _damaged_values(alignment: Alignment, compared: Compared) -> Iterator[Issue]:
    """Values that seem to be damaged forms of those known, which stay as they are."""
    resource = alignment.resource
    for name, kinds in compared.damaged.items():
        for kind in np.unique(kinds[kinds > 0]).tolist():
            where = kinds == kind
            rows, seen = compared.rows.only(where).head(MOST), compared.seen.only(where).head(MOST)
            for row, kept in zip(rows.to_dict("records"), seen[name], strict=True):
                text = damage_text(kind).given(field=resource.called(name), given=row[name], kept=kept)
                place = cell(alignment.desired.columns, row, [name])
                key = key_of(resource, row)
                yield text.issue("warning", resource=resource.name, value=row[name], key=key, **place)
            left = int(where.sum()) - MOST
            if left > 0:
                objects = resource.noun if left == 1 else resource.title
                text = wording("damaged-text", "more", count=left, field=resource.called(name), objects=objects)
                yield text.issue("warning", resource=resource.name)


def _unchangeable(alignment: Alignment, compared: Compared) -> Iterator[Issue]:
    """Differences in fields that cannot be changed once they are set: reported, never sent."""
    if alignment.resource.updatable or not compared.differs.any():
        return
    row = compared.rows.only(compared.differs).iloc[0].to_dict()
    at = int(np.flatnonzero(compared.differs)[0])
    count = int(compared.differs.sum())
    text = wording("cannot-change", "one" if count == 1 else "", objects=alignment.resource.counted(count))
    yield text.issue(
        "notice",
        resource=alignment.resource.name,
        value=" ".join(row[name] for name in alignment.resource.key),
        key=key_of(alignment.resource, row),
        **cell(alignment.desired.columns, row, [name for name, where in compared.unlike.items() if where[at]]),
    )
