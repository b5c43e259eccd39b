"""A file that appears under its name when all of it is written, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from sync.errors import Fault, NexsisSyncError
from sync.tables.writers import Csv, Excel, JsonLines, Parquet, Table, Writer

ENDINGS: Final[Mapping[str, Callable[[BinaryIO, Sequence[str]], Writer]]] = {
    ".csv": Csv,
    ".xlsx": Excel,
    ".jsonl": JsonLines,
    ".parquet": Parquet,
}
"""The kind of a file by the end of its name, in lower case."""


@contextmanager
def open_table(path: Path, columns: Sequence[str]) -> Iterator[Table]:
    """A table with these columns, as the end of the file's name says (one of `ENDINGS`).

    It can be read by its owner alone, and stands there only once the `with` has ended well; until then, and if it
    does not, what stood there before stays. Raises NexsisSyncError if it cannot be written.
    """
    try:
        with _whole(path) as stream:
            table = ENDINGS[path.suffix.lower()](stream, columns)
            try:
                yield table
                table.close()
            except BaseException:
                table.drop()
                raise
    except OSError as error:
        raise NexsisSyncError(Fault(f"this file cannot be written: {error.strerror or error}", str(path))) from None


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    if path.is_dir():
        raise IsADirectoryError(0, "a folder has that name")
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123 - a handle, not a path
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
