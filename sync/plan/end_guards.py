"""Guard of a file that ends a little earlier than the last one: only its last rows are missing, and hardly any others.

That is how a truncated file looks if it has lost too few rows for any limit. What is remembered of the last rows is
enough to recognise them, and too little to show whose they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.diff.field_diff import Alignment
from sync.diff.removals import claimed_by
from sync.model import Input
from sync.model.index import parent_key
from sync.model.resources import CATALOGUE, ancestors
from sync.plan.file_order import SEVERAL, of_file
from sync.plan.guard_context import GuardContext, Positions, Stop
from sync.plan.history import snapshots
from sync.plan.hold_texts import hold_text
from sync.plan.source_guards import deletes_of, of_sheet

REMEMBERED = 50
"""Number of rows at the end of a file that are remembered."""

SEARCHED = 4 * REMEMBERED
"""Number of rows at its end among which they are sought: some may belong to another mapping."""

DIGITS = 4
"""Length of the mark of a row. One in 65,536 has the same; several in a row do not."""


def with_ends(
    inputs: Sequence[Input], alignments: Mapping[str, Alignment], mappings: Sequence[MappingFile]
) -> Iterator[Input]:
    """The inputs, with the marks of their last rows where a mapping deletes what its file no longer lists."""
    deleting = {mapping.name: mapping for mapping in mappings if mapping.deletes}
    for each in inputs:
        mapping = deleting.get(each.mapping or "")
        if each.kind == "sheet" and mapping is not None and not each.delta:
            rows = alignments[mapping.resource].desired.rows
            yield replace(each, tail="".join(_marks(_last_rows(rows, each.name, mapping))))
        else:
            yield each


def _last_rows(rows: pd.DataFrame, file: str, mapping: MappingFile) -> pd.Series[Any]:
    """The matches of the last rows of a file that a mapping uses, in their order."""
    here = of_file(rows["file"], file)
    lines = rows["row"].to_numpy(dtype=np.int64, na_value=-1)[here]
    last = np.argpartition(lines, -SEARCHED)[-SEARCHED:] if len(lines) > SEARCHED else np.arange(len(lines))
    found = rows[["match", "claims"]].iloc[here[last[np.argsort(lines[last])]]]
    return found["match"][claimed_by(found["claims"], frozenset({mapping.name}))].tail(REMEMBERED)


def _marks(matches: pd.Series[Any]) -> list[str]:
    """A few digits for each object."""
    return [hashlib.sha256(str(match).encode()).hexdigest()[:DIGITS] for match in matches]


def ends_early(context: GuardContext) -> Iterator[Stop]:
    """The last rows of the last good file are missing, and hardly any others: the file was truncated."""
    for mapping, sheet in context.sheets() if context.limits.rows else ():
        which = deletes_of(context, mapping)
        for tail in (each.tail for each in snapshots(context.past(mapping).last)) if len(which) >= SEVERAL else ():
            marks = _marks(context.changes["match"].iloc[which])
            last = _missing_at_end(tail, marks)
            lost = which[[*map({*last}.__contains__, marks)]]
            whole = len(last) == REMEMBERED
            if len(last) >= SEVERAL and (whole or len(last) * 2 > len(which)) and _of_several(context, mapping, lost):
                text = hold_text(
                    "ends-early",
                    "whole" if whole else "",
                    file=sheet.name,
                    rows=len(last),
                    removals=CATALOGUE[mapping.resource].counted(len(which)),
                )
                yield of_sheet(text, mapping, sheet, which)


def _missing_at_end(tail: str, lost: Sequence[str]) -> list[str]:
    """The marks at the end of a file, the last one first, as far as all of them are among the lost ones."""
    marks = [tail[at : at + DIGITS] for at in range(0, len(tail), DIGITS)]
    return list(takewhile(set(lost).__contains__, reversed(marks)))


def _of_several(context: GuardContext, mapping: MappingFile, lost: Positions) -> bool:
    """Whether they are not all of one person: in a file sorted by person, that is the last one, who has left."""
    index, resource = context.alignments[mapping.resource].index, CATALOGUE[mapping.resource]
    objects = context.changes["object"].iloc[lost]
    people = [parent_key(name, on) for name, on in ancestors(resource) if CATALOGUE[name].personal]
    return all(len(np.unique(index.part(objects, key))) > 1 for key in people)
