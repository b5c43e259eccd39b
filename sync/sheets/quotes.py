"""Cells enclosed in other signs than double quotes.

Text in which the two signs have changed places is read as any other, and the cells are changed back.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice

import numpy as np
import pyarrow as pa

from sync.model import Issue
from sync.sheets.cleaning import TEXT
from sync.sheets.dialect import DELIMITERS, Dialect, lines
from sync.sheets.records import Columns

USUAL, SINGLE = '"', "'"
ENOUGH, SEARCHED = 2, 100
"""Number of cells that must be enclosed, and of lines in which all must be."""

ENDS = ("\r\n", "\r", "\n")
NUMBER = re.compile(r"[-+]?[\d.,]*")
INSIDE = (r"(?:[^']|'')*", r"(?:[^'\\]|''|\\.)*")
"""What is between single quotes: doubled ones, or such that follow a backslash."""


def swapped(text: str, quote: str) -> str:
    """The text in which double quotes and the other sign have changed places."""
    return text.translate({ord(USUAL): quote, ord(quote): USUAL})


def with_usual_quotes(data: memoryview, quote: str) -> memoryview:
    """The same for the bytes of a text."""
    return memoryview(bytes(data).translate(_exchange(quote)))


def restored(columns: Columns, quote: str) -> Columns:
    """The columns that were read from such a text, as they are in the file."""
    table = pa.table([_restored(column, quote) for column in columns.table.columns], columns.table.column_names)
    return columns._replace(table=table, issues=tuple(_as_in_file(issue, quote) for issue in columns.issues))


def _restored(column: pa.ChunkedArray, quote: str) -> pa.ChunkedArray:
    exchange = np.frombuffer(_exchange(quote), dtype=np.uint8)
    chunks = []
    for chunk in column.chunks:
        valid, ends, octets = chunk.buffers()
        changed = pa.py_buffer(exchange[np.frombuffer(octets or b"", dtype=np.uint8)])
        chunks.append(pa.Array.from_buffers(TEXT, len(chunk), [valid, ends, changed], offset=chunk.offset))
    return pa.chunked_array(chunks, TEXT)


def _as_in_file(issue: Issue, quote: str) -> Issue:
    return issue if issue.value is None else replace(issue, value=swapped(issue.value, quote))


def _exchange(quote: str) -> bytes:
    return bytes.maketrans(f"{USUAL}{quote}".encode(), f"{quote}{USUAL}".encode())


def single_quotes(data: memoryview, layout: Dialect) -> str | None:
    """The single quote, if it plainly encloses cells: all of the first rows that are not blank or a number.

    The header's may be without.
    """
    first = [*islice(lines(data), max(layout.rows[0] - 1, 0), max(layout.rows[0] - 1, 0) + SEARCHED)]
    if not any(SINGLE in line for line in first):
        return None
    text, begin = "".join(first), "".join(first[: layout.end - max(layout.rows[0] - 1, 0)])
    for delimiter in dict.fromkeys([layout.delimiter, *DELIMITERS]):
        for inside in INSIDE:
            if _encloses(text, _cells(delimiter, inside)) or (
                SINGLE not in begin and layout.end and _encloses(text[len(begin) :], _cells(delimiter, inside))
            ):
                return SINGLE
    return None


def _cells(delimiter: str, inside: str) -> re.Pattern[str]:
    sign = re.escape(delimiter)
    return re.compile(rf" *(?:'{inside}'|(?P<bare>[^'{sign}\r\n]*))(?P<end>{sign}|\r\n|\r|\n|\Z)")


def _encloses(text: str, cells: re.Pattern[str]) -> bool:
    """Whether all cells are enclosed, blank or numbers, and several of one row are enclosed."""
    at, enclosed, most = 0, 0, 0
    while at < len(text):
        cell = cells.match(text, at)
        if cell is None or (cell["bare"] and not NUMBER.fullmatch(cell["bare"].strip())):
            return False
        enclosed += cell["bare"] is None
        most = max(most, enclosed)
        if cell["end"] in ENDS:
            enclosed = 0
        at = cell.end()
    return most >= ENOUGH
