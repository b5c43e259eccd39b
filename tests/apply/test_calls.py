"""Changes become calls; answers become rows."""

from __future__ import annotations

from typing import Any

import pytest

from sync.model import Conventions, Field, Read, Request, Resource, Write
from sync.model.resources import COMPLETION, COURSE, ENROLMENT, GROUP, GROUP_MEMBER, USER
from sync.site.requests import read_request, rows_of, seen_of, write_request
from tests.apply.apply_world import MANNERS

JOB = Resource(
    name="job",
    key=("userid", "positionid"),
    fields=(
        Field("userid", "identifier"),
        Field("positionid", "identifier"),
        Field("start", "instant", form="epoch"),
        Field("keepexisting", default="1", send="with"),
        Field("lock", at="query"),
        Field("grade", "number", at="path"),
    ),
    put=Write("PUT", "organisation/user/{userid}/{grade}", key_in_body=("positionid",), query={"a": "b"}),
    delete=Write("DELETE", "organisation/user/{userid}/{positionid}"),
)

WRITES: list[tuple[Resource, Any, dict[str, str], dict[str, str] | None, Request]] = [
    (
        ENROLMENT,
        "create",
        {"userid": "S1", "courseid": "C1"},
        {"roleid": "student"},
        Request("PUT", "user/S1/enrol/C1", body={"roleid": "student"}, empty=True),
    ),
    (
        ENROLMENT,
        "delete",
        {"userid": "S 1?#%", "courseid": "Ż-1;a/b"},
        None,
        Request("DELETE", "user/S%201%3F%23%25/enrol/%C5%BB-1%3Ba%2Fb", query={"plugin": "nexsis"}, empty=True),
    ),
    (
        GROUP_MEMBER,
        "create",
        {"courseid": "C1", "groupid": "G", "userid": "S1"},
        {},
        Request("PUT", "course/C1/group/G/user/S1", empty=True),
    ),
    (
        COURSE,
        "update",
        {"courseid": "C1"},
        {"startdate": "2026-07-01T08:00:00+00:00", "colour": "red"},
        Request("PUT", "course/C1", body={"startdate": "2026-07-01T08:00:00+00:00", "colour": "red"}),
    ),
    (
        JOB,
        "create",
        {"userid": "S1", "positionid": "P1"},
        {"start": "1970-01-01T00:01:00+00:00", "lock": "true", "grade": "7.5"},
        Request(
            "PUT",
            "organisation/user/S1/7.5",
            query={"a": "b", "lock": "true"},
            body={"positionid": "P1", "keepexisting": "1", "start": 60},
        ),
    ),
    (
        JOB,
        "update",
        {"userid": "S1", "positionid": "P1"},
        {"keepexisting": "0", "grade": "1"},
        Request("PUT", "organisation/user/S1/1", query={"a": "b"}, body={"positionid": "P1", "keepexisting": "0"}),
    ),
    (
        JOB,
        "delete",
        {"userid": "S1", "positionid": "P1"},
        None,
        Request("DELETE", "organisation/user/S1/P1"),
    ),
]


@pytest.mark.parametrize(("resource", "op", "key", "after", "call"), WRITES)
def test_a_change_becomes_a_call(
    resource: Resource, op: Any, key: dict[str, str], after: dict[str, str] | None, call: Request
) -> None:
    assert write_request(resource, op, key, after, MANNERS) == call


def test_a_read_becomes_a_call() -> None:
    by_course, by_user = ENROLMENT.reads
    takes = ("idnumber", "role", "enrol")
    assert read_request(by_course, {"courseid": "C 1"}) == Request("GET", "course/C%201/enrol", many=True, takes=takes)
    assert read_request(by_user, {"userid": "S1"}) == Request(
        "GET", "user/S1/enrol", query={"plugin": "nexsis"}, many=True, takes=("courseid", "roles")
    )


def rows(resource: Resource, read: Read, asked: list[dict[str, str]], answers: list[Any], *extra: str) -> list[Any]:
    frame = rows_of(resource, read, asked, answers, MANNERS, extra)
    assert [str(kind) for kind in frame.dtypes] == ["str"] * (len(frame.columns) - 1) + ["bool"]
    return [{k: v for k, v in row.items() if v == v} for row in frame.to_dict("records")]


def test_lists_become_rows_with_the_key_they_were_asked_by() -> None:
    found = rows(
        ENROLMENT,
        ENROLMENT.reads[0],
        [{"courseid": "C1"}, {"courseid": "C2"}, {"courseid": "C3"}],
        [
            [
                {"idnumber": "S1", "role": "Student", "enrol": "nexsis"},
                {"idnumber": "S2", "role": "Teacher", "enrol": "manual"},
                {"idnumber": None, "role": "Student", "enrol": "nexsis"},
                {"idnumber": "", "role": "Student", "enrol": "nexsis"},
                {"role": "Student", "enrol": "nexsis"},
            ],
            [],
            [{"idnumber": "S1", "role": "Odd one", "enrol": "nexsis"}],
        ],
    )
    assert found == [
        {"match": "s1\x1fc1", "userid": "S1", "courseid": "C1", "roleid": "student", "ours": True},
        {"match": "s2\x1fc1", "userid": "S2", "courseid": "C1", "roleid": "editingteacher", "ours": False},
        {"match": "s1\x1fc3", "userid": "S1", "courseid": "C3", "roleid": "Odd one", "ours": True},
    ]


def test_single_objects_become_rows_and_what_they_do_not_say_is_not_said() -> None:
    asked = [{"courseid": "C1"}, {"courseid": "C2"}]
    answer = {"fullname": "Chemistry", "shortname": None, "startdate": "2026-07-01T09:00:00+01:00", "colour": "red"}
    assert rows(COURSE, COURSE.reads[0], asked, [answer, None], "colour", "size") == [
        {
            "match": "c1",
            "courseid": "C1",
            "fullname": "Chemistry",
            "shortname": "",
            "startdate": "2026-07-01T08:00:00+00:00",
            "colour": "red",
            "ours": True,
        }
    ]


def test_a_group_is_read_alone_or_in_its_course_with_the_same_row() -> None:
    asked = {"courseid": "C1", "groupid": "G1"}
    said = {"name": "Lab", "description": ""}
    alone = rows(GROUP, GROUP.reads[1], [asked], [said])
    assert alone == rows(GROUP, GROUP.reads[0], [asked], [[{"groupid": "G1", **said}]])


@pytest.mark.parametrize("empty", [None, "", 0, "0"])
def test_an_object_whose_mark_of_presence_is_empty_is_not_there(empty: object) -> None:
    asked = [{"courseid": "C1", "userid": "S1"}, {"courseid": "C1", "userid": "S2"}]
    found = rows(COMPLETION, COMPLETION.reads[0], asked, [{"timecompleted": each} for each in (empty, "1700000000")])
    assert [row["userid"] for row in found] == ["S2"]


def test_no_answers_are_no_rows() -> None:
    assert rows(ENROLMENT, ENROLMENT.reads[0], [], []) == []


def test_identifiers_fold_as_the_site_does() -> None:
    exact = Conventions(identifiers="exact")
    asked, answers = [{"userid": "S1"}], [{"username": "s1"}]
    assert rows_of(USER, USER.reads[0], asked, answers, exact)["match"].to_list() == ["S1"]


def test_an_answer_to_a_write_has_the_servers_values() -> None:
    answers: list[Any] = [
        {"fullname": "a", "startdate": "0", "id": 7},
        None,
        [],
        {"startdate": "2026-07-01T09:00:00+01:00"},
    ]
    assert seen_of(COURSE, COURSE.put, answers, MANNERS) == [
        {"fullname": "a", "startdate": ""},
        {},
        {},
        {"startdate": "2026-07-01T08:00:00+00:00"},
    ]
