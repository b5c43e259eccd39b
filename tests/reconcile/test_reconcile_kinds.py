"""`reconcile` reports each kind of difference, over HTTP, and writes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openpyxl import load_workbook

from sync.model import LEDGER
from sync.model.resources import CATALOGUE
from sync.state import open_store
from tests.clock import Clock
from tests.reconcile.school import School, found

SCHEMA = json.loads(Path(__file__).with_name("reconciliation.schema.json").read_text())


def reconciled(school: School) -> tuple[int, Any]:
    """Reconcile with JSON output; nothing is written to the site or to the ledger."""
    writes, memory = school.writes, remembered(school)
    code, answer = school.json("reconcile")
    assert school.writes == writes
    assert remembered(school) == memory
    Draft202012Validator(SCHEMA).validate(answer)
    return code, answer


def remembered(school: School) -> list[Any]:
    """The ledger and the plans."""
    with open_store(f"sqlite:///{school.folder / 'state.db'}", Clock()) as store:
        ledger = [store.ledger(name)[[*LEDGER]].fillna("").values.tolist() for name in CATALOGUE]
        return [ledger, [plan.id for plan in store.plans()]]


def only(answer: Any, kind: str) -> Any:
    """The one finding of a kind."""
    (one,) = [each for each in answer["findings"] if each["kind"] == kind]
    return one


def test_after_a_run_all_agree_but_for_what_nothing_shows(school: School) -> None:
    code, answer = reconciled(school)
    assert code == 0
    assert {each["kind"] for each in answer["findings"]} == {"unseen"}
    member = only(answer, "unseen")
    assert (member["resource"], member["names"]) == ("group_member", ["Amy Lee", "Biology", "Mondays"])
    assert member["since"].startswith("20")
    assert answer["summary"]["enrolment"]["agreeing"] == 4


def test_who_is_suspended_in_moodle_does_not_agree(school: School) -> None:
    with school.moodle.transaction() as db:
        db.execute("UPDATE enrolment SET status = 1 WHERE user = (SELECT id FROM user WHERE idnumber = 'S1')")
    code, answer = reconciled(school)
    ones = [each["key"] for each in answer["findings"] if each["kind"] == "suspended"]
    assert (code, {key["userid"] for key in ones}) == (2, {"S1"})
    assert answer["summary"]["enrolment"]["agreeing"] == 4 - len(ones)
    assert school.type("reconcile") == 2
    assert "Suspended in Moodle" in school.said()[0]


def test_who_was_removed_in_moodle_is_missing(school: School) -> None:
    school.by_hand.delete_enrolment("S1", "HIS")
    code, answer = reconciled(school)
    one = only(answer, "missing")
    assert (code, one["resource"], one["key"]) == (2, "enrolment", {"userid": "S1", "courseid": "HIS"})
    assert (one["sis"], one["before"]) == ({"roleid": "student"}, {"roleid": "student"})
    assert one["origin"] == {"file": "enrolments.csv", "tab": None, "row": 5}


def test_who_is_there_through_others_alone_is_missing_and_it_is_said_through_whom(school: School) -> None:
    school.by_hand.delete_enrolment("S1", "HIS")
    school.moodle.add_enrolment("S1", "HIS", plugin="manual")
    assert only(reconciled(school)[1], "missing")["by"] == "manual"


@pytest.mark.parametrize("plugin", ["manual", "self", "meta", "nexsis"])
def test_people_only_in_moodle_are_reported_with_the_plugin(school: School, plugin: str) -> None:
    school.moodle.add_user("X9", "x9")
    school.moodle.add_enrolment("X9", "BIO", role="teacher", plugin=plugin)
    code, answer = reconciled(school)
    one = only(answer, "extra")
    assert (code, one["key"], one["by"]) == (2, {"userid": "X9", "courseid": "BIO"}, plugin)
    assert one["site"] == {"roleid": "teacher"}


@pytest.mark.parametrize("plugin", ["manual", "self", "meta"])
def test_who_left_the_sis_and_stays_through_others_lingers_before_and_after_the_run(
    school: School, plugin: str
) -> None:
    school.moodle.add_enrolment("S2", "BIO", plugin=plugin)
    school.without("enrolments", "S2,BIO,S")
    before = reconciled(school)[1]
    assert found(before, "extra") == found(before, "lingering") == [("enrolment", "S2", "BIO")]
    assert school.type("run", "--quiet") == 0
    code, after = reconciled(school)
    assert (code, found(after, "extra"), only(after, "lingering")["by"]) == (2, [], plugin)


def test_what_left_the_sis_and_is_kept_is_in_moodle_alone(school: School) -> None:
    school.without("people", "S2,BDam,Ben,Dam,ACTIVE")
    school.without("enrolments", "S2,BIO,S")
    _, answer = reconciled(school)
    assert found(answer, "extra") == [("user", "S2"), ("enrolment", "S2", "BIO")]


def test_a_field_that_the_sis_changed_is_different(school: School) -> None:
    school.export(courses=("ID,NAME", "BIO,Life", "HIS,History"))
    code, answer = reconciled(school)
    one = only(answer, "different")
    assert (code, one["sis"], one["site"]) == (2, {"fullname": "Life"}, {"fullname": "Biology"})
    assert found(answer, "edited") == []


def test_a_field_that_somebody_changed_in_moodle_is_edited(school: School) -> None:
    school.by_hand.put_user("S1", lastname="Wu")
    code, answer = reconciled(school)
    one = only(answer, "edited")
    assert (code, one["key"]) == (2, {"userid": "S1"})
    assert (one["sis"], one["site"], one["before"]) == (
        {"lastname": "Lee"},
        {"lastname": "Wu"},
        {"lastname": "Lee"},
    )


def test_a_value_that_moodle_makes_its_own_is_kept_and_no_difference(school: School) -> None:
    school.export(courses=("ID,NAME", "BIO,Bio<b>logy", "HIS,History"))
    assert school.type("run", "--quiet") == 0
    code, answer = reconciled(school)
    assert (code, only(answer, "kept")["site"]) == (0, {"fullname": "Biology"})


def test_what_a_bad_row_refers_to_is_not_taken_for_gone(school: School) -> None:
    school.export(enrolments=("WHO,WHERE,ROLE", "S1,BIO,S", "S2,BIO,?", "S3,BIO,T", "S1,HIS,S"))
    code, answer = reconciled(school)
    assert (code, found(answer, "extra")) == (0, [])
    assert [issue["code"] for issue in answer["issues"]] == ["unknown-value"]


def test_of_a_delta_it_is_said_that_the_rest_cannot_be_judged(school: School) -> None:
    mappings = (school.folder / "mappings.yaml").read_text().replace("missing: delete", "mode: delta")
    (school.folder / "mappings.yaml").write_text(mappings)
    school.without("enrolments", "S2,BIO,S")
    code, answer = reconciled(school)
    assert (code, found(answer, "extra")) == (0, [])
    assert "not-judged" in [issue["code"] for issue in answer["issues"]]


def test_page_workbook_and_terminal_tell_the_same(school: School) -> None:
    school.moodle.add_user("X9", "x9", firstname="<i>Eve", lastname="Roe")
    school.moodle.add_enrolment("X9", "BIO", plugin="manual")
    school.by_hand.put_user("S1", lastname="=1+1")
    page, book = school.folder / "r.html", school.folder / "r.xlsx"
    assert school.type("reconcile", "--html", str(page), "--xlsx", str(book)) == 2
    terminal, _ = school.said()
    html = page.read_text("utf-8")
    for text in (terminal, html):
        assert "2 records differ between the SIS and Moodle." in text
        assert "In Moodle, but not in the SIS" in text
        assert "through the plugin manual" in text
    assert "http://www" not in html
    tabs = {tab.title: list(tab.values) for tab in load_workbook(book)}
    head, row = tabs["edited, users"]
    told = dict(zip(head, row, strict=True))
    assert (told["User ID number"], told["Last name in the SIS"], told["Last name in Moodle"]) == ("S1", "Lee", "=1+1")
    head, row = tabs["not in SIS, enrolments"]
    assert dict(zip(head, row, strict=True))["Plugin"] == "manual"


def test_a_site_that_is_down_is_reported(school: School) -> None:
    school.break_site()
    assert school.type("reconcile") == 1
    assert "site" in school.said()[1]
