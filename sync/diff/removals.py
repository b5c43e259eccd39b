"""What may be removed: objects that the sheets no longer list, judged mapping by mapping.

An object may be deleted only if it is ours and every mapping that claims it had a whole, good snapshot in this plan
(or a delta that says it is gone), none lists it, each says `missing: delete`, it is in scope, and no bad row
protects it. A course that left the export is an ended slice: its rows are kept and it is reported once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping
from sync.config.scalars import as_regex
from sync.model import Conventions, Desired, Field, Issue, Observed, Ref, Resource
from sync.model.frames import parents_of
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import by_distinct, fold, part_of, position, unpack


def claimed_by(claims: pd.Series[Any], names: frozenset[str]) -> pd.Series[Any]:
    """Where any of these mappings is among those that claim an object."""
    return by_distinct(claims, lambda text: "1" if names & set(text.split()) else "0") == "1"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Ledger rows (with `LEDGER` columns) whose objects may be deleted, and related issues."""

    rows: pd.DataFrame
    issues: tuple[Issue, ...] = ()


def leaving(
    resource: Resource,
    desired: Desired,
    ledger: pd.DataFrame,
    parents: Mapped[str, Desired],
    mappings: Sequence[Mapping],
) -> Leaving:
    """The ledger rows of a resource that may be deleted.

    parents:  what is desired of those resources that have a mapping; what it guards protects everything below it
    mappings: those of the whole site
    """
    if not len(ledger):
        return Leaving(ledger)
    named = position(ledger["match"], desired.rows["match"]) >= 0
    removed = position(ledger["match"], desired.removals["match"]) >= 0
    held = position(ledger["match"], desired.guarded["match"]) >= 0
    candidates = ledger[(ledger["owned"] == 1).to_numpy() & (ledger["claims"] != "").to_numpy() & ~named & ~held]
    by_name = {mapping.name: mapping for mapping in mappings}
    issues = tuple(_orphans(resource, candidates, by_name))
    if resource.delete is None or not len(candidates):
        return Leaving(candidates.iloc[:0], issues)
    free = _free_of_claims(desired, candidates, removed[candidates.index], by_name)
    candidates = candidates[free.to_numpy()]
    candidates = candidates[~_slice_guarded(resource, desired, candidates).to_numpy()]
    candidates = candidates[~_may_be_meant(resource, desired, candidates).to_numpy()]
    stated = position(candidates["match"], desired.removals["match"]) >= 0
    kept = ~stated & _below_guarded(resource, candidates, parents)
    candidates, stated = candidates[~kept], stated[~kept]
    candidates, ended = _listed(resource, candidates, stated, parents)
    candidates = candidates[_in_scope(resource, candidates, by_name).to_numpy()]
    return Leaving(candidates.reset_index(drop=True), (*issues, *ended))


def _free_of_claims(
    desired: Desired, candidates: pd.DataFrame, removed: Any, by_name: Mapped[str, Mapping]
) -> pd.Series[Any]:
    """Where every claimant lets go: by absence from a whole snapshot, or because a delta says so."""
    silent = {name for name in desired.complete if name in by_name and by_name[name].missing == "delete"}
    free = by_distinct(candidates["claims"], lambda text: "1" if set(text.split()) <= silent else "0") == "1"
    if not removed.any():
        return free
    stated = desired.removals.drop_duplicates("match").set_index("match")["claims"]
    gone = candidates[removed]
    pairs = (gone["claims"] + "\n" + gone["match"].map(stated)).astype("str")

    def lets_go(pair: str) -> str:
        claimed, _, by = pair.partition("\n")
        return "1" if set(claimed.split()) - set(by.split()) <= silent else "0"

    free = free.copy()
    free[removed] = by_distinct(pairs, lets_go) == "1"
    return free


def _slice_guarded(resource: Resource, desired: Desired, candidates: pd.DataFrame) -> pd.Series[Any]:
    """Where a row whose key could not be read protects everything that its mapping claims in a slice."""
    shut = pd.Series(False, index=candidates.index)
    wide = desired.guarded[desired.guarded["match"].isna() & desired.guarded["slice"].notna()]
    if not len(wide) or not resource.slice:
        return shut
    at = slice_of(resource, candidates["match"])
    for name, rows in wide.groupby("claims"):
        claimed = claimed_by(candidates["claims"], frozenset({str(name)}))
        shut |= claimed & (position(at, rows["slice"]) >= 0)
    return shut


def _may_be_meant(resource: Resource, desired: Desired, candidates: pd.DataFrame) -> pd.Series[Any]:
    """Where a row that refers to something unknown may be about this object, its identifier damaged."""
    shut = pd.Series(False, index=candidates.index)
    if desired.unsure is None or not len(candidates):
        return shut
    for (parts, claims), rows in desired.unsure.groupby(["parts", "claims"]):
        claimed = claimed_by(candidates["claims"], frozenset(str(claims).split()))
        names = str(parts).split()
        at = part_of(candidates["match"], [resource.key.index(name) for name in names]) if names else ""
        shut |= claimed & ((position(at, rows["at"]) >= 0) if isinstance(at, pd.Series) else True)
    return shut


def _below_guarded(resource: Resource, candidates: pd.DataFrame, parents: Mapped[str, Desired]) -> Any:
    """Where a parent of the object is protected by a bad row: it is left unchanged with everything below it."""
    below = np.zeros(len(candidates), dtype=bool)
    for above, on in ancestors(resource):
        if above in parents and len(parents[above].guarded):
            match = parents_of(resource, on, above, candidates["match"])
            below |= position(match, parents[above].guarded["match"]) >= 0
    return below


def slice_of(resource: Resource, match: pd.Series[Any]) -> pd.Series[Any]:
    """The slice of each match, folded; the empty text where the resource is one slice as a whole."""
    if not resource.slice:
        return pd.Series("", index=match.index, dtype="str")
    return part_of(match, [resource.key.index(name) for name in resource.slice])


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


def _listed(
    resource: Resource, candidates: pd.DataFrame, stated: Any, parents: Mapped[str, Desired]
) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    """Only those whose slice the sheets still list, and an issue for each slice that has ended.

    Where a delta says that an object is gone (`stated`), nothing is concluded from absence: its slice may be unlisted.
    """
    parent = slice_parent(resource)
    if parent is None or parent.resource not in parents or not len(candidates):
        return candidates, ()
    listed = parents[parent.resource]
    at = slice_of(resource, candidates["match"])
    ended = ~stated & (position(at, listed.rows["match"]) < 0) & (position(at, listed.guarded["match"]) < 0)
    return candidates[~ended], tuple(_ended(resource, parent, candidates[ended], at[ended]))


def _ended(resource: Resource, parent: Ref, rows: pd.DataFrame, at: pd.Series[Any]) -> list[Issue]:
    if not len(rows):
        return []
    counts = at.value_counts()
    first = rows[~at.duplicated().to_numpy()]
    keys = unpack(first["key"], resource.slice).agg(" ".join, axis="columns")
    return [
        wording(
            "ended",
            "one" if counts[where] == 1 else "",
            parent=parent.resource,
            key=key,
            objects=resource.counted(int(counts[where])),
        ).issue("notice", resource=resource.name, value=key)
        for key, where in sorted(zip(keys.tolist(), at[~at.duplicated()].tolist(), strict=True))
    ]


def _in_scope(resource: Resource, candidates: pd.DataFrame, by_name: Mapped[str, Mapping]) -> pd.Series[Any]:
    """Where the key matches the scope of every mapping that claims the object."""
    inside = pd.Series(True, index=candidates.index)
    own = {name: mapping for name, mapping in by_name.items() if mapping.resource == resource.name}
    scoped = {name: mapping.scope for name, mapping in own.items() if mapping.scope}
    if not scoped or not len(candidates):
        return inside
    keys = unpack(candidates["key"], resource.key)
    for name, scope in scoped.items():
        claimed = claimed_by(candidates["claims"], frozenset({name}))
        for part, patterns in scope.items():
            inside &= ~claimed | matching(keys[part], patterns)
    return inside


def matching(column: pd.Series[Any], patterns: Sequence[str]) -> pd.Series[Any]:
    """Where a text matches any of some shell-style patterns."""
    test = re.compile(as_regex(patterns))
    return by_distinct(column, lambda text: "1" if test.fullmatch(text) else "0") == "1"


def named_by(column: pd.Series[Any], patterns: Sequence[str], field: Field, conventions: Conventions) -> pd.Series[Any]:
    """Where an identifier matches any of some patterns, as the site compares the identifiers of that field."""
    folded = fold(pd.Series([*patterns], dtype="str"), conventions, field.compares).tolist()
    found = matching(fold(column, conventions, field.compares), folded)
    # `0*` means what begins with a zero, but a folded number never does.
    return found | matching(column, patterns) if field.compares == "as_php" else found


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
    named = desired.removals["match"]
    there = pd.concat([observed.rows["match"], observed.foreign["match"]], ignore_index=True)
    owned = ledger["match"][(ledger["owned"] == 1).to_numpy()]
    unmanaged = desired.removals[(position(named, there) >= 0) & (position(named, owned) < 0)]
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
