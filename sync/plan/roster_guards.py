"""Guards of rosters: slices of a resource, such as the enrolments of one course, that would lose too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sync.diff.field_diff import Alignment
from sync.model import Issue, Resource, Takes
from sync.model.findings import listed
from sync.model.frames import records
from sync.model.index import Numbers, Objects, among, places
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE
from sync.model.values import equals, unpack
from sync.plan.cascades import taking
from sync.plan.guard_context import GuardContext, Mask, Positions, Stop
from sync.plan.hold_texts import HoldText, hold_text

Order = Literal["up", "down"]

FEW = 4
"""If more rosters than this lose their only member in one run, somebody should look at that."""


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

    @property
    def only(self) -> str:
        """The variant of a text for a roster of one."""
        return "only" if self.population == 1 else ""

    def text(self, guard: str, *variants: str, **values: object) -> HoldText:
        """What a guard says of it."""
        resource, counts = self.alignment.resource, {"count": len(self.lost), "population": self.population}
        names = {"roster": f"{resource.title} in {self.name}", "object": resource.noun, "slice": self.name}
        return hold_text(guard, *variants, **names, **counts, **values)

    def stop(self, text: HoldText) -> Stop:
        """All that it would lose, stopped."""
        return Stop(text, self.alignment.resource.name, self.slice, self.lost, self.population)


def rosters(context: GuardContext) -> Iterator[Roster]:
    """Slices from which something is deleted, even automatically with something outside of any slice."""
    if not context.deletes.any():
        return
    changes = context.changes
    unsliced = [name for name, alignment in context.alignments.items() if not alignment.resource.slice]
    counted = context.deletes & (context.sent | changes["by_resource"].isin(unsliced).to_numpy())
    for name, alignment in context.alignments.items():
        where = np.flatnonzero(counted & context.own[name])
        if not alignment.resource.slice or not len(where):
            continue
        gained = sizes(alignment, changes["object"][context.own[name] & (changes["op"] == "create")])
        population = sizes(alignment, context.there(alignment)["object"])
        for at, names, lost in slices_of(context, alignment, where):
            yield Roster(alignment, names, int(population[at]), int(gained[at]), lost)


def slice_of(alignment: Alignment, objects: Objects) -> Numbers:
    """The number of the slice that each object belongs to."""
    return alignment.index.part(objects, alignment.resource.slice)


def sizes(alignment: Alignment, objects: Objects) -> Numbers:
    """By slice, how many of these objects it has."""
    slices = alignment.index.space(alignment.resource.slice)
    return np.bincount(slice_of(alignment, objects), minlength=len(slices))


def slices_of(
    context: GuardContext, alignment: Alignment, where: Positions
) -> Iterator[tuple[int, Mapping[str, str], Positions]]:
    """The changes at these positions slice by slice: its number, its names, and their positions."""
    keys = unpack(context.changes["key"].iloc[where], alignment.resource.slice)
    slices = slice_of(alignment, context.changes["object"].to_numpy()[where])
    names = records(keys)
    for rows in keys.groupby(context.changes["at"].to_numpy(dtype=object)[where]).indices.values():
        yield int(slices[rows[0]]), names[rows[0]], where[rows]


def emptied(context: GuardContext) -> Iterator[Stop]:
    """A roster that would be emptied, unless it is a class or the like whose only member has left."""
    for gone in _vanishing(context) if context.limits.roster is not None else ():
        for roster in () if _ordinary(context, gone) else gone:
            few = {1: "one", 2: "two"}.get(len(roster.lost), "")
            yield roster.stop(roster.text("emptied", few))


def _vanishing(context: GuardContext) -> Iterator[list[Roster]]:
    """The rosters of each resource that would be emptied."""
    gone = [each for each in rosters(context) if each.vanishes]
    for name in dict.fromkeys(each.alignment.resource.name for each in gone):
        yield [each for each in gone if each.alignment.resource.name == name]


def _ordinary(context: GuardContext, gone: Sequence[Roster]) -> bool:
    """Whether these have just lost their only member, and nothing else is wrong with what is listed of the resource.

    That one person leaves is as likely in a small class as in a large one.
    """
    own = context.own[gone[0].alignment.resource.name]
    if len(gone) > FEW or not all(_loses_one(context, each) for each in gone) or (context.doubts[own] >= 0).any():
        return False
    return next(_cut_short(context, gone), None) is None


def _loses_one(context: GuardContext, roster: Roster) -> bool:
    """Whether just one is removed, by itself and not with an account or a course."""
    return len(roster.lost) == 1 and bool(context.sent[roster.lost].all())


def left_empty(context: GuardContext, held: Mask) -> Iterator[Issue]:
    """A notice of rosters whose only member is removed. `held`: which changes are on hold."""
    for gone in _vanishing(context):
        sent = [each for each in gone if _loses_one(context, each) and not held[each.lost].any()]
        if sent:
            resource, one = sent[0].alignment.resource, "one" if len(sent) == 1 else ""
            values = {"object": resource.noun, "objects": resource.title, "slices": listed(each.name for each in sent)}
            yield wording("left-empty", one, **values).issue("notice", resource=resource.name)


def last_slice(context: GuardContext) -> Iterator[Stop]:
    """The slice a sheet ends with loses some, while slices that came after it vanish: the file was truncated there."""
    for gone in _vanishing(context) if context.limits.roster is not None else ():
        yield from _cut_short(context, gone)


def _cut_short(context: GuardContext, gone: Sequence[Roster]) -> Iterator[Stop]:
    """The slices with which sheets end within a roster, while these of the same resource would have come after it."""
    alignment = gone[0].alignment
    vanished = context.changes["at"].iloc[[each.lost[0] for each in gone]]
    ends = [end for end in _ends(alignment) if any(end.before(at) for at in vanished)]
    for roster in rosters(context) if ends else ():
        at = context.changes["at"].iloc[roster.lost[0]]
        end = next((each for each in ends if each.at == at), None)
        if roster.alignment is alignment and end is not None and len(roster.lost) < roster.population:
            text = roster.text("last-slice", file=end.file, objects=alignment.resource.title)
            yield roster.stop(text)


@dataclass(frozen=True, slots=True)
class _End:
    """The slice (folded) a file ends with, and how its slices are sorted, if they are."""

    file: str
    at: str
    sorted: Order | None

    def before(self, at: str) -> bool:
        """Whether a slice could have come after the end of the file."""
        return at != self.at and (self.sorted is None or (at > self.at) == (self.sorted == "up"))


def _ends(alignment: Alignment) -> Iterator[_End]:
    """The ends of those files that list slice by slice; in others the truncated part is unknown."""
    rows = alignment.desired.rows
    slices = alignment.index.space(alignment.resource.slice)
    frame = rows[["file", "tab", "row"]].assign(at=slice_of(alignment, rows["object"]))
    for (file, _), lines in frame.sort_values("row", kind="stable").groupby(["file", "tab"], sort=False, dropna=False):
        at = lines["at"]
        runs = at[at != at.shift()]
        if runs.is_unique:
            runs = slices.texts(runs)
            falls: Order | None = "down" if runs.is_monotonic_decreasing else None
            order: Order | None = "up" if runs.is_monotonic_increasing else falls
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
            values = {"percent": limits.percent, "over": limits.over}
            yield roster.stop(roster.text("majority", half, roster.only, **values))


def large_part(context: GuardContext) -> Iterator[Stop]:
    """A large roster that would lose a large part."""
    limits = context.limits.delete
    if limits is None:
        return
    for roster in rosters(context):
        count = len(roster.lost)
        if count > limits.count and count * 100 > roster.population * limits.percent:
            values = {"percent": limits.percent, "over": limits.count}
            yield roster.stop(roster.text("deletes", "roster", roster.only, **values))


def takes_others(context: GuardContext) -> Iterator[Stop]:
    """A delete that would also remove what nexsis-sync does not manage, such as people enrolled manually."""
    if context.limits.delete is None:
        return
    for name, alignment in context.alignments.items():
        where = np.flatnonzero(context.own[name] & equals(context.changes["op"], "delete") & context.sent)
        for takes in alignment.resource.takes if len(where) else ():
            counts = _others(context, alignment, takes, where)
            which, count = where[counts > 0], int(counts.sum())
            if count:
                removals = alignment.resource.counted(len(which))
                others = CATALOGUE[takes.resource].counted(count)
                yield Stop(hold_text("takes-others", removals=removals, others=others), name, {}, which, len(which))
            unread = where[_unread(context, alignment, takes, where) & (counts == 0)]
            if len(unread):
                said = alignment.resource.counted(len(unread)), CATALOGUE[takes.resource].title
                text = hold_text("takes-others", "unread", removals=said[0], others=said[1])
                yield Stop(text, name, {}, unread, len(unread))


def _others(context: GuardContext, alignment: Alignment, takes: Takes, where: Positions) -> Numbers:
    """How many records that nexsis-sync does not manage each of these deletes would remove by `takes`."""
    counts, child = np.zeros(len(where), dtype=np.int64), context.alignments[takes.resource]
    if takes.only_if_last:
        return counts
    if len(child.observed.foreign):
        up = taking(child, alignment, takes, child.observed.foreign["object"])
        at = places(up, context.changes["object"].to_numpy()[where])
        counts += np.bincount(at[at >= 0], minlength=len(where))
    beyond = context.unmanaged.get((alignment.resource.name, takes.resource))
    if beyond is not None:
        at = places(where, beyond.at)
        counts[at >= 0] += beyond.counts[at[at >= 0]]
    return counts


def _unread(context: GuardContext, alignment: Alignment, takes: Takes, where: Positions) -> Mask:
    """Of which of these deletes the site did not say what else they would remove."""
    beyond = context.unmanaged.get((alignment.resource.name, takes.resource))
    return among(where, beyond.at[beyond.unread]) if beyond is not None else np.zeros(len(where), dtype=bool)


def still_named(context: GuardContext) -> Iterator[Stop]:
    """A delete of what other sheets still refer to: the exports contradict each other.

    That somebody who leaves a course is still listed in its groups is no contradiction: one export was made earlier.
    """
    if context.limits.delete is None:
        return
    for name, alignment in context.alignments.items():
        where = np.flatnonzero(context.own[name] & context.deletes & context.sent)
        if _is_membership(alignment.resource) or not len(where) or not len(alignment.wanted):
            continue
        objects = context.changes["object"].to_numpy()[where]
        stated = among(objects, alignment.desired.removals["object"])
        which = where[among(objects, alignment.wanted["object"]) & ~stated]
        if len(which):
            one = "one" if len(which) == 1 else ""
            text = hold_text("still-named", one, removals=alignment.resource.counted(len(which)))
            yield Stop(text, name, {}, which, len(where))


def _is_membership(resource: Resource) -> bool:
    """Whether it only says that one thing belongs to others, such as an enrolment, and is nothing by itself."""
    return len(resource.refs) > 1
