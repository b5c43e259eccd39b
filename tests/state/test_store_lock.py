"""One process at a time."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync.errors import StoreError
from sync.model import Clock, Store
from sync.state import open_store

OTHER_PROCESS = Path(__file__).with_name("other_process.py")


@contextmanager
def held_elsewhere(url: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(OTHER_PROCESS), "hold", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        try:
            yield child
        finally:
            child.kill()


def test_a_lock_held_by_another_process_names_it_and_ends_with_it(store: Store, url: str) -> None:
    with held_elsewhere(url) as child:
        with pytest.raises(StoreError) as caught, store.lock():
            pass
        store.plans()
    said = str(caught.value)
    assert f"process {child.pid} on {socket.gethostname()} since 2026-11-23T12:00:00" in said
    with store.lock():
        pass


def test_a_lock_is_held_once_in_one_process_too(either_store: Store) -> None:
    held_once(either_store)


def test_a_store_in_memory_has_a_lock_too(clock: Clock) -> None:
    with open_store("sqlite://", clock) as store:
        held_once(store)


def held_once(store: Store) -> None:
    with store.lock(), pytest.raises(StoreError, match="another nexsis-sync is using this store"), store.lock():
        pass
    with store.lock():
        pass


def test_a_lock_ends_with_an_error_inside(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.lock():
        raise ZeroDivisionError
    with store.lock():
        pass


def test_two_names_of_one_file_are_one_lock(store: Store, tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "state.db")
    with (
        open_store(f"sqlite:///{tmp_path}/link.db", clock) as other,
        store.lock(),
        pytest.raises(StoreError),
        other.lock(),
    ):
        pass
