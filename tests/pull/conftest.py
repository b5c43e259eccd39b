"""An office that exports data from a site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sync.sandbox import Sandbox, SandboxSettings, running
from tests.pull.institution import export, found
from tests.pull.office import Office

Opens = Callable[[SandboxSettings], Office]


@pytest.fixture(scope="session")
def site() -> Iterator[Sandbox]:
    """A site for all tests that only read it."""
    with running(SandboxSettings()) as site:
        found(site)
        yield site


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with exports, in which commands are run."""
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    monkeypatch.chdir(tmp_path)
    export(tmp_path)
    return tmp_path


@pytest.fixture
def office(folder: Path, site: Sandbox) -> Office:
    return settled(folder, site)


@pytest.fixture
def open_office(folder: Path) -> Iterator[Opens]:
    """Makes the office of a site of its own, with these settings."""
    with ExitStack() as open_:

        def opened(settings: SandboxSettings) -> Office:
            site = open_.enter_context(running(settings))
            found(site)
            return settled(folder, site)

        yield opened


def settled(folder: Path, site: Sandbox) -> Office:
    """The office of a site that has not been asked anything yet."""
    site.requests.clear()
    office = Office(folder, site)
    office.configure()
    return office
