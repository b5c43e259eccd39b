"""A school for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .school import School, schools


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[School]:
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    with schools(tmp_path, capsys) as made:
        yield made
