"""Deletes that may be sent only after what replaces them is there, so that nothing is emptied in between."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sync.diff.field_diff import Alignment
from sync.model.index import Numbers
from sync.plan.guard_context import GuardContext, Mask, Positions
from sync.plan.roster_guards import sizes, slice_of, slices_of
from sync.plan.teacher_guards import teachers


def reliances(context: GuardContext) -> Iterator[tuple[int, Positions]]:
    """Deletes that may be sent only after a create of the same slice, which keeps it alive.

    Otherwise the slice would be left empty, or without anybody in its highest teaching role.
    """
    for name, alignment in context.alignments.items():
        lost = np.flatnonzero(context.own[name] & context.deletes & context.sent)
        if not alignment.resource.slice or not len(lost):
            continue
        comes = context.own[name] & (context.changes["op"] == "create").to_numpy()
        yield from _relying(context, alignment, lost, comes, sizes(alignment, context.there(alignment)["object"]))
        if (found := teachers(context, alignment)) is not None:
            first = lost[found.highest_lost[lost]]
            yield from _relying(context, alignment, first, comes & found.highest_gained, found.highest_there)


def _relying(
    context: GuardContext, alignment: Alignment, lost: Positions, comes: Mask, there: Numbers
) -> Iterator[tuple[int, Positions]]:
    """Slices in which all that is `there` would be lost, and something `comes`: the first of it, and what is lost."""
    coming, objects = np.flatnonzero(comes), context.changes["object"].to_numpy()
    at = slice_of(alignment, objects[coming])
    first = dict(zip(at[::-1].tolist(), coming[::-1].tolist(), strict=True))
    replaced = (sizes(alignment, objects[coming]) > 0) & (sizes(alignment, objects[lost]) >= there)
    for where, _, gone in slices_of(context, alignment, lost[replaced[slice_of(alignment, objects[lost])]]):
        yield first[where], gone
