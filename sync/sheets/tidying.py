"""What is done to the columns of any table: totals and blank rows left out, damaged text found, edges trimmed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sync.mapping.written import SIGNS, trimmed
from sync.model import Issue, Origin
from sync.sheets.mojibake import KINDS, Damage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

TEXT = pa.large_string()
FIRST_LEAD = 0xC2
"""The least byte with which a character of UTF-8 begins that is no ASCII."""

MOST_TOTALS = 5
"""So many rows below the data may be totals and remarks."""

TOLD = 1000
"""At most so many damaged cells of a sheet are told one by one."""

TOTALS = re.compile(
    r"[\W_]*(?:(?:grand|sub|overall|report)?[ -]?totals?|totaal|totale|sum|summe|gesamt\w*|insgesamt|anzahl"
    r"|(?:row|record|student|user)?s? ?count|rows|records|(?:row|record)s? \w+|\d+ (?:rows?|records?)"
    r"|end of (?:report|file|data|list))\b.*",
    re.IGNORECASE | re.DOTALL,
)


def tidied(table: pa.Table, rows: Rows, origin: Origin, *, ascii: bool) -> tuple[pa.Table, Rows, list[Issue]]:
    """The table without totals at its end, its cells trimmed of what cannot be seen.

    Cells hold what they held, but for non-breaking blanks and invisible characters at their edges, and the ordinary
    blanks beside those. A cell whose text was decoded twice becomes NA, with an issue. There is none of
    this in a table that is all `ascii`.
    """
    table, rows, issues = _without_totals(table, rows, origin)
    for n, name in enumerate(() if ascii else table.column_names):
        like = Issue("", "error", "", file=origin.file, tab=origin.tab, column=name)
        beginnings = _beginnings(table.column(n))
        for kind in KINDS:
            if _may_hold(beginnings, kind.signs):
                column, damaged = _undamaged(table.column(n), kind, like, rows)
                table = table.set_column(n, name, column)
                issues += damaged
        if _may_hold(beginnings, SIGNS):
            table = table.set_column(n, name, trimmed(table.column(n)))
    return table, rows, issues


def filled(table: pa.Table, rows: Rows) -> tuple[pa.Table, Rows]:
    """Rows with something in them. Nearly always the first column tells."""
    blank = np.ones(len(rows), dtype=bool)
    for column in table.columns:
        blank &= np.asarray(pc.fill_null(pc.equal(column, ""), False), dtype=bool)
        if not blank.any():
            return table, rows
    return table.filter(pa.array(~blank)), rows[~blank]


def is_total(cells: Sequence[str | None], width: int) -> bool:
    """Whether a row begins as a total does and fills at most half of a table's columns.

    A row that could be an object's has more of its cells filled; where in doubt, it stays.
    """
    filled = [cell for cell in cells if cell and cell.strip()]
    few = 0 < len(filled) <= max(1, width // 2) and len(filled) < width
    return few and TOTALS.fullmatch(filled[0].strip()) is not None


def _without_totals(table: pa.Table, rows: Rows, origin: Origin) -> tuple[pa.Table, Rows, list[Issue]]:
    issues: list[Issue] = []
    while len(rows) and len(issues) < MOST_TOTALS:
        cells = [column[-1].as_py() for column in table.columns]
        if not is_total(cells, len(cells)):
            break
        said = ", ".join(filter(None, cells))
        message = f"the row is left out: it is a total or a remark below the data ({said})"
        issues.append(Issue("totals-row", "notice", message, file=origin.file, tab=origin.tab, row=int(rows[-1])))
        table, rows = filled(table.slice(0, len(rows) - 1), rows[:-1])
    return table, rows, issues[::-1]


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
