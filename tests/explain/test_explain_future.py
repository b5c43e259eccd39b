"""What `explain` says would happen if no row listed an object any more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.explain.test_explain import only
from tests.reconcile.school import School

ENROLMENTS = "missing: delete\n"


def change(school: School, file: str, old: str, new: str) -> None:
    """Change a mapping or the site file."""
    path = school.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def ahead(school: School, *words: str) -> Any:
    """What would happen; nothing is stored for it."""
    before = school.json("runs")
    found = only(school, *words)["if_missing"]
    assert school.json("runs") == before
    return found


def test_what_a_mapping_deletes_would_be_removed(school: School) -> None:
    found = ahead(school, "S2", "BIO")
    assert (found["what"], found["rule"], found["hint"]) == ("removed", "missing", "")
    assert found["message"] == "It would be removed in the next run."


@pytest.mark.parametrize(
    ("key", "new", "rule", "says", "do"),
    [
        (("S1",), ENROLMENTS, "keeps", "`missing: keep` in the mapping people", "(mappings.yaml:6)"),
        (("BIO", "G1", "S1"), ENROLMENTS, "keeps", "the mapping mappings.5", "Set `missing: delete`"),
        (("S2", "BIO"), "missing: delete\nscope: {courseid: HIS}\n", "scope", "outside the `scope`", "Extend `scope`"),
        (("S2", "BIO"), "mode: delta\n", "changes-only", "a missing row means nothing", "matches `delete_when`"),
        (("S2", "BIO"), "name: other\n", "mapping-gone", "site file no longer contains", "Add the mapping again"),
    ],
)  # fmt: skip
def test_a_rule_that_keeps_it_is_named(
    school: School, key: tuple[str, ...], new: str, rule: str, says: str, do: str
) -> None:
    change(school, "mappings.yaml", ENROLMENTS, new)
    found = ahead(school, *key)
    assert (found["what"], found["rule"]) == ("stays", rule)
    assert says in found["message"]
    assert do in found["hint"]


def test_what_is_protected_stays(school: School) -> None:
    change(school, "site.yaml", "sending:", "protect: {user: [S2]}\nsending:")
    assert ahead(school, "S2", "BIO")["rule"] == "protect"
    assert ahead(school, "S3", "BIO")["rule"] == "missing"
    change(school, "mappings.yaml", ENROLMENTS, "missing: {delete: {after_files: 3}}\n")
    assert ahead(school, "S2", "BIO")["rule"] == "protect"


def test_what_is_in_an_ended_course_stays(school: School) -> None:
    school.export(courses=("ID,NAME", "BIO,Biology"))
    found = ahead(school, "S1", "HIS")
    assert (found["rule"], found["message"]) == (
        "ended", "It would stay, because its course is no longer in its own export and counts as ended."
    )  # fmt: skip


def test_a_guard_that_would_stop_it_is_named(school: School) -> None:
    change(school, "site.yaml", "roster: off", "roster: {percent: 50, over: 0}")
    found = ahead(school, "S1", "HIS")
    assert (found["what"], found["rule"], found["hold"]["guard"]) == ("held", "majority", "majority")
    assert "nexsis-sync approve PLAN --hold ID" in found["hint"]
    assert school.type("explain", "S1", "HIS") == 0
    shown = school.said()[0].partition("If no row listed it any more")[2]
    assert "Its removal would be on hold: " in shown


def test_what_would_be_set_instead_is_said(school: School) -> None:
    change(school, "mappings.yaml", ENROLMENTS, "missing: {set: {roleid: guest}}\n")
    school.without("enrolments", "S3,BIO,T")
    assert school.type("run", "--quiet") == 3
    plan = school.json("plan")[1]["plan"]
    assert school.type("approve", plan, "--all") == 0
    assert school.type("apply", plan) == 0
    assert ahead(school, "S3", "BIO")["rule"] == "set-sent"
    assert school.type("reconcile") == 0
    assert school.type("plan", "--quiet") == 0
    one = only(school, "S3", "BIO")
    assert (one["next"]["what"], one["if_missing"]["rule"]) == ("set", "set-done")
    found = ahead(school, "S2", "BIO")
    assert (found["what"], found["rule"]) == ("set", "set")
    assert found["message"].startswith(
        "It would stay, with the values that `missing: set` in the mapping mappings.3 gives"
    )
    change(school, "mappings.yaml", "roleid: guest}", "roleid: guest}, after_files: 3")
    later = ahead(school, "S2", "BIO")
    assert (later["what"], later["rule"], later["files"]) == ("waits", "set-wait", 2)


def test_a_removal_that_would_wait_says_for_how_long(school: School) -> None:
    change(school, "mappings.yaml", ENROLMENTS, "missing: {delete: {after_files: 3, after_days: 2}}\n")
    found = ahead(school, "S2", "BIO")
    assert (found["what"], found["files"]) == ("waits", 2)
    assert found["message"].startswith("It would be removed after 2 more files, but not before ")
    school.without("enrolments", "S2,BIO,S")
    one = only(school, "S2", "BIO")
    assert (one["next"]["what"], one["if_missing"]["what"]) == ("waits", "waits")


def test_what_is_not_ours_has_nothing_ahead(school: School) -> None:
    school.moodle.add_user("X9", "x9")
    assert ahead(school, "X9") is None


@pytest.mark.parametrize(
    "line", ["no_deletes: true", "calendar: [{from: 2020-01-01, to: 2199-12-31, mode: additions}]"]
)
def test_what_is_withheld_would_be_removed_later(school: School, line: str) -> None:
    change(school, "site.yaml", "sending:", f"{line}\nsending:")
    found = ahead(school, "S2", "BIO")
    assert (found["what"], found["rule"]) == ("removed", "withheld")


@pytest.mark.parametrize(("start", "rule"), [("2020-01-01", "ended"), ("2199-01-01", "scope")])
def test_the_current_terms_are_those_of_today(school: School, start: str, rule: str) -> None:
    terms = "terms: {sheet: terms.csv, term: TERM, start: START, end: END, courseid: {column: TERM}}"
    change(school, "site.yaml", "sending:", f"{terms}\nsending:")
    change(school, "mappings.yaml", ENROLMENTS, f"{ENROLMENTS}scope: {{term: current}}\n")
    school.export(terms=("TERM,START,END", f"HIS,{start},2199-12-31"), courses=("ID,NAME", "BIO,Biology"))
    assert ahead(school, "S1", "HIS")["rule"] == rule
