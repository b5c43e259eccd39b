"""What changes can be filtered by: from which fields values come, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sync.config.mappings import Mapping as MappingFile
from sync.model import LEDGER, Conventions
from sync.report.groups import GroupColumn, GroupCount, group_columns, group_counts, group_values
from sync.report.subjects import subjects
from tests.mail.office import remembered
from tests.report import report_plans as plans
from tests.report.page_reader import page

CATEGORY = GroupColumn("Course category", {"course": "categorypath"}, asked=False)
SCHOOL = GroupColumn("SCHOOL", {"course": "categorypath", "user": "institution"})


def mapping(resource: str, **fields: str) -> MappingFile:
    return MappingFile.model_validate({"resource": resource, "name": resource, "sheet": "x.csv", "fields": fields})


def values(*changes: dict[str, Any], column: GroupColumn = SCHOOL, **ledger: Mapping[str, Any]) -> list[str]:
    """The values of the changes, where the ledger has one row a resource."""
    frame = plans.plan(*changes).changes

    def known(resource: str) -> pd.DataFrame:
        rows = [ledger[resource]] if resource in ledger else []
        return pd.DataFrame(rows, columns=list(LEDGER)).astype("str")

    found: list[str] = group_values(frame, (column,), frame, known, Conventions())[column.title].tolist()
    return found


COURSE = mapping("course", courseid="COURSE", shortname="COURSE", fullname="TITLE", categorypath="SCHOOL")
USER = mapping("user", userid="ID", username="ID", institution="SCHOOL", department="DEPT")


@pytest.mark.parametrize(
    ("mappings", "wanted", "found"),
    [
        ([COURSE], [], (CATEGORY,)),
        ([COURSE], ["SCHOOL"], (GroupColumn("SCHOOL", {"course": "categorypath"}),)),
        ([COURSE, USER], ["School"], (GroupColumn("School", SCHOOL.fields),)),
        ([COURSE, USER], ["DEPT"], (GroupColumn("DEPT", {"user": "department"}), CATEGORY)),
        ([COURSE], ["COURSE"], (GroupColumn("COURSE", {"course": "shortname"}), CATEGORY)),
        ([USER], [], ()),
    ],
    ids=["category found by itself", "once", "several resources", "of people", "not an identifier", "none"],
)
def test_columns_lead_to_the_fields_that_mappings_make_of_them(
    mappings: list[MappingFile], wanted: list[str], found: tuple[GroupColumn, ...]
) -> None:
    assert group_columns(mappings, wanted) == found


def test_an_enrolment_has_the_school_of_its_course_and_not_of_its_person() -> None:
    course = plans.change("update", "course", "C1", before={"categorypath": "/Arts"}, after={"categorypath": "/Law"})
    person = plans.change("create", "user", "S1", after={"institution": "Science"})
    assert values(course, person, plans.change("create", "enrolment", "s1/c1")) == ["/Law", "Science", "/Law"]


def test_what_is_removed_has_the_last_known_value_if_there_is_one() -> None:
    removed = [plans.change("delete", "enrolment", f"S1/{course}") for course in ("C1", "C2")]
    account = plans.change("delete", "user", "S1", before={"institution": "Science"})
    known = remembered("C1", categorypath="/Law")
    assert values(*removed, account, course=known) == ["/Law", "not known", "Science"]


def test_what_has_no_such_field_is_told_from_what_is_not_known() -> None:
    blank = plans.change("create", "course", "C1", after={"categorypath": ""})
    column = GroupColumn("SCHOOL", {"course": "categorypath"})
    assert values(blank, plans.change("create", "user", "S1"), column=column) == ["not known", "does not apply"]


def test_counts_leave_out_what_moodle_removes_and_what_has_no_school() -> None:
    frame = plans.plan(
        plans.change("create", "enrolment", "S1/C1"),
        plans.change("delete", "enrolment", "S2/C1"),
        plans.change("create", "enrolment", "S1/C2"),
        plans.change("delete", "group_member", "C1/G/S2", status="covered"),
        plans.change("create", "user", "S1"),
    ).changes
    school = pd.Series(["Law", "Law", "Arts", "Law", "does not apply"], dtype="str")
    assert group_counts(frame, school) == [
        GroupCount("Law", {"create": 1, "update": 0, "delete": 1}),
        GroupCount("Arts", {"create": 1, "update": 0, "delete": 0}),
    ]


def test_one_course_is_one_however_it_is_spelled() -> None:
    changes = [plans.change("create", "enrolment", key) for key in ("S1/c1", "s1/C1", "S2/C2")]
    frame = plans.plan(*changes, plans.change("create", "user", "S1")).changes
    found = subjects(frame, Conventions())
    assert found["course"].fillna("").tolist() == ["c1", "c1", "C2", ""]
    assert found["user"].tolist() == ["S1", "S1", "S2", "S1"]
    exact = subjects(frame, Conventions(identifiers="exact"))
    assert exact["course"].fillna("").tolist() == ["c1", "C1", "C2", ""]


def test_the_page_says_of_how_many_the_school_is_not_known(tmp_path: Path) -> None:
    removed = [plans.change("delete", "enrolment", f"S{n}/C9") for n in range(3)]
    read = page(tmp_path, plans.plan(*removed), groups=(SCHOOL,))
    assert "SCHOOL is not known for 3 changes: neither the exports nor earlier runs contain it." in read.text
    assert read.data["in.SCHOOL"] == {"of": ["not known"], "at": [0, 0, 0]}
