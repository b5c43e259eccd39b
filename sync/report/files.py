"""Files that reports are written to: whole or not at all, and readable by their owner alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sync.errors import Fault, NexsisSyncError


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A stream that takes the place of the file at `path` once all is written; an error leaves what was there.

    Raises NexsisSyncError if the file cannot be written.
    """
    try:
        # Made beside its place, since only there it can be moved in one step; mkstemp lets nobody else read it.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise NexsisSyncError(Fault(f"this file cannot be written: {error.strerror}", str(path))) from None
