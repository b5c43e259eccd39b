"""A stage for each test that runs an example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .stage import Stage, staged


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    monkeypatch.chdir(tmp_path)
    yield from staged(tmp_path, capsys)
