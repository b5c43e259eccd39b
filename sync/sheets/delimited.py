"""CSV and its kin: a fast path for clean files, a careful one that knows line numbers for the rest.

Both give the same frame wherever the fast one dares to answer.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from itertools import chain, islice
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from sync.errors import Fault, SheetError
from sync.model import Issue, Origin, Sheet
from sync.sheets.header import names as column_names
from sync.sheets.inbox import File
from sync.sheets.records import tabulate

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BLOCK = 8 << 20
END = "\0"
"""Stands after the last line: no line can hold it, as NUL bytes are refused before."""


class Header(NamedTuple):
    """The header's record: its cells, and the physical lines it begins and ends on."""

    cells: list[str]
    row: int
    end: int
    delimiter: str


def read(file: File, *, delimiter: str | None, encoding: str | None, header_row: int | None) -> Sheet:
    """Read a delimited text file; see `sync.sheets.read`. A row's number is the line its record begins on."""
    data, used = _utf8(file, encoding)
    if (at := data.find(b"\0")) >= 0:
        hint = "The file is damaged, or in another encoding: then set `encoding`, for example utf-16."
        raise SheetError(Fault("the file holds a NUL byte", f"{file.name}, line {_line(data, at)}", hint))
    try:
        header = _header(file.name, data, delimiter, header_row)
        origin = Origin(file.name, row=header.row)
        names = column_names(header.cells, origin)
        frame = _fast(data, header, names)
        issues: list[Issue] = []
        if frame is None:
            frame, issues = tabulate(_records(file.name, data, header), names, len(header.cells), origin)
    except UnicodeDecodeError:
        raise SheetError(_undecodable(file.name, data, "utf-8")) from None
    return Sheet(
        file=file.name,
        tab=None,
        frame=frame,
        digest=file.digest,
        modified=file.modified,
        header_row=header.row,
        found={
            "encoding": used,
            "delimiter": DELIMITERS.get(header.delimiter, header.delimiter),
            "header row": str(header.row),
        },
        issues=tuple(issues),
    )


def _fast(data: bytes, header: Header, names: list[str]) -> pd.DataFrame | None:
    """The frame, if every line below the header is one whole record of the header's width; else None.

    `data` is UTF-8 without NUL bytes. A line is surely a record where rows and lines are equal in number.
    """
    start, end = 0, len(data)
    for _ in range(header.end):
        start = data.find(b"\n", start) + 1
    while end > start and data[end - 1] in b"\r\n":
        end -= 1
    if start in (0, end) or len(header.cells) == 1 or not header.delimiter.isascii():
        return None
    if data.count(b"\r", start, end) != data.count(b"\r\n", start, end):
        return None
    if data.find(b"\n\n", start - 1, end) >= 0 or data.find(b"\n\r\n", start - 1, end) >= 0:
        return None
    quoted = data.find(b'"', start, end) >= 0
    if quoted and _left_open(data[max(data.rfind(b"\n", start, end) + 1, start) : end], header.delimiter):
        return None
    table = _arrow(pa.py_buffer(data).slice(start, end - start), header, quoted=quoted)
    if table is None or table.num_rows != data.count(b"\n", start, end) + 1:
        return None
    if not any(column[-1].as_py() for column in table.columns):
        return None
    if any(pc.any(pc.not_equal(c, "")).as_py() for c in table.columns[len(names) :]):
        return None
    frame: pd.DataFrame = table.select(range(len(names))).rename_columns(names).to_pandas()
    frame.index = pd.RangeIndex(header.end + 1, header.end + 1 + len(frame), name="row")
    return frame


def _arrow(body: pa.Buffer, header: Header, *, quoted: bool) -> pa.Table | None:
    columns = [str(n) for n in range(len(header.cells))]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(column_names=columns, block_size=BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=header.delimiter, newlines_in_values=quoted, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                # Types given, so that nothing is inferred; large, so that pandas takes the buffers as they are.
                column_types=dict.fromkeys(columns, pa.large_string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None


def _records(name: str, data: bytes, header: Header) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not a blank line, with the line it begins on."""
    lines = chain(islice(_lines(data), header.end, None), [END])
    reader = csv.reader(lines, delimiter=header.delimiter)
    row = header.end + 1
    try:
        for cells in reader:
            if cells == [END]:
                return
            if cells and cells[-1].endswith(END):
                raise SheetError(_never_closed(name, row))
            if len(cells) > 1 or "".join(cells).strip():
                yield row, cells
            row = header.end + reader.line_num + 1
    except csv.Error:
        raise SheetError(_too_long(name, row)) from None


def _left_open(line: bytes, delimiter: str) -> bool:
    return len(list(csv.reader([line.decode(), END], delimiter=delimiter))) == 1


def _header(name: str, data: bytes, delimiter: str | None, header_row: int | None) -> Header:
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise SheetError(Fault(f"{delimiter!r} cannot be a delimiter: it must be one character", name))
    row = header_row or next((n for n, line in enumerate(_lines(data), 1) if line.strip()), None)
    if row is None:
        raise SheetError(Fault("the file holds only blank lines", name, "Has the export failed?"))
    found = [_header_by(name, data, row, each) for each in ([delimiter] if delimiter else DELIMITERS)]
    header = max(found, key=lambda header: len(header.cells))
    if not any(cell.strip() for cell in header.cells):
        hint = "Set `header_row` to the row that holds the column names."
        raise SheetError(Fault("there is no header: the row is blank or past the end", f"{name}, row {row}", hint))
    return header


def _header_by(name: str, data: bytes, row: int, delimiter: str) -> Header:
    reader = csv.reader(islice(_lines(data), row - 1, None), delimiter=delimiter)
    try:
        cells: list[str] = next(reader, [])
    except csv.Error:
        raise SheetError(_too_long(name, row)) from None
    return Header(cells, row, row - 1 + reader.line_num, delimiter)


def _lines(data: bytes) -> TextIOWrapper:
    # newline="" ends lines at LF, CRLF and CR, and leaves line breaks within quotes as they are.
    return TextIOWrapper(BytesIO(data), encoding="utf-8-sig", newline="")


def _utf8(file: File, encoding: str | None) -> tuple[bytes, str]:
    """The file's bytes as UTF-8, and the encoding it has."""
    if encoding is None and file.data.startswith(UTF16):
        encoding = "utf-16"
    try:
        if encoding is None or codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
            return file.data, "utf-8 with BOM" if file.data.startswith(codecs.BOM_UTF8) else "utf-8"
        return file.data.decode(encoding).encode(), encoding
    except LookupError:
        raise SheetError(Fault(f"the encoding '{encoding}' is not known", file.name, "Check `encoding`.")) from None
    except UnicodeDecodeError:
        raise SheetError(_undecodable(file.name, file.data, str(encoding))) from None


def _undecodable(name: str, data: bytes, encoding: str) -> Fault:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        at, line = error.start, _line(data, error.start)
        column = at - max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at))
        message = f"the file is not {encoding.upper()}: byte {column} of the line is 0x{data[at]:02X}"
        hint = "Set `encoding` to what the export uses: on Windows often windows-1252."
        return Fault(message, f"{name}, line {line}", hint)
    raise AssertionError("asked why bytes cannot be decoded that can")


def _line(data: bytes, at: int) -> int:
    return 1 + data.count(b"\n", 0, at) + data.count(b"\r", 0, at) - data.count(b"\r\n", 0, at)


def _never_closed(name: str, row: int) -> Fault:
    hint = "Quotes within a quoted cell are doubled; otherwise the file may be cut off."
    return Fault("a quoted cell that begins in this row is never closed", f"{name}, row {row}", hint)


def _too_long(name: str, row: int) -> Fault:
    message = f"a cell of the record that begins in this row is longer than {csv.field_size_limit():,} characters"
    return Fault(message, f"{name}, row {row}", "Most likely a quoted cell is never closed.")
