"""Every method of the client against the sandbox: what it returns, and that it matches its type."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict
from zoneinfo import ZoneInfo

import pytest

from sync.sandbox import Sandbox, openapi_document, running
from sync.site import ENDPOINTS, CallFailed, Client
from tests.yaml_files import read_yaml

NOON = datetime(2026, 9, 1, 12, tzinfo=ZoneInfo("Europe/London"))
CASES: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("story.yaml"))


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    """A site with the objects that no call deletes."""
    with running() as sandbox:
        moodle = sandbox.moodle
        moodle.add_user(None, "hand")
        moodle.add_program("P1", "Induction")
        moodle.add_certification("K1", "First aid")
        moodle.add_department("D1", "Physics")
        moodle.add_position("Q1", "Lecturer")
        for message in ("First", "Second", "Third"):
            moodle.add_log("fatal", message)
        yield sandbox


@pytest.fixture
def nexsis(site: Sandbox) -> Iterator[Client]:
    """A client of the site; its people and courses are deleted afterwards, with everything below them."""
    with Client(site.url, site.token) as client:
        people(site)
        attainments(site)
        client.put_program_allocation("P1", "S1", startdate=NOON)
        client.put_certification_allocation("K1", "S1")
        client.put_job_assignment("S1", "D1", "Q1", startdate=NOON)
        client.put_manager("S1", "T1", perm_be_notified=True)
        yield client
        for courseid, *_ in site.moodle.courses():
            client.delete_course(courseid)
        for userid, *_ in site.moodle.users():
            if userid is not None:
                client.delete_user(userid)


def people(site: Sandbox) -> None:
    moodle = site.moodle
    moodle.add_course("C1", "Biology", "BIO", startdate=NOON.isoformat(), categorypath="/Science")
    moodle.add_course("C2", "Chemistry", "CHE", categorypath="/Science")
    for userid in ("S1", "S2", "T1"):
        moodle.add_user(userid, userid.lower())
    moodle.add_enrolment("S1", "C1")
    moodle.add_enrolment("hand", "C1", role="editingteacher", plugin="manual")
    moodle.add_group("C1", "G1", "One")
    moodle.add_group("C1", None, "By hand")
    moodle.add_metalink("C1", "C2")


def attainments(site: Sandbox) -> None:
    moodle = site.moodle
    moodle.add_completion("S1", "C1", 1667289600)
    for userid, grade in {"S1": 92, "S2": 82, "T1": 96}.items():
        moodle.add_grade(userid, "C1", grade, feedback="Great effort!")
    moodle.add_grade_category("C1", 6, "Essays")
    moodle.add_category_grade("S1", "C1", 6, 70)
    moodle.add_category_grade("S2", "C1", 6, 50)


def call(nexsis: Client, do: str) -> Any:
    return eval(do if do.startswith("list(") else f"nexsis.{do}", {"nexsis": nexsis, "NOON": NOON})


def has(said: Any, shown: Any) -> bool:
    """Whether an answer contains all expected values."""
    if isinstance(shown, dict):
        return all(has(said[name], value) for name, value in shown.items())
    if isinstance(shown, list) and shown and isinstance(shown[0], dict):
        return len(said) == len(shown) and all(map(has, said, shown))
    return bool(said == shown)


def fits(said: Any, hint: Any) -> bool:
    """Whether an answer matches its type: all required names are there, and others only in an open type."""
    if get_origin(hint) in (Union, UnionType):
        return any(fits(said, each) for each in get_args(hint))
    if get_origin(hint) is Literal:
        return said in get_args(hint)
    if get_origin(hint) is list:
        return isinstance(said, list) and all(fits(each, get_args(hint)[0]) for each in said)
    if is_typeddict(hint):
        types = get_type_hints(hint)
        named = hint.__required_keys__ <= said.keys() and (not hint.__total__ or said.keys() <= types.keys())
        return named and all(fits(said[at], types[at]) for at in said.keys() & types.keys())
    return isinstance(said, hint)


@pytest.mark.parametrize("case", CASES, ids=[case["do"] for case in CASES])
def test_a_method_does_what_it_says(nexsis: Client, case: dict[str, Any]) -> None:
    *before, last = [case[each] for each in ("do", "then") if each in case]
    for do in before:
        assert fits(call(nexsis, do), answer_of(name_of(do)))
    if "raises" in case:
        with pytest.raises(CallFailed) as raised:
            call(nexsis, last)
        assert type(raised.value).__name__ == case["raises"]
    else:
        said = call(nexsis, last)
        assert fits(said, answer_of(name_of(last))), said
        assert has(said, case["says"]), said


def name_of(do: str) -> str:
    """The endpoint that is called."""
    return do.removeprefix("list(nexsis.all_").partition("(")[0]


def answer_of(name: str) -> Any:
    return get_type_hints(getattr(Client, name))["return"]


def test_every_method_is_driven() -> None:
    assert {name_of(case["do"]) for case in CASES} == set(ENDPOINTS)
    assert {each for case in CASES for each in re.findall(r"all_\w+", case["do"])} == {"all_course_grades", "all_logs"}


def test_answers_are_typed_under_the_names_they_come_with() -> None:
    paths: Any = openapi_document()["paths"]
    shown: dict[Any, set[str]] = defaultdict(set)
    for name, endpoint in ENDPOINTS.items():
        answer = answer_of(name)
        content = paths[f"/{endpoint.path}"][endpoint.method.lower()]["responses"]["200"].get("content")
        if answer is not NoneType:
            schema = content["application/json"]["schema"]
            shown[get_args(answer)[0] if endpoint.many else answer] |= schema.get("items", schema)["properties"].keys()
    assert {shape: names & shape.__annotations__.keys() for shape, names in shown.items()} == {
        shape: set(shape.__annotations__) for shape in shown
    }
