"""Rollbacks of what went wrong on the way: interrupted ones, and those of what somebody else has done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pandas as pd
import pytest

from sync.model import Request, Response
from sync.plan.inverse import inverses
from sync.sandbox import Sandbox
from sync.workflows.apply import apply_plan
from tests.engine.engine_world import Wrapped
from tests.plan.plan_lines import lines_of
from tests.plan.plan_scenario import Stage

Stages = Callable[[dict[str, Any]], Stage]


class AfterTheFirstWrite(Event):
    """Is set once the sandbox has been sent a write."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._requests = sandbox.requests
        self._before = len(sandbox.requests)

    def is_set(self) -> bool:
        return any(request.method == "PUT" for request in self._requests[self._before :])


def test_what_an_interrupted_rollback_has_undone_is_on_hold(stage: Stages) -> None:
    there = stage({"sending": {"permits": 1}, "settled": {"users": ["S[1-9]"]}})
    there.bring({"users": ["S1 FIRST=Amy", "S2 FIRST=Bea", "S3 FIRST=Cat", "S[4-9]"]})
    assert there.apply(there.plan("full")) == []
    there.clock.time += timedelta(days=1)
    inverse = there.undo("r-1", created=False)
    assert apply_plan(there.world, inverse, "r-2", AfterTheFirstWrite(there.sandbox)).state == "cut"
    sent = int((there.store.plan(inverse.id).changes["status"] == "done").sum())
    assert 0 < sent < 3
    there.clock.time += timedelta(days=1)
    held = [line for line in lines_of(there.plan("full")) if "hold:rolled-back" in line]
    assert len(held) == sent


class KilledAfterADelete(BaseException):
    """The process dies here."""


def test_what_a_run_had_deleted_when_it_was_killed_comes_back(stage: Stages) -> None:
    settled = {"users": ["S[1-30]"], "courses": ["C1"], "enrolments": ["S[1-30] C1"]}
    there = stage({"mappings": {"enrolments": {"missing": "delete"}}, "settled": settled})
    there.bring({"enrolments": ["S[2-30] C1"]})
    plan, site = there.plan("full"), there.site

    def dies(call: Request, timeout: float) -> Response:
        answer = site.send(call, timeout)
        if call.method == "DELETE":
            raise KilledAfterADelete
        return answer

    there.site = Wrapped(site, dies)
    with pytest.raises(KilledAfterADelete):
        there.apply(plan)
    there.site = site
    assert apply_plan(there.world, there.store.plan(plan.id), "r-1", Event()).state == "done"
    there.clock.time += timedelta(days=1)
    assert lines_of(there.undo("r-1", created=False)) == ["create enrolment S1/C1"]


def test_what_was_gone_before_the_run_deleted_it_does_not_come_back(stage: Stages) -> None:
    settled = {"users": ["S[1-30]"], "courses": ["C1"], "enrolments": ["S[1-30] C1"]}
    there = stage({"mappings": {"enrolments": {"missing": "delete"}}, "settled": settled})
    there.bring({"enrolments": ["S[3-30] C1"]})
    plan = there.plan("full")
    there.edit(["delete enrolments S1 C1"])
    assert there.apply(plan) == []
    there.clock.time += timedelta(days=1)
    assert lines_of(there.undo("r-1", created=False)) == ["create enrolment S2/C1"]


def test_fields_whose_earlier_values_are_not_known_are_named() -> None:
    """As where Moodle did not show one; the others are set back, whether or not the catalogue lists them."""
    images = ('{"firstname":"Ann","pet":"cat"}', '{"firstname":"Amy","pet":"dog","colour":"red"}')
    run = {"resource": "user", "match": "s1", "key": '{"userid":"S1"}', "op": "update", "claims": "m"}
    undo, issues = inverses(pd.DataFrame([{**run, "before": images[0], "after": images[1]}]), created=False)
    assert [*undo["user"].restored[["firstname", "pet"]].iloc[0]] == ["Ann", "cat"]
    assert [issue.message for issue in issues] == [
        "1 user keeps what the run gave it in colour: the value before the run is not known"
    ]
