"""JSON that programs can rely on: the schema next to this file is format 1 as promised."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sync.model import Plan, Run
from sync.report.document import changes, write_json, write_jsonl
from tests.report import report_plans as plans
from tests.report.report_plans import MANNERS, change, morning, night, plan, run

SCHEMA = json.loads((Path(__file__).parent / "plan.schema.json").read_text("utf-8"))
VALID = Draft202012Validator(SCHEMA)


def written(of: Plan, its_run: Run | None = None) -> Any:
    stream = io.BytesIO()
    write_json(of, MANNERS, stream, its_run)
    return json.loads(stream.getvalue())


def lines(of: Plan, its_run: Run | None = None) -> list[Any]:
    stream = io.BytesIO()
    write_jsonl(of, MANNERS, stream, its_run)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


DOCUMENTS = {
    "a plan": (night(), None),
    "an empty plan": (plan(), None),
    "an applied plan": (morning(), None),
    "a run": (morning(), run()),
    "a run cut off": (night(), replace(run("cut", "SIGTERM"), finished=None)),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_of_format_1(name: str) -> None:
    VALID.validate(written(*DOCUMENTS[name]))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_lines_are_the_document_in_pieces(name: str) -> None:
    head, *rest = lines(*DOCUMENTS[name])
    assert head | {"changes": rest} == written(*DOCUMENTS[name])


def test_a_plan_says_what_would_be_sent() -> None:
    first = written(plan(change("create", "enrolment", "S1/C1", after={"roleid": "student"}, row=3)))["changes"][0]
    assert first == {
        "n": 1,
        "stage": 3,
        "resource": "enrolment",
        "op": "create",
        "status": "planned",
        "key": {"userid": "S1", "courseid": "C1"},
        "before": None,
        "after": {"roleid": "student"},
        "call": {"method": "PUT", "path": "/user/S1/enrol/C1", "body": {"roleid": "student"}},
        "cause": "sis",
        "hold": None,
        "origin": {"file": "enrolments.csv", "tab": None, "row": 3},
        "claims": "enrolment",
    }


def test_a_delete_shows_its_query_and_has_no_body() -> None:
    shown = written(plan(change("delete", "enrolment", "S1/C1", before={"roleid": "student"})))["changes"][0]
    assert shown["call"] == {
        "method": "DELETE",
        "path": "/user/S1/enrol/C1",
        "query": {"plugin": "nexsis"},
        "body": None,
    }
    assert (shown["before"], shown["after"], shown["origin"]["row"]) == ({"roleid": "student"}, None, None)


def test_what_another_call_takes_along_has_no_call() -> None:
    shown = written(night())["changes"][-1]
    assert (shown["status"], shown["call"], shown["covered_by"]) == ("covered", None, 12)


def test_a_path_is_encoded_and_an_empty_value_is_not_a_missing_one() -> None:
    odd = change("update", "user", "S 1?#é", before={"email": "x@inst.example"}, after={"email": ""})
    shown = written(plan(odd))["changes"][0]
    assert shown["call"]["path"] == "/user/S%201%3F%23%C3%A9"
    assert shown["call"]["body"] == {"email": ""}


def test_a_run_says_what_became_of_each_change() -> None:
    shown = written(morning(), run())
    assert (shown["run"], shown["plan"], shown["state"]) == ("r-20261123-0201-77ab", "p-20261123-0200-4c1d", "done")
    failed, waiting = shown["changes"][1], shown["changes"][12]
    assert (failed["status"], failed["http_status"], failed["error"], failed["attempts"]) == (
        "failed", 400, "Username already in use: s9", 1,
    )  # fmt: skip
    assert (waiting["status"], waiting["http_status"], waiting["error"], waiting["attempts"]) == ("held", None, None, 0)


@pytest.mark.parametrize(
    "value", ['"', "\\", "\n", "\x00", "\u2028", "\u202e", "</script>", "[red]", "é", "\U0001f480", "\x1b[2J"]
)
def test_every_text_comes_back_as_it_was(value: str) -> None:
    before = change("update", "user", "S1", before={"firstname": value}, after={"firstname": "Ann"}, file=value)
    issue = replace(night().issues[0], value=value, message=value)
    shown = written(plan(before, issues=(issue,)))
    assert shown["changes"][0]["before"] == {"firstname": value}
    assert shown["changes"][0]["origin"]["file"] == value
    assert shown["issues"][0]["value"] == value


def test_a_file_name_that_is_no_utf_8_still_makes_a_document() -> None:
    issue = replace(night().issues[0], file="students\udcff.csv")
    assert written(plan(issues=(issue,)))["issues"][0]["file"] == "students\udcff.csv"


def large(n: int) -> Plan:
    """One change, n times, each for another user."""
    one = plan(change("create", "user", "S1", after={"username": "s1", "firstname": "Ann"}, row=2))
    frame = one.changes.take([0] * n).reset_index(drop=True)
    frame["n"] = range(1, n + 1)
    frame["key"] = ('{"userid":"S' + frame["n"].astype("str") + '"}').astype("str")
    return replace(one, changes=frame)


def test_a_hundred_thousand_changes_make_one_valid_document() -> None:
    shown = written(large(100_000))
    assert [each["n"] for each in shown["changes"]] == list(range(1, 100_001))
    VALID.validate({**shown, "changes": shown["changes"][::10_000]})


def test_changes_are_made_as_they_are_asked_for() -> None:
    endless = changes(large(20_000), plans.MANNERS)
    assert next(endless)["key"] == {"userid": "S1"}


def test_numbers_of_any_column_type_are_whole() -> None:
    shown = night()
    loose = shown.changes.astype({"row": "float64", "http_status": "object", "n": "int64"})
    assert written(replace(shown, changes=loose)) == written(shown)
