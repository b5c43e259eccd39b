"""A file that appears under its name when all of it is written, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from sync.export.writers import Csv, Excel, JsonLines, Parquet, RowWriter, Writer
from sync.sheets.output import written

ENDINGS: Final[Mapping[str, Callable[[BinaryIO, Sequence[str]], Writer]]] = {
    ".csv": Csv,
    ".xlsx": Excel,
    ".jsonl": JsonLines,
    ".parquet": Parquet,
}
"""The kind of a file by the end of its name, in lower case."""


@contextmanager
def open_table(path: Path, columns: Sequence[str]) -> Iterator[RowWriter]:
    """A table with these columns, as the end of the file's name says (one of `ENDINGS`).

    It can be read by its owner alone, and stands there only once the `with` has ended well; until then, and if it
    does not, what stood there before stays. Raises NexsisSyncError if it cannot be written.
    """
    with written(path) as stream:
        table = ENDINGS[path.suffix.lower()](stream, columns)
        try:
            yield table
            table.close()
        except BaseException:
            table.drop()
            raise
