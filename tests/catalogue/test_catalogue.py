"""What every literal of the catalogue must comply with, and that the model can describe resources not in it yet."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from sync.model import Conventions, Request, Resource
from sync.model.resources import (
    CATALOGUE,
    CATEGORY_GRADE,
    COMPLETION,
    JOB_ASSIGNMENT,
    ancestors,
    delete_stage,
    put_stage,
)
from sync.site.requests import read_request, rows_of, write_request

MANNERS = Conventions(timezone="Europe/London")
ALL = pytest.mark.parametrize("resource", CATALOGUE.values(), ids=list(CATALOGUE))


def _slots(path: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", path))


@ALL
def test_parents_stand_before_their_children(resource: Resource) -> None:
    order = list(CATALOGUE)
    for ref in resource.refs:
        assert order.index(ref.resource) < order.index(resource.name)


@ALL
def test_what_a_delete_takes_along_stands_after_it(resource: Resource) -> None:
    order = list(CATALOGUE)
    for takes in resource.takes:
        child = CATALOGUE[takes.resource]
        assert order.index(resource.name) < order.index(child.name)
        assert set(takes.on) <= set(resource.key)
        assert set(takes.on.values()) <= set(child.key)


@ALL
def test_a_delete_takes_along_all_that_stands_on_it(resource: Resource) -> None:
    children = {child.name for child in CATALOGUE.values() if resource.name in dict(ancestors(child))}
    assert {takes.resource for takes in resource.takes} == children


@ALL
def test_references_lead_to_whole_keys(resource: Resource) -> None:
    for ref in resource.refs:
        assert set(ref.on) <= set(resource.key)
        assert set(ref.on.values()) == set(CATALOGUE[ref.resource].key)


@ALL
def test_identifiers_are_compared_alike_wherever_they_lead(resource: Resource) -> None:
    below = {field.name: field.compares for field in resource.keys}
    for above, on in ancestors(resource):
        theirs = {field.name: field.compares for field in CATALOGUE[above].keys}
        assert all(below[here] == theirs[there] for here, there in on.items())
    for takes in resource.takes:
        theirs = {field.name: field.compares for field in CATALOGUE[takes.resource].keys}
        assert all(below[here] == theirs[there] for here, there in takes.on.items())


@ALL
def test_what_is_said_of_keys_is_said_of_fields_of_the_key(resource: Resource) -> None:
    assert resource.serial is None or resource.serial in resource.key
    assert {*resource.put.mirrors} <= {*resource.key}


@ALL
def test_fields_are_distinct_and_the_key_is_among_them(resource: Resource) -> None:
    names = [field.name for field in resource.fields]
    assert len(names) == len(set(names))
    for name in resource.key:
        field = resource.field(name)
        assert field is not None
        assert field.required
        assert field.kind == "identifier"
    assert set(resource.slice) <= set(resource.key)
    assert resource.gate is None or resource.field(resource.gate) is not None


@ALL
def test_paths_can_be_filled(resource: Resource) -> None:
    in_path = {field.name for field in resource.fields if field.at == "path"}
    for write in filter(None, (resource.put, resource.delete)):
        assert _slots(write.path) <= in_path
        assert set(resource.key) == (_slots(write.path) | set(write.key_in_body)) & set(resource.key)
    for read in [*resource.reads, *(read for loss in resource.losses for read in loss.reads)]:
        assert _slots(read.path) == set(read.by)
        assert set(resource.key) <= set(read.by) | set(read.take)
        assert all(resource.field(name) for name in read.take)


@ALL
def test_stages_lead_down_and_back_up(resource: Resource) -> None:
    for above, _ in ancestors(resource):
        assert put_stage(CATALOGUE[above]) < put_stage(resource) < delete_stage(resource)
        assert delete_stage(resource) < delete_stage(CATALOGUE[above])


SAMPLES = ["S1", "a b", "ä", ".", " ", "a/b", "a\\b", "", "x@y.example", "x@y", "a,b@y.example", "Upper", "\n"]


@ALL
def test_patterns_mean_the_same_to_python_and_arrow(resource: Resource) -> None:
    for field in resource.fields:
        if field.pattern is not None:
            assert field.pattern_hint
            ours = [re.fullmatch(field.pattern, sample) is not None for sample in SAMPLES]
            theirs = pc.match_substring_regex(pa.array(SAMPLES), rf"\A(?:{field.pattern})\z").to_pylist()
            assert ours == theirs
            assert True in ours
            assert False in ours


# -- what the model can describe -------------------------------------------------------------------------------


def test_a_job_assignment_has_its_key_in_the_body_of_one_call_and_in_the_path_of_the_other() -> None:
    key = {"userid": "U 1", "departmentid": "D5", "positionid": "P4"}
    after = {"startdate": "2026-07-01T09:00:00+00:00", "enddate": ""}
    body = {"departmentid": "D5", "positionid": "P4", "startdate": "2026-07-01T10:00:00", "enddate": ""}
    assert write_request(JOB_ASSIGNMENT, "update", key, after, MANNERS) == Request(
        "PUT", "organisation/user/U%201", body=body
    )
    assert write_request(JOB_ASSIGNMENT, "delete", key, None, MANNERS) == Request(
        "DELETE", "organisation/user/U%201/department/D5/position/P4", empty=True
    )


def test_job_assignments_are_read_by_user_their_times_in_seconds() -> None:
    read = JOB_ASSIGNMENT.reads[0]
    takes = ("departmentid", "positionid", "startdate", "enddate")
    asked = Request("GET", "organisation/user/U1/job", many=True, takes=takes)
    assert read_request(read, {"userid": "U1"}) == asked
    job = {"id": "4", "userid": "U1", "positionid": "P3", "departmentid": "D5", "startdate": "1767193200", "enddate": 0}
    rows = rows_of(JOB_ASSIGNMENT, read, [{"userid": "U1"}, {"userid": "U2"}], [[job], []], MANNERS)
    assert rows.drop(columns="match").to_dict("records") == [
        {
            "userid": "U1",
            "departmentid": "D5",
            "positionid": "P3",
            "startdate": "2025-12-31T15:00:00+00:00",
            "enddate": "",
            "ours": True,
        }
    ]


def test_a_completion_has_its_time_in_the_path_and_no_delete() -> None:
    key = {"courseid": "C789", "userid": "U123"}
    after = {"timecompleted": "2026-11-01T08:00:00+00:00"}
    assert write_request(COMPLETION, "create", key, after, MANNERS) == Request(
        "POST", "course/C789/user/U123/completion/2026-11-01T08%3A00%3A00%2B00%3A00", empty=True
    )
    with pytest.raises(ValueError, match="no delete for completion"):
        write_request(COMPLETION, "delete", key, None, MANNERS)


@pytest.mark.parametrize("nothing", ["0", 0, None, ""])
def test_a_completion_without_a_time_is_none(nothing: object) -> None:
    asked = [{"courseid": "C1", "userid": user} for user in ("U1", "U2")]
    answers = [{"userid": "16860", "course": "118", "timecompleted": time} for time in (nothing, "1667289600")]
    rows = rows_of(COMPLETION, COMPLETION.reads[0], asked, answers, MANNERS)
    assert rows[["userid", "timecompleted"]].to_dict("records") == [
        {"userid": "U2", "timecompleted": "2022-11-01T08:00:00+00:00"}
    ]


def test_a_category_grade_has_its_value_in_the_path_and_its_lock_in_the_query() -> None:
    key = {"courseid": "C789", "categoryid": "6", "userid": "U1"}
    path = "course/C789/categorygrade/6/U1/80.5"
    for lock, query in (("1", {"lock": "true"}), ("0", {})):
        call = write_request(CATEGORY_GRADE, "update", key, {"grade": "80.5", "lock": lock}, MANNERS)
        assert call == Request("PUT", path, query=query)
    assert write_request(CATEGORY_GRADE, "create", key, {"grade": "80.5"}, MANNERS).query == {}


def test_category_grades_are_read_by_course_and_category() -> None:
    read = CATEGORY_GRADE.reads[0]
    asked = {"courseid": "C789", "categoryid": "6"}
    takes = ("user_idnumber", "finalgrade")
    assert read_request(read, asked) == Request("GET", "course/C789/categorygrade/6", many=True, takes=takes)
    grades = [{"user_idnumber": "U1", "finalgrade": "80.00000"}, {"user_idnumber": None, "finalgrade": "7"}]
    rows = rows_of(CATEGORY_GRADE, read, [asked], [grades], MANNERS)
    assert rows[[*CATEGORY_GRADE.key, "grade"]].to_dict("records") == [{**asked, "userid": "U1", "grade": "80"}]
