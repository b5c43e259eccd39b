"""One sandbox for all tests of this folder that need no settings of their own, emptied and filled again for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from sync.sandbox import BASE, Sandbox, SandboxSettings, running


def client_of(sandbox: Sandbox) -> httpx.Client:
    return httpx.Client(base_url=sandbox.url + BASE, headers={"Authorization": f"Bearer {sandbox.token}"})


@pytest.fixture
def serving() -> Iterator[Callable[..., tuple[Sandbox, httpx.Client]]]:
    """Serves a sandbox with these settings until the test is over."""
    with ExitStack() as stack:

        def serve(**settings: Any) -> tuple[Sandbox, httpx.Client]:
            sandbox = stack.enter_context(running(SandboxSettings(**settings)))
            return sandbox, stack.enter_context(client_of(sandbox))

        yield serve


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def shared_client(served: Sandbox) -> Iterator[httpx.Client]:
    with client_of(served) as client:
        yield client


@pytest.fixture
def sandbox(served: Sandbox) -> Sandbox:
    with served.moodle.transaction() as db:
        for table in ("user", "course", "category", "grade", "grade_category", "log"):
            db.execute(f"DELETE FROM {table}")
        served.moodle.add_user("S1", "kim", firstname="Kim", lastname="Poe")
        served.moodle.add_user("S2", "lee", firstname="Lee", lastname="Coe")
        served.moodle.add_course("C1", "Course One")
        served.moodle.add_course("C2", "Course Two")
        served.moodle.add_group("C1", "G1", "One")
        served.moodle.add_grade_category("C1", 6, "Coursework")
        served.moodle.add_program("P12", "Induction")
        served.moodle.add_certification("C12", "First aid")
        served.moodle.add_department("D5", "Physics")
        served.moodle.add_position("P4", "Lecturer")
        served.moodle.add_position("P5", "Dean")
    served.requests.clear()
    return served


@pytest.fixture
def client(sandbox: Sandbox, shared_client: httpx.Client) -> httpx.Client:
    return shared_client
