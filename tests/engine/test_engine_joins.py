"""After the index nothing compares the identifiers of rows that are equal on all sides."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pytest

import sync
from tests.engine.engine_world import FIELDS, Nights, Setup, mapping, nights

ROOMS = ("observe", "diff", "plan")
PEOPLE, COURSES = 50, 3
SHEETS: dict[str, list[tuple[str, ...]]] = {
    "course": [(f"C{c}", f"Course {c}", f"c{c}", "2026-09-01", "/A") for c in range(COURSES)],
    "user": [(f"S{n}", f"u{n}", "Ann", "Lee", f"u{n}@uni.example") for n in range(PEOPLE)],
    "enrolment": [(f"S{n}", f"C{c}", "student") for n in range(PEOPLE) for c in range(COURSES)],
    "group": [(f"C{c}", "G1", "Group", "") for c in range(COURSES)],
    "group_member": [(f"C{c}", "G1", f"S{n}") for n in range(PEOPLE) for c in range(COURSES)],
}
HASHING = (
    (pc, "index_in"),
    (pd.Series, "isin"),
    (pd.Index, "isin"),
    (pd.Index, "get_indexer"),
    (pd.DataFrame, "merge"),
)
FEW = 40
"""More columns than any frame has: pandas looks their names up too."""


def room() -> str:
    """The room that asks: that of the module of ours that is called last, the model's own aside."""
    frame, home = sys._getframe(2), Path(sync.__file__).parent
    while frame := frame.f_back:  # type: ignore[assignment]  # the outermost frame has none
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(home) and path.name != "values.py":
            return path.relative_to(home).parts[0]
    return ""


@pytest.fixture
def joins(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """What is joined: the room, by what, and how many rows the shorter side has."""
    found: list[tuple[str, str, int]] = []

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def count(left: Any, *others: Any, **named: Any) -> Any:
            right = others[0] if others else next(iter(named.values()))
            found.append((room(), name, min(len(left), len(right))))
            return function(left, *others, **named)

        return count

    for owner, name in HASHING:
        monkeypatch.setattr(owner, name, counted(name, getattr(owner, name)))
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    setup = Setup([mapping(name, missing="delete") for name in FIELDS])
    with nights(setup, folder=tmp_path_factory.mktemp("joins")) as world:
        world.night(SHEETS)
        yield world


@pytest.mark.parametrize("left_out", [0, 2])
def test_only_what_differs_is_looked_up_by_text(
    world: Nights, joins: list[tuple[str, str, int]], left_out: int
) -> None:
    world.clock.time += 86_400
    rows = {**SHEETS, "enrolment": SHEETS["enrolment"][left_out:], "group_member": SHEETS["group_member"][left_out:]}
    joins.clear()
    plan = world.plan(rows)
    assert len(plan.changes) == 2 * left_out
    assert any(name == "index_in" and size > PEOPLE for at, name, size in joins if at == "model")
    assert [each for each in joins if each[0] in ROOMS and each[2] > FEW] == []
