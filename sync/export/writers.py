"""The kinds of file that a table can be written to. Each takes a binary stream, and rows a frame at a time.

`open_table` picks one by the name of a file, which appears when all of it is written, or not at all.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import orjson
import pandas as pd
import pyarrow as pa

from sync.errors import Fault, NexsisSyncError
from sync.export.texts import texts
from sync.model.values import TEXT
from sync.sheets.output import harmless, written

EXCEL_ROWS: Final = 1_048_575
"""Records that fit into a tab below its header."""

EXCEL_CELL: Final = 32_767
"""Characters that fit into a cell."""


class RowWriter(Protocol):
    """Something that rows are written to."""

    def write(self, frame: pd.DataFrame) -> None:
        """Add the rows of a frame, whose columns are those of the table."""
        ...


class Writer(RowWriter, Protocol):
    """A table that is a file."""

    def close(self) -> None:
        """Call this after all rows are written."""
        ...

    def drop(self) -> None:
        """Give up the file."""
        return


class Csv(Writer):
    """CSV by RFC 4180 in UTF-8. Cells that a spreadsheet would run as a formula begin with an apostrophe."""

    def __init__(self, stream: BinaryIO, columns: Sequence[str]) -> None:
        self._text = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True)
        self._rows = csv.writer(self._text)
        self._rows.writerow(harmless(pa.array(columns, TEXT)).to_pylist())

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows."""
        columns = [harmless(column).to_pylist() for column in texts(frame).values()]
        self._rows.writerows(zip(*columns, strict=True))

    def close(self) -> None:
        """Call this after all rows are written."""
        self._text.detach()


class JsonLines(Writer):
    """One JSON object on each line, with values of the types they arrived in."""

    def __init__(self, stream: BinaryIO, columns: Sequence[str]) -> None:
        self._stream = stream

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows."""
        self._stream.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in frame.to_dict("records"))

    def close(self) -> None:
        """Call this after all rows are written."""
        self._stream.flush()


class Parquet(Writer):
    """Parquet with columns of text; each frame is a row group."""

    def __init__(self, stream: BinaryIO, columns: Sequence[str]) -> None:
        from pyarrow import parquet

        self._schema = pa.schema([(name, TEXT) for name in columns])
        self._file = parquet.ParquetWriter(stream, self._schema)

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows."""
        self._file.write_table(pa.table(texts(frame), schema=self._schema))

    def close(self) -> None:
        """Call this after all rows are written."""
        self._file.close()

    def drop(self) -> None:
        """Give up the file: left open, it would complain later."""
        with suppress(OSError):
            self._file.close()


class Excel(Writer):
    """A workbook whose cells are all text, so that none is a formula and no zero is lost.

    Rows that do not fit continue in another tab. Raises NexsisSyncError for a text no cell can hold.
    """

    def __init__(self, stream: BinaryIO, columns: Sequence[str]) -> None:
        from xlsxwriter import Workbook

        self._columns = columns
        self._book = Workbook(stream, {"constant_memory": True})
        self._tabs = 0
        self._row = EXCEL_ROWS

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows."""
        columns = texts(frame)
        for row in zip(*(column.to_pylist() for column in columns.values()), strict=True):
            if self._row == EXCEL_ROWS:
                self._begin_tab()
            self._row += 1
            self._put(row)

    def _begin_tab(self) -> None:
        self._tabs += 1
        self._tab = self._book.add_worksheet(f"Rows {self._tabs}" if self._tabs > 1 else "Rows")
        self._tab.freeze_panes(1, 0)
        self._row = 0
        self._put(self._columns)

    def _put(self, row: Sequence[str]) -> None:
        for at, text in enumerate(row):
            if text and self._tab.write_string(self._row, at, text):
                hint = "Write to a .csv, .jsonl or .parquet file instead."
                message = f"this text has {len(text):,} characters; an Excel cell can hold {EXCEL_CELL:,}"
                where = f"tab {self._tab.name}, row {self._row + 1}, column {self._columns[at]}"
                raise NexsisSyncError(Fault(message, where, hint))

    def close(self) -> None:
        """Call this after all rows are written. Raises OSError."""
        from xlsxwriter.exceptions import FileCreateError

        if not self._tabs:
            self._begin_tab()
        try:
            self._book.close()
        except FileCreateError as error:
            raise OSError(str(error)) from None


ENDINGS: Final[Mapping[str, Callable[[BinaryIO, Sequence[str]], Writer]]] = {
    ".csv": Csv,
    ".xlsx": Excel,
    ".jsonl": JsonLines,
    ".parquet": Parquet,
}
"""The kind of a file by the ending of its name, in lower case."""


@contextmanager
def open_table(path: Path, columns: Sequence[str]) -> Iterator[RowWriter]:
    """A table with these columns, of the kind that the ending of the file's name says (one of `ENDINGS`).

    Only its owner can read the file, and it appears only once the `with` has ended well; until then, and if it does
    not, an existing file stays. Raises NexsisSyncError if it cannot be written.
    """
    with written(path) as stream:
        table = ENDINGS[path.suffix.lower()](stream, columns)
        try:
            yield table
            table.close()
        except BaseException:
            table.drop()
            raise
