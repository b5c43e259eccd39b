"""A store as a whole: upgraded after a backup, backed up under a run, copied between SQLite and PostgreSQL."""

from __future__ import annotations

import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import MetaData, create_engine, select

from sync.errors import StoreError, StoreInUse
from sync.model import Clock, Plan
from sync.state import Upgrade, back_up_store, copy_store, copying, open_store, upgrade_store
from sync.state.schema import HEAD
from tests.state import release_store
from tests.state.postgresql import run_sql

ADDRESS = "https://moodle.example.edu"
FAILS = "CREATE TRIGGER fails BEFORE UPDATE OF \"match\" ON changes BEGIN SELECT RAISE(ABORT, 'no such luck'); END"


@pytest.fixture
def older(url: str, tmp_path: Path) -> str:
    """The store of the first release."""
    release_store.load("0001", tmp_path / "state.db", ADDRESS)
    return url


@pytest.fixture
def older_on_postgresql(older: str, postgresql: str, clock: Clock) -> str:
    """The same on PostgreSQL."""
    copy_store(older, postgresql, clock)
    return postgresql


def content(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a store, by table, except who had its lock."""
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        found = {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in tables.tables.items()
            if name != "alembic_version"
        }
    engine.dispose()
    found["nexsis_sync"] = [row for row in found["nexsis_sync"] if row[0] != "holder"]
    return found


def modes(folder: Path) -> dict[str, str]:
    return {path.name: stat.filemode(path.stat().st_mode) for path in folder.iterdir()}


# -- upgrades ---------------------------------------------------------------------------------------------------


def test_an_upgrade_keeps_the_store_before_in_a_file_beside_it(older: str, clock: Clock, tmp_path: Path) -> None:
    before = content(older)
    assert upgrade_store(older, clock) == Upgrade(1, int(HEAD), f"{tmp_path}/state.db.before-{HEAD}")
    assert modes(tmp_path)[f"state.db.before-{HEAD}"] == "-rw-------"
    assert content(f"sqlite:///{tmp_path}/state.db.before-{HEAD}") == before
    assert content(older)["nexsis_sync"] == [("version", str(int(HEAD)))]
    assert upgrade_store(older, clock) == Upgrade(int(HEAD), int(HEAD))


def test_opening_a_store_upgrades_it_and_says_so_once(older: str, clock: Clock, tmp_path: Path) -> None:
    said: list[Upgrade] = []
    for _ in range(2):
        with open_store(older, clock, said.append):
            pass
    assert said == [Upgrade(1, int(HEAD), f"{tmp_path}/state.db.before-{HEAD}")]


def test_a_backup_never_replaces_an_earlier_one(older: str, clock: Clock, tmp_path: Path) -> None:
    (tmp_path / f"state.db.before-{HEAD}").write_text("kept")
    assert upgrade_store(older, clock).backup == f"{tmp_path}/state.db.before-{HEAD}-2"
    assert (tmp_path / f"state.db.before-{HEAD}").read_text() == "kept"


def test_an_upgrade_that_fails_in_the_middle_leaves_the_store_as_it_was(
    older: str, clock: Clock, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        connection.execute(FAILS)
    before = content(older)
    with pytest.raises(StoreError, match="the state store could not be upgraded: no such luck"):
        upgrade_store(older, clock)
    assert content(older) == before
    assert not [*tmp_path.glob("state.db.before*")]


def test_a_store_that_cannot_be_backed_up_is_not_upgraded(older: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        connection.execute(f"UPDATE plans SET issues = '[]{' ' * 300_000}'")
        connection.commit()
    before = content(older)
    script = (
        "from sync.cli.wiring import SystemClock\n"
        "from sync.errors import StoreError\n"
        "from sync.state import upgrade_store\n"
        f"try: upgrade_store({older!r}, SystemClock())\n"
        "except StoreError as error: print(error)\n"
    )
    room = 200_000
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    assert "the state store could not be backed up" in done.stdout
    assert "Check that the disk has enough space." in done.stdout
    assert content(older) == before
    assert not [*tmp_path.glob("state.db.before*")]


def test_on_postgresql_an_upgrade_keeps_the_store_before_in_a_schema(older_on_postgresql: str, clock: Clock) -> None:
    before = content(older_on_postgresql)
    backup = upgrade_store(older_on_postgresql, clock).backup or ""
    assert backup.startswith(f"schema before_{HEAD} of postgresql+psycopg://")
    assert content(f"{older_on_postgresql}&options=-csearch_path%3Dbefore_{HEAD}") == before
    assert content(older_on_postgresql)["nexsis_sync"] == [("version", str(int(HEAD)))]


def test_the_schema_of_a_backup_is_a_store_by_itself(
    older_on_postgresql: str, clock: Clock, make_plan: Callable[..., Plan]
) -> None:
    upgrade_store(older_on_postgresql, clock)
    with open_store(f"{older_on_postgresql}&options=-csearch_path%3Dbefore_{HEAD}", clock) as store:
        store.save_plan(make_plan("p-new"))
        assert store.newest_plan() == "p-new"
    with open_store(older_on_postgresql, clock) as store:
        assert "p-new" not in [plan.id for plan in store.plans()]


def test_the_schema_of_a_backup_can_take_the_place_of_the_store(older_on_postgresql: str, clock: Clock) -> None:
    before = content(older_on_postgresql)
    upgrade_store(older_on_postgresql, clock)
    run_sql(
        older_on_postgresql,
        "ALTER SCHEMA public RENAME TO after",
        f"ALTER SCHEMA before_{HEAD} RENAME TO public",
        "DROP SCHEMA after CASCADE",
    )
    assert content(older_on_postgresql) == before


def test_on_postgresql_an_upgrade_that_fails_leaves_the_store_as_it_was(older_on_postgresql: str, clock: Clock) -> None:
    run_sql(older_on_postgresql, "ALTER TABLE changes ADD CONSTRAINT as_it_was CHECK (match NOT LIKE '%Lab-A%')")
    before = content(older_on_postgresql)
    with pytest.raises(StoreError, match=r"could not be upgraded: .* violates check constraint"):
        upgrade_store(older_on_postgresql, clock)
    assert content(older_on_postgresql) == before
    run_sql(older_on_postgresql, f"CREATE SCHEMA before_{HEAD}")


def test_on_postgresql_the_user_must_be_allowed_to_make_the_backup(older: str, postgresql: str, clock: Clock) -> None:
    run_sql(postgresql, "CREATE ROLE clerk LOGIN", "GRANT ALL ON SCHEMA public TO clerk")
    clerks = postgresql.replace("nexsis@", "clerk@")
    copy_store(older, clerks, clock)
    before = content(clerks)
    with pytest.raises(StoreError) as caught:
        upgrade_store(clerks, clock)
    assert "the state store could not be backed up: permission denied for database store" in str(caught.value)
    assert "GRANT CREATE ON DATABASE" in str(caught.value)
    assert content(clerks) == before
    run_sql(postgresql, "DROP OWNED BY clerk", "DROP ROLE clerk")


# -- backups ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, url: str, clock: Clock, make_ledger: Callable[..., pd.DataFrame]) -> str:
    """A store with a row of the ledger, on either database."""
    url = request.getfixturevalue("postgresql") if request.param == "postgresql" else url
    with open_store(url, clock) as store:
        store.remember("user", make_ledger({"match": "s1"}))
    return url


def test_a_backup_is_made_under_a_run_and_shows_what_was_done_by_then(
    filled: str, clock: Clock, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    engine = create_engine(filled)
    with open_store(filled, clock) as store, store.lock(), engine.begin() as unfinished:
        unfinished.exec_driver_sql("DELETE FROM ledger")
        back_up_store(filled, copy)
        unfinished.rollback()
    engine.dispose()
    assert modes(tmp_path)["copy.db"] == "-rw-------"
    with open_store(f"sqlite:///{copy}", clock) as store:
        assert list(store.ledger("user")["match"]) == ["s1"]


def test_a_backup_does_not_replace_a_file(filled: str, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("kept")
    with pytest.raises(StoreError, match="this file already exists"):
        back_up_store(filled, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "kept"


def test_a_backup_into_a_missing_folder_says_so(filled: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="could not be backed up: No such file or directory"):
        back_up_store(filled, tmp_path / "nowhere" / "copy.db")


def test_an_empty_database_is_not_backed_up(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the state store is empty"):
        back_up_store(url, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_backup_of_an_older_store_is_as_old(older_on_postgresql: str, tmp_path: Path) -> None:
    back_up_store(older_on_postgresql, tmp_path / "copy.db")
    assert content(f"sqlite:///{tmp_path}/copy.db") == content(older_on_postgresql)


# -- copies -----------------------------------------------------------------------------------------------------


def test_a_store_goes_to_postgresql_and_back(
    older: str, postgresql: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 3)
    upgrade_store(older, clock)
    there = copy_store(older, postgresql, clock)
    back = copy_store(postgresql, f"sqlite:///{tmp_path}/back.db", clock)
    assert content(postgresql) == content(f"sqlite:///{tmp_path}/back.db") == content(older)
    assert there.rows == back.rows
    assert there.rows["ledger"] == len(content(older)["ledger"])
    assert modes(tmp_path)["back.db"] == "-rw-------"


def test_texts_survive_the_way_to_postgresql_as_they_are(
    url: str, postgresql: str, clock: Clock, make_ledger: Callable[..., pd.DataFrame]
) -> None:
    odd = ["", '"', ",", "\\.", "\\N", "\n", "\r\n", "\t", "Ærø ☃ 🎓", "'"]
    with open_store(url, clock) as store:
        store.remember("user", make_ledger(*({"match": f"s{n}", "seen": text} for n, text in enumerate(odd))))
    copy_store(url, postgresql, clock)
    assert content(postgresql) == content(url)


def test_new_plans_follow_those_that_were_copied(
    older: str, postgresql: str, clock: Clock, make_plan: Callable[..., Plan]
) -> None:
    upgrade_store(older, clock)
    copy_store(older, postgresql, clock)
    with open_store(postgresql, clock) as store:
        store.save_plan(make_plan("p-new"))
        assert store.newest_plan() == "p-new"


def test_a_store_is_copied_into_nothing_but_an_empty_database(filled: str, clock: Clock, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "loans.db")) as connection:
        connection.execute("CREATE TABLE loans (book TEXT)")
    for target in (f"sqlite:///{tmp_path}/loans.db", filled):
        with pytest.raises(StoreError, match="only into an empty database"):
            copy_store(filled, target, clock)


def test_a_store_is_not_copied_under_a_run(filled: str, clock: Clock, tmp_path: Path) -> None:
    with open_store(filled, clock) as store, store.lock(), pytest.raises(StoreInUse):
        copy_store(filled, f"sqlite:///{tmp_path}/copy.db", clock)


def test_a_copy_that_fails_leaves_nothing_behind(
    url: str, postgresql: str, clock: Clock, make_ledger: Callable[..., pd.DataFrame]
) -> None:
    """PostgreSQL does not store the character NUL."""
    with open_store(url, clock) as store:
        store.remember("user", make_ledger({"match": "s1", "seen": "\0"}))
    with pytest.raises(StoreError, match="invalid byte sequence"):
        copy_store(url, postgresql, clock)
    with pytest.raises(StoreError, match="the state store is empty"):
        copy_store(postgresql, "sqlite://", clock)
