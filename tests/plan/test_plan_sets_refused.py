"""Moodle refuses to set values of somebody who is missing, in a field that the API reference does not list."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

import pytest

from sync.model import Plan, Request, Response
from tests.engine.engine_world import Wrapped
from tests.plan.plan_lines import issue_line, lines_of
from tests.plan.plan_scenario import Stage

MISSING = {
    "sandbox": {"enrol_status": "kept"},
    "allow": "enrolment.enrolstatus",
    "mappings": {"enrolments": {"missing": {"set": {"enrolstatus": 1}}}},
    "settled": {"users": ["S[1-40]"], "courses": ["C1"], "enrolments": ["S[1-40] C1"]},
}
Nights = Callable[..., list[Plan]]


@pytest.fixture
def nights(stage: Callable[[dict[str, Any]], Stage]) -> Nights:
    def plans(count: int, refused: Collection[str]) -> list[Plan]:
        """The plans of some nights, all applied; S1 to S5 are missing, and Moodle refuses changes of some people."""
        made = stage(MISSING)
        site = made.site

        def send(request: Request, timeout: float) -> Response:
            if request.method == "PUT" and request.path in {f"user/{each}/enrol/C1" for each in refused}:
                return Response(422, {"message": "this role cannot be changed", "errors": {}}, True)
            return site.send(request, timeout)

        made.site = Wrapped(site, send)
        made.bring({"enrolments": ["S[6-40] C1"]})
        found = []
        for _ in range(count):
            made.clock.time += timedelta(days=1)
            found.append(made.plan("full"))
            made.apply(found[-1])
        return found

    return plans


def sent(plan: Plan) -> list[str]:
    return [line.split(" ")[2] for line in lines_of(plan)]


def test_one_refusal_does_not_stop_the_others(nights: Nights) -> None:
    plans = nights(3, refused=["S1"])
    assert [sent(plan) for plan in plans] == [["S1/C1"], ["S2/C1"], ["S3/C1", "S4/C1", "S5/C1"]]


def test_after_three_refusals_nobody_else_is_tried_and_that_is_said(nights: Nights) -> None:
    *plans, last = nights(4, refused=["S1", "S2", "S3", "S4", "S5"])
    assert [sent(plan) for plan in plans] == [["S1/C1"], ["S2/C1"], ["S3/C1"]]
    assert sent(last) == []
    assert [line for line in map(issue_line, last.issues) if line.startswith("set-")] == ["set-refused enrolment"]
    assert (last.summary["enrolment"]["rejected"], last.summary["enrolment"]["withheld_update"]) == (3, 2)
