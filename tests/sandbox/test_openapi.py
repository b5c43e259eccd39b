"""The OpenAPI document, and that every request is answered as it says.

With `pytest --full`, far more requests are sent to each operation, and different ones each time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jsonschema
import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings

from sync.cli import run
from sync.sandbox import BASE, Moodle, Sandbox, SandboxSettings, openapi_document, running
from sync.sandbox.routes import served
from sync.sandbox.rules import Arguments, Rule, certifications, groups, jobs, managers, metalinks, programs
from tests.examples import LONG, examples

THERE = {
    "userid": "S1",
    "reportsto_userid": "s2",
    "courseid": "C1",
    "parent_courseid": "C1",
    "metalink_courseid": "c2",
    "groupid": "G1",
    "catid": "7",
    "grade": "80",
    "timestamp_course_completion": "2026-11-01T08:00:00.000Z",
    "programid": "P12",
    "certificationid": "C12",
    "departmentid": "D5",
    "positionid": "P4",
    "roleid": "student",
}
"""Names with which a request refers to what is on the stage."""

DONE: tuple[tuple[Rule, dict[str, str]], ...] = (
    (groups.put_member, {}),
    (metalinks.put, {}),
    (programs.put, {}),
    (certifications.put, {}),
    (jobs.put, {"departmentid": "D5", "positionid": "P4"}),
    (managers.put, {}),
)
"""What was done there, and the body it took."""


DOCUMENT: Any = openapi_document()
REQUESTS = [
    pytest.param(method, path, mode, id=f"{method.upper()} {path} {mode}")
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    for mode in ("positive", "negative")
    # Nothing can be wrong with a path alone: any text may be an identifier.
    if mode == "positive" or "requestBody" in operation or any(p["in"] == "query" for p in operation["parameters"])
]


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


def stage(moodle: Moodle) -> None:
    """Make everything exist that `THERE` names, as if nothing had happened since."""
    with moodle.transaction() as db:
        for table in ("user", "course", "category", "log"):
            db.execute(f"DELETE FROM {table}")
        for n in (1, 2):
            moodle.add_user(f"S{n}", f"s{n}")
            moodle.add_course(f"C{n}")
        moodle.add_enrolment("S1", "C1")
        moodle.add_group("C1", "G1", "One")
        moodle.add_completion("S1", "C1")
        moodle.add_grade("S1", "C1", 80)
        moodle.add_grade_category("C1", 7, "Labs")
        moodle.add_category_grade("S1", "C1", 7, 80)
        moodle.add_program("P12", "Induction")
        moodle.add_certification("C12", "First aid")
        moodle.add_department("D5", "Physics")
        moodle.add_position("P4", "Lecturer")
        for rule, body in DONE:
            rule(db, moodle.conventions, Arguments(THERE, body=body))


@pytest.fixture(scope="module")
def send(site: Sandbox) -> Iterator[Callable[[Any], Any]]:
    with requests.Session() as session:

        def sent(case: Any) -> Any:
            stage(site.moodle)
            return case.call(site.url + BASE, session, {"Authorization": f"Bearer {site.token}"})

        yield sent


@pytest.mark.parametrize(("method", "path", "mode"), REQUESTS)
def test_whatever_is_sent_is_answered_as_the_document_says(
    send: Callable[[Any], Any], method: str, path: str, mode: str
) -> None:
    from tests.sandbox.documented_requests import check, requested

    @settings(
        max_examples=examples(6),
        derandomize=not LONG,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requested(method, path, mode, THERE))
    def answered(case: Any) -> None:
        check(case, send(case), mode)

    answered()


def call_of(method: str, path: str) -> str:
    return f"{method.upper()} {path}"


@pytest.mark.parametrize("workplace", [True, False])
def test_every_route_is_documented_and_no_other(workplace: bool) -> None:
    shown: Any = openapi_document(SandboxSettings(workplace=workplace))
    calls = [call_of(method, path) for path, methods in shown["paths"].items() for method in methods]
    assert sorted(calls) == sorted(call_of(route.method, route.path) for route in served(workplace))
    names = [operation["operationId"] for methods in shown["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_an_operation_documents_parameters_limits_answers_and_refusals() -> None:
    document: Any = openapi_document()
    put = document["paths"]["/user/{userid}"]["put"]
    assert [(p["name"], p["in"], p["schema"]["maxLength"]) for p in put["parameters"]] == [("userid", "path", 255)]
    for form in ("application/json", "application/x-www-form-urlencoded"):
        body = put["requestBody"]["content"][form]["schema"]
        jsonschema.validate({"username": "x" * 100, "email": None}, body)
        with pytest.raises(jsonschema.ValidationError, match="is too long"):
            jsonschema.validate({"username": "x" * 101}, body)
    assert list(put["responses"]) == ["200", "400", "401", "404", "405", "500"]
    job = document["paths"]["/organisation/user/{userid}"]["put"]["requestBody"]
    assert job["required"]
    assert job["content"]["application/json"]["schema"]["required"] == ["departmentid", "positionid"]


def schemas(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "schema":
                yield value
            else:
                yield from schemas(value)
    elif isinstance(part, list):
        for each in part:
            yield from schemas(each)


def test_every_schema_is_one() -> None:
    every = list(schemas(openapi_document()))
    assert len(every) > 100
    for schema in every:
        jsonschema.Draft202012Validator.check_schema(schema)


def test_the_document_is_served_without_a_token_and_printed(site: Sandbox, capfdbinary: Any) -> None:
    answer = httpx.get(f"{site.url}/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(openapi_document()))
    assert run(["sandbox", "--openapi"]) == 0
    assert json.loads(capfdbinary.readouterr().out) == answer.json()


PROGRAM, COURSE = "/program/P12/user/S1", "/course/C1"


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("PUT", PROGRAM, '{"startdate": 1e400}', 400),
        ("PUT", PROGRAM, '{"startdate": NaN}', 400),
        ("PUT", PROGRAM, '{"startdate": -Infinity}', 400),
        ("PUT", PROGRAM, '{"startdate": %s}' % ("9" * 5000), 400),
        ("PUT", PROGRAM, '{"startdate": "%s"}' % ("9" * 5000), 400),
        ("PUT", PROGRAM, '{"startdate": -62135596801}', 400),
        ("PUT", PROGRAM, '{"startdate": 253402300800}', 400),
        ("PUT", PROGRAM, '{"startdate": "10000-01-01"}', 400),
        ("PUT", PROGRAM, '{"startdate": "0000-01-01"}', 400),
        ("PUT", PROGRAM, r'{"startdate": "\u0661\u0662"}', 200),
        ("PUT", PROGRAM, r'{"startdate": "\u00b2"}', 400),
        ("PUT", PROGRAM, '{"status": {"a": 1}}', 400),
        ("PUT", PROGRAM, r'{"status": "\ud800"}', 400),
        ("PUT", PROGRAM, "status=%ED%A0%80", 400),
        ("PUT", PROGRAM, '{"a": ' + "[" * 100_000, 400),
        ("PUT", PROGRAM, b"\xff\xfe", 200),
        ("PUT", COURSE, '{"startdate": "9999-12-31T23:59:59-12:00"}', 400),
        ("PUT", COURSE, '{"startdate": "0001-01-01T00:00:00+14:00"}', 400),
        ("PUT", COURSE, '{"startdate": "1800-01-01"}', 200),
        ("PUT", COURSE, r'{"fullname": "\u0001\u0007\u001b"}', 200),
        ("PUT", COURSE, r'{"fullname": "\u0000"}', 400),
        ("PUT", COURSE, '{"categorypath": "%s"}' % ("/" * 5000), 200),
        ("GET", "/user/%FF%C0%80", "", 404),
        ("GET", "/user/S1/enrol?plugin[]=a&plugin[x][y]=b&=&&plugin", "", 200),
        ("GET", "/logs?limit=%D9%A1&offset=-1", "", 400),
        ("GET", "/logs?limit=99999999999999999999", "", 400),
        ("GET", "/logs?limit=1&offset=1000000000", "", 200),
        ("GET", "/course/C1/grade?pagesize=1000000000&page=1000000000", "", 200),
        ("POST", "/course/C1/user/S1/completion/10000-01-01", "", 400),
        ("PUT", "/course/C1/categorygrade/7/S1/1e5", "", 400),
        ("PUT", "/course/C1/categorygrade/7/S1/NaN", "", 400),
    ],
)
def test_hard_values_are_refused_or_taken_never_a_fault(
    site: Sandbox, method: str, target: str, body: str | bytes, status: int
) -> None:
    stage(site.moodle)
    url = f"{site.url}{BASE}{target}"
    answer = httpx.request(method, url, content=body, headers={"Authorization": f"Bearer {site.token}"})
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    if status == 400:
        assert answer.json().keys() == {"error", "message"}
    read = httpx.get(f"{site.url}{BASE}{COURSE}?token={site.token}")
    assert read.status_code == 200
