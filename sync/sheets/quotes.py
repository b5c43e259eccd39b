"""Cells enclosed in signs other than double quotes.

Text in which the two signs are swapped is read as any other, and the cells are swapped back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice, product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import Issue
from sync.sheets.cleaning import TEXT
from sync.sheets.dialect import DELIMITERS, LINES, UNIT, Dialect, lines
from sync.sheets.escapes import MARK
from sync.sheets.records import Columns

Signs = Mapping[int, int]
"""Pairs of ASCII characters, by number."""

USUAL, SINGLE = '"', "'"
ENOUGH = 2
"""Number of cells of a row that must be enclosed."""

ENDS = ("\r\n", "\r", "\n")
NUMBER = re.compile(r"[-+]?[\d.,]*")
INSIDE = (r"(?:[^']|'')*", r"(?:[^'\\]|''|\\.)*")
"""What is between single quotes: doubled ones, or ones that follow a backslash."""


def with_usual_quotes(data: memoryview, quote: str) -> memoryview:
    """Text in which double quotes and the other sign are swapped."""
    return memoryview(bytes(data).translate(bytes.maketrans(f"{USUAL}{quote}".encode(), f"{quote}{USUAL}".encode())))


def signs_in_file(quote: str | None, escape: str | None) -> Signs:
    """Which signs of the text as it was read stand for which in the file."""
    own = ord(quote or USUAL)
    changed = {ord(USUAL): own, own: ord(USUAL)} if quote else {}
    return changed | ({ord(MARK): own} if escape else {})


def restored(columns: Columns, signs: Signs) -> Columns:
    """The columns of a text, and what is shown of it in issues, as they are in the file."""
    if not signs:
        return columns
    table = pa.table([_restored(column, signs) for column in columns.table.columns], columns.table.column_names)
    return columns._replace(table=table, issues=tuple(_as_in_file(issue, signs) for issue in columns.issues))


def with_delimiter(columns: Columns, delimiter: str) -> Columns:
    """The columns with a delimiter of several characters where it is part of a cell, as it is in the file."""
    table = columns.table
    for n, column in enumerate(table.columns):
        if pc.any(pc.match_substring(column, UNIT)).as_py():
            table = table.set_column(n, table.column_names[n], pc.replace_substring(column, UNIT, delimiter))
    shown = (replace(each, value=each.value and each.value.replace(UNIT, delimiter)) for each in columns.issues)
    return columns._replace(table=table, issues=tuple(shown))


def _restored(column: pa.ChunkedArray, signs: Signs) -> pa.ChunkedArray:
    exchange = np.arange(1 << 8, dtype=np.uint8)
    exchange[[*signs]] = [*signs.values()]
    chunks = []
    for chunk in column.chunks:
        valid, ends, octets = chunk.buffers()
        changed = pa.py_buffer(exchange[np.frombuffer(octets or b"", dtype=np.uint8)])
        chunks.append(pa.Array.from_buffers(TEXT, len(chunk), [valid, ends, changed], offset=chunk.offset))
    return pa.chunked_array(chunks, TEXT)


def _as_in_file(issue: Issue, signs: Signs) -> Issue:
    return issue if issue.value is None else replace(issue, value=issue.value.translate(signs))


def single_quotes(data: memoryview, layout: Dialect) -> str | None:
    """The single quote, if it plainly encloses cells in the first rows.

    That is so if it encloses all that are not blank or a number, of those below the header at least; or some of them,
    and is doubled within one of these.
    """
    above = max(layout.rows[0] - 1, 0)
    first = [*islice(lines(data), above, above + LINES)]
    if not any(SINGLE in line for line in first):
        return None
    begin = sum(map(len, first[: layout.end - above])) if layout.end else 0
    text = "".join(first)
    for delimiter, inside in product(dict.fromkeys([layout.delimiter, *DELIMITERS]), INSIDE):
        cells = _cells(delimiter, inside)
        if _encloses(text, 0, cells) or (SINGLE not in text[:begin] and _encloses(text, begin, cells)):
            return SINGLE
    return None


def _cells(delimiter: str, inside: str) -> re.Pattern[str]:
    sign = re.escape(delimiter)
    bare = rf"(?P<bare>[^'\"{sign}\r\n][^{sign}\r\n]*)?"
    return re.compile(rf" *(?:'(?P<enclosed>{inside})'|{bare})(?P<end>{sign}|\r\n|\r|\n|\Z)")


def _encloses(text: str, at: int, cells: re.Pattern[str]) -> bool:
    """Whether all cells are enclosed, blank or numbers, and several of one row enclosed; or one has a doubled quote."""
    every, doubled, enclosed, most = True, False, 0, 0
    may_be_doubled = SINGLE * 2 in text
    while at < len(text):
        cell = cells.match(text, at)
        if cell is None or not (every or may_be_doubled):
            return False
        every &= not cell["bare"] or NUMBER.fullmatch(cell["bare"].strip()) is not None
        doubled |= SINGLE * 2 in (cell["enclosed"] or "")
        enclosed += cell["enclosed"] is not None
        most = max(most, enclosed)
        if cell["end"] in ENDS:
            enclosed = 0
        at = cell.end()
    return doubled or (every and most >= ENOUGH)
