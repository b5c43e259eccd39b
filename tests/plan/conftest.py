"""One sandbox for all scenarios, emptied for each; the engine's own client, and a store in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sync.model import Site
from sync.plan import guards
from sync.plan.guard_context import GuardContext, Stop
from sync.plan.working_frame import COLUMNS
from sync.sandbox import BASE, Sandbox, SandboxSettings, running
from sync.site import connect
from sync.state import open_store
from tests.plan.plan_scenario import Clock, Stage


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Sandbox, Site]]:
    with running() as sandbox, connect(sandbox.url + BASE, sandbox.token, permits=4) as site:
        yield sandbox, site


@pytest.fixture(autouse=True)
def frames_as_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every working frame before the guards is as its columns are declared."""
    filled = [name for name, column in COLUMNS.items() if column.default is not pd.NA]

    def validates(context: GuardContext) -> Iterator[Stop]:
        found = context.changes
        assert found.dtypes.to_dict() == {name: column.dtype for name, column in COLUMNS.items()}
        assert found[filled].notna().all(axis=None)
        yield from ()

    monkeypatch.setattr(guards, "GUARDS", (*guards.GUARDS, validates))


@pytest.fixture
def stage(served: tuple[Sandbox, Site], tmp_path: Path) -> Iterator[Callable[[dict[str, Any]], Stage]]:
    """Sets the stage for a scenario; several of one test have the same site, one after another.

    A scenario whose site has settings of its own has one to itself.
    """
    with ExitStack() as stack:

        def set_up(said: dict[str, Any]) -> Stage:
            sandbox, site = served
            if "sandbox" in said:
                sandbox = stack.enter_context(running(SandboxSettings(**said["sandbox"])))
                site = stack.enter_context(connect(sandbox.url + BASE, sandbox.token, permits=4))
            with sandbox.moodle.transaction() as db:
                for table in ("user", "course", "category", "grade"):
                    db.execute(f"DELETE FROM {table}")
            sandbox.requests.clear()
            clock = Clock()
            store = stack.enter_context(open_store("sqlite://", clock))
            made = Stage(tmp_path, said, sandbox, site, store, clock)
            made.settle(said.get("settled", {}))
            return made

        yield set_up
