"""An installation on disk just before its second run, which tests can run again and again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.sandbox import SandboxSettings
from tests.engine.engine_world import FIELDS, Nights, Rows, Setup, mapping, nights, state_of, to_do

SETUP = Setup([mapping(name, missing="delete") for name in FIELDS])
FIRST: dict[str, Rows] = {
    "course": [
        ("C1", "One", "one", "2026-09-01", "/A/B"),
        ("C2", "Two", "two", "", "/A/C"),
        ("C3", "Old", "old", "", ""),
    ],
    "user": [(f"S{n}", f"u{n}", "Ann", "Lee", f"u{n}@uni.example") for n in range(5)],
    "enrolment": [*((f"S{n}", "C1", "student") for n in range(5)), ("S1", "C2", "teacher"), ("S2", "C3", "student")],
    "group": [("C1", "G1", "Group", ""), ("C1", "G2", "Other", "")],
    "group_member": [("C1", "G1", "S0"), ("C1", "G1", "S1"), ("C1", "G2", "S2"), ("C1", "G2", "S4")],
}
SECOND: dict[str, Rows] = {
    "course": [
        ("C1", "One", "one", "2026-09-01", "/A/D"),
        ("C2", "Two!", "two", "", "/A/C"),
        ("C4", "New", "new", "", "/A/E"),
    ],
    "user": [
        ("S0", "u1", "Ann", "Lee", "u1@uni.example"),  # two who had each other's login
        ("S1", "u0", "Ann", "Lee", "u0@uni.example"),
        ("S2", "u2", "Ann", "Poe", "u2@uni.example"),
        ("S4", "u4", "Ann", "Lee", "u4@uni.example"),
        ("S5", "u3", "Eve", "Roe", "u3@uni.example"),  # takes the login of one who leaves
    ],
    "enrolment": [
        ("S0", "C1", "teacher"),
        ("S1", "C2", "student"),
        ("S2", "C1", "student"),
        ("S5", "C4", "student"),
        ("S4", "C4", "student"),
    ],
    "group": [("C1", "G1", "Group!", ""), ("C4", "G1", "New", "")],
    "group_member": [("C1", "G1", "S0"), ("C1", "G1", "S2"), ("C4", "G1", "S4")],
}
"""Creates, updates, deletes and what is removed automatically with them, a swap and a chain: all that a plan can have.
"""

Ledger = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Evening:
    """Planned, and nothing sent yet. `site` and `ledger` are those after a run without trouble, which makes `calls`
    calls; the first of them is a ping, before the run begins."""

    folder: Path
    plan: str
    calls: int
    site: dict[str, list[Any]]
    ledger: Ledger

    @contextmanager
    def again(self, folder: Path, settings: SandboxSettings | None = None) -> Iterator[Nights]:
        """A fresh copy, in another folder."""
        for file in self.folder.iterdir():
            shutil.copy(file, folder / file.name)
        with later(folder, settings) as world:
            yield world

    def ends_well(self, world: Nights) -> None:
        """Check that site and ledger are as after a run without trouble."""
        assert to_do(world.store.plan(self.plan)) == []
        assert state_of(world.moodle) == self.site
        assert knows_as_much(world.ledger, self.ledger)


@contextmanager
def later(folder: Path, settings: SandboxSettings | None = None) -> Iterator[Nights]:
    """What is kept in a folder, some runs later."""
    with nights(SETUP, settings, folder) as world:
        world.clock.time = 10 * 86_400
        yield world


def evening(folder: Path, copy: Path) -> Evening:
    """Play the first run and plan the second in one folder; try out in another how it ends."""
    with nights(SETUP, folder=folder) as world:
        world.night(FIRST)
        plan = world.plan(SECOND)
    begun = Evening(folder, plan.id, 0, {}, {})
    with begun.again(copy) as world:
        world.apply(plan, run="r-night")
        return Evening(folder, plan.id, len(world.site.requests), state_of(world.moodle), world.ledger)


def knows_as_much(ledger: Ledger, other: Ledger) -> bool:
    """Whether a ledger has the same rows; after a lost answer it may have seen what no answer would have shown."""
    rows, others = ([row for name in FIELDS for row in each[name]] for each in (ledger, other))
    return len(rows) == len(others) and all(
        row[:3] + row[4:] == was[:3] + was[4:] and was[3] in (None, row[3])
        for row, was in zip(rows, others, strict=True)
    )
