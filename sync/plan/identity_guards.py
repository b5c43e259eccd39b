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
from sync.plan.hold_texts import hold_text

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
            objects = context.changes["object"].to_numpy()[where]
            of = standing_on(below.resource, below.index, alignment.resource.name, objects, alike["old"])
            yield from _stops(below.resource, alignment, alike, where[of >= 0], of[of >= 0])


def _stops(
    resource: Resource, alignment: Alignment, alike: pd.DataFrame, which: Positions, of: Positions
) -> Iterator[Stop]:
    """One for each old identifier; one for all of them, if there are many."""
    noun = alignment.resource.noun
    olds = np.unique(of)
    if len(olds) > SEVERAL:
        pairs = [f"{row['called']} (now {row['new']})" for row in alike.iloc[olds[:EXAMPLES]].to_dict("records")]
        text = hold_text(
            "new-identifier",
            "many",
            object=noun,
            objects=alignment.resource.counted(len(olds)),
            pairs=listed(pairs),
            removals=resource.counted(len(which)),
        )
        yield Stop(text, resource.name, {}, which, len(which))
        return
    for old in olds.tolist():
        row, own = alike.iloc[old].to_dict(), which[of == old]
        place = Origin(row["file"], _text(row["tab"]), int(row["row"]))
        gone = _gone(resource, alignment.resource, len(own), row["called"])
        text = hold_text(
            "new-identifier",
            object=noun,
            subject=noun.capitalize(),
            old=row["called"],
            new=row["new"],
            place=place,
            same=listed(map(alignment.resource.called, row["evidence"].split())),
            gone=gone,
        )
        slice_ = {alignment.resource.key[0]: str(row["called"])}
        yield Stop(text, resource.name, slice_, own, len(own), alone=True)


def _gone(resource: Resource, of: Resource, count: int, called: str) -> str:
    """What would be deleted: `User S3`, `2 enrolments of S3`, `2 enrolments in MATH-101`."""
    if resource is of:
        return f"{of.noun.capitalize()} {called}"
    return f"{resource.counted(count)} {'of' if of.personal else 'in'} {called}"


def _text(cell: object) -> str | None:
    return cell if isinstance(cell, str) else None
