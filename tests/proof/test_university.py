"""The university follows from its seed, and its truth from its exports."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.proof.feeds import Feeds, Files
from tests.proof.nights import nights
from tests.proof.objects import course_of
from tests.proof.university import Day, days

SEED = 5


def rows(feeds: Feeds, name: str) -> list[dict[str, str]]:
    table = feeds[name]
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def test_the_same_seed_gives_the_same_days_and_another_one_does_not() -> None:
    first, again, other = ([*islice(days(seed), 3)] for seed in (SEED, SEED, SEED + 1))
    assert first == again
    assert all(one.feeds != two.feeds for one, two in zip(first, other, strict=True))


def test_the_same_seed_gives_the_same_nights() -> None:
    def plan(seed: int) -> list[tuple[str, Files]]:
        return [(night.kind, night.files) for night in nights(seed, 14)]

    assert plan(SEED) == plan(SEED)
    assert plan(SEED) != plan(SEED + 1)


def test_the_truth_is_what_the_exports_say() -> None:
    for day in islice(days(SEED), 4):
        assert stated(day.feeds) == day.truth.keys()


def stated(feeds: Feeds) -> set[tuple[str, ...]]:
    """What exports name."""
    return {
        *(("user", row["STUDENT_ID"]) for row in rows(feeds, "students.csv")),
        *(("user", row["STAFF_ID"]) for row in rows(feeds, "staff.csv")),
        *(("course", row["COURSE"]) for row in rows(feeds, "courses.csv")),
        *(("enrolment", row["STUDENT_ID"], row["COURSE"]) for row in rows(feeds, "enrolments.csv")),
        *(("enrolment", row["STAFF_ID"], row["COURSE"]) for row in rows(feeds, "teaching.csv")),
        *(("group", row["COURSE"], row["GROUP"]) for row in rows(feeds, "groups.csv")),
        *(("group_member", row["COURSE"], row["GROUP"], row["STUDENT_ID"]) for row in rows(feeds, "members.csv")),
    }


@pytest.mark.parametrize("day", [*islice(days(SEED), 3)], ids=lambda day: str(day.date))
def test_rows_refer_to_what_is_listed(day: Day) -> None:
    feeds = day.feeds
    people = {row["STUDENT_ID"] for row in rows(feeds, "students.csv")}
    courses = {row["COURSE"] for row in rows(feeds, "courses.csv")}
    enrolled = {(row["STUDENT_ID"], row["COURSE"]) for row in rows(feeds, "enrolments.csv")}
    assert {who for who, _ in enrolled} <= people
    assert {course for _, course in enrolled} <= courses
    assert {(row["STUDENT_ID"], row["COURSE"]) for row in rows(feeds, "members.csv")} <= enrolled


def test_it_is_as_large_as_a_small_university() -> None:
    day = next(days(SEED))
    sizes = {name: len(table.rows) for name, table in day.feeds.items()}
    assert sizes["students.csv"] == 300
    assert sizes["staff.csv"] == sizes["courses.csv"] == 40
    assert 1350 < sizes["enrolments.csv"] < 1450
    zeros = [row for row in rows(day.feeds, "students.csv") if row["STUDENT_ID"].startswith("0")]
    assert 100 < len(zeros) < 200


def test_an_ended_course_keeps_what_it_had() -> None:
    """The summer term leaves the exports in the first week; what was in its courses stays."""
    plan = [*nights(SEED, 9)]
    assert {row["TERM"] for row in rows(plan[-1].good, "courses.csv")} == {"2026AU"}
    summer = {key for key in plan[6].tonight if (course_of(key) or "").endswith("SU")}
    assert {key[0] for key in summer} >= {"course", "enrolment", "group", "group_member"}
    assert summer <= plan[-1].tonight.keys()
