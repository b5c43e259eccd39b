"""Stores of every earlier release: they open, and plan what this release's own store would plan."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic.script import ScriptDirectory

from sync.cli import run
from sync.model import Clock
from sync.sandbox import Sandbox, SandboxSettings, running
from sync.state import copy_store, migrations
from tests.state import release_store
from tests.state.release_store import STORES, bring, play, write_site

STEPS = ScriptDirectory(str(Path(migrations.__file__).parent))
RELEASES = sorted(file.stem for file in STORES.glob("*.sql"))


def nexsis_sync(words: Sequence[str]) -> bytes:
    printed = TextIOWrapper(BytesIO())
    with redirect_stdout(printed):
        assert run(words) in (0, 2, 3)
    printed.flush()
    return printed.buffer.getvalue()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Sandbox]]:
    """A site that had its two days with this release, and the folder of its store."""
    folder = tmp_path_factory.mktemp("played")
    with running(SandboxSettings()) as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEXSIS_TOKEN", sandbox.token)
        site = write_site(folder, sandbox.url)
        play(folder, lambda words: nexsis_sync([*words, "--site", str(site)]).decode())
        yield folder, sandbox


@pytest.fixture
def folder_of(played: tuple[Path, Sandbox], tmp_path: Path) -> Callable[[str], Path]:
    """A folder like that of the site, with the store of a release instead."""

    def folder_of(release: str) -> Path:
        own, sandbox = played
        folder = tmp_path / release
        shutil.copytree(own, folder, ignore=shutil.ignore_patterns("state.db*"))
        release_store.load(release, folder / "state.db", sandbox.url)
        return folder

    return folder_of


def planned(folder: Path) -> dict[str, Any]:
    """What is planned with the store and the exports in a folder; what differs each time is left out."""
    plan = orjson.loads(nexsis_sync(["plan", "--json", "--read", "full", "--site", str(folder / "site.yaml")]))
    return {name: plan[name] for name in ("summary", "holds", "issues", "changes")}


def planned_here(played: tuple[Path, Sandbox], tmp_path: Path) -> dict[str, Any]:
    """What this release's own store plans for the third day."""
    folder = tmp_path / "own"
    shutil.copytree(played[0], folder)
    bring(folder, 3)
    return planned(folder)


@pytest.mark.parametrize("release", RELEASES)
def test_the_store_of_a_release_plans_nothing_for_the_exports_it_has_seen(
    release: str, folder_of: Callable[[str], Path]
) -> None:
    assert planned(folder_of(release))["changes"] == []


@pytest.mark.parametrize("release", RELEASES)
def test_the_store_of_a_release_plans_the_next_day_as_a_store_of_this_one(
    release: str, folder_of: Callable[[str], Path], played: tuple[Path, Sandbox], tmp_path: Path
) -> None:
    folder = folder_of(release)
    bring(folder, 3)
    plan = planned(folder)
    assert plan == planned_here(played, tmp_path)
    assert {change["op"] for change in plan["changes"]} == {"create", "update", "delete"}


@pytest.mark.parametrize("release", RELEASES)
def test_so_it_does_on_postgresql(
    release: str,
    folder_of: Callable[[str], Path],
    played: tuple[Path, Sandbox],
    tmp_path: Path,
    postgresql: str,
    clock: Clock,
) -> None:
    folder = folder_of(release)
    copy_store(f"sqlite:///{folder}/state.db", postgresql, clock)
    (folder / "state.db").unlink()
    write_site(folder, played[1].url, postgresql)
    bring(folder, 3)
    assert planned(folder) == planned_here(played, tmp_path)


def test_every_release_before_a_step_has_left_a_store() -> None:
    """A new step needs the store of the release before it: CONTRIBUTING says how to make one."""
    assert {step.down_revision for step in STEPS.walk_revisions() if step.down_revision} <= {*RELEASES}


@pytest.mark.parametrize("release", RELEASES)
def test_the_store_of_a_release_is_of_the_revision_it_is_named_by(release: str, tmp_path: Path) -> None:
    release_store.load(release, tmp_path / "state.db", "https://moodle.example.edu")
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        version = connection.execute("SELECT value FROM nexsis_sync WHERE name = 'version'").fetchall()
    assert version == [(str(int(release)),)]
