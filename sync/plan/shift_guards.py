"""Guards of columns that have shifted against the others: values that are beside the row of somebody else.

Judging only by how much the file changes, such a night looks ordinary. What gives them away is where the values come
from: from another record of the same file that has lost them in the same night, most often the one in the next row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.diff.field_diff import Alignment
from sync.model import Field
from sync.model.findings import listed
from sync.model.index import Flags, Numbers, places
from sync.model.values import joined, part_of, pick, position, unpack
from sync.plan.file_order import SEVERAL, STEPS, in_file_order, next_to, together
from sync.plan.guard_context import GuardContext, Stop
from sync.plan.source_guards import asked_updates, updated_by, whole_file


def shifted_values(context: GuardContext) -> Iterator[Stop]:
    """Names, usernames or addresses that would move from some records to others: all that the file asks for is held."""
    for mapping, sheet in context.sheets() if context.limits.update else ():
        alignment, rows = context.alignments[mapping.resource], _updates(context, mapping)
        if not len(rows):
            continue
        fields = _telling(alignment, mapping)
        moved = {field.name: (_moved(alignment, rows, field), _least(field)) for field in fields}
        shifted = {name: flags for name, (flags, least) in moved.items() if together(flags, least)}
        if shifted:
            named, objects = alignment.desired.columns[mapping.name], alignment.resource
            columns = [*dict.fromkeys(column for name in shifted for column in named[name])]
            yield whole_file(
                context,
                mapping,
                sheet,
                "shifted-values",
                "several" if len(columns) > 1 else "",
                "" if len(context.asked_by(mapping)) else "refused",
                columns=listed(columns),
                moved=objects.counted(max(int(flags.sum()) for flags in shifted.values())),
                object=objects.noun,
            )


def _updates(context: GuardContext, mapping: MappingFile) -> pd.DataFrame:
    """The updates that the file of a mapping asks for, in its order; none if they are too few to show anything.

    Those that cannot be sent count too: one of the values may belong to somebody whom the file leaves alone, and then
    nobody gets the next one's either.
    """
    changes, which, refused = context.changes, updated_by(context, mapping), context.refused
    stuck = asked_updates(refused, np.flatnonzero(refused["resource"] == mapping.resource), mapping)
    if len(which) + len(stuck) < SEVERAL:
        return changes.iloc[:0]
    if len(stuck):
        changes = pd.concat([changes.iloc[which], refused.iloc[stuck]], ignore_index=True)
        which = np.arange(len(changes))
    return changes.iloc[in_file_order(changes, which)]


def _telling(alignment: Alignment, mapping: MappingFile) -> list[Field]:
    """The mapped fields that distinguish records: those that are unique, and names.

    Many people have the same department or role, so if somebody gets the one that another person had, that means
    nothing.
    """
    resource = alignment.resource
    return [f for f in resource.state if f.name in mapping.fields and (f.unique or f.name in resource.name_fields)]


def _least(field: Field) -> int:
    """How many must get what another had: if five titles move up by a row, the last record gets none of theirs."""
    return SEVERAL if field.unique else SEVERAL - 1


def _moved(alignment: Alignment, rows: pd.DataFrame, field: Field) -> Flags:
    """Which updates (in the order of their file) give a record what another of them had so far; only those that matter.

    Of values that are not unique, only if all come from the next row, or all from the one before: people who take
    another of their first names often take one that somebody else has just given up.
    """
    before, after = (unpack(rows[side], [field.name])[field.name] for side in ("before", "after"))
    differs = (before.notna() & after.notna() & (before != after)).to_numpy()
    before, after = before[differs], after[differs]
    moved: Flags = position(after, before) >= 0
    if field.unique or moved.sum() < _least(field):
        return moved
    here = places(rows["object"][differs], alignment.desired.rows["object"])
    found = [moved & (_value_beside(alignment, here, field.name, step) == after.array) for step in STEPS]
    return max(found, key=np.sum)


def _value_beside(alignment: Alignment, at: Numbers, name: str, step: int) -> Any:
    """What the records in rows next to these have on the site."""
    rows, seen = alignment.desired.rows, alignment.observed.rows
    beside = next_to(rows, at, step)
    objects = np.append(rows["object"].to_numpy(), -1)[beside]
    return pick(seen[name], places(objects, seen["object"])).fillna("").array


def shifted_keys(context: GuardContext) -> Iterator[Stop]:
    """A file that would put people where those of the next row belong: all that it asks for is held.

    In a file sorted by course, the first student of each course is then in the one before it: one is removed and one
    added, which looks like an ordinary change. With the other key fields of the next row, each new object is one that
    would be removed.
    """
    for mapping, sheet in context.sheets() if context.limits.delete else ():
        if len(context.alignments[mapping.resource].resource.key) < 2 or not _comes_and_goes(context, mapping):
            continue
        which = context.asked_by(mapping)
        new = in_file_order(context.changes, which[(context.changes["op"].iloc[which] == "create").to_numpy()])
        lost = context.changes["match"].iloc[which[context.deletes[which]]]
        found = _belong_beside(context.alignments[mapping.resource], context.changes["object"].iloc[new], lost)
        if together(found):
            moved = context.alignments[mapping.resource].resource.counted(int(found.sum()))
            yield whole_file(context, mapping, sheet, "shifted-keys", moved=moved)


def _comes_and_goes(context: GuardContext, mapping: MappingFile) -> bool:
    """Whether enough of a mapping's resource is created and deleted."""
    own = context.own[mapping.resource]
    if (own & context.deletes & context.sent).sum() < SEVERAL:
        return False
    return int((context.changes["op"][own] == "create").sum()) >= SEVERAL


def _belong_beside(alignment: Alignment, new: pd.Series[Any], lost: pd.Series[Any]) -> Flags:
    """Which new objects, with one part of their key that of the next row (or all but one), are those that are lost."""
    rows, parts = alignment.desired.rows, range(len(alignment.resource.key))
    at = places(new, rows["object"])
    best = np.zeros(len(at), dtype=bool)
    for step in STEPS:
        beside = next_to(rows, at, step)
        own, others = (pick(rows["match"], where) for where in (at, beside))
        for part in parts:
            key = joined([part_of(own if each == part else others, [each]) for each in parts])
            found: Flags = position(key, lost) >= 0
            best = max(best, found, key=np.sum)
    return best
