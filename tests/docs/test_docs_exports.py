"""The page of what exports may look like: it has every case of the tests, once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.yaml_files import read_yaml

from .exports import SHEETS, kinds


def _named(name: str) -> list[str]:
    return [*read_yaml(Path(SHEETS, f"{name}.yaml"))]


def test_every_case_is_of_one_kind() -> None:
    cases = [cases for members in kinds().values() for cases in members.values()]
    dialects = Counter(name for each in cases if isinstance(each, list) for name in each)
    formats = Counter(name for each in cases if isinstance(each, dict) for name in each.get("formats", ()))
    assert dialects == Counter(_named("dialects"))
    assert formats == Counter(_named("number_formats"))


def test_every_kind_has_a_case() -> None:
    assert all(cases for members in kinds().values() for cases in members.values())
