"""Holds in words: what would happen to how many, where, and whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sync.model import Hold
from sync.report.display_names import Names
from sync.report.holds import HoldCard, hold_cards
from tests.report import report_plans as plans

NAMES: Names = {
    "user": {(f"S{n}",): f"Ada {n}" for n in range(20)},
    "course": {("C1",): "Algebra", ("C2",): "Biology"},
}
ALGEBRA = {"courseid": "C1"}
PLACES = {"S1/C1": "h-C1", "S1/C2": "h-C2", "S2/C9": "h-1"}
"""Enrolments, and the holds that stop them."""

SEAT: Mapping[str, Any] = {"before": {"roleid": "student"}, "status": "held", "hold": "h-1"}


def hold(resource: str, slice: Mapping[str, str], count: int, population: int) -> Hold:
    return Hold("h-1", "guard", resource, slice, count, population, "over 10 %", "Is that intended?")


def text(of: Hold, *changes: dict[str, Any]) -> HoldCard:
    (found,) = hold_cards(plans.plan(*changes), NAMES, [of])
    return found


def seats(op: str, *keys: str) -> list[dict[str, Any]]:
    return [plans.change(op, "enrolment", key, **SEAT) for key in keys]


@pytest.mark.parametrize(
    ("of", "op", "title"),
    [
        (hold("enrolment", ALGEBRA, 12, 14), "delete", "Enrolments in Algebra (C1): 12 of 14 would be removed"),
        (hold("enrolment", ALGEBRA, 14, 14), "delete", "Enrolments in Algebra (C1): all 14 would be removed"),
        (hold("enrolment", {"courseid": "C9"}, 3, 4), "delete", "Enrolments in course C9: 3 of 4 would be removed"),
        (hold("enrolment", {"mapping": "seats"}, 213, 538), "delete", "Enrolments: 213 of 538 would be removed"),
        (hold("enrolment", {"mapping": "seats"}, 213, 213), "delete", "Enrolments: 213 would be removed"),
        (hold("enrolment", {"userid": "S1"}, 2, 2), "delete", "Enrolments of Ada 1 (S1): 2 would be removed"),
        (hold("enrolment", {}, 300, 200), "create", "Enrolments: 300 would be added"),
        (hold("enrolment", {}, 30, 200), "update", "Enrolments: 30 of 200 would be changed"),
    ],
)  # fmt: skip
def test_a_title_says_what_would_happen_to_how_many_and_where(of: Hold, op: str, title: str) -> None:
    assert text(of, *seats(op, "S1/C1", "S2/C1")).title == title


def test_several_actions_are_all_named() -> None:
    both = [*seats("update", "S1/C1"), *seats("delete", "S2/C1")]
    of = hold("enrolment", {"mapping": "seats"}, 2, 9)
    assert text(of, *both).title == "Enrolments: 2 of 9 would be changed or removed"


def test_what_a_deleted_course_would_take_with_it_would_be_removed() -> None:
    course = plans.change("delete", "course", "C1", before={}, status="held", hold="h-1")
    assert text(hold("enrolment", {"courseid": "C1"}, 3, 3), course).title.endswith("all 3 would be removed")


def test_people_are_named_up_to_ten_and_the_others_counted() -> None:
    found = text(hold("enrolment", {"courseid": "C1"}, 13, 14), *seats("delete", *(f"S{n}/C1" for n in range(13))))
    assert [str(owner) for owner in found.owners] == [f"Ada {n} (S{n})" for n in range(10)]
    assert found.others == 3


def test_courses_are_named_where_they_differ() -> None:
    of = hold("enrolment", {"mapping": "seats"}, 2, 9)
    assert [str(owner) for owner in text(of, *seats("delete", "S1/C1", "S1/C2")).owners] == [
        "Ada 1 · Algebra (S1 / C1)", "Ada 1 · Biology (S1 / C2)",
    ]  # fmt: skip
    assert [str(owner) for owner in text(of, *seats("delete", "S1/C1", "S2/C1")).owners] == ["Ada 1 (S1)", "Ada 2 (S2)"]


def test_the_mapping_is_a_detail() -> None:
    assert text(hold("enrolment", {"mapping": "seats"}, 1, 9), *seats("delete", "S1/C1")).detail == (
        "On hold because: over 10 % · Mapping: seats"
    )


def test_parts_are_shown_with_the_hold_that_they_belong_to() -> None:
    whole = hold("enrolment", {"mapping": "seats"}, 3, 9)
    parts = [replace(hold("enrolment", {"courseid": at}, 1, 2), id=f"h-{at}", part_of="h-1") for at in ("C1", "C2")]
    rows = [plans.change("delete", "enrolment", key, **{**SEAT, "hold": of}) for key, of in PLACES.items()]
    (found,) = hold_cards(plans.plan(*rows), NAMES, [whole, *parts])
    assert (found.title, found.owners) == ("Enrolments: 3 of 9 would be removed", ())
    assert [part.title for part in found.parts] == [
        "Enrolments in Algebra (C1): 1 of 2 would be removed",
        "Enrolments in Biology (C2): 1 of 2 would be removed",
    ]
    (alone,) = hold_cards(plans.plan(*rows), NAMES, parts[:1])
    assert (alone.title, alone.parts) == ("Enrolments in Algebra (C1): 1 of 2 would be removed", ())
