"""Guards of rollbacks: what they delete, and what they have undone and the exports ask for again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.model.frames import unnamed
from sync.model.index import Flags, places
from sync.model.records import undone_by
from sync.model.values import pick, unpack
from sync.plan.guard_context import GuardContext, Positions, Stop
from sync.plan.hold_texts import hold_text


def created_by_run(context: GuardContext) -> Iterator[Stop]:
    """What a rollback deletes because the run created it."""
    run = undone_by(context.inputs)
    for name, alignment in context.alignments.items() if run is not None else ():
        which = np.flatnonzero(context.own[name] & context.deletes & context.sent)
        if len(which):
            one = "one" if len(which) == 1 else ""
            text = hold_text("created-by-run", one, removals=alignment.resource.counted(len(which)), run=run)
            yield Stop(text, name, {}, which, len(which), alone=True)


def rolled_back(context: GuardContext) -> Iterator[Stop]:
    """What was undone, and the exports ask for in the same way as before."""
    for name, alignment in context.alignments.items() if len(context.undone) else ():
        undone = context.undone[context.undone["resource"] == name].reset_index(drop=True)
        which = _again(context, alignment, undone)
        if len(which):
            one = "one" if len(which) == 1 else ""
            text = hold_text("rolled-back", one, changes=alignment.resource.counted(len(which)))
            yield Stop(text, name, {}, which, len(which), alone=True)


def _again(context: GuardContext, alignment: Alignment, undone: pd.DataFrame) -> Positions:
    """Which changes of a resource would give an object again what was undone."""
    mine = np.flatnonzero(context.own[alignment.resource.name] & context.sent)
    rows = context.changes.iloc[mine].reset_index(drop=True)
    at = places(rows["object"], alignment.index.numbers(undone["match"])) if len(undone) else np.full(len(mine), -1)
    mine, rows, at = mine[at >= 0], rows[at >= 0].reset_index(drop=True), at[at >= 0]
    if not len(mine):
        return mine
    listed = [field.name for field in alignment.resource.state if field.send == "state"]
    names = [*listed, *unnamed(alignment.resource, alignment.desired.rows)]
    was, then, now = (
        unpack(column, names) for column in (pick(undone["before"], at), pick(undone["after"], at), rows["after"])
    )
    changed = then.notna() & (was.isna() | (was != then))
    equal: Flags = (~changed | (now == then).fillna(False)).all(axis="columns").to_numpy(dtype=bool)
    return mine[equal & (rows["op"] == pick(undone["op"], at)).to_numpy(dtype=bool)]
