"""Files that a mapping reads as one are judged as one: by their newest, all their rows, and their fullest column."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.plan.plan_lines import hold_line, lines_of
from tests.plan.plan_scenario import COLUMNS, Stage, cells, spread

SAID = {
    "guards": {"update": "off"},
    "mappings": {
        "users": {
            "sheet": {"file": "users*.csv", "take": "all"},
            "fields": {"firstname": "LAST", "city": "FIRST"},
            "missing": "delete",
        }
    },
}


@pytest.fixture
def people(stage: Callable[[dict[str, Any]], Stage]) -> Stage:
    """Ten of them, applied from two files; only the second gives cities."""
    made = stage(SAID)
    bring(made, ["S[0-4] FIRST="], ["S[5-9] FIRST=Ayr"])
    assert made.apply(made.plan("full")) == []
    return made


def bring(stage: Stage, first: list[str], second: list[str], ages: tuple[float, float] = (1, 1)) -> None:
    """Two files with these rows, so many hours old."""
    stage.clock.time += timedelta(days=1)
    stage.bring({"users": first, "age": {"users": ages[0]}})
    rows = [cells("users", line).values() for line in spread(second)]
    file = stage.folder / "inbox" / "users-2.csv"
    file.write_text("".join(",".join(line) + "\n" for line in (COLUMNS["users"], *rows)), "utf-8")
    written = (stage.clock.now() - timedelta(hours=ages[1])).timestamp()
    os.utime(file, (written, written))


def test_rows_of_all_files_are_counted_together(people: Stage) -> None:
    bring(people, ["S[0-4] FIRST="], ["S[5-7] FIRST=Ayr"])
    plan = people.plan("full")
    assert [hold_line(hold) for hold in plan.holds] == ["fewer-rows user users 2/10"]
    assert "users-2.csv (and 1 more) has 8 rows; usually it has 10." in plan.holds[0].message


def test_a_file_without_rows_counts_as_none(people: Stage) -> None:
    bring(people, ["S[0-4] FIRST="], [])
    plan = people.plan("full")
    assert (lines_of(plan), plan.holds) == ([], ())
    assert "it usually has 10 rows, and now has 5" in [issue.message for issue in plan.issues]


@pytest.mark.parametrize(
    ("ages", "holds"), [((200, 1), []), ((1, 200), []), ((200, 190), ["old-file user users 1/10"])]
)
def test_files_are_as_new_as_the_newest(people: Stage, ages: tuple[float, float], holds: list[str]) -> None:
    bring(people, ["S[0-3] FIRST=", "S4 FIRST= LAST=New"], ["S[5-9] FIRST=Ayr"], ages)
    plan = people.plan("full")
    assert [hold_line(hold) for hold in plan.holds] == holds
    assert lines_of(plan) == [f"update user S4 firstname=New lastname=New{' hold:old-file' * len(holds)}"]


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [("", "", ["blank-column user users 5/10"]), ("Ayr", "", []), ("", "Ayr", [])],
)
def test_a_column_is_blank_if_it_is_in_all_files(people: Stage, first: str, second: str, holds: list[str]) -> None:
    bring(people, [f"S[0-4] FIRST={first}"], [f"S[5-9] FIRST={second}"])
    assert [hold_line(hold) for hold in people.plan("full").holds] == holds


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("users-2026-11-25.csv", []),
        ("users-20261124.csv", []),
        ("users-2026-11-23-1800.csv", ["overtaken user users 1/10"]),
        ("users-20270901.csv", []),
    ],
)
def test_a_list_is_as_new_as_the_newest_date_in_its_names(people: Stage, name: str, holds: list[str]) -> None:
    inbox = people.folder / "inbox"
    for last, file in (("Old", "users-2026-11-24.csv"), ("New", name)):
        bring(people, [f"S0 FIRST= LAST={last}", "S[1-4] FIRST="], ["S[5-9] FIRST=Ayr"])
        for earlier in inbox.glob("users-20*.csv"):
            earlier.unlink()
        (inbox / "users-2.csv").rename(inbox / file)
        plan = people.plan("full")
        if last == "Old":
            assert people.apply(plan) == []
    assert [hold_line(hold) for hold in plan.holds] == holds
