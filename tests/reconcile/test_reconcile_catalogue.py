"""Everything in the catalogue can be reconciled: a school with two of everything, then one less, then one changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.model.resources import CATALOGUE
from sync.sandbox import SandboxSettings, running
from tests.reconcile.school import SITE, School

EVERYTHING = {
    "course": ("courseid,fullname,shortname", "C1,Biology,bio", "C2,Chemistry,che", "C3,History,his", "C9,Old,old"),
    "user": (
        "userid,username,firstname,lastname,email",
        "S1,s1,Amy,Lee,s1@x.example",
        "S2,s2,Ben,Dam,s2@x.example",
        "S9,s9,Old,Boy,s9@x.example",
    ),
    "enrolment": ("userid,courseid,roleid", "S1,C1,student", "S2,C1,student", "S2,C2,student"),
    "group": ("courseid,groupid,name", "C1,G1,Mondays", "C1,G9,Fridays"),
    "metalink": ("parent_courseid,metalink_courseid", "C2,C3", "C1,C3"),
    "group_member": ("courseid,groupid,userid", "C1,G1,S1", "C1,G1,S2"),
    "completion": ("courseid,userid,timecompleted", "C1,S1,2026-09-01", "C1,S2,2026-09-01"),
    "program_allocation": ("programid,userid,duedate", "P1,S1,2026-12-01", "P1,S2,2026-12-01"),
    "certification_allocation": ("certificationid,userid,suspendstatus", "Q1,S1,0", "Q1,S2,0"),
    "job_assignment": ("userid,departmentid,positionid,startdate", "S1,D1,J1,2026-09-01", "S2,D1,J1,2026-09-01"),
    "manager": ("userid,managerid,perm_view_reports", "S1,S2,1", "S2,S1,1"),
    "category_grade": ("courseid,categoryid,userid,grade", "C1,6,S1,50", "C1,6,S2,60"),
}
CHANGES = {
    "C1,Biology,bio": "C1,Life,bio",
    "S1,s1,Amy,Lee,s1@x.example": "S1,s1,Amy,Wu,s1@x.example",
    "S1,C1,student": "S1,C1,teacher",
    "C1,G1,Mondays": "C1,G1,Tuesdays",
    "P1,S1,2026-12-01": "P1,S1,2026-12-02",
    "Q1,S1,0": "Q1,S1,1",
    "S1,D1,J1,2026-09-01": "S1,D1,J1,2026-09-02",
    "S1,S2,1": "S1,S2,0",
    "C1,6,S1,50": "C1,6,S1,55",
}


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[School]:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "token").write_text("sandbox")
    texts = []
    for name, (head, *_) in EVERYTHING.items():
        fields = ", ".join(f"{column}: {column}" for column in head.split(","))
        texts.append(f"resource: {name}\nsheet: {name}.csv\nfields: {{{fields}}}\n")
    (tmp_path / "mappings.yaml").write_text("---\n".join(texts))
    with running(SandboxSettings()) as site:
        (tmp_path / "site.yaml").write_text(SITE.format(url=site.url) + "allow: [category_grade]\n")
        site.moodle.add_program("P1", "Induction")
        site.moodle.add_certification("Q1", "First aid")
        site.moodle.add_department("D1", "Physics")
        site.moodle.add_position("J1", "Lecturer")
        school = School(tmp_path, site, capsys)
        school.export(**EVERYTHING)
        yield school


def counted(office: School, kind: str) -> dict[str, int]:
    """How many there are of a kind, by resource."""
    writes = office.writes
    code, answer = office.json("reconcile")
    assert (code, office.writes) == (2 if kind in ("missing", "extra", "different") else 0, writes)
    return {name: counts[kind] for name, counts in answer["summary"].items() if counts[kind]}


def test_every_resource_is_compared(office: School) -> None:
    assert {*EVERYTHING} == {*CATALOGUE}
    two = {name: len(lines) - 1 for name, lines in EVERYTHING.items()}
    assert counted(office, "missing") == two
    office.moodle.add_course("C1", "Biology", "bio")
    office.moodle.add_grade_category("C1", 6, "Coursework")
    assert office.type("run", "--quiet") == 0
    assert counted(office, "agreeing") == two
    assert counted(office, "unseen") == {"group_member": 2}
    office.export(**{name: lines[:-1] for name, lines in EVERYTHING.items()})
    assert counted(office, "extra") == dict.fromkeys(EVERYTHING, 1)
    changed = {name: tuple(CHANGES.get(line, line) for line in lines) for name, lines in EVERYTHING.items()}
    office.export(**changed)
    updatable = {name for name, resource in CATALOGUE.items() if resource.updatable and name != "metalink"}
    assert counted(office, "different") == dict.fromkeys((name for name in EVERYTHING if name in updatable), 1)
