"""Stores of the previous release, which folded group identifiers as the site's database compares other identifiers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pytest

from sync.errors import StoreInUse
from sync.model import Clock, Plan
from sync.state import open_store
from sync.state.schema import HEAD

MakeLedger = Callable[..., pd.DataFrame]
MakePlan = Callable[..., Plan]
BEFORE = (
    "DROP TABLE alembic_version; DROP TABLE marks; ALTER TABLE approvals DROP COLUMN account; "
    "UPDATE nexsis_sync SET value = '1' WHERE name = 'version'"
)


def group(match: str, course: str, group: str, **said: Any) -> dict[str, Any]:
    return {"match": match, "key": orjson.dumps({"courseid": course, "groupid": group}).decode(), **said}


def member(match: str, course: str, group: str, user: str) -> dict[str, Any]:
    return {"match": match, "key": orjson.dumps({"courseid": course, "groupid": group, "userid": user}).decode()}


def made_before(folder: Path) -> None:
    connection = sqlite3.connect(folder / "state.db")
    connection.executescript(BEFORE)
    connection.commit()
    connection.close()


@pytest.fixture
def older(url: str, clock: Clock, tmp_path: Path, make_ledger: MakeLedger, make_plan: MakePlan) -> str:
    """What a site was remembered by, and one plan."""
    with open_store(url, clock) as store:
        store.remember(
            "group",
            make_ledger(
                group("bio\x1fge", "Bio", "Ge", sent='{"name":"Seen"}', owned=1),
                group("bio\x1f01", "Bio", "01", sent='{"name":"Second"}', claims="lab", owned=1),
                group("bio\x1f1", "Bio", "1", sent='{"name":"First"}', claims="groups lab"),
                group("c2\x1f1e1", "C2", "1e1"),
                group("c2\x1fg1", "C2", "g1"),
            ),
        )
        store.remember("group_member", make_ledger(member("bio\x1fge\x1fs1", "Bio", "Ge", "S1")))
        store.remember("user", make_ledger({"match": "ge", "key": '{"userid":"Ge"}'}))
        ge = {"resource": "group", "match": "bio\x1fge", "key": group("", "Bio", "Ge")["key"]}
        store.save_plan(make_plan("p-1", ge, {"match": "ge\x1fbio", "key": '{"userid":"Ge","courseid":"Bio"}'}))
    made_before(tmp_path)
    return url


def test_groups_are_remembered_as_they_are_compared_now(older: str, clock: Clock) -> None:
    with open_store(older, clock) as store:
        groups = store.ledger("group").set_index("match").sort_index()
        assert list(groups.index) == ["bio\x1f1", "bio\x1fGe", "c2\x1f10", "c2\x1fg1"]
        assert groups.loc["bio\x1fGe", "sent"] == '{"name":"Seen"}'
        assert orjson.loads(str(groups.loc["c2\x1f10", "key"]))["groupid"] == "1e1"
        assert list(store.ledger("group_member")["match"]) == ["bio\x1fGe\x1fs1"]
        assert list(store.ledger("user")["match"]) == ["ge"]


def test_two_that_are_one_now_are_one_and_all_that_claimed_either_claim_it(older: str, clock: Clock) -> None:
    with open_store(older, clock) as store:
        row = store.ledger("group").set_index("match").loc["bio\x1f1"]
    assert (orjson.loads(str(row["key"]))["groupid"], row["sent"]) == ("1", '{"name":"First"}')
    assert (row["owned"], row["claims"]) == (1, "groups lab")


def test_what_plans_did_is_found_by_the_new_matches_and_stays_as_it_was(
    older: str, clock: Clock, tmp_path: Path
) -> None:
    with open_store(older, clock) as store:
        assert list(store.history("group", "bio\x1fGe")["plan"]) == ["p-1"]
        assert list(store.plan("p-1").changes["match"]) == ["bio\x1fGe", "ge\x1fbio"]
    connection = sqlite3.connect(tmp_path / "state.db")
    with pytest.raises(sqlite3.IntegrityError, match="never changes"):
        connection.execute("UPDATE changes SET match = 'x'")
    connection.close()


def test_a_store_is_upgraded_once(older: str, clock: Clock, tmp_path: Path) -> None:
    for _ in range(2):
        with open_store(older, clock) as store:
            assert len(store.ledger("group")) == 4
    connection = sqlite3.connect(tmp_path / "state.db")
    assert connection.execute("SELECT value FROM nexsis_sync WHERE name = 'version'").fetchall() == [(str(int(HEAD)),)]
    connection.close()


def test_a_store_is_not_upgraded_under_a_run(older: str, clock: Clock, tmp_path: Path) -> None:
    with open_store(older, clock) as store, store.lock():
        made_before(tmp_path)
        with pytest.raises(StoreInUse), open_store(older, clock):
            pass
