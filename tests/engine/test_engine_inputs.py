"""What a plan remembers of its files, and what the next run compares a file with."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from sync.diff.dependencies import check
from sync.diff.identity import nothing_alike
from sync.model import Conventions, Desired, Input, Observed
from sync.model.resources import ENROLMENT
from sync.model.values import match_of, no_rows
from sync.workflows.inputs import repeated

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
    assert [issue.file for issue in repeated([now, now], {"users": [SHEET]})] == expected


def enrolments(*users: str) -> Desired:
    rows = pd.DataFrame({"userid": list(users), "courseid": "C1", "roleid": "student", "file": "e.csv"}).astype("str")
    rows = rows.assign(
        match=match_of(rows, ENROLMENT.keys, Conventions()), claims="e", tab=None, row=range(2, len(rows) + 2)
    )
    return Desired("enrolment", rows, rows[:0], no_rows("match", "slice", "claims"))


def found(resource: str, *matches: str) -> Observed:
    rows = pd.DataFrame({"match": list(matches)}, dtype="str")
    return Observed(resource, rows, rows[:0], pd.Index([], dtype="str"), pd.Index([], dtype="str"), rows[:0])


def test_an_identifier_without_its_zeros_gets_a_hint() -> None:
    none = no_rows("match", "slice", "claims")
    parents = {name: Desired(name, none[["match"]], none, none) for name in ("user", "course")}
    observed = {"user": found("user", "0012", "7", "s3"), "course": found("course", "c1")}
    leaving = {name: pd.Series(dtype="str") for name in parents}
    _, issues = check(ENROLMENT, enrolments("12", "0007", "3", "0012"), nothing_alike(), parents, observed, leaving)
    assert [(issue.value, "{pad: 4}" in issue.hint) for issue in issues] == [("12", True), ("0007", True), ("3", False)]
