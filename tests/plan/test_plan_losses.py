"""Before people are unenrolled, their grades are looked up: with few calls, and what cannot be read is not "none"."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sync.model import Plan, Request, Response, Site
from sync.model.resources import CATALOGUE
from sync.model.values import pack
from sync.observe.losses import SKIPPED, UNREAD, Losses
from sync.plan.losses import loss_issues
from tests.plan.plan_scenario import Stage

PEOPLE = 40
Answers = Callable[[Request], Response | None]
Night = Callable[..., tuple[Plan, "Watched"]]
WHOLE = {
    "users": [f"S[1-{PEOPLE}]"],
    "courses": ["C1", "C2"],
    "enrolments": [f"S[1-{PEOPLE}] C1", f"S[1-{PEOPLE}] C2"],
}


@dataclass
class Watched:
    """The site; `answers` may give other answers than it does."""

    site: Site
    answers: Answers = lambda _: None
    asked: list[str] = field(default_factory=list)

    def send(self, request: Request, timeout: float) -> Response:
        self.asked.append(request.path)
        return self.answers(request) or self.site.send(request, timeout)

    def of(self, what: str) -> list[str]:
        """The paths that end so, those that only try whether there is such a thing left out."""
        return sorted(path for path in self.asked if path.endswith(f"/{what}") and "probe" not in path)


@pytest.fixture
def night(stage: Callable[[dict[str, Any]], Stage]) -> Night:
    def plan(
        leaving: dict[str, int], answers: Callable[[Request], Response | None] = lambda _: None, **site: Any
    ) -> Any:
        """A plan by which the first people leave each course, so many; all of them have a grade of 77."""
        made = stage({"settled": WHOLE, "mappings": {"enrolments": {"missing": "delete"}}, **site})
        watched = Watched(made.site, answers)
        made.site = watched
        made.edit([f"grade S{n} {course} 77" for course, count in leaving.items() for n in range(1, count + 1)])
        stay = [f"S[{leaving.get(course, 0) + 1}-{PEOPLE}] {course}" for course in WHOLE["courses"]]
        made.bring({"enrolments": stay})
        watched.asked.clear()
        return made.plan("share"), watched

    return plan


def grades(plan: Plan) -> list[str]:
    return [json.loads(text).get("grade", "") for text in plan.changes["before"]]


def test_a_few_are_looked_up_one_by_one(night: Night) -> None:
    plan, site = night({"C1": 2})
    assert grades(plan) == ["77", "77"]
    assert site.of("grade") == ["user/S1/grade", "user/S2/grade"]
    assert site.of("completion") == ["course/C1/user/S1/completion", "course/C1/user/S2/completion"]


def test_many_of_one_course_are_looked_up_in_its_list(night: Night) -> None:
    plan, site = night({"C1": 5, "C2": 1})
    assert grades(plan) == ["77"] * 6
    assert site.of("grade") == ["course/C1/grade", "course/C1/grade", "user/S1/grade"]


def test_nothing_is_looked_up_where_nobody_leaves(night: Night) -> None:
    _, site = night({})
    assert not [path for path in site.asked if "grade" in path or "completion" in path]


def test_a_list_without_pages_is_not_trusted(night: Night) -> None:
    """The first page comes again and again: who is not in it is looked up otherwise."""

    def first_page(request: Request) -> Response | None:
        if request.path != "course/C1/grade":
            return None
        return Response(200, [{"userid": "S40", "courseid": "C1", "rawfinalgrade": 12}], json=True)

    plan, site = night({"C1": 3}, first_page)
    assert grades(plan) == ["77"] * 3
    assert site.of("grade") == ["course/C1/grade"] * 2 + [f"user/S{n}/grade" for n in (1, 2, 3)]


@pytest.mark.parametrize("what", ["report", "hold"])
def test_what_cannot_be_read_is_not_taken_for_no_grade(night: Night, what: str) -> None:
    def refuse(request: Request) -> Response | None:
        return Response(400, {"message": "not now"}, json=True) if request.path == "user/S1/grade" else None

    plan, _ = night({"C1": 2}, refuse, graded_removals=what)
    assert grades(plan) == ["could not be read", "77"]
    assert {issue.code for issue in plan.issues} == {"lost-with", "lost-unread"}
    assert plan.changes["status"].tolist() == [{"report": "planned", "hold": "held"}[what]] * 2
    assert [hold.count for hold in plan.holds] == ([2] if what == "hold" else [])


def test_a_site_without_grades_is_reported_once(night: Night) -> None:
    def no_grades(request: Request) -> Response | None:
        nowhere = request.path == "nexsis-sync-probe" or request.path.endswith("/grade")
        return Response(404, text="Not Found") if nowhere else None

    plan, site = night({"C1": 4}, no_grades)
    assert grades(plan) == [""] * 4
    assert [(issue.code, issue.severity) for issue in plan.issues] == [("lost-unknown", "notice")]
    assert not site.of("grade")


def test_what_no_list_has_is_looked_up_for_so_many_only(night: Night) -> None:
    plan, site = night({"C1": 4}, reads={"losses": 1})
    assert grades(plan) == ["77"] * 4
    assert site.of("completion") == ["course/C1/user/S1/completion"]
    completed = [json.loads(text).get("completed", "") for text in plan.changes["before"]]
    assert completed == ["", *["was not looked up"] * 3]
    assert [issue.code for issue in plan.issues] == ["lost-with", "lost-skipped"]
    assert plan.issues[1].message.startswith("3 enrolments to be removed might take")


@pytest.mark.parametrize("count", [1, 2])
def test_one_removal_is_spoken_of_as_one(count: int) -> None:
    enrolment = CATALOGUE["enrolment"]
    keys = pd.DataFrame({"userid": ["S1", "S2"], "courseid": ["C1", "C2"]}, dtype="str")[:count]
    grade = tuple(field for field in enrolment.lost if field.name == "grade")

    def said(value: str) -> list[str]:
        values = pd.DataFrame({"grade": [value] * count, "completed": pd.NA}, dtype="str")
        before = pack(values, ["grade", "completed"])
        lost = Losses(enrolment, np.arange(count), values, (), grade)
        deletes = {"resource": "enrolment", "op": "delete", "key": pack(keys, ["userid", "courseid"]), "before": before}
        return [f"{issue.severity} {issue.message}" for issue in loss_issues([lost], pd.DataFrame(deletes))]

    what, take, them, who = {
        1: ("1 enrolment", "takes", "it", "S1 has 77 in C1"),
        2: ("2 enrolments", "take", "them", "S1 has 77 in C1 and S2 has 77 in C2"),
    }[count]
    absent = "notice Moodle's API does not offer `Course grade`, so removals are shown without that information"
    assert said("77") == [f"notice {what} to be removed {take} a course grade or completion with {them}: {who}", absent]
    unread = f"whether {what} to be removed would take a grade or completion with {them}: Moodle was not asked"
    assert said(UNREAD) == [f"warning could not find out from Moodle {unread}", absent]
    skipped = f"{what} to be removed might take a grade or completion with {them}: not everything was looked up"
    assert said(SKIPPED) == [f"notice {skipped}", absent]


def test_an_account_of_which_the_site_does_not_say_what_goes_along_waits(
    stage: Callable[[dict[str, Any]], Stage],
) -> None:
    def refuse(request: Request) -> Response | None:
        return Response(400, {"message": "not now"}, json=True) if request.path == "user/S1/enrol" else None

    made = stage({"settled": {"users": [f"S[1-{PEOPLE}]"]}, "mappings": {"users": {"missing": "delete"}}})
    made.site = Watched(made.site, refuse)
    made.bring({"users": [f"S[3-{PEOPLE}]"]})
    plan = made.plan("share")
    held = {json.loads(str(change.key))["userid"]: change.hold for change in plan.changes.itertuples()}
    (mine,) = [hold for hold in plan.holds if hold.guard == "takes-others"]
    assert (held["S1"], mine.count) == (mine.id, 1)
    assert held["S2"] != mine.id
    assert mine.message.startswith("1 user would be deleted, and Moodle did not say which enrolments")
