"""Guards of rosters: slices of a resource, such as the enrolments of one course, that would lose too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sync.diff.field_diff import Alignment
from sync.model.frames import records
from sync.model.index import Numbers, Objects, among
from sync.model.values import unpack
from sync.plan.cascades import taking
from sync.plan.guard_context import GuardContext, Mask, Positions, Stop
from sync.plan.hold_texts import HoldText, hold_text


@dataclass(frozen=True, slots=True)
class Roster:
    """One slice of one resource: how many there are, how many are added, and which changes remove some."""

    alignment: Alignment
    slice: Mapping[str, str]
    population: int
    gained: int
    lost: Positions

    @property
    def vanishes(self) -> bool:
        """Whether it would be emptied."""
        return len(self.lost) >= self.population and not self.gained

    @property
    def name(self) -> str:
        """What it is called: that of which it is a slice."""
        return " ".join(self.slice.values())

    def text(self, guard: str, *variants: str, **values: object) -> HoldText:
        """What a guard says of it."""
        counts = {"count": len(self.lost), "population": self.population}
        return hold_text(guard, *variants, roster=f"{self.alignment.resource.title} in {self.name}", **counts, **values)

    def stop(self, text: HoldText) -> Stop:
        """All that it would lose, stopped."""
        return Stop(text, self.alignment.resource.name, self.slice, self.lost, self.population)


def rosters(context: GuardContext) -> Iterator[Roster]:
    """Slices from which something is deleted, even automatically with something outside of any slice."""
    changes = context.changes
    unsliced = [name for name, alignment in context.alignments.items() if not alignment.resource.slice]
    counted = context.deletes & (context.sent | changes["by_resource"].isin(unsliced).to_numpy())
    for name, alignment in context.alignments.items():
        where = np.flatnonzero(counted & context.own[name])
        if not alignment.resource.slice or not len(where):
            continue
        gained = _sizes(alignment, changes["object"][context.own[name] & (changes["op"] == "create")])
        population = _sizes(alignment, alignment.observed.rows["object"])
        for at, names, lost in _slices(context, alignment, where):
            yield Roster(alignment, names, int(population[at]), int(gained[at]), lost)


def _slice_of(alignment: Alignment, objects: Objects) -> Numbers:
    return alignment.index.part(objects, alignment.resource.slice)


def _sizes(alignment: Alignment, objects: Objects) -> Numbers:
    """By slice, how many of these objects it has."""
    slices = alignment.index.space(alignment.resource.slice)
    return np.bincount(_slice_of(alignment, objects), minlength=len(slices))


def _slices(
    context: GuardContext, alignment: Alignment, where: Positions
) -> Iterator[tuple[int, Mapping[str, str], Positions]]:
    """The changes at these positions slice by slice: its number, its names, and their positions."""
    keys = unpack(context.changes["key"].iloc[where], alignment.resource.slice)
    slices = _slice_of(alignment, context.changes["object"].to_numpy()[where])
    names = records(keys)
    for rows in keys.groupby(context.changes["at"].to_numpy(dtype=object)[where]).indices.values():
        yield int(slices[rows[0]]), names[rows[0]], where[rows]


def emptied(context: GuardContext) -> Iterator[Stop]:
    """A roster that would be emptied."""
    if context.limits.roster is None:
        return
    for roster in rosters(context):
        if roster.vanishes:
            few = {1: "one", 2: "two"}.get(len(roster.lost), "")
            noun = roster.alignment.resource.noun
            yield roster.stop(roster.text("emptied", few, object=noun, slice=roster.name))


def last_slice(context: GuardContext) -> Iterator[Stop]:
    """The slice a sheet ends with loses some, while slices that came after it vanish: the file was truncated there."""
    if context.limits.roster is None:
        return
    gone = [each for each in rosters(context) if each.vanishes]
    for name in dict.fromkeys(each.alignment.resource.name for each in gone):
        alignment = context.alignments[name]
        vanished = context.changes["at"].iloc[[each.lost[0] for each in gone if each.alignment is alignment]]
        ends = [end for end in _ends(alignment) if any(end.before(at) for at in vanished)]
        for roster in rosters(context):
            at = context.changes["at"].iloc[roster.lost[0]]
            end = next((each for each in ends if each.at == at), None)
            if roster.alignment is alignment and end is not None and len(roster.lost) < roster.population:
                text = roster.text("last-slice", file=end.file, slice=roster.name, objects=alignment.resource.title)
                yield roster.stop(text)


@dataclass(frozen=True, slots=True)
class _End:
    """The slice (folded) a file ends with, and how its slices are sorted: 1 ascending, -1 descending, 0 otherwise."""

    file: str
    at: str
    sorted: int

    def before(self, at: str) -> bool:
        """Whether a slice could have come after the end of the file."""
        return at != self.at and (self.sorted == 0 or (at > self.at) == (self.sorted > 0))


def _ends(alignment: Alignment) -> Iterator[_End]:
    """The ends of those files that list slice by slice; in others the truncated part is unknown."""
    rows = alignment.desired.rows
    slices = alignment.index.space(alignment.resource.slice)
    frame = rows[["file", "tab", "row"]].assign(at=_slice_of(alignment, rows["object"]))
    for (file, _), lines in frame.sort_values("row", kind="stable").groupby(["file", "tab"], sort=False, dropna=False):
        at = lines["at"]
        runs = at[at != at.shift()]
        if runs.is_unique:
            runs = slices.texts(runs)
            order = 1 if runs.is_monotonic_increasing else -1 if runs.is_monotonic_decreasing else 0
            yield _End(str(file), str(runs.iloc[-1]), order)


def majority(context: GuardContext) -> Iterator[Stop]:
    """A roster of more than a few that would lose more than half."""
    limits = context.limits.roster
    if limits is None:
        return
    half = "half" if limits.percent == 50 else ""
    for roster in rosters(context):
        count = len(roster.lost)
        if roster.population > limits.over and count * 100 > roster.population * limits.percent:
            yield roster.stop(roster.text("majority", half, percent=limits.percent, over=limits.over))


def large_part(context: GuardContext) -> Iterator[Stop]:
    """A large roster that would lose a large part."""
    limits = context.limits.delete
    if limits is None:
        return
    for roster in rosters(context):
        count = len(roster.lost)
        if count > limits.count and count * 100 > roster.population * limits.percent:
            yield roster.stop(roster.text("deletes", "roster", percent=limits.percent, over=limits.count))


def last_teacher(context: GuardContext) -> Iterator[Stop]:
    """A roster that has a teacher and would have none."""
    if context.limits.roster is None:
        return
    for name, alignment in context.alignments.items():
        role = next((field.name for field in alignment.resource.fields if field.kind == "role"), None)
        if alignment.resource.slice and role is not None and context.own[name].any():
            stops = list(_left_alone(context, alignment, role))
            # One missing row says nothing about the file; teachers who are missing everywhere do.
            yield from (replace(stop, alone=len(stops) == 1) for stop in stops)


def _left_alone(context: GuardContext, alignment: Alignment, role: str) -> Iterator[Stop]:
    """Slices of a resource whose last teacher would be removed or get another role."""
    changes, own = context.changes, context.own[alignment.resource.name]
    teaching = list(context.conventions.teaching)
    was = own & unpack(changes["before"], [role])[role].isin(teaching).to_numpy()
    will = own & unpack(changes["after"], [role])[role].isin(teaching).to_numpy() & ~context.deletes
    rows = alignment.observed.rows
    there = _sizes(alignment, rows["object"][rows[role].isin(teaching)])
    gained = _sizes(alignment, changes["object"][will & ~was])
    for at, names, lost in _slices(context, alignment, np.flatnonzero(was & ~will)):
        teachers = int(there[at])
        if teachers - len(lost) + int(gained[at]) <= 0:
            text = hold_text("last-teacher", slice=" ".join(names.values()))
            yield Stop(text, alignment.resource.name, names, lost, teachers)


def takes_others(context: GuardContext) -> Iterator[Stop]:
    """A delete that would also remove what nexsis-sync does not manage, such as people enrolled manually."""
    if context.limits.delete is None:
        return
    changes = context.changes
    for name, alignment in context.alignments.items():
        where = np.flatnonzero(context.own[name] & context.deletes & context.sent)
        for takes in alignment.resource.takes if len(where) else ():
            child = context.alignments.get(takes.resource)
            if child is None or takes.only_if_last or not len(child.observed.foreign):
                continue
            up = taking(child, alignment, takes, child.observed.foreign["object"])
            gone = changes["object"].to_numpy()[where]
            which = where[among(gone, up)]
            count = int(among(up, gone).sum())
            if count:
                removals, others = alignment.resource.counted(len(which)), child.resource.counted(count)
                yield Stop(hold_text("takes-others", removals=removals, others=others), name, {}, which, len(which))


def still_named(context: GuardContext) -> Iterator[Stop]:
    """A delete of what other sheets still refer to: the exports contradict each other."""
    if context.limits.delete is None:
        return
    for name, alignment in context.alignments.items():
        where = np.flatnonzero(context.own[name] & context.deletes & context.sent)
        if alignment.resource.slice or not len(where) or not len(alignment.wanted):
            continue
        objects = context.changes["object"].to_numpy()[where]
        stated = among(objects, alignment.desired.removals["object"])
        which = where[among(objects, alignment.wanted["object"]) & ~stated]
        if len(which):
            one = "one" if len(which) == 1 else ""
            text = hold_text("still-named", one, removals=alignment.resource.counted(len(which)))
            yield Stop(text, name, {}, which, len(where))


def reliances(context: GuardContext) -> Iterator[tuple[int, Positions]]:
    """Deletes that may be sent only after a create of the same slice, which keeps it alive.

    Otherwise the slice would be left empty, or without anybody who teaches.
    """
    changes = context.changes
    for name, alignment in context.alignments.items():
        lost = np.flatnonzero(context.own[name] & context.deletes & context.sent)
        if not alignment.resource.slice or not len(lost):
            continue
        rows, own = alignment.observed.rows, context.own[name] & (changes["op"] == "create").to_numpy()
        yield from _relying(context, alignment, lost, own, _sizes(alignment, rows["object"]))
        role = next((field.name for field in alignment.resource.fields if field.kind == "role"), None)
        if role is not None:
            teaching = list(context.conventions.teaching)
            was = unpack(changes["before"].iloc[lost], [role])[role].isin(teaching).to_numpy()
            will = own & unpack(changes["after"], [role])[role].isin(teaching).to_numpy()
            teachers = rows["object"][rows[role].isin(teaching)]
            yield from _relying(context, alignment, lost[was], will, _sizes(alignment, teachers))


def _relying(
    context: GuardContext, alignment: Alignment, lost: Positions, comes: Mask, there: Numbers
) -> Iterator[tuple[int, Positions]]:
    """Slices in which all that is `there` would be lost, and something `comes`: the first of it, and what is lost."""
    coming = np.flatnonzero(comes)
    at = _slice_of(alignment, context.changes["object"].to_numpy()[coming])
    first = dict(zip(at[::-1].tolist(), coming[::-1].tolist(), strict=True))
    for where, _, gone in _slices(context, alignment, lost):
        if where in first and len(gone) >= there[where]:
            yield first[where], gone
