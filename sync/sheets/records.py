"""Records to a frame, for the readers that go record by record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
import pyarrow as pa

from sync.errors import Fault, SheetError
from sync.model import Issue, Origin

BATCH = 10_000
"""Records become columns by so many at a time: a million lists at once take four times as long."""

Cells = Sequence[str | None]


def tabulate(
    records: Iterable[tuple[int, Cells]], names: Sequence[str], width: int, origin: Origin
) -> tuple[pd.DataFrame, list[Issue]]:
    """A frame of text with the columns `names`, indexed by row number, and an issue for each ragged record.

    `width` is how many cells the header has, with those at its end that name no column. A record with too few
    cells is kept with NA for the missing ones, one with too many with its first ones: what is left of it tells
    which object it speaks of. Empty records at the end are left out. Raises SheetError if a column without a name
    holds data.
    """
    schema = pa.schema([(name, pa.large_string()) for name in names])
    batches: list[pa.RecordBatch] = []
    kept: list[Cells] = []
    rows: list[int] = []
    issues: list[Issue] = []
    unnamed: dict[int, int] = {}
    end, count = 0, len(names)
    for row, found in records:
        ragged = not count <= len(found) <= width
        if ragged:
            issues.append(_ragged(len(found), width, row, origin))
        elif len(found) > count:
            unnamed = {n: row for n, cell in enumerate(found[count:], count + 1) if cell} | unnamed
        cells = found if len(found) == count else [*found[:count], *[None] * (count - len(found))]
        rows.append(row)
        kept.append(cells)
        if ragged or any(cells) or None in cells:
            end = len(rows)
        if len(kept) == BATCH:
            batches.append(_batch(kept, schema))
            kept = []
    if unnamed:
        raise SheetError(*(_unnamed(n, row, origin) for n, row in unnamed.items()))
    if kept:
        batches.append(_batch(kept, schema))
    frame: pd.DataFrame = pa.Table.from_batches(batches, schema).slice(0, end).to_pandas()
    frame.index = pd.Index(rows[:end], dtype="int64", name="row")
    return frame, issues


def _batch(records: list[Cells], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*records, strict=True)
    return pa.record_batch([pa.array(column, pa.large_string()) for column in columns], schema)


def _ragged(cells: int, width: int, row: int, origin: Origin) -> Issue:
    return Issue(
        code="ragged-row",
        severity="error",
        message=f"the row has {cells} {'cell' if cells == 1 else 'cells'} where the header has {width}",
        hint="Look for a delimiter or a line break within a value that is not quoted.",
        file=origin.file,
        tab=origin.tab,
        row=row,
    )


def _unnamed(n: int, row: int, origin: Origin) -> Fault:
    message = f"column {n} has no name but holds data (first in row {row})"
    return Fault(message, str(origin), "Name it in the header, or remove the column.")
