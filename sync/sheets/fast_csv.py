"""Text files as columns, by parts and on all cores: the reader for files without a fault.

It returns what `tolerant_csv` returns, or nothing: everything unclear is left to that one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, chain, islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from sync.model.written import trimmed
from sync.sheets import tolerant_csv
from sync.sheets.cleaning import TEXT
from sync.sheets.decoding import Decoded
from sync.sheets.dialect import LONGEST, Dialect, lines
from sync.sheets.memory import reused
from sync.sheets.records import Columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Octets = NDArray[np.uint8]
    Rows = NDArray[np.int64]

PART = 4 << 20
"""Bytes that are read at a time: smaller parts cost more threads, larger ones do not fit the caches."""

LARGEST = 1 << 30
"""No part is larger, in bytes: in a larger one a quote is never closed."""

SEARCHED = 1 << 18
"""Number of bytes that are searched for a byte at a time."""

STEP = 1 << 12
"""Number of bytes that are searched for the end of a line at a time."""

MANY = 64
"""Number of cells that are measured together."""

CR, LF, QUOTE = b'\r\n"'


class _Part(NamedTuple):
    """Columns of some lines, or None where in doubt, and the line each record begins on, counted from 0.

    `odd` is whether there is an odd number of quotes in them: only one of its ends lies within quotes. `plain` is
    as in Columns.
    """

    table: pa.Table | None
    begin: Rows
    lines: int
    odd: bool = False
    plain: bool = False


NONE: Rows = np.arange(0)
NO_PART = _Part(None, NONE, 0)


def columns(text: Decoded, layout: Dialect, names: Sequence[str]) -> Columns | None:
    """The columns, if all is sound below the header: records of its width, quotes where they belong; else None."""
    if text.cut or len(layout.cells) == 1 or layout.spaced or not layout.delimiter.isascii():
        return None
    start, end = sum(len(line.encode()) for line in islice(lines(text.data), layout.end)), len(text.data)
    while end > start and text.data[end - 1] in b"\r\n":
        end -= 1
    if start == end:
        return None
    parts = _parts(np.frombuffer(text.data, dtype=np.uint8)[start:end], layout)
    tables = [part.table for part in parts if part.table is not None]
    if len(tables) < len(parts):
        return None
    table = pa.concat_tables(tables)
    if any(pc.any(pc.not_equal(column, "")).as_py() for column in table.columns[len(names) :]):
        return None
    above = accumulate((part.lines for part in parts), initial=layout.end + 1)
    for part, row in zip(parts, above, strict=False):
        np.add(part.begin, row, out=part.begin)
    rows = np.concatenate([part.begin for part in parts])
    table = table.select(range(len(names))).rename_columns(list(names))
    return Columns(table, rows, ascii=text.ascii, plain=all(part.plain for part in parts))


def _parts(octets: Octets, layout: Dialect) -> list[_Part]:
    """The parts of a text, which is divided where a line ends outside of quotes."""
    ends = _line_ends(octets)
    spans = list(pairwise([0, *ends]))
    if len(spans) == 1:
        return [_part(octets, layout)]
    with ThreadPoolExecutor(pa.cpu_count()) as pool:
        parts = list(pool.map(lambda span: _part(octets[slice(*span)], layout), spans))
        if not any(part.odd for part in parts):
            return parts
        # Some end within quotes: these are joined with the next ones, and read again.
        known = dict(zip(spans, parts, strict=True))
        within = np.cumsum([part.odd for part in parts]) % 2
        within[-1] = 0
        joined = pairwise([0, *(end for end, inside in zip(ends, within, strict=True) if not inside)])
        return list(pool.map(lambda span: known.get(span) or _part(octets[slice(*span)], layout), joined))


def _line_ends(octets: Octets) -> list[int]:
    """The end of a line in every block of this many bytes, and the end of the text."""
    ends, at = [], PART
    while at < len(octets):
        feed = octets[at : at + STEP].tobytes().find(b"\n") + 1
        if feed:
            ends.append(at + feed)
        at += feed + PART if feed else STEP
    return [*ends, len(octets)]


def _part(octets: Octets, layout: Dialect) -> _Part:
    quotes = np.flatnonzero(octets == QUOTE) if _holds(octets, QUOTE) else NONE
    if len(quotes) % 2:
        return NO_PART._replace(odd=True)
    table = _parsed(octets, layout)
    if table is None or _longest(table) > LONGEST:
        return NO_PART
    # Without quotes, each record is a line.
    part = _quoted(table, octets, quotes, layout) if len(quotes) else _Part(table, np.arange(len(table)), len(table))
    return part._replace(plain=_plain(table, layout))


def _holds(octets: Octets, byte: int) -> bool:
    """Whether a byte is among them: tested on a copy that fits a cache, in a fifth of a comparison's time."""
    return any(byte in octets[at : at + SEARCHED].tobytes() for at in range(0, len(octets), SEARCHED))


def _plain(table: pa.Table, layout: Dialect) -> bool:
    """Whether no row may be blank or hold names of the header, as first cells show by their last bytes, then texts."""
    last = np.zeros(1 << 8, dtype=bool)
    last[[*b" \t\v\f", *(cell.encode()[-1] for head in layout.heads for cell in head if cell)]] = True
    for chunk in table.column(0).chunks:
        ends = np.frombuffer(chunk.buffers()[1], dtype=np.int64)[chunk.offset :][: len(chunk) + 1]
        if not np.diff(ends).all():
            return False
        octets = np.frombuffer(chunk.buffers()[2] or b"", dtype=np.uint8)
        alike = chunk.take(pa.array(np.flatnonzero(last[octets[ends[1:] - 1]])))
        if pc.any(pc.is_in(_bare(alike), _bare(pa.array(["", *chain(*layout.heads)], TEXT)))).as_py():
            return False
    return True


def _bare(texts: pa.Array) -> pa.Array:
    # Where files were joined, a byte order mark precedes the header.
    return trimmed(pc.utf8_trim_whitespace(texts))


def _quoted(table: pa.Table, octets: Octets, quotes: Rows, layout: Dialect) -> _Part:
    """The part, if its quotes are sound, and no record seems to contain others."""
    if not (_only_before_line_feeds(octets) and _well_quoted(octets, quotes, layout.delimiter)):
        return NO_PART
    count = int(np.count_nonzero(octets[:-1] == LF)) + 1
    begin = np.arange(count) if len(table) == count else _first_lines(octets, quotes)
    if len(table) != len(begin) or _swallowed(table, begin, count, layout):
        return NO_PART
    return _Part(table, begin, count)


def _parsed(octets: Octets, layout: Dialect) -> pa.Table | None:
    columns = [str(n) for n in range(len(layout.cells))]
    if len(octets) > LARGEST:
        return None
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(octets),
            # One block: then line breaks may be in quotes, which Arrow needs to know, and takes longer.
            read_options=arrow_csv.ReadOptions(column_names=columns, block_size=len(octets) + 1, use_threads=False),
            parse_options=arrow_csv.ParseOptions(delimiter=layout.delimiter, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                # Types given, so that nothing is inferred; large, so that pandas takes the buffers as they are.
                column_types=dict.fromkeys(columns, TEXT),
                check_utf8=False,
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
            memory_pool=reused(),
        )
    except pa.ArrowInvalid:
        return None


def _longest(table: pa.Table) -> int:
    """The bytes of the longest cell; an upper bound if that is low, because many cells are measured together."""
    bound = max(int(np.diff(ends[::MANY], append=ends[-1]).max()) for ends in _offsets(table))
    return bound if bound <= LONGEST else max(int(np.diff(ends).max()) for ends in _offsets(table))


def _offsets(table: pa.Table) -> Iterator[Rows]:
    """Where the cells of each column begin in their buffer, and where the last one ends."""
    for column in table.columns:
        for chunk in column.chunks:
            yield np.frombuffer(chunk.buffers()[1], dtype=np.int64)[chunk.offset :][: len(chunk) + 1]


def _first_lines(octets: Octets, quotes: Rows) -> Rows:
    """The line each record begins on, counted from 0: a line that begins outside of quotes."""
    feeds = np.flatnonzero(octets[:-1] == LF)
    outside = np.searchsorted(quotes, feeds) % 2 == 0
    return np.concatenate([[0], np.flatnonzero(outside) + 1])


def _swallowed(table: pa.Table, begin: Rows, count: int, layout: Dialect) -> bool:
    """Whether a record of several lines seems to contain others."""
    at = np.flatnonzero(np.diff(begin, append=count) > 1)
    width = len(layout.cells)
    return any(
        tolerant_csv.swallowed(cell, layout.delimiter, width)
        for column in table.take(pa.array(at)).columns
        for cell in column.filter(pc.match_substring(column, "\n")).to_pylist()
    )


def _only_before_line_feeds(octets: Octets) -> bool:
    """Whether each CR is followed by LF."""
    if not _holds(octets, CR):
        return True
    after = np.flatnonzero(octets == CR) + 1
    return bool((octets.take(after, mode="clip") == LF).all())


def _well_quoted(octets: Octets, quotes: Rows, delimiter: str) -> bool:
    """Whether each quote opens or closes a whole cell, or is half of a doubled one; their number is even."""
    # At the ends of the text, a quote is next to itself.
    before, after = octets.take(quotes[::2] - 1, mode="clip"), octets.take(quotes[1::2] + 1, mode="clip")
    neighbour = np.concatenate([before, after])
    return bool(((neighbour == ord(delimiter)) | (neighbour == QUOTE) | (neighbour == LF) | (neighbour == CR)).all())
