"""CSV and its kin: a fast path for clean files, a careful one that knows line numbers for the rest.

Both give the same columns wherever the fast one dares to answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from sync.model import Origin, Sheet
from sync.sheets import careful
from sync.sheets.decoding import decoded
from sync.sheets.dialect import DELIMITERS, LONGEST, Layout, recognised
from sync.sheets.header import header
from sync.sheets.inbox import File
from sync.sheets.records import Columns, finished

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Octets = NDArray[np.uint8]
    Rows = NDArray[np.int64]

BLOCK = 1 << 20
"""Bytes that are parsed at a time: as many as lie in a processor's cache."""

CR, LF, QUOTE = b'\r\n"'


def read(
    file: File, *, delimiter: str | None, encoding: str | None, header_row: int | None, wanted: Sequence[str]
) -> Sheet:
    """Read a delimited text file; see `sync.sheets.read`. A row's number is the line its record begins on."""
    text = decoded(file, encoding)
    layout = recognised(file.name, text.data, delimiter, header_row, wanted)
    origin = Origin(file.name)
    head = header((layout.row, layout.cells), wanted, origin)
    columns = None if text.cut else _fast(text.data, layout, head.names)
    whole = True
    if columns is None:
        columns, whole = careful.columns(text, layout, head, origin)
    table = finished(columns, head, origin, whole=whole)
    return Sheet(
        file=file.name,
        tab=None,
        frame=table.frame,
        digest=file.digest,
        modified=file.modified,
        header_row=layout.row,
        found={
            "encoding": text.encoding,
            "delimiter": DELIMITERS.get(layout.delimiter, layout.delimiter),
            **head.found,
        },
        issues=(*text.issues, *table.issues),
        whole=table.whole,
    )


def _fast(data: bytes, layout: Layout, names: Sequence[str]) -> Columns | None:
    """The columns, if all is sound below the header: records of its width, quotes where they belong; else None.

    `data` is UTF-8 without NUL bytes. Doubt is left to the careful path.
    """
    start, end = 0, len(data)
    for _ in range(layout.end):
        start = data.find(b"\n", start) + 1
    while end > start and data[end - 1] in b"\r\n":
        end -= 1
    if start in (0, end) or len(layout.cells) == 1 or layout.spaced or not layout.delimiter.isascii():
        return None
    octets = np.frombuffer(data, dtype=np.uint8)[start:end]
    if data.find(b"\r", start, end) >= 0 and not _only_before_line_feeds(octets):
        return None
    body = pa.py_buffer(data).slice(start, end - start)
    if data.find(b'"', start, end) >= 0:
        found = _quoted(body, octets, layout)
    else:
        table = _arrow(body, layout)
        found = None if table is None else (table, np.arange(table.num_rows))
    if found is None:
        return None
    table, begin = found
    if any(pc.max(pc.binary_length(column)).as_py() > LONGEST for column in table.columns):
        return None
    if any(pc.any(pc.not_equal(column, "")).as_py() for column in table.columns[len(names) :]):
        return None
    return Columns(table.select(range(len(names))).rename_columns(list(names)), begin + layout.end + 1)


def _quoted(body: pa.Buffer, octets: Octets, layout: Layout) -> tuple[pa.Table, Rows] | None:
    """Columns of a text with quotes, and the line each record begins on, counted from 0."""
    if not _well_quoted(octets, layout.delimiter):
        return None
    table, lines = _arrow(body, layout), int(np.count_nonzero(octets == LF)) + 1
    if table is not None and table.num_rows == lines:
        return table, np.arange(lines)
    # There are line breaks within quotes.
    begin, table = _first_lines(octets), _arrow(body, layout, breaks=True)
    if table is None or table.num_rows != len(begin) or _swallowed(table, begin, lines, layout):
        return None
    return table, begin


def _first_lines(octets: Octets) -> Rows:
    """The line each record begins on, counted from 0: a line that begins outside of quotes."""
    quotes, feeds = np.flatnonzero(octets == QUOTE), np.flatnonzero(octets == LF)
    outside = np.searchsorted(quotes, feeds) % 2 == 0
    return np.concatenate([[0], np.flatnonzero(outside) + 1])


def _swallowed(table: pa.Table, begin: Rows, lines: int, layout: Layout) -> bool:
    """Whether a record of several lines seems to hold others."""
    at = np.flatnonzero(np.diff(begin, append=lines) > 1)
    width = len(layout.cells)
    return any(
        careful.swallowed(cell, layout.delimiter, width)
        for column in table.take(pa.array(at)).columns
        for cell in column.to_pylist()
    )


def _only_before_line_feeds(octets: Octets) -> bool:
    """Whether each CR is followed by LF. Looked at by blocks, which stay in the processor's cache."""
    for start in range(0, len(octets), BLOCK):
        after = np.flatnonzero(octets[start : start + BLOCK] == CR) + start + 1
        if not (octets.take(after, mode="clip") == LF).all():
            return False
    return True


def _well_quoted(octets: Octets, delimiter: str) -> bool:
    """Whether each quote opens or closes a whole cell, or is half of a doubled one."""
    edge = np.zeros(256, dtype=bool)
    edge[[QUOTE, CR, LF, ord(delimiter)]] = True
    inside = 0
    for start in range(0, len(octets), BLOCK):
        at = np.flatnonzero(octets[start : start + BLOCK] == QUOTE) + start
        opening, closing = at[inside::2], at[1 - inside :: 2]
        # At the ends of the text, a quote stands beside itself.
        before, after = octets.take(opening - 1, mode="clip"), octets.take(closing + 1, mode="clip")
        if not (edge[before].all() and edge[after].all()):
            return False
        inside ^= len(at) % 2
    return not inside


def _arrow(body: pa.Buffer, layout: Layout, *, breaks: bool = False) -> pa.Table | None:
    columns = [str(n) for n in range(len(layout.cells))]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(column_names=columns, block_size=BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=breaks, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                # Types given, so that nothing is inferred; large, so that pandas takes the buffers as they are.
                column_types=dict.fromkeys(columns, pa.large_string()),
                check_utf8=False,
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
