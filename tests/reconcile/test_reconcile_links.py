"""People in a course through a link that the SIS asks for are not a difference; nor is anybody reported twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.diff.reconciliation import DIFFERENCES
from sync.model import Resource
from sync.model.resources import CATALOGUE
from tests.reconcile.school import MAPPINGS, Kept, School, kept

NO_MEMBERS_AND_LINKS = """may_be_empty: true
---
resource: metalink
sheet: links.csv
fields: {parent_courseid: PARENT, metalink_courseid: LINKED, groupname: GROUP}
"""
HEAD = "PARENT,LINKED,GROUP"
ENROLMENTS = ("WHO,WHERE,ROLE", "S2,BIO,S", "S3,BIO,T", "S1,HIS,S")


def link(school: School) -> None:
    (school.folder / "mappings.yaml").write_text(MAPPINGS + NO_MEMBERS_AND_LINKS)
    # In another spelling, it is the same course.
    school.export(enrolments=ENROLMENTS, links=(HEAD, "bio,HIS,"), members=("WHERE,GROUP,WHO",))


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with kept(tmp_path_factory.mktemp("linked") / "kept", link) as found:
        yield found


@pytest.fixture
def school(linked: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> School:
    """Everybody in History is in Biology too, because the exports link the two."""
    return linked.again(tmp_path, capsys)


def differing(school: School) -> dict[str, list[tuple[Any, ...]]]:
    """The differences by kind, each as its key and, for an enrolment, the plugin."""
    shown: dict[str, list[tuple[Any, ...]]] = {}
    for each in school.json("reconcile")[1]["findings"]:
        if each["kind"] in DIFFERENCES:
            shown.setdefault(each["kind"], []).append((*each["key"].values(), *filter(None, [each["by"]])))
    return shown


@pytest.mark.parametrize("resource", CATALOGUE.values(), ids=list(CATALOGUE))
def test_what_is_brought_about_is_said_in_fields_of_keys(resource: Resource) -> None:
    for brings in resource.brings:
        copied = CATALOGUE[brings.resource]
        for leads in (brings.of, brings.to):
            assert {*leads} <= {*resource.key}
            assert {*leads.values()} <= {*copied.key}


def test_who_is_there_through_a_link_of_the_exports_is_no_difference(school: School) -> None:
    assert {each["enrol"] for each in school.by_hand.course_enrolments("BIO")} == {"nexsis", "meta"}
    assert differing(school) == {}


def test_who_was_named_before_and_is_there_through_the_link_now_does_not_linger(school: School) -> None:
    school.export(enrolments=(*ENROLMENTS, "S1,BIO,S"))
    assert school.type("run", "--quiet") == 0
    school.export(enrolments=ENROLMENTS)
    assert differing(school) == {"extra": [("S1", "BIO", "nexsis")]}
    assert school.type("run", "--quiet") == 0
    assert differing(school) == {}


def test_people_there_through_the_link_but_not_in_the_linked_course_are_reported(school: School) -> None:
    school.moodle.add_user("X9", "x9")
    school.moodle.add_enrolment("X9", "BIO", plugin="meta")
    assert differing(school) == {"extra": [("X9", "BIO", "meta")]}


def test_people_enrolled_by_hand_in_the_linked_course_are_reported_once(school: School) -> None:
    school.moodle.add_user("X9", "x9")
    school.moodle.add_enrolment("X9", "HIS", plugin="manual")
    assert {each["idnumber"] for each in school.by_hand.course_enrolments("BIO")} >= {"X9"}
    assert differing(school) == {"extra": [("X9", "HIS", "manual")]}


def test_who_left_the_linked_course_and_stays_there_by_hand_lingers_there_alone(school: School) -> None:
    school.moodle.add_enrolment("S1", "HIS", plugin="manual")
    school.export(enrolments=(*ENROLMENTS[:-1], "S2,HIS,S"))
    assert school.type("run", "--quiet") == 0
    assert differing(school) == {"lingering": [("S1", "HIS", "manual")]}


def test_people_there_through_a_link_that_no_export_makes_are_reported(school: School) -> None:
    school.by_hand.put_metalink("HIS", "BIO")
    assert differing(school) == {"extra": [("S2", "HIS", "meta"), ("S3", "HIS", "meta")]}


def test_a_link_that_left_the_exports_is_reported_with_its_people(school: School) -> None:
    school.export(links=(HEAD, "HIS,BIO,"))
    shown = differing(school)
    assert shown["extra"] == [("S1", "BIO", "meta"), ("bio", "HIS")]
    assert shown["missing"] == [("HIS", "BIO")]


def test_a_link_whose_row_is_bad_or_missing_from_a_delta_still_counts(school: School) -> None:
    school.export(links=(HEAD, f"BIO,HIS,{'x' * 255}"))
    assert differing(school) == {}
    (school.folder / "mappings.yaml").write_text(f"{MAPPINGS}{NO_MEMBERS_AND_LINKS}mode: delta\n")
    school.export(links=(HEAD,))
    assert differing(school) == {}
