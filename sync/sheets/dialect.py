"""How a text file is laid out: what separates its cells, and where its header is."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from io import TextIOWrapper
from itertools import islice
from typing import NamedTuple

from pyarrow import BufferReader

from sync.config.sheet_selection import SheetChoice
from sync.errors import Fault, SheetError
from sync.model import Origin
from sync.sheets.header import SEARCHED, SET_ROW, Head, count_wanted, joined, locate, refuse_parted

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
RARE = "~^:\x1f"
UNIT = "\x1f"
"""The sign that ASCII has for this: it takes the place of delimiters of several characters."""

RUN = re.compile(r"[^\w\s\"'()\[\]<>{}#.,;-]+|[\x01-\x06\x1c-\x1f]+")
"""What else may separate names."""
LONGEST = csv.field_size_limit()
"""No cell is longer, in characters: a longer one has a quote that is never closed."""

NOTHING = "".join([*DELIMITERS, " \n\r\ufeff"])
"""A line with nothing but these is blank, whichever of them is the delimiter."""

LINES = 1000
"""Number of lines in which the first records are looked for."""

SEP = re.compile(rb'"?sep=([\t -!#-~])"?[ \t,;|]*(?:\r\n|\n|\r|\Z)', re.IGNORECASE)
"""A first line that gives Excel the delimiter."""


class Dialect(NamedTuple):
    """The header: its names, the cells of its rows, the number of each, and the line it ends on.

    Also the delimiter, and whether blanks follow that. A file without a header has a row 0.
    """

    cells: list[str]
    heads: list[list[str]]
    rows: list[int]
    end: int
    delimiter: str
    spaced: bool


class _Sample(NamedTuple):
    delimiter: str
    spaced: bool
    records: list[tuple[int, list[str]]]
    ends: list[int]

    def layout(self, head: Head, wanted: Sequence[str]) -> Dialect:
        heads = [cells for _, cells in self.records[head.at : head.at + head.rows]]
        rows = [row for row, _ in self.records[head.at : head.at + head.rows]]
        end = self.ends[head.at + len(heads) - 1]
        return Dialect(joined(heads, wanted), heads, rows, end, self.delimiter, self.spaced)


def lines(data: memoryview) -> TextIOWrapper:
    """The lines of UTF-8 text, each with its end."""
    # Unlike Python's, Arrow's stream makes no copy of what it reads. newline="" ends lines at LF, CRLF and CR, and
    # leaves line breaks within quotes as they are.
    return TextIOWrapper(BufferReader(data), encoding="utf-8", newline="")


def recognised(
    name: str, data: memoryview, delimiter: str | None, choice: SheetChoice, wanted: Sequence[str]
) -> Dialect:
    """The layout of UTF-8 text: by the delimiter that finds most of the wanted names, then divides most rows alike.

    Raises SheetError if the text has only blank rows, or no header on `header_row`.
    """
    given = SEP.match(data)
    if given is not None and delimiter is None:
        delimiter = given[1].decode()
    header_row = choice.header_row
    skip = header_row - 1 if header_row is not None else int(given is not None)
    samples = [_sample(data, skip, each) for each in ([delimiter] if delimiter else DELIMITERS)]
    samples = [sample for sample in samples if sample.records]
    if header_row is not None and not (samples and samples[0].records[0][0] == header_row):
        where = f"{name}, row {header_row}"
        raise SheetError(Fault("there is no header: the row is blank or past the end of the file", where, SET_ROW))
    if not samples:
        raise SheetError(_all_blank(name))
    given_head = Head(0, choice.header_rows or 1) if header_row is not None else None
    heads = [given_head or locate(sample.records, wanted, choice.header_rows) for sample in samples]
    best, head = max(zip(samples, heads, strict=True), key=lambda each: _fit(each[0], each[1], wanted))
    row, end = best.records[head.at][0], best.ends[head.at]
    if end - row >= SEARCHED:
        hint = "Quotes inside a quoted cell must be doubled."
        raise SheetError(Fault("a quoted cell of the header is never closed", f"{name}, row {row}", hint))
    refuse_parted(best.records, head, choice, wanted, Origin(name))
    return best.layout(head, wanted)


def headless(name: str, data: memoryview, delimiter: str | None, choice: SheetChoice) -> Dialect:
    """The layout of UTF-8 text without a header: by the delimiter that divides most rows into as many columns.

    Raises SheetError if the text has only blank rows.
    """
    samples = [_sample(data, 0, each) for each in ([delimiter] if delimiter else [*DELIMITERS, *RARE])]
    if not any(sample.records for sample in samples):
        raise SheetError(_all_blank(name))
    columns, allowed = [*choice.columns], sizes(choice)
    best = max(samples, key=lambda sample: sum(len(cells) in allowed for _, cells in sample.records))
    return Dialect(columns, [columns], [0], 0, best.delimiter, best.spaced)


def sizes(choice: SheetChoice) -> range:
    """How many cells a row may have in a file without a header."""
    return range(len(choice.columns) - len(choice.optional), len(choice.columns) + 1)


def _all_blank(name: str) -> Fault:
    return Fault("the file contains only blank rows", name, "Did the export fail?")


def unusual(data: memoryview, wanted: Sequence[str]) -> str | None:
    """A delimiter that is none of the `DELIMITERS`: what separates wanted names in one of the first lines."""
    enough = min(2, len({*wanted}))
    for line in islice(lines(data), SEARCHED):
        for run in dict.fromkeys(RUN.findall(line)):
            cells = [cell.strip("\"' \r\n") for cell in line.split(run)]
            if enough and count_wanted(cells, wanted) >= enough:
                return str(run)
    return None


def unusual_of(data: memoryview, layout: Dialect, allowed: range) -> str | None:
    """A delimiter of several characters in text without a header, if it divides as many lines as the one recognised."""
    first = [line.rstrip("\r\n") for line in islice(lines(data), SEARCHED)]
    runs = {run for line in first for run in RUN.findall(line) if len(run) > 1}
    fits = {run: sum(len(line.split(run)) in allowed for line in first) for run in [layout.delimiter, *runs]}
    best = max(fits, key=lambda run: (fits[run], len(run)))
    return best if len(best) > 1 and fits[best] else None


def with_one_sign(name: str, data: memoryview, delimiter: str) -> memoryview:
    """Text whose delimiter is `UNIT`. Raises SheetError if it has that sign already."""
    octets = bytes(data)
    if UNIT.encode() in octets:
        raise SheetError(
            Fault(f"the delimiter {delimiter!r} cannot be used: the file contains the character 0x1F", name)
        )
    return memoryview(octets.replace(delimiter.encode(), UNIT.encode()))


def _fit(sample: _Sample, head: Head, wanted: Sequence[str]) -> tuple[int, float, int]:
    names = sample.layout(head, wanted).cells
    width = len(names)
    below = [len(cells) == width for _, cells in sample.records[head.at + head.rows :]]
    alike = sum(below) / len(below) if below else 1.0
    return count_wanted(names, wanted), alike if width > 1 else -1.0, width


def _sample(data: memoryview, skip: int, delimiter: str) -> _Sample:
    """The first records that are not blank, by one delimiter, and the lines they end on."""
    first = list(islice(lines(data), skip, skip + LINES))
    sample = _parsed(first, skip, delimiter, spaced=False)
    if f'{delimiter} "' in "".join(first) and any(
        cell.startswith(' "') for _, cells in sample.records for cell in cells
    ):
        return _parsed(first, skip, delimiter, spaced=True)
    return sample


def _parsed(first: Iterable[str], skip: int, delimiter: str, *, spaced: bool) -> _Sample:
    sample = _Sample(delimiter, spaced, [], [])
    reader = csv.reader(first, delimiter=delimiter, skipinitialspace=spaced)
    row = skip + 1
    # What is wrong in these lines is reported when all of them are read.
    with suppress(csv.Error):
        for cells in reader:
            if any(cell.strip(NOTHING) for cell in cells):
                sample.records.append((row, cells))
                sample.ends.append(skip + reader.line_num)
            if len(sample.records) == SEARCHED:
                break
            row = skip + reader.line_num + 1
    return sample
