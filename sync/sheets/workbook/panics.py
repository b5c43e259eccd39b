"""Suppresses what calamine prints when it fails in an unforeseen way: it helps nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile
from threading import Lock

STDERR = 2
_ALONE = Lock()


def is_panic(error: BaseException) -> bool:
    """Whether an error is a panic of Rust, which is not even an Exception."""
    return type(error).__module__ == "pyo3_runtime"


@contextmanager
def hushed() -> Iterator[None]:
    """Keep off standard error what is written there about a panic, before anybody can catch it.

    It is not written through Python, so the file itself is replaced in the meantime. Other output that was written
    there follows afterwards; if there was a panic, nothing does, as the two cannot be distinguished.
    """
    with _ALONE, TemporaryFile() as captured:
        try:
            kept = os.dup(STDERR)
        except OSError:  # there is no standard error
            yield
            return
        os.dup2(captured.fileno(), STDERR)
        panicked = False
        try:
            yield
        except BaseException as error:
            panicked = is_panic(error)
            raise
        finally:
            os.dup2(kept, STDERR)
            os.close(kept)
            captured.seek(0)
            if not panicked:
                with suppress(OSError):
                    os.write(STDERR, captured.read())
