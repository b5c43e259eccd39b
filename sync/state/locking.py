"""The lock: one process at a time plans, applies or resumes on a store; the system frees it when that process dies."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Engine, func, select

from sync.errors import Fault, StoreError, StoreInUse
from sync.model import Clock
from sync.state import database, frames, packing
from sync.state.schema import about

_KEY = 0x6E65787369733031
"""The advisory lock's number on PostgreSQL; such locks are a database's own."""


@contextmanager
def lock(engine: Engine, clock: Clock) -> Iterator[None]:
    """Hold the store. Raises StoreInUse naming the holder (process, host, since when) if another does."""
    with _claim(engine) as ours:
        if not ours:
            raise StoreInUse(_held(engine))
        _record(engine, f"process {os.getpid()} on {socket.gethostname()} since {packing.instant_text(clock.now())}")
        yield


def holder(engine: Engine) -> str:
    """Which process holds the store, as far as is known; blank if none does. Makes no file."""
    path = database.file(engine)
    if path and not Path(_lock_file(path)).exists():
        return ""
    with _claim(engine) as ours:
        return "" if ours else _holder(engine)


def _record(engine: Engine, holder: str) -> None:
    with database.writing(engine) as connection:
        frames.execute_many(connection, frames.upsert(about, connection.dialect.name), [("holder", holder)])


def _held(engine: Engine) -> Fault:
    return Fault(
        f"another nexsis-sync is using this store: {_holder(engine)}",
        where=database.name(engine),
        hint="Wait until it has finished. If that process hangs, end it, then continue with `nexsis-sync resume`.",
    )


def _holder(engine: Engine) -> str:
    with database.reading(engine) as connection:
        found = connection.scalar(select(about.c.value).where(about.c.name == "holder"))
    return str(found or "unknown process")


def _claim(engine: Engine) -> AbstractContextManager[bool]:
    if engine.dialect.name == "postgresql":
        return _advisory(engine)
    path = database.file(engine)
    return _beside(_lock_file(path)) if path else _in_memory(engine)


def _lock_file(path: str) -> str:
    return f"{path}.lock"


@contextmanager
def _beside(path: str) -> Iterator[bool]:
    """A lock on a file next to the database's. The file stays: removing it would let two hold the lock at once."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(Fault(f"the state store cannot be locked: {error.strerror}", where=path)) from error
    try:
        yield _locked(handle)
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _locked(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def _in_memory(engine: Engine) -> Iterator[bool]:
    """Such a database exists in one connection, whose `info` lives as long."""
    with engine.connect() as connection:
        mutex: threading.Lock = connection.info.setdefault("mutex", threading.Lock())
    ours = mutex.acquire(blocking=False)
    try:
        yield ours
    finally:
        if ours:
            mutex.release()


@contextmanager
def _advisory(engine: Engine) -> Iterator[bool]:
    """PostgreSQL frees the lock when the connection ends, however it ends."""
    with (
        database.stating_faults(engine),
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        ours = bool(connection.scalar(select(func.pg_try_advisory_lock(_KEY))))
        try:
            yield ours
        finally:
            if ours:
                connection.execute(select(func.pg_advisory_unlock(_KEY)))
