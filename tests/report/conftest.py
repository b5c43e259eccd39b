"""Where the workbook of a plan is written, and the store of its past."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.model import Store
from sync.state import open_store
from tests.clock import Clock


@pytest.fixture(scope="session")
def store() -> Iterator[Store]:
    """An empty one. A report only reads it."""
    with open_store("sqlite://", Clock()) as store:
        yield store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plan.xlsx"
