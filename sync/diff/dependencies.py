"""Whether what a row depends on is there: in today's sheets, in the ledger, or found on the site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from sync.diff import identity
from sync.mapping.rows import guards
from sync.mapping.source import Source
from sync.model import Desired, Issue, Observed, Ref, Resource, Severity
from sync.model.findings import cell, key_of, listed
from sync.model.frames import parents_of
from sync.model.issue_texts import Wording, wording
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import no_rows, part_of, pick, position

MOST = 1_000
"""Number of issues of one kind that are reported one by one; more are counted."""

Flags = np.ndarray[Any, np.dtype[np.bool_]]

EXAMPLES = 3
"""Number of objects that are named when issues are only counted."""


def wanted(resource: Resource, alignments: Mapping[str, Desired], children: Mapping[str, Resource]) -> pd.DataFrame:
    """Key columns of what other resources' rows refer to and no sheet lists."""
    here = alignments[resource.name]
    frames = [no_rows(*resource.key, "match")]
    for child in children.values():
        for ref in child.refs:
            if ref.resource == resource.name and child.name in alignments and len(alignments[child.name].rows):
                rows = alignments[child.name].rows
                match = parents_of(child, ref.on, ref.resource, rows["match"])
                unknown = (position(match, here.rows["match"]) < 0) & ~match.duplicated().to_numpy()
                columns = {there: rows[name][unknown] for name, there in ref.on.items()}
                frames.append(pd.DataFrame({**columns, "match": match[unknown]}))
    return pd.concat(frames, ignore_index=True).drop_duplicates("match", ignore_index=True)


def check(
    resource: Resource,
    desired: Desired,
    alike: pd.DataFrame,
    parents: Mapping[str, Desired],
    observed: Mapping[str, Observed],
    leaving: Mapping[str, pd.Series[Any]],
) -> tuple[Desired, list[Issue]]:
    """The rows whose parents are good, and issues for the others, whose objects stay as they are.

    alike:   what rows seem to mean under another identifier, as `identity.likenesses` gives it
    leaving: matches of what is to be deleted by this plan, by resource

    A parent whose own row is bad makes its dependants wait only if it is not on the site yet. A row that refers to
    something unknown may be a damaged row of a known object: everything that it may have meant stays too.
    """
    rows = desired.rows
    meant = position(rows["match"], alike["match"]) >= 0
    issues = list(identity.issues(resource, desired, alike))
    bad, astray = meant.copy(), np.zeros(len(rows), dtype=bool)
    for name, on in ancestors(resource):
        match = parents_of(resource, on, name, rows["match"])
        # What another plugin made under the same key stays, and can be depended on.
        going = (position(match, leaving[name]) >= 0) & (position(match, observed[name].foreign["match"]) < 0)
        issues += tell(desired, rows[going & ~bad], list(on), "leaves", name)
        bad |= going
    for ref in resource.refs:
        footing = _footing(resource, ref, rows["match"], parents, observed)
        names = list(ref.on)
        strange = footing.unknown & ~bad
        astray |= footing.astray
        known = pd.concat([parents[ref.resource].rows["match"], observed[ref.resource].rows["match"]])
        instead = near(footing.match[strange], known) if len(ref.on) == 1 and strange.any() else None
        issues += tell(desired, rows[strange], names, "unknown", ref.resource, instead)
        issues += tell(desired, rows[(footing.waiting | footing.unread) & ~bad], names, "waits", ref.resource)
        bad |= ~footing.good
    return _checked(resource, desired, _Left(bad, astray, alike), parents, observed), issues


@dataclass(frozen=True, slots=True)
class _Footing:
    """What the parents of some rows are, row by row; `match` is theirs, and `unknown` says that they are unknown.

    Rows are `waiting` for parents whose own rows are bad, and `astray` if it is unclear whom they mean.
    """

    match: pd.Series[Any]
    good: Flags
    waiting: Flags
    unread: Flags
    unknown: Flags
    astray: Flags


def _footing(
    resource: Resource,
    ref: Ref,
    rows: pd.Series[Any],
    parents: Mapping[str, Desired],
    observed: Mapping[str, Observed],
) -> _Footing:
    match = parents_of(resource, ref.on, ref.resource, rows)
    alignment, there = parents[ref.resource], observed[ref.resource]
    good = position(match, alignment.rows["match"]) >= 0
    good |= position(match, there.rows["match"]) >= 0
    good |= position(match, there.foreign["match"]) >= 0
    waiting = ~good & (position(match, alignment.guarded["match"]) >= 0)
    unread = ~good & ~waiting & (position(match, there.failed.to_series()) >= 0)
    unknown = ~good & ~waiting & ~unread
    astray = unknown if alignment.anyone is None else unknown | (waiting & (position(match, alignment.anyone) >= 0))
    return _Footing(match, good, waiting, unread, unknown, astray)


@dataclass(frozen=True, slots=True)
class _Left:
    """Which rows of a resource are left out, which of those may mean anyone, and what they seem to mean instead."""

    bad: Flags
    astray: Flags
    alike: pd.DataFrame


def _checked(
    resource: Resource, desired: Desired, left: _Left, parents: Mapping[str, Desired], observed: Mapping[str, Observed]
) -> Desired:
    """The same without the rows left out: what they refer to is guarded instead, and everything they may mean."""
    out = desired.rows[left.bad]
    refused = _refused_astray(resource, desired, parents, observed)
    lost = pd.concat([desired.rows.loc[left.astray, ["match", "claims"]], refused], ignore_index=True)
    shut = desired.guarded
    if len(out) or len(left.alike):
        certain = left.alike[identity.damaged(left.alike).to_numpy(dtype=bool)]
        named = pd.concat([out[["match", "claims"]], certain[["old", "claims"]].rename(columns={"old": "match"})])
        shut = pd.concat([shut, guards(named["match"], None, named["claims"])], ignore_index=True)
    return replace(
        desired,
        rows=desired.rows[~left.bad].reset_index(drop=True) if left.bad.any() else desired.rows,
        guarded=shut,
        rejected=desired.rejected + int(left.bad.sum()),
        unsure=_unsure(resource, lost, parents, observed) if len(lost) else None,
        anyone=lost["match"] if resource.refs else _unvouched(resource, desired, left.alike),
    )


def _refused_astray(
    resource: Resource, desired: Desired, parents: Mapping[str, Desired], observed: Mapping[str, Observed]
) -> pd.DataFrame:
    """Rows that cannot be used anyway and whose parents are unknown too: match and claims."""
    if desired.refused is None or not resource.refs:
        return no_rows("match", "claims")
    rows = desired.refused.loc[desired.refused["match"].notna(), ["match", "claims"]]
    astray = np.zeros(len(rows), dtype=bool)
    for ref in resource.refs:
        astray |= _footing(resource, ref, rows["match"], parents, observed).astray
    return rows[astray]


def _unvouched(resource: Resource, desired: Desired, alike: pd.DataFrame) -> pd.Series[Any]:
    """Matches of bad rows without a valid value of their own (email, username, ...) that would distinguish them."""
    rows = desired.refused
    if rows is None or not len(rows):
        return no_rows("match")["match"]
    unique = [field.name for field in resource.fields if field.unique and field.name in rows]
    sound = (rows[unique].fillna("") != "").any(axis="columns") | (position(rows["match"], alike["match"]) >= 0)
    return rows["match"][~sound].dropna()


def _unsure(
    resource: Resource, astray: pd.DataFrame, parents: Mapping[str, Desired], observed: Mapping[str, Observed]
) -> pd.DataFrame:
    """What rows that refer to something unknown protect, as `Desired.unsure`.

    A key field is relied on if it refers to something known, or to nothing.
    """
    above = list(ancestors(resource))
    needing = {field for _, on in above for field in on}
    relied = {name: np.full(len(astray), name not in needing) for name in resource.key}
    for name, on in above if len(astray) else ():
        match = parents_of(resource, on, name, astray["match"])
        alignment, there = parents[name], observed[name]
        sources = (alignment.rows["match"], _sure(alignment), there.rows["match"], there.foreign["match"])
        known = np.logical_or.reduce([position(match, source) >= 0 for source in sources])
        for field in on:
            relied[field] |= known
    places = pd.DataFrame(relied, index=astray.index)
    found = [no_rows("parts", "at", "claims")]
    for which, rows in astray.groupby([places[name] for name in resource.key]) if len(astray) else ():
        parts = [name for name, good in zip(resource.key, which, strict=True) if good]
        at = part_of(rows["match"], [resource.key.index(name) for name in parts]) if parts else ""
        found.append(pd.DataFrame({"parts": " ".join(parts), "at": at, "claims": rows["claims"]}))
    return pd.concat(found, ignore_index=True).astype("str").drop_duplicates(ignore_index=True)


def _sure(alignment: Desired) -> pd.Series[Any]:
    """The identifiers that bad rows give with certainty."""
    guarded = alignment.guarded["match"]
    return guarded if alignment.anyone is None else guarded[position(guarded, alignment.anyone) < 0]


_SEVERITY: Final[Mapping[str, Severity]] = {"unknown": "error", "waits": "warning", "leaves": "warning"}


def _said(code: str, parent: str, key: str, instead: object) -> Wording:
    """What is said of a row, which may have meant a known parent `instead`."""
    text = wording(code, parent=parent, key=key)
    if not isinstance(instead, str):
        return text
    zeros = key.isdecimal() and instead.isdecimal() and key.lstrip("0") == instead.lstrip("0")
    return text.advised("zeros" if zeros else "damaged", instead=instead, length=max(len(instead), len(key)))


def near(unknown: pd.Series[Any], known: pd.Series[Any]) -> pd.Series[Any]:
    """For each unknown identifier a known one that is equal once both are normalised; NA if there is none."""
    known = known.reset_index(drop=True)
    return pick(known, position(identity.all_normalised(unknown), identity.all_normalised(known)))


def tell(
    desired: Desired,
    rows: pd.DataFrame,
    names: list[str],
    code: str,
    parent: str,
    instead: pd.Series[Any] | None = None,
) -> list[Issue]:
    """Issues for rows whose parent of that resource is `unknown`, `waits` or `leaves`; after the first, a count.

    The rows are of `desired`, with the fields `names`; `instead` holds a known parent each may have meant.
    """
    if not len(rows):
        return []
    severity, code = _SEVERITY[code], f"{code}-{parent}"
    shown = rows.head(MOST)
    keys = shown[names].agg(" / ".join, axis="columns").tolist()
    called = parent.replace("_", " ")
    others = instead.head(MOST).tolist() if instead is not None else [None] * len(shown)
    issues = [
        _said(code, called, key, other).issue(
            severity,
            resource=desired.resource,
            value=key,
            key=key_of(CATALOGUE[desired.resource], row),
            **cell(desired.columns, row, names),
        )
        for key, row, other in zip(keys, shown.to_dict("records"), others, strict=True)
    ]
    if len(rows) > len(shown):
        more = wording(code, "more", count=len(rows) - len(shown))
        issues.append(more.issue(severity, resource=desired.resource))
    return issues


def apart(resource: Resource, alignments: Mapping[str, Desired], sources: Sequence[Source]) -> Iterator[Issue]:
    """What rows name that the sheets of its own resource do not list; only the site knows whether it is there.

    Only resources whose sheets are all complete are checked.
    """
    rows = alignments[resource.name].rows
    for ref in resource.refs:
        own = [source for source in sources if source.mapping.resource == ref.resource]
        if not len(rows) or not own or any(source.mapping.mode != "snapshot" for source in own):
            continue
        alignment = alignments[ref.resource]
        match = parents_of(resource, ref.on, ref.resource, rows["match"])
        lacking = (position(match, alignment.rows["match"]) < 0) & (position(match, alignment.guarded["match"]) < 0)
        count = int(lacking.sum())
        if count:
            each = rows[lacking][~match[lacking].duplicated().to_numpy()]
            parent, first = CATALOGUE[ref.resource], each.iloc[0].to_dict()
            files = listed(dict.fromkeys(sheet.file for source in own for sheet in source.sheets))
            examples = each[list(ref.on)].head(EXAMPLES).agg(" / ".join, axis="columns").tolist()
            examples += [f"{len(each) - EXAMPLES:,} more"] * (len(each) > EXAMPLES)
            text = wording(
                f"unlisted-{ref.resource}",
                "one" if count == 1 else "",
                rows=resource.counted(count),
                parents=parent.counted(len(each)),
                parent=parent.noun,
                files=files,
                examples=listed(examples),
            )
            where = cell(alignments[resource.name].columns, first, ref.on)
            yield text.issue("warning", resource=resource.name, **where)
