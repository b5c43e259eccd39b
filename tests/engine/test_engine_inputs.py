"""What a plan remembers of its files, and what the next run compares a file with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from sync.diff.dependencies import Parents, check
from sync.diff.identity import nothing_alike
from sync.model import Conventions, Input
from sync.model.index import indexed, indexes, no_objects, numbered
from sync.model.resources import CATALOGUE, ENROLMENT
from sync.model.values import match_of
from sync.observe.observed import nothing_observed
from sync.plan.history import Past
from sync.workflows.desired import nothing_desired
from sync.workflows.inputs import repeated

NOW = datetime(2026, 9, 2, 2, tzinfo=UTC)
SHEET = Input("sheet", "users-0901.csv", "abc", "/inbox/users-0901.csv", "users", 10)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (replace(SHEET, name="users-0902.csv"), ["users-0902.csv"]),
        (replace(SHEET, name="users-0902.csv", digest="def"), []),
        (SHEET, []),
        (replace(SHEET, name="users-0902.csv", mapping=None), []),
        (replace(SHEET, name="staff.csv", mapping="staff"), []),
    ],
)
def test_the_same_file_under_a_new_name_is_reported(now: Input, expected: list[str]) -> None:
    assert [issue.file for issue in repeated([now, now], {"users": Past(last=(SHEET,))}, NOW)] == expected


@pytest.mark.parametrize(("hours", "expected"), [(24, ["users-0901.csv"]), (1, [])])
def test_a_file_that_always_changed_is_reported_if_it_is_the_same_a_day_later(hours: int, expected: list[str]) -> None:
    recent = tuple((NOW, frozenset({digest})) for digest in ("abc", "def", "ghi"))
    past = Past(last=(SHEET,), snapshots=recent, when=NOW - timedelta(hours=hours))
    assert [issue.file for issue in repeated([SHEET], {"users": past}, NOW)] == expected


def test_an_identifier_without_its_zeros_gets_a_hint() -> None:
    numbers, observed = indexes(), {}
    for name, matches in {"user": ["0012", "7", "s3"], "course": ["c1"]}.items():
        (rows,) = numbered(numbers[name], pd.DataFrame({"match": matches}, dtype="str"))
        observed[name] = replace(nothing_observed(CATALOGUE[name]), rows=rows)
    listed = {name: nothing_desired(name) for name in observed}
    leaving = {name: each.rows["object"] for name, each in listed.items()}
    keys = pd.DataFrame({"userid": ["12", "0007", "3", "0012"], "courseid": "C1", "file": "e.csv"}, dtype="str")
    rows = keys.assign(match=match_of(keys, ENROLMENT.keys, Conventions()), claims="e", tab=None, row=range(2, 6))
    stated = replace(nothing_desired(ENROLMENT.name), rows=rows)
    desired, _ = indexed(ENROLMENT, numbers["enrolment"], stated, no_objects("match"))
    parents = Parents(numbers["enrolment"], listed, observed, leaving)
    _, issues = check(ENROLMENT, desired, nothing_alike(), parents, Conventions())
    assert [(issue.value, "{pad: 4}" in issue.hint) for issue in issues] == [("12", True), ("0007", True), ("3", False)]
