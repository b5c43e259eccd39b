"""What is done to the cells of any table: damaged text found, edges trimmed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import Issue, Origin
from sync.model.written import SIGNS, trimmed
from sync.sheets.mojibake import KINDS, Damage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

TEXT = pa.large_string()
FIRST_LEAD = 0xC2
"""The least byte with which a character of UTF-8 begins that is no ASCII."""

TOLD = 1000
"""At most so many damaged cells of a sheet are told one by one."""


def tidied(table: pa.Table, rows: Rows, origin: Origin) -> tuple[pa.Table, list[Issue]]:
    """The table with its cells trimmed of what cannot be seen, and an issue for each damaged cell.

    Cells hold what they held, but for non-breaking blanks and invisible characters at their edges, and the ordinary
    blanks beside those. A cell whose text was decoded twice becomes NA. There is none of this where all
    is ASCII.
    """
    issues: list[Issue] = []
    for n, name in enumerate(table.column_names):
        like = Issue("", "error", "", file=origin.file, tab=origin.tab, column=name)
        beginnings = _beginnings(table.column(n))
        for kind in KINDS:
            if _may_hold(beginnings, kind.signs):
                column, damaged = _undamaged(table.column(n), kind, like, rows)
                table = table.set_column(n, name, column)
                issues += damaged
        if _may_hold(beginnings, SIGNS):
            table = table.set_column(n, name, trimmed(table.column(n)))
    return table, issues


def _beginnings(column: pa.ChunkedArray) -> set[bytes]:
    """The first two bytes of each character that is no ASCII: a tenth of a pattern's time tells if it is needed."""
    found: set[int] = set()
    for chunk in column.chunks:
        octets = np.frombuffer(chunk.buffers()[2] or b"", dtype=np.uint8)
        if octets.max(initial=0) < FIRST_LEAD:
            continue
        at = np.flatnonzero(octets >= FIRST_LEAD)
        found |= set(np.unique(octets[at].astype(np.int64) * 256 + octets.take(at + 1, mode="clip")).tolist())
    return {pair.to_bytes(2) for pair in found}


def _may_hold(beginnings: set[bytes], signs: Iterable[str]) -> bool:
    return any(sign.encode()[:2] in beginnings for sign in signs)


def _undamaged(column: pa.ChunkedArray, kind: Damage, like: Issue, rows: Rows) -> tuple[pa.ChunkedArray, list[Issue]]:
    """The column with NA where text is of no use, and an issue for each damaged cell, as far as a person can read."""
    damaged = pc.fill_null(pc.match_substring_regex(column, kind.pattern), False)
    at = np.flatnonzero(np.asarray(damaged))
    like = replace(like, code=kind.code, severity=kind.severity, hint=kind.hint)
    told = zip(rows[at[:TOLD]].tolist(), column.take(pa.array(at[:TOLD])).to_pylist(), strict=True)
    issues = [replace(like, row=row, value=cell, message=kind.says(cell)) for row, cell in told]
    if len(at) > TOLD:
        more = f"{len(at) - TOLD} more cells of the column have the same fault and are not listed one by one"
        issues.append(replace(like, message=more))
    return column if kind.usable else pc.if_else(damaged, pa.scalar(None, TEXT), column), issues
