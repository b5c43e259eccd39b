"""What may be opened as a store, and what is reported about the rest."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sync.errors import StoreError
from sync.model import Clock, Input, Plan, Store
from sync.state import open_store


def refusal(url: str, clock: Clock) -> str:
    with pytest.raises(StoreError) as caught, open_store(url, clock):
        pass
    return str(caught.value)


def test_what_was_stored_is_there_when_opened_again(
    url: str, clock: Clock, make_ledger: Callable[..., pd.DataFrame]
) -> None:
    with open_store(url, clock) as store:
        store.remember("user", make_ledger({"match": "s1"}))
    with open_store(url, clock) as store:
        assert list(store.ledger("user")["match"]) == ["s1"]


def test_a_plan_of_a_release_that_remembered_less_of_a_file_opens(
    tmp_path: Path, clock: Clock, make_plan: Callable[..., Plan]
) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    given = Input("sheet", "u.csv", "ab12", "/in/u.csv", "users", 3, usable=2, tail="0a1b2c3d")
    with open_store(url, clock) as store:
        store.save_plan(make_plan("p-1", inputs=(given,)))
    with sqlite3.connect(tmp_path / "old.db") as connection:
        connection.execute("UPDATE plans SET inputs = json_remove(inputs, '$[0].usable', '$[0].scoped', '$[0].tail')")
    connection.close()
    with open_store(url, clock) as store:
        assert store.plan().inputs == (replace(given, usable=None, tail=""),)


def test_every_file_of_the_store_is_readable_by_its_owner_alone(store: Store, tmp_path: Path) -> None:
    with store.lock():
        modes = {path.name: stat.filemode(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(["state.db", "state.db-wal", "state.db-shm", "state.db.lock"], "-rw-------")


def test_a_missing_folder_is_named(tmp_path: Path, clock: Clock) -> None:
    assert f"there is no folder {tmp_path}/var for the state store" in refusal(
        f"sqlite:///{tmp_path}/var/state.db", clock
    )
    assert not (tmp_path / "var").exists()


def test_a_folder_is_no_store(tmp_path: Path, clock: Clock) -> None:
    assert "cannot be opened: Is a directory" in refusal(f"sqlite:///{tmp_path}", clock)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "state.db"
    path.write_text("userid,email\n" * 100)
    assert f"{path}: the state store cannot be used: file is not a database" in refusal(f"sqlite:///{path}", clock)
    assert path.read_text() == "userid,email\n" * 100


def test_a_database_of_something_else_is_left_alone(tmp_path: Path, clock: Clock) -> None:
    connection = sqlite3.connect(tmp_path / "state.db")
    connection.execute("CREATE TABLE loans (book TEXT)")
    assert "not a nexsis-sync store; it contains loans" in refusal(f"sqlite:///{tmp_path}/state.db", clock)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("loans",)]
    connection.close()


def test_a_store_of_a_newer_version_is_left_alone(store: Store, url: str, tmp_path: Path, clock: Clock) -> None:
    connection = sqlite3.connect(tmp_path / "state.db")
    connection.execute("UPDATE alembic_version SET version_num = '0099'")
    connection.commit()
    connection.close()
    assert "created by a newer nexsis-sync (store version 99" in refusal(url, clock)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("state.db", "this is not the URL of a database"),
        ("postgresql://user:secret@host:port/db", "this is not the URL of a database"),
        ("mysql://host/db", "the state store cannot be a mysql database"),
        ("postgresql+nosuch://host/db", "a store on PostgreSQL needs its driver"),
    ],
)
def test_a_url_that_cannot_be_used_says_why(url: str, says: str, clock: Clock) -> None:
    said = refusal(url, clock)
    assert says in said
    assert "secret" not in said
