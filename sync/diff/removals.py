"""What may be removed: objects that the sheets no longer list, judged mapping by mapping.

An object may be deleted only if it is ours and every mapping that claims it had a whole, good snapshot in this plan
(or a delta that says it is gone), none lists it, each says `missing: delete`, it is in scope, and no bad row
protects it. A course that is no longer in the export is an ended slice: its rows are kept and it is reported once.
"""

from __future__ import annotations

from collections.abc import Mapping as Mapped
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping
from sync.config.site import Config
from sync.diff.missing_set import values_of, with_values
from sync.diff.scope import within
from sync.model import Conventions, Desired, Issue, Observed, Ref, Resource
from sync.model.columns import filled, rows_where
from sync.model.index import Flags, Index, Objects, among, firsts, parent_key, places
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import equals, passes, pick, unpack


def claimed_by(claims: pd.Series[Any], names: frozenset[str]) -> pd.Series[Any]:
    """Where any of these mappings is among those that claim an object."""
    return passes(claims, lambda text: not names.isdisjoint(text.split()))


@dataclass(frozen=True, slots=True)
class Leaving:
    """Ledger rows (with `LEDGER` columns) whose objects may be deleted, and related issues.

    Where a mapping sets values instead, the rows have the column `to_set` (see `sync.diff.missing_set`).
    """

    rows: pd.DataFrame
    issues: tuple[Issue, ...] = ()


def leaving(
    resource: Resource,
    index: Index,
    desired: Desired,
    ledger: pd.DataFrame,
    parents: Mapped[str, Desired],
    config: Config,
) -> Leaving:
    """The ledger rows of a resource that may be deleted.

    parents: what is desired of those resources that have a mapping; what it guards protects everything below it
    """
    if not len(ledger):
        return Leaving(ledger)
    named = among(ledger["object"], desired.rows["object"])
    held = among(ledger["object"], desired.guarded["object"])
    ours = (ledger["owned"] == 1).to_numpy() & ~equals(ledger["claims"], "")
    candidates = rows_where(ledger, ours & ~named & ~held)
    if not len(candidates):
        return Leaving(candidates)
    by_name = {mapping.name: mapping for mapping in config.mappings}
    issues = tuple(_orphans(resource, candidates, by_name))
    if resource.delete is None:
        return Leaving(candidates.iloc[:0], issues)
    candidates = rows_where(candidates, _free_of_claims(desired, candidates, by_name).to_numpy())
    candidates = rows_where(candidates, ~_slice_guarded(resource, index, desired, candidates).to_numpy())
    candidates = rows_where(candidates, ~_may_be_meant(index, desired, candidates).to_numpy())
    if not len(candidates):
        return Leaving(candidates, issues)
    stated = among(candidates["object"], desired.removals["object"])
    kept = ~stated & _below_guarded(resource, index, candidates, parents)
    candidates, stated = rows_where(candidates, ~kept), stated[~kept]
    ended, notices = _ended_slices(resource, index, candidates[~stated], parents)
    candidates = candidates.drop(index=ended)
    candidates = candidates[_in_scope(resource, candidates, by_name, config.conventions).to_numpy()]
    values = values_of(resource, config.mappings, config.conventions)
    stating = stated_by(desired, candidates["object"])
    return Leaving(with_values(candidates.reset_index(drop=True), stating, values), (*issues, *notices))


def stated_by(desired: Desired, objects: Objects) -> pd.Series[Any]:
    """The mappings whose exports of changes say that an object is gone, joined by a space."""
    at = places(objects, desired.removals["object"])
    if not (at >= 0).any():
        return filled("", pd.RangeIndex(len(at)))
    return pick(desired.removals["claims"], at).fillna("")


def _free_of_claims(desired: Desired, candidates: pd.DataFrame, by_name: Mapped[str, Mapping]) -> pd.Series[Any]:
    """Where every claimant lets go: by absence from a whole snapshot, or because a delta says so."""
    silent = {name for name in desired.complete if name in by_name and by_name[name].deletes}
    free = passes(candidates["claims"], lambda text: set(text.split()) <= silent)
    at = places(candidates["object"], desired.removals["object"])
    removed = at >= 0
    if not removed.any():
        return free
    stated = pick(desired.removals["claims"], at[removed])
    pairs = (candidates["claims"][removed] + "\n" + stated.set_axis(candidates.index[removed])).astype("str")

    def lets_go(pair: str) -> bool:
        claimed, _, by = pair.partition("\n")
        return set(claimed.split()) - set(by.split()) <= silent

    free[removed] = passes(pairs, lets_go)
    return free


def _slice_guarded(resource: Resource, index: Index, desired: Desired, candidates: pd.DataFrame) -> pd.Series[Any]:
    """Where a row whose key could not be read protects everything that its mapping claims in a slice."""
    shut = pd.Series(False, index=candidates.index)
    wide = desired.guarded[desired.guarded["match"].isna() & desired.guarded["slice"].notna()]
    if not len(wide) or not resource.slice:
        return shut
    at = index.part(candidates["object"], resource.slice)
    for name, rows in wide.groupby("claims"):
        claimed = claimed_by(candidates["claims"], frozenset({str(name)}))
        shut |= claimed & among(at, rows["within"])
    return shut


def _may_be_meant(index: Index, desired: Desired, candidates: pd.DataFrame) -> pd.Series[Any]:
    """Where a row that refers to something unknown may be about this object, its identifier damaged."""
    shut = pd.Series(False, index=candidates.index)
    if desired.unsure is None or not len(candidates):
        return shut
    for (parts, claims), rows in desired.unsure.groupby(["parts", "claims"]):
        claimed = claimed_by(candidates["claims"], frozenset(str(claims).split()))
        names = str(parts).split()
        shut |= claimed & (among(index.part(candidates["object"], names), rows["at"]) if names else True)
    return shut


def _below_guarded(resource: Resource, index: Index, candidates: pd.DataFrame, parents: Mapped[str, Desired]) -> Flags:
    """Where a parent of the object is protected by a bad row: it is left unchanged with everything below it."""
    below = np.zeros(len(candidates), dtype=bool)
    for above, on in ancestors(resource):
        if above in parents and len(parents[above].guarded):
            up = index.part(candidates["object"], parent_key(above, on))
            below |= among(up, parents[above].guarded["object"])
    return below


def slice_parent(resource: Resource) -> Ref | None:
    """The reference that leads to the object a slice belongs to, such as an enrolment's course."""
    return next((ref for ref in resource.refs if set(ref.on) == set(resource.slice)), None) or next(
        (
            found
            for ref in resource.refs
            if (found := slice_parent(CATALOGUE[ref.resource])) and CATALOGUE[ref.resource].slice == resource.slice
        ),
        None,
    )


def _ended_slices(
    resource: Resource, index: Index, candidates: pd.DataFrame, parents: Mapped[str, Desired]
) -> tuple[pd.Index, tuple[Issue, ...]]:
    """Which candidates belong to slices that the sheets no longer list, and an issue for each slice.

    The candidates do not include what a delta removes by name: that may be removed whether or not its slice is
    listed.
    """
    parent = slice_parent(resource)
    if parent is None or parent.resource not in parents or not len(candidates):
        return candidates.index[:0], ()
    listed = parents[parent.resource]
    at = index.part(candidates["object"], resource.slice)
    ended = ~among(at, listed.rows["object"]) & ~among(at, listed.guarded["object"])
    rows = candidates[ended]
    if not len(rows):
        return rows.index, ()
    files = listed.rows["file"].dropna().unique().tolist()
    file = str(files[0]) if len(files) == 1 else None
    return rows.index, tuple(_ended(resource, index, parent, rows, file))


def _ended(resource: Resource, index: Index, parent: Ref, rows: pd.DataFrame, file: str | None) -> list[Issue]:
    """An issue for each slice of these rows; `file` is the one that would list its parent, if there is just one."""
    at = index.part(rows["object"], resource.slice)
    counts = np.bincount(at)
    first = firsts(at)
    keys = unpack(rows["key"][first], resource.slice).agg(" ".join, axis="columns")
    names = index.space(resource.slice).texts(at[first])
    return [
        wording(
            "ended",
            "one" if counts[where] == 1 else "",
            parent=parent.resource,
            key=key,
            object=resource.noun,
            objects=resource.counted(int(counts[where])),
        ).issue("notice", resource=resource.name, value=key, file=file)
        for key, _, where in sorted(zip(keys.tolist(), names.tolist(), at[first].tolist(), strict=True))
    ]


def _in_scope(
    resource: Resource, candidates: pd.DataFrame, by_name: Mapped[str, Mapping], conventions: Conventions
) -> pd.Series[Any]:
    """Where the key matches the scope of every mapping that claims the object."""
    inside = pd.Series(True, index=candidates.index)
    scopes = {name: each.scope for name, each in by_name.items() if each.resource == resource.name and each.scope}
    if not scopes or not len(candidates):
        return inside
    keys = unpack(candidates["key"], resource.key)
    for name, scope in scopes.items():
        claimed = claimed_by(candidates["claims"], frozenset({name}))
        for matches in within(resource, keys, scope, conventions).values():
            inside &= ~claimed | matches
    return inside


def _orphans(resource: Resource, candidates: pd.DataFrame, by_name: Mapped[str, Mapping]) -> list[Issue]:
    """Objects that are claimed only by mappings no longer in the site file: nothing shows whether they are gone."""
    names = {name for text in candidates["claims"].unique() for name in text.split()} - by_name.keys()
    counts = {name: int(claimed_by(candidates["claims"], frozenset({name})).sum()) for name in sorted(names)}
    return [
        wording("mapping-gone", "one" if count == 1 else "", objects=resource.counted(count), mapping=name).issue(
            "notice", resource=resource.name, value=name
        )
        for name, count in counts.items()
    ]


def unmanaged(resource: Resource, desired: Desired, ledger: pd.DataFrame, observed: Observed) -> tuple[Issue, ...]:
    """A delta may delete what is there but was never ours: that is reported, and left unchanged.

    What is not there is not reported: most likely an earlier run has removed it, and the delta still lists it.
    """
    if not len(desired.removals):
        return ()
    named = desired.removals["object"]
    there = among(named, observed.rows["object"]) | among(named, observed.foreign["object"])
    unmanaged = desired.removals[there & ~among(named, ledger["object"][(ledger["owned"] == 1).to_numpy()])]
    if not len(unmanaged):
        return ()
    count, first = len(unmanaged), unmanaged.iloc[0]
    text = wording("not-ours", "one" if count == 1 else "", objects=resource.counted(count))
    return (
        text.issue(
            "notice",
            resource=resource.name,
            file=str(first["file"]),
            row=None if pd.isna(first["row"]) else int(first["row"]),
            value=" ".join(str(first[name]) for name in resource.key),
        ),
    )
