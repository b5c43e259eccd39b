"""Guard of those who teach: a course keeps at least one person in the highest teaching role that it has.

That somebody assists in a course does not mean that it needs no teacher.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.model import Conventions
from sync.model.index import Flags, Numbers
from sync.model.values import position, unpack
from sync.plan.guard_context import GuardContext, Stop
from sync.plan.hold_texts import hold_text
from sync.plan.roster_guards import sizes, slice_of, slices_of


@dataclass(frozen=True, slots=True)
class Teachers:
    """Who teaches, and who would not any more.

    By change: `lost`, somebody has a teaching role and will have none; `gained`, the reverse; `highest_lost` and
    `highest_gained` the same for the highest teaching role of their slice. By slice: `highest`, the place of that role
    among the teaching ones; `there`, how many teach; `highest_there`, how many have that role.
    """

    lost: Flags
    highest_lost: Flags
    gained: Flags
    highest_gained: Flags
    highest: Numbers
    there: Numbers
    highest_there: Numbers


def teachers(context: GuardContext, alignment: Alignment) -> Teachers | None:
    """The teachers of a resource with roles; None if it has no roles, or nobody would lose a teaching role."""
    role = next((field.name for field in alignment.resource.fields if field.kind == "role"), None)
    own = context.own[alignment.resource.name]
    if not alignment.resource.slice or role is None or not own.any():
        return None
    teaching = ranked(context.conventions)
    none = len(teaching)
    was = _roles(context.changes["before"], own, role, teaching)
    if (was == none).all():
        return None
    will = _roles(context.changes["after"], own & ~context.deletes, role, teaching)
    rows = context.there(alignment)
    rank, at = _places(rows[role], teaching), slice_of(alignment, rows["object"])
    highest = np.full(len(alignment.index.space(alignment.resource.slice)), none, dtype=np.int64)
    np.minimum.at(highest, at, rank)
    here = np.append(highest, none)[slice_of(alignment, context.changes["object"].where(own, -1))]
    return Teachers(
        lost=(was < none) & (will == none),
        highest_lost=(was == here) & (was < none) & (will == none),
        gained=(was == none) & (will < none),
        highest_gained=(was > here) & (will <= here) & (will < none),
        highest=highest,
        there=sizes(alignment, rows["object"][rank < none]),
        highest_there=sizes(alignment, rows["object"][(rank < none) & (rank == highest[at])]),
    )


def ranked(conventions: Conventions) -> list[str]:
    """The teaching roles, highest first."""
    order = [short for short, _ in conventions.roles]
    return sorted(conventions.teaching, key=lambda role: order.index(role) if role in order else len(order))


def _roles(packed: pd.Series[Any], where: Flags, role: str, teaching: list[str]) -> Numbers:
    """The places of roles before or after changes; that of none for changes elsewhere."""
    found = np.full(len(packed), len(teaching), dtype=np.int64)
    found[where] = _places(unpack(packed[where], [role])[role], teaching)
    return found


def _places(roles: pd.Series[Any], teaching: list[str]) -> Numbers:
    """The place of each role among the teaching ones; as many as there are of these for any other."""
    at = position(roles, pd.Series(teaching, dtype="str"))
    return np.where(at < 0, len(teaching), at)


def last_teacher(context: GuardContext) -> Iterator[Stop]:
    """A roster that has a teacher and would have none, or only one in a lower role."""
    if context.limits.roster is None:
        return
    for alignment in context.alignments.values():
        found = teachers(context, alignment)
        stops = list(_left_alone(context, alignment, found)) if found is not None else []
        # One missing row says nothing about the file; teachers who are missing everywhere do.
        yield from (replace(stop, alone=len(stops) == 1) for stop in stops)


def _left_alone(context: GuardContext, alignment: Alignment, found: Teachers) -> Iterator[Stop]:
    """Slices without anybody left in their highest teaching role, with all who would not teach any more."""
    objects = context.changes["object"]
    gained, highest_gained = (sizes(alignment, objects[flags]) for flags in (found.gained, found.highest_gained))
    teaching, shown = ranked(context.conventions), dict(context.conventions.roles)
    for at, names, lost in slices_of(context, alignment, np.flatnonzero(found.lost)):
        left = found.highest_there[at] - found.highest_lost[lost].sum() + highest_gained[at]
        if left <= 0 and found.highest_lost[lost].any():
            role = teaching[found.highest[at]]
            others = "others" if found.there[at] + gained[at] > len(lost) else ""
            text = hold_text("last-teacher", others, slice=" ".join(names.values()), role=shown.get(role, role))
            yield Stop(text, alignment.resource.name, names, lost, int(found.there[at]))
