"""What `build` does besides the cases: cells without a value, a site that distinguishes case, a flood of issues."""

from __future__ import annotations

from collections import Counter, abc
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from sync.config.mappings import Mapping
from sync.mapping.desired import build
from sync.mapping.source import Source
from sync.model import Conventions, Issue, Sheet
from sync.model.findings import LIMIT
from sync.model.resources import ENROLMENT, GROUP_MEMBER, USER

ROLES = (("editingteacher", "Teacher"), ("student", "Student"))
ENROL = {"userid": "ID", "courseid": "COURSE", "roleid": {"constant": "student"}}


def mapping(resource: str, fields: dict[str, Any], **more: Any) -> Mapping:
    return Mapping.model_validate(
        {"resource": resource, "name": "m", "sheet": {"file": "e.xlsx"}, "fields": fields, **more}
    )


def sheet(columns: abc.Mapping[str, Sequence[str | None]], *issues: Issue) -> Sheet:
    frame = pd.DataFrame(dict(columns), dtype="str")
    frame.index += 2
    return Sheet("e.xlsx", "Tab", frame, "digest", datetime(2026, 9, 1, tzinfo=UTC), issues=issues)


def test_an_error_cell_protects_only_if_a_used_column_has_it() -> None:
    cells = sheet({"ID": ["S1", "S2", None], "COURSE": ["C1", "C1", "C2"], "SEAT": [None, "4", "5"]})
    desired, issues = build(ENROLMENT, [Source(mapping("enrolment", ENROL), (cells,))], Conventions(roles=ROLES))
    assert desired.rows["userid"].tolist() == ["S1", "S2"]
    assert desired.guarded["slice"].tolist() == ["c2"]
    assert issues == []


def test_an_error_cell_in_a_text_of_several_columns_makes_no_text() -> None:
    fields = {**ENROL, "courseid": {"text": "{COURSE}-{TERM}"}}
    cells = sheet({"ID": ["S1"] * 4, "COURSE": ["C1", None, "C2", "C1"], "TERM": ["A", "A", None, "B"]})
    desired, _ = build(ENROLMENT, [Source(mapping("enrolment", fields), (cells,))], Conventions(roles=ROLES))
    assert desired.rows["courseid"].tolist() == ["C1-A", "C1-B"]
    assert desired.guarded.isna().to_numpy().tolist() == [[True, True, False]]
    assert desired.rejected == 2


def test_an_error_cell_that_decides_whether_a_row_counts_protects_its_object() -> None:
    rules = mapping("enrolment", ENROL, rows={"keep": {"STATUS": "ACTIVE"}})
    cells = sheet({"ID": ["S1", "S2", "S3"], "COURSE": ["C1", "C1", "C1"], "STATUS": ["ACTIVE", None, "GONE"]})
    desired, _ = build(ENROLMENT, [Source(rules, (cells,))], Conventions(roles=ROLES))
    assert desired.rows["userid"].tolist() == ["S1"]
    assert desired.guarded["match"].tolist() == ["s2\x1fc1"]


@pytest.mark.parametrize(("identifiers", "objects"), [("exact", ["S1\x1fC1", "s1\x1fC1"]), ("ignore_case", [])])
def test_identifiers_that_differ_in_case_are_one_where_the_site_says_so(identifiers: Any, objects: list[str]) -> None:
    cells = sheet({"ID": ["S1", "s1"], "COURSE": ["C1", "C1"]})
    desired, _ = build(
        ENROLMENT, [Source(mapping("enrolment", ENROL), (cells,))], Conventions(identifiers, roles=ROLES)
    )
    assert desired.rows["match"].tolist() == objects


def test_a_resource_without_state_needs_only_its_key() -> None:
    fields = {"courseid": "COURSE", "groupid": "GROUP", "userid": "ID"}
    cells = sheet({"ID": ["S1", "S1"], "COURSE": ["C1", "C1"], "GROUP": ["G1", "G1"]})
    desired, issues = build(GROUP_MEMBER, [Source(mapping("group_member", fields), (cells,))], Conventions())
    assert desired.rows[["match", "also"]].to_numpy().tolist() == [["c1\x1fG1\x1fs1", "e.xlsx, tab Tab, row 3"]]
    assert issues == []


def test_an_empty_sheet_says_nothing_and_is_complete() -> None:
    desired, issues = build(
        ENROLMENT, [Source(mapping("enrolment", ENROL), (sheet({"ID": [], "COURSE": []}),))], Conventions()
    )
    assert len(desired.rows) == len(desired.removals) == len(desired.guarded) == len(issues) == 0
    assert list(desired.rows) == ["match", "userid", "courseid", "roleid", "claims", "file", "tab", "row", "also"]
    assert list(desired.removals) == ["match", "userid", "courseid", "claims", "file", "tab", "row"]
    assert desired.complete == {"m"}


def test_a_flood_of_issues_is_counted_and_every_object_stays_protected() -> None:
    count = LIMIT + 5
    names = [f"u{n}" for n in range(count)]
    fields = {"userid": "ID", "username": "ID", "firstname": "ID", "lastname": "ID", "email": "MAIL"}
    cells = sheet({"ID": [*names, "ok"], "MAIL": ["nobody"] * count + [""]})
    desired, issues = build(USER, [Source(mapping("user", fields), (cells,))], Conventions())
    assert len(desired.guarded) == desired.rejected == count + 1
    share = LIMIT // 2
    assert Counter(issue.code for issue in issues) == {"bad-email": share + 1, "missing-value": 1}
    assert [issue.message for issue in issues if issue.row is None] == [
        f"{count - share:,} more rows have the same error and are not listed"
    ]
