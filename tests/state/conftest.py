"""A store on a real file, a clock that stands still, and plans to put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sync.model import CHANGES, LEDGER, Plan, Store
from sync.state import open_store
from tests.state.postgresql import run_sql, serving

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHANGE = {
    "stage": 3,
    "resource": "enrolment",
    "op": "create",
    "slice": '{"courseid":"C1"}',
    "after": '{"roleid":"student"}',
    "cause": "sis",
    "claims": "enrolments",
    "file": "enrolments.csv",
    "status": "planned",
    "attempts": 0,
}


class StoppedClock:
    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture(scope="session")
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server: the URL of its databases, with `{}` for the name of one."""
    with serving() as urls:
        yield urls


@pytest.fixture
def postgresql(server: str) -> Iterator[str]:
    """An empty database on a PostgreSQL server."""
    admin = server.format("postgres")
    run_sql(admin, "CREATE DATABASE store")
    yield server.format("store")
    run_sql(admin, "DROP DATABASE store WITH (FORCE)")


@pytest.fixture
def store(url: str, clock: StoppedClock) -> Iterator[Store]:
    with open_store(url, clock) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def either_store(request: pytest.FixtureRequest, clock: StoppedClock) -> Iterator[Store]:
    """A store on each kind of database in turn."""
    url: str = request.getfixturevalue("url" if request.param == "sqlite" else "postgresql")
    with open_store(url, clock) as opened:
        yield opened


def change_frame(*rows: Mapping[str, object]) -> pd.DataFrame:
    """Changes numbered from 1, each `CHANGE` with the given columns."""
    numbered = [
        {"n": n, "match": f"s{n}\x1fc1", "key": f'{{"userid":"S{n}"}}', "row": n + 1} | CHANGE | dict(row)
        for n, row in enumerate(rows, start=1)
    ]
    frame = pd.DataFrame(numbered, columns=list(CHANGES))
    numbers = {"n": "int64", "stage": "int64", "attempts": "int64"}
    numbers |= dict.fromkeys(["covered_by", "row", "http_status"], "Int64")
    return frame.astype({name: numbers.get(name, "str") for name in CHANGES})


@pytest.fixture(scope="session")
def make_plan() -> Callable[..., Plan]:
    def make(id: str, *rows: Mapping[str, object], **said: Any) -> Plan:
        plain: dict[str, Any] = {"holds": (), "issues": (), "summary": {}, "inputs": ()}
        return Plan(id, "https://moodle.example.edu", NOON, change_frame(*rows), **(plain | said))

    return make


def ledger_frame(*rows: Mapping[str, object]) -> pd.DataFrame:
    plain = {"key": "{}", "sent": None, "seen": None, "claims": "students", "owned": 0, "checked": 739000}
    frame = pd.DataFrame([plain | dict(row) for row in rows], columns=list(LEDGER))
    numbers = {"owned": "int64", "checked": "int64"}
    return frame.astype({name: numbers.get(name, "str") for name in LEDGER})


@pytest.fixture(scope="session")
def make_ledger() -> Callable[..., pd.DataFrame]:
    return ledger_frame
