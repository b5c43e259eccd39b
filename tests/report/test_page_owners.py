"""Whom a row with a problem is about: the name from the plan, from the ledger, or from the row itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sync.config.mappings import Mapping as SheetMapping
from sync.mapping.source import Source
from sync.model import LEDGER, Issue, Sheet
from sync.report.row_owners import issue_rows
from sync.state import open_store
from tests.clock import Clock
from tests.report import report_plans as plans
from tests.report.page_reader import MANNERS, page

PEOPLE = {"userid": "ID", "firstname": "FIRST", "lastname": "LAST", "email": "MAIL"}
SEATS = {"userid": "ID", "courseid": "COURSE", "roleid": {"constant": "student"}}


def source(resource: str, fields: Mapping[str, Any], cells: Mapping[str, Sequence[str]], **choice: Any) -> Source:
    """A mapping and the one sheet it reads; the first record is row 2."""
    file = f"{resource}s.csv"
    written = {"resource": resource, "name": resource, "sheet": {"file": file, **choice}, "fields": fields}
    frame = pd.DataFrame(dict(cells), dtype="str")
    frame.index += 2
    return Source(
        SheetMapping.model_validate(written),
        (Sheet(file, None, frame, "digest", datetime(2026, 9, 1, tzinfo=UTC)),),
    )


PERSON = source("user", PEOPLE, {"ID": ["S1", "", "S3"], "FIRST": ["Ayşe", "Bo", ""], "LAST": ["Şahin", "Li", ""],
                               "MAIL": ["a@", "b@", "c@"]})  # fmt: skip
SEAT = source("enrolment", SEATS, {"ID": ["S4", "", "S9"], "COURSE": ["C1", "C1", ""]})
SPLIT = source("enrolment", SEATS, {"ID": ["S4"], "COURSE": ["C1;C2"]}, split={"column": "COURSE", "by": ";"})

CASES: Mapping[str, tuple[Source, int, str]] = {
    "a bad row of somebody new": (PERSON, 2, "row 2 (users.csv) Ayşe Şahin S1"),
    "a row without an identifier": (PERSON, 3, "row 3 (users.csv) Bo Li"),
    "a row without a name": (PERSON, 4, "row 4 (users.csv) S3"),
    "somebody remembered, in a course of the plan": (SEAT, 2, "row 2 (enrolments.csv) Ben Lee · Algebra S4 / C1"),
    "nobody can say who, in a course": (SEAT, 3, "row 3 (enrolments.csv) Algebra C1"),
    "nobody is known of that identifier": (SEAT, 4, "row 4 (enrolments.csv) S9"),
    "a row that refers to several": (SPLIT, 2, "row 2 (enrolments.csv) Ben Lee S4"),
}


@pytest.mark.parametrize(("read", "row", "shown"), CASES.values(), ids=CASES)
def test_a_problem_shows_the_person_its_row_is_about(read: Source, row: int, shown: str, tmp_path: Path) -> None:
    resource = read.mapping.resource
    issues = (Issue("odd", "error", "this is odd", "", resource, f"{resource}s.csv", None, row),)
    plan = plans.plan(plans.change("create", "course", "C1", after={"fullname": "Algebra"}), issues=issues)
    with open_store("sqlite://", Clock()) as store:
        known = ("s4", "{}", None, '{"firstname":"Ben","lastname":"Lee"}', "user", 1, 1)
        store.remember("user", pd.DataFrame([known], columns=list(LEDGER)).astype({"sent": "str"}))
        text = page(tmp_path, plan, store=store, rows=issue_rows(issues, [read], MANNERS)).text
    assert f"this is odd {shown} Link to this problem Overview" in text


def test_only_rows_with_issues_are_looked_at() -> None:
    issues = (Issue("odd", "error", "odd", resource="user", file="users.csv", row=2), Issue("other", "notice", "else"))
    rows = issue_rows(issues, [PERSON, SEAT], MANNERS)
    assert rows[["resource", "match", "row"]].to_numpy().tolist() == [["user", "s1", 2]]
    assert issue_rows((), [PERSON], MANNERS).empty
