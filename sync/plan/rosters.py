"""Guards of rosters: slices of a resource, such as the enrolments of one course, that would lose too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sync.absence import slice_of
from sync.comparing import Sides
from sync.plan.scene import Positions, Scene, Stop
from sync.values import unpack


@dataclass(frozen=True, slots=True)
class Roster:
    """One slice of one resource: how many there are, how many come, and which changes take some away."""

    side: Sides
    slice: Mapping[str, str]
    population: int
    gained: int
    lost: Positions

    def stop(self, guard: str, limit: str, message: str) -> Stop:
        """All that it would lose, stopped."""
        return Stop(guard, self.side.resource.name, self.slice, self.lost, self.population, limit, message)

    def __str__(self) -> str:
        return f"{self.side.resource.title} of {' '.join(self.slice.values())}"


def rosters(scene: Scene) -> Iterator[Roster]:
    """Slices from which something is deleted; what goes along with something outside of any slice counts too."""
    changes = scene.changes
    unsliced = [name for name, side in scene.sides.items() if not side.resource.slice]
    counted = scene.deletes & (scene.sent | changes["by_resource"].isin(unsliced).to_numpy())
    for name, side in scene.sides.items():
        where = np.flatnonzero(counted & scene.of(name))
        if not side.resource.slice or not len(where):
            continue
        gained = changes["at"][scene.of(name) & (changes["op"] == "create")].value_counts()
        population = slice_of(side.resource, side.observed.rows["match"]).value_counts()
        for at, names, lost in _slices(scene, side, where):
            yield Roster(side, names, int(population.get(at, 0)), int(gained.get(at, 0)), lost)


def _slices(scene: Scene, side: Sides, where: Positions) -> Iterator[tuple[object, dict[str, str], Positions]]:
    """The changes at these positions slice by slice: folded, by its names, and which they are."""
    keys = unpack(scene.changes["key"].iloc[where], side.resource.slice)
    for at, rows in keys.groupby(scene.changes["at"].to_numpy(dtype=object)[where]).indices.items():
        yield at, {str(name): str(value) for name, value in keys.iloc[rows[0]].items()}, where[rows]


def emptied(scene: Scene) -> Iterator[Stop]:
    """A roster that loses everybody."""
    if scene.limits.roster is None:
        return
    for roster in rosters(scene):
        count = len(roster.lost)
        if count >= roster.population and not roster.gained:
            message = f"All {count} {roster} would go: did its rows get lost?"
            yield roster.stop("emptied", "a roster that loses all", message)


def majority(scene: Scene) -> Iterator[Stop]:
    """A roster of more than a few that loses more than half."""
    limits = scene.limits.roster
    if limits is None:
        return
    share = "half" if limits.percent == 50 else f"{limits.percent} %"
    for roster in rosters(scene):
        count = len(roster.lost)
        if roster.population > limits.over and count * 100 > roster.population * limits.percent:
            message = f"{count} of the {roster.population} {roster} would go at once."
            yield roster.stop("majority", f"{share} of a roster over {limits.over}", message)


def large_part(scene: Scene) -> Iterator[Stop]:
    """A large roster that loses a good part of itself."""
    limits = scene.limits.delete
    if limits is None:
        return
    for roster in rosters(scene):
        count = len(roster.lost)
        if count > limits.count and count * 100 > roster.population * limits.percent:
            message = f"{count} of the {roster.population} {roster} would go."
            yield roster.stop("deletes", f"{limits.percent} % and {limits.count} of a slice", message)


def last_teacher(scene: Scene) -> Iterator[Stop]:
    """A roster that has somebody who teaches and would have nobody."""
    if scene.limits.roster is None:
        return
    for name, side in scene.sides.items():
        role = next((field.name for field in side.resource.fields if field.kind == "role"), None)
        if side.resource.slice and role is not None and scene.of(name).any():
            yield from _left_alone(scene, side, role)


def _left_alone(scene: Scene, side: Sides, role: str) -> Iterator[Stop]:
    """Slices of a resource whose last teacher leaves or gets another role."""
    changes, own = scene.changes, scene.of(side.resource.name)
    teaching = list(scene.manners.teaching)
    was = own & unpack(changes["before"], [role])[role].isin(teaching).to_numpy()
    will = own & unpack(changes["after"], [role])[role].isin(teaching).to_numpy() & ~scene.deletes
    rows = side.observed.rows
    there = slice_of(side.resource, rows["match"])[rows[role].isin(teaching)].value_counts()
    gained = pd.Series(changes["at"].to_numpy(dtype=object)[will & ~was]).value_counts()
    for at, names, lost in _slices(scene, side, np.flatnonzero(was & ~will)):
        teachers = int(there.get(at, 0))
        if teachers - len(lost) + int(gained.get(at, 0)) <= 0:
            yield Stop(
                "last-teacher",
                side.resource.name,
                names,
                lost,
                teachers,
                "a roster that loses its last teacher",
                f"{' '.join(names.values())} would be left without anybody who teaches: was the row forgotten?",
            )
