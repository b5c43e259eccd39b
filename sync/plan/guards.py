"""Guards: what is stopped until a person has looked, one slice at a time.

Each guard looks at the changes of one plan and says which of them it stops, and why. A change is held by the first
guard that stops it, in the order of `GUARDS`; what goes along with a held delete waits with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from sync.absence import claimed_by, slice_of
from sync.diff import Sides
from sync.mapping.models import Mapping as MappingFile
from sync.model import Approval, Hold, Input, Manners
from sync.settings import Guards
from sync.values import unpack

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Positions = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True, slots=True)
class Scene:
    """All a guard may look at.

    changes: the plan's changes, covered ones included, with the column `at`: each one's slice, folded
    inputs:  sheets and mappings of this plan; `before`: of the last good plan, by mapping
    """

    changes: pd.DataFrame
    sides: Mapping[str, Sides]
    mappings: Sequence[MappingFile]
    inputs: Sequence[Input]
    before: Mapping[str, Sequence[Input]]
    limits: Guards
    manners: Manners
    now: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """One slice that a guard stops: which changes (by position), out of how many, and what to tell."""

    guard: str
    resource: str
    slice: Mapping[str, str]
    which: Positions
    population: int
    limit: str
    message: str


Guard = Callable[[Scene], Iterator[Stop]]


def hold(scene: Scene, approvals: Mapping[str, Approval]) -> tuple[pd.Series[Any], tuple[Hold, ...]]:
    """For each change the id of the hold that stops it (NA: none), and the holds. Approved ones are listed too."""
    changes = scene.changes
    held = pd.Series(pd.NA, index=changes.index, dtype="str")
    # A covered object is stopped by stopping the delete that takes it along.
    sent = np.where(changes["coverer"] >= 0, changes["coverer"], np.arange(len(changes)))
    holds: list[Hold] = []
    for guard in GUARDS:
        for stop in guard(scene):
            rows = np.unique(sent[stop.which])
            rows = rows[held.iloc[rows].isna().to_numpy()]
            if len(rows):
                found = _hold(stop, changes.iloc[rows], approvals)
                held.iloc[rows] = found.id
                holds.append(found)
    return held, tuple(holds)


def _hold(stop: Stop, rows: pd.DataFrame, approvals: Mapping[str, Approval]) -> Hold:
    said = rows["op"] + "\x1e" + rows["match"] + "\x1e" + rows["after"].fillna("")
    text = "\x1d".join([stop.guard, stop.resource, *map(str, stop.slice.items()), *sorted(said.tolist())])
    name = "h-" + hashlib.sha256(text.encode()).hexdigest()[:8]
    approval = approvals.get(name)
    return Hold(
        id=name,
        guard=stop.guard,
        resource=stop.resource,
        slice=dict(stop.slice),
        count=len(rows),
        population=stop.population,
        limit=stop.limit,
        message=stop.message,
        approved_by=approval.by if approval else None,
        approved_at=approval.at if approval else None,
    )


# -- what a mapping or its file makes doubtful -----------------------------------------------------------------


def _claimed(scene: Scene, mapping: str) -> Mask:
    return claimed_by(scene.changes["claims"], frozenset({mapping})).to_numpy(dtype=bool)


def _sheets(scene: Scene) -> Iterator[tuple[MappingFile, Input]]:
    sheets = {entry.mapping: entry for entry in scene.inputs if entry.kind == "sheet"}
    for mapping in scene.mappings:
        if mapping.name in sheets:
            yield mapping, sheets[mapping.name]


def _own(scene: Scene, mapping: MappingFile, which: Mask) -> Mask:
    """Only changes that are sent, of the mapping's own resource."""
    return (
        which & (scene.changes["resource"] == mapping.resource).to_numpy() & (scene.changes["coverer"] < 0).to_numpy()
    )


def old_file(scene: Scene) -> Iterator[Stop]:
    """A sheet nobody has refreshed: whatever it asks for is held."""
    for mapping, sheet in _sheets(scene):
        limit = mapping.max_age or scene.limits.max_age
        if limit is None or sheet.modified is None or scene.now - sheet.modified <= limit:
            continue
        which = np.flatnonzero(_own(scene, mapping, _claimed(scene, mapping.name)))
        if len(which):
            age = _span(scene.now - sheet.modified)
            yield Stop(
                "old-file",
                mapping.resource,
                {"mapping": mapping.name},
                which,
                sheet.rows or 0,
                f"a file older than {_span(limit)}",
                f"{sheet.name} is {age} old: has the export run? Its {len(which)} changes wait.",
            )


def _span(length: timedelta) -> str:
    hours = length.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"


def _deletes(scene: Scene) -> Mask:
    return (scene.changes["op"] == "delete").to_numpy()


def fewer_rows(scene: Scene) -> Iterator[Stop]:
    """A file cut short looks like many people leaving at once."""
    if scene.limits.rows is None:
        return
    for mapping, sheet in _sheets(scene):
        before = next((e.rows for e in scene.before.get(mapping.name, ()) if e.kind == "sheet"), None)
        if not before or sheet.rows is None:
            continue
        lost = before - sheet.rows
        which = np.flatnonzero(_own(scene, mapping, _claimed(scene, mapping.name) & _deletes(scene)))
        if lost * 100 >= before * scene.limits.rows.percent and lost > 0 and len(which):
            yield Stop(
                "fewer-rows",
                mapping.resource,
                {"mapping": mapping.name},
                which,
                before,
                f"{scene.limits.rows.percent} % fewer rows than last time",
                f"{sheet.name} has {sheet.rows} rows where it had {before}: was it cut short? "
                f"The {len(which)} deletes it asks for wait.",
            )


def new_mapping(scene: Scene) -> Iterator[Stop]:
    """The first deletes of a mapping, and the first after it was changed, are looked at by a person."""
    for mapping in scene.mappings:
        before = next((e for e in scene.before.get(mapping.name, ()) if e.kind == "mapping"), None)
        if before is not None and before.digest == mapping.digest:
            continue
        which = np.flatnonzero(_own(scene, mapping, _claimed(scene, mapping.name) & _deletes(scene)))
        if len(which):
            says = "is new" if before is None else "was changed"
            yield Stop(
                "new-mapping",
                mapping.resource,
                {"mapping": mapping.name},
                which,
                len(which),
                "the first deletes of a new or changed mapping",
                f"The mapping {mapping.name} {says}, and it asks for {len(which)} deletes: are they meant?",
            )


# -- what a roster would lose ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Roster:
    """One slice of one resource: how many there are, how many come, and which changes take some away."""

    side: Sides
    slice: Mapping[str, str]
    population: int
    gained: int
    lost: Positions

    @property
    def name(self) -> str:
        return " ".join(self.slice.values())


def _rosters(scene: Scene) -> Iterator[_Roster]:
    """Slices from which something is deleted; what goes along with something outside of any slice counts too."""
    changes = scene.changes
    coverer = changes["coverer"].to_numpy()
    for name, side in scene.sides.items():
        if not side.resource.slice:
            continue
        wide = (
            changes["by_resource"].isin([r for r, above in scene.sides.items() if not above.resource.slice]).to_numpy()
        )
        lost = (changes["resource"] == name).to_numpy() & _deletes(scene) & ((coverer < 0) | wide)
        if not lost.any():
            continue
        creates = (changes["resource"] == name) & (changes["op"] == "create")
        gained = changes["at"][creates].value_counts()
        population = slice_of(side.resource, side.observed.rows["match"]).value_counts()
        where = np.flatnonzero(lost)
        keys = unpack(changes["key"].iloc[where], side.resource.slice)
        for folded, rows in keys.groupby(changes["at"].to_numpy(dtype=object)[where]).indices.items():
            there, new = int(population.get(folded, 0)), int(gained.get(folded, 0))
            yield _Roster(side, _record(keys, rows[0]), there, new, where[rows])


def _record(keys: pd.DataFrame, at: int) -> dict[str, str]:
    return {str(name): str(value) for name, value in keys.iloc[at].items()}


def emptied(scene: Scene) -> Iterator[Stop]:
    """A roster that loses everybody."""
    if scene.limits.roster is None:
        return
    for roster in _rosters(scene):
        count = len(roster.lost)
        if count >= roster.population and not roster.gained:
            yield Stop(
                "emptied",
                roster.side.resource.name,
                roster.slice,
                roster.lost,
                roster.population,
                "a roster that loses all",
                f"All {count} {roster.side.resource.title} of {roster.name} would go: did its rows get lost?",
            )


def last_teacher(scene: Scene) -> Iterator[Stop]:
    """A roster that has somebody who teaches and would have nobody."""
    if scene.limits.roster is None:
        return
    changes = scene.changes
    for name, side in scene.sides.items():
        roles = [f.name for f in side.resource.fields if f.kind == "role"]
        own = (changes["resource"] == name).to_numpy()
        if not side.resource.slice or not roles or not own.any():
            continue
        role = roles[0]
        teaching = list(scene.manners.teaching)
        was = unpack(changes["before"], [role])[role].isin(teaching).to_numpy() & own
        will = unpack(changes["after"], [role])[role].isin(teaching).to_numpy() & own & ~_deletes(scene)
        at = changes["at"].to_numpy(dtype=object)
        rows = side.observed.rows
        there = slice_of(side.resource, rows["match"])[rows[role].isin(teaching)].value_counts()
        gained = pd.Series(at[will & ~was]).value_counts()
        where = np.flatnonzero(was & ~will)
        keys = unpack(changes["key"].iloc[where], side.resource.slice)
        for folded, found in keys.groupby(at[where]).indices.items():
            teachers = int(there.get(folded, 0))
            if teachers - len(found) + int(gained.get(folded, 0)) <= 0:
                names = _record(keys, found[0])
                yield Stop(
                    "last-teacher",
                    name,
                    names,
                    where[found],
                    teachers,
                    "a roster that loses its last teacher",
                    f"{' '.join(names.values())} would be left without anybody who teaches: was the row forgotten?",
                )


def majority(scene: Scene) -> Iterator[Stop]:
    """A roster of more than a few that loses more than half."""
    limits = scene.limits.roster
    if limits is None:
        return
    share = "half" if limits.percent == 50 else f"{limits.percent} %"
    for roster in _rosters(scene):
        count = len(roster.lost)
        if roster.population > limits.over and count * 100 > roster.population * limits.percent:
            yield Stop(
                "majority",
                roster.side.resource.name,
                roster.slice,
                roster.lost,
                roster.population,
                f"{share} of a roster over {limits.over}",
                f"{count} of the {roster.population} {roster.side.resource.title} of {roster.name} would go at once.",
            )


# -- shares of a slice or a resource ---------------------------------------------------------------------------


def many_deletes(scene: Scene) -> Iterator[Stop]:
    """A large share of a slice, or of a resource as a whole, that would go."""
    limits = scene.limits.delete
    if limits is None:
        return
    says = f"{limits.percent} % and {limits.count}"
    for roster in _rosters(scene):
        count = len(roster.lost)
        if count > limits.count and count * 100 > roster.population * limits.percent:
            yield Stop(
                "deletes",
                roster.side.resource.name,
                roster.slice,
                roster.lost,
                roster.population,
                f"{says} of a slice",
                f"{count} of the {roster.population} {roster.side.resource.title} of {roster.name} would go.",
            )
    yield from _share(scene, "delete", limits.percent, lambda count, there: count > limits.count, says)


def many_updates(scene: Scene) -> Iterator[Stop]:
    """A large share of a resource that would be changed at once."""
    limits = scene.limits.update
    if limits is not None:
        says = f"{limits.percent} % and {limits.count}"
        yield from _share(scene, "update", limits.percent, lambda count, there: count > limits.count, says)


def many_creates(scene: Scene) -> Iterator[Stop]:
    """A large share of new objects: identifiers that were re-keyed show up so."""
    limits = scene.limits.create
    if limits is not None:
        says = f"{limits.percent} % of more than {limits.over}"
        yield from _share(scene, "create", limits.percent, lambda count, there: there > limits.over, says)


def _share(scene: Scene, op: str, percent: int, counts: Callable[[int, int], bool], says: str) -> Iterator[Stop]:
    changes = scene.changes
    for name, side in scene.sides.items():
        mine = (changes["resource"] == name) & (changes["op"] == op) & (changes["coverer"] < 0)
        which, there = np.flatnonzero(mine), len(side.observed.rows)
        count = len(which)
        if count and counts(count, there) and count * 100 > there * percent:
            yield Stop(
                f"{op}s",
                name,
                {},
                which,
                there,
                f"{says} of a resource",
                f"{count} {op}s where the site has {there} {side.resource.title}: is that meant?",
            )


GUARDS: Sequence[Guard] = (
    old_file,
    fewer_rows,
    new_mapping,
    emptied,
    last_teacher,
    majority,
    many_deletes,
    many_updates,
    many_creates,
)
