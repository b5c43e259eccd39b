"""The desk of each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.model import Resource
from sync.model.resources import CATALOGUE
from sync.sandbox import SandboxSettings
from tests.contract.desk import Desk, desk_for
from tests.contract.made_rows import INSTITUTION


@pytest.fixture
def settings() -> SandboxSettings:
    """The settings of the site, unless a test sets others."""
    return SandboxSettings(institution=INSTITUTION)


@pytest.fixture
def desk(
    resource: Resource, settings: SandboxSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Desk]:
    """A desk for the resource of the test."""
    with desk_for([resource], tmp_path, capsys, settings) as made:
        yield made


@pytest.fixture
def whole_desk(settings: SandboxSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A desk for everything in the catalogue."""
    with desk_for([*CATALOGUE.values()], tmp_path, capsys, settings) as made:
        yield made
