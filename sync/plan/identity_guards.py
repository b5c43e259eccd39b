"""Guard of people and courses with a new identifier: nothing of the old one is removed without approval."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.diff.identity import damaged
from sync.model import Origin, Resource
from sync.model.findings import listed
from sync.model.frames import standing_on
from sync.plan.guard_context import GuardContext, Positions, Stop

SEVERAL = 5
"""If more than this many occur at once, they are one hold: most likely all identifiers have changed."""

EXAMPLES = 3
"""Number of objects that are named in that case."""


def new_identifier(context: GuardContext) -> Iterator[Stop]:
    """Deletes of what seems to be in the sheets under another identifier, and of everything below it."""
    if context.limits.delete is None:
        return
    for alignment in context.alignments.values():
        alike = alignment.alike[~damaged(alignment.alike).to_numpy(dtype=bool)]
        for name, below in context.alignments.items() if len(alike) else ():
            where = np.flatnonzero(context.own[name] & context.deletes & context.sent)
            of = standing_on(below.resource, alignment.resource, context.changes["match"].iloc[where], alike["old"])
            yield from _stops(below.resource, alignment, alike, where[of >= 0], of[of >= 0])


def _stops(
    resource: Resource, alignment: Alignment, alike: pd.DataFrame, which: Positions, of: Positions
) -> Iterator[Stop]:
    """One for each old identifier; one for all of them if there are many."""
    limit = f"a {alignment.resource.noun} that seems to have a new identifier"
    olds = np.unique(of)
    if len(olds) > SEVERAL:
        pairs = [f"{row['called']} (now {row['new']})" for row in alike.iloc[olds[:EXAMPLES]].to_dict("records")]
        message = (
            f"{alignment.resource.counted(len(olds))} seem to have new identifiers: {listed(pairs)}, and others. "
            f"{resource.counted(len(which))} under the old identifiers would be deleted."
        )
        yield Stop("new-identifier", resource.name, {}, which, len(which), limit, message)
        return
    for old in olds.tolist():
        row, own = alike.iloc[old].to_dict(), which[of == old]
        place = Origin(row["file"], _text(row["tab"]), int(row["row"]))
        noun, same = alignment.resource.noun, listed(row["evidence"].split())
        gone = "The old one" if resource is alignment.resource else f"{resource.counted(len(own))} of {row['called']}"
        message = (
            f"{noun.capitalize()} {row['called']} is no longer in the export, and {row['new']} ({place}) has the same "
            f"{same}. Is it the same {noun} under a new identifier? {gone} would be deleted. As long as "
            f"{row['called']} is in Moodle with that {same}, {row['new']} cannot be created."
        )
        slice_ = {alignment.resource.key[0]: str(row["called"])}
        yield Stop("new-identifier", resource.name, slice_, own, len(own), limit, message, alone=True)


def _text(cell: object) -> str | None:
    return cell if isinstance(cell, str) else None
