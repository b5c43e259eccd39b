"""A site that answers all tests of `init`, which never changes it, and a folder for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.sandbox import Sandbox, SandboxSettings, running

from .beginner import Beginner


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with running(SandboxSettings(timezone="UTC")) as sandbox:
        sandbox.moodle.add_user("OLD-1", "old1")
        sandbox.moodle.add_user("OLD-2", "old2")
        yield sandbox


@pytest.fixture
def beginner(
    tmp_path: Path, site: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Beginner]:
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    monkeypatch.chdir(tmp_path)
    yield Beginner(tmp_path, site, capsys, monkeypatch)
    assert {request.method for request in site.requests} <= {"GET"}
