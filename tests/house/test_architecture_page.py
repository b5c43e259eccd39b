"""The architecture page names what exists."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.house.test_rooms import ROOMS

PAGE = (Path(__file__).parents[2] / "docs" / "developers" / "architecture.md").read_text("utf-8")
NAMED = re.findall(r"`(sync\.[\w.]+)(?::(\w+))?`", PAGE)


@pytest.mark.parametrize(("module", "name"), NAMED)
def test_what_it_names_is_there(module: str, name: str) -> None:
    found = import_module(module)
    assert not name or hasattr(found, name)


def test_it_lists_every_room() -> None:
    assert set(re.findall(r"^\| [\d-]+ \| `(\w+)` \|", PAGE, flags=re.MULTILINE)) == ROOMS | {"errors"}
