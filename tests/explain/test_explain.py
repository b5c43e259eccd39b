"""`explain` shows the whole story of an object, over HTTP, and writes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.reconcile.school import EXPORTS, School

SCHEMA = json.loads(Path(__file__).with_name("explanation.schema.json").read_text())


def explained(school: School, *words: str) -> Any:
    """The objects that these words identify, as JSON; no write is sent to the site."""
    writes = school.writes
    code, answer = school.json("explain", *words)
    assert (code, school.writes) == (0, writes)
    Draft202012Validator(SCHEMA).validate(answer)
    return answer["objects"]


def only(school: School, *words: str) -> Any:
    (one,) = explained(school, *words)
    return one


def way(one: Any, name: str) -> list[tuple[str, str, str | None]]:
    """The steps to a field of the first row."""
    (found,) = [each for each in one["rows"][0]["fields"] if each["name"] == name]
    return [(stage["key"], stage["says"], stage["value"]) for stage in found["stages"]]


def test_the_story_of_a_user(school: School) -> None:
    one = only(school, "s1")
    assert (one["resource"], one["key"]) == ("user", {"userid": "S1"})
    (row,) = one["rows"]
    assert (row["origin"], row["mapping"], row["fate"]) == (
        {"file": "people.csv", "tab": None, "row": 2},
        "people",
        "counts",
    )
    assert row["cells"]["LOGIN"] == "ALee"
    assert way(one, "username") == [("column", "LOGIN", "ALee"), ("then", "strip", "ALee"), ("then", "lower", "alee")]
    assert way(one, "email")[-1] == ("then", "lower", "alee@school.example")
    assert [(each["op"], each["status"], each["cause"]) for each in one["sent"]] == [("create", "done", "sis")]
    assert one["remembered"]["owned"] and one["remembered"]["claims"] == ["people"]
    assert one["now"]["holds"] == [{"by": None, "fields": one["wanted"]}]
    assert one["next"]["what"] == "agrees"
    (enrolments,) = one["below"]
    assert (enrolments["resource"], enrolments["rows"], enrolments["remembered"]) == ("enrolment", 2, 2)


def test_a_pair_in_any_order_and_by_name(school: School) -> None:
    pair = only(school, "S3", "BIO")
    assert pair == only(school, "bio", "s3") == only(school, "enrolment", "courseid=BIO", "userid=S3")
    assert way(pair, "roleid") == [("column", "ROLE", "T"), ("values", "S: student, T: teacher", "teacher")]
    assert pair["now"]["holds"] == [{"by": "nexsis", "fields": {"roleid": "teacher"}}]


def test_one_identifier_may_mean_several_the_user_first(school: School) -> None:
    school.export(courses=("ID,NAME", "BIO,Biology", "HIS,History", "S1,Odd"))
    assert [each["resource"] for each in explained(school, "S1")] == ["user", "course"]


def test_a_row_that_is_left_out_is_reported_with_what_decides_it(school: School) -> None:
    school.export(people=("ID,LOGIN,FIRST,LAST,STATUS", "S1,ALee,Amy,Lee,LEFT"))
    one = only(school, "S1")
    assert (one["rows"][0]["fate"], one["rows"][0]["why"]) == ("left out", "`rows: drop` matches STATUS `LEFT`")
    assert (one["wanted"], one["next"]["what"]) == (None, "kept")


def test_a_bad_row_is_reported_with_its_issues_and_protects_its_object(school: School) -> None:
    school.export(enrolments=("WHO,WHERE,ROLE", "S1,BIO,?"))
    one = only(school, "S1", "BIO")
    assert one["rows"][0]["fate"] == "bad"
    assert [issue["code"] for issue in one["issues"]] == ["unknown-value"]
    assert one["rows"][0]["fields"][-1]["refused"] == ["`?` is not one of S or T"]
    assert one["next"]["what"] == "protected"


def test_what_the_newest_plan_found_as_well_is_shown_once(school: School) -> None:
    fields = "{userid: ID, username: LOGIN, firstname: FIRST, lastname: LAST, email: MAIL}"
    mappings = school.folder / "mappings.yaml"
    mappings.write_text(f"{mappings.read_text()}---\nresource: user\nname: staff\nsheet: staff.csv\nfields: {fields}\n")
    (school.folder / "inbox" / "staff.csv").write_text(
        "ID,LOGIN,FIRST,LAST,MAIL\nS1,alee,Amy,Lea,alee@school.example\nS2,bdam,Ben,Damm,bdam@school.example\n"
    )
    school.type("plan")
    one = only(school, "S1")
    assert [(issue["code"], issue["row"]) for issue in one["issues"]] == [("overruled", 2)]


def test_what_somebody_changed_in_moodle_would_be_changed_back(school: School) -> None:
    school.by_hand.put_user("S1", lastname="Wu")
    ahead = only(school, "S1")["next"]
    assert ahead["what"] == "differs"
    assert (ahead["change"]["before"]["lastname"], ahead["change"]["after"]["lastname"]) == ("Wu", "Lee")


def test_what_a_guard_holds_and_who_approved_what_was_held(school: School) -> None:
    text = (school.folder / "site.yaml").read_text().replace("delete: off", "delete: {percent: 0, count: 0}")
    (school.folder / "site.yaml").write_text(text)
    school.without("enrolments", "S2,BIO,S")
    assert school.type("plan", "--quiet") == 3
    held = only(school, "S2", "BIO")["next"]
    assert (held["what"], held["change"]["op"]) == ("held", "delete")
    assert held["hold"]["id"].startswith("h-")
    assert school.type("approve", held["plan"], "--all", "--by", "Registrar") == 0
    assert only(school, "S2", "BIO")["next"]["what"] == "planned"
    assert school.type("apply", "--quiet") == 0
    one = only(school, "S2", "BIO")
    assert [(each["op"], each["approved_by"]) for each in one["sent"]] == [("create", None), ("delete", "Registrar")]
    made, gone = one["sent"]
    assert (made["origin"], made["approved_at"]) == ({"file": "enrolments.csv", "tab": None, "row": 3}, None)
    assert gone["origin"] is None and gone["approved_at"] >= made["at"]
    assert (one["remembered"], one["now"]["state"], one["next"]["what"]) == (None, "not there", "nothing")


def test_somebody_whom_only_moodle_knows(school: School) -> None:
    school.moodle.add_user("X9", "x9")
    school.moodle.add_enrolment("X9", "BIO", plugin="manual")
    assert only(school, "X9")["next"]["what"] == "not ours"
    assert only(school, "X9", "BIO")["now"]["holds"] == [{"by": "manual", "fields": {"roleid": "student"}}]


def test_what_no_call_reads_is_taken_as_it_was_sent(school: School) -> None:
    one = only(school, "S1", "BIO", "G1")
    assert (one["resource"], one["now"]["state"], one["next"]["what"]) == ("group_member", "not readable", "agrees")


def test_offline_the_site_is_not_asked(school: School) -> None:
    before = len(school.site.requests)
    one = only(school, "S1", "--offline")
    assert (one["now"]["state"], len(school.site.requests)) == ("not asked", before)


def test_a_site_that_is_down_is_reported_and_the_rest_shown(school: School) -> None:
    school.break_site()
    one = only(school, "S1")
    assert one["now"]["state"] == "not told" and one["now"]["why"]
    assert one["sent"] and one["rows"]


@pytest.mark.parametrize(("words", "near"), [(["S11"], "S1"), (["BOI"], "BIO"), (["S1", "BI"], "BIO")])
def test_an_unknown_key_is_answered_with_near_ones(school: School, words: list[str], near: str) -> None:
    assert school.type("explain", *words) == 1
    assert near in school.said()[1].partition("Did you mean ")[2]


def test_the_letters_of_a_group_count(school: School) -> None:
    assert only(school, "bio", "G1")["resource"] == "group"
    assert school.type("explain", "BIO", "g1") == 1


def test_a_key_that_is_not_whole_is_wrong_usage(school: School) -> None:
    assert school.type("explain", "enrolment", "userid=S1") == 64


def test_at_the_terminal_the_story_stands_in_order(school: School) -> None:
    assert school.type("explain", "S1") == 0
    out, _ = school.said()
    shown = [
        "User S1",
        "What the SIS export says",
        "people.csv, row 2",
        "Username = ALee (column LOGIN) → ALee (then strip) → alee (then lower)",
        "What was sent",
        "add (done): Username: alee",
        "What nexsis-sync remembers",
        "What Moodle says",
        "What would happen next",
        "Nothing: Moodle already matches the SIS export.",
        "enrolments: 2 rows in the exports, 2 remembered: nexsis-sync explain enrolment userid=S1 courseid=...",
    ]
    places = [out.find(text) for text in shown]
    assert -1 not in places
    assert places == sorted(places)


def test_at_the_terminal_what_has_no_values_but_its_identifiers_says_so(school: School) -> None:
    school.export(members=("WHERE,GROUP,WHO", "BIO,G1,S1", "BIO,G1,S1"))
    assert school.type("explain", "BIO", "G1", "S1") == 0
    out, _ = school.said()
    for label in ("Taken together", "last sent", "last seen"):
        assert f"{label}: no values beyond the identifiers\n" in out
    assert "last listed by the mapping mappings.5;" in out


def test_both_names_of_an_alias_mean_the_account_in_moodle(school: School) -> None:
    with (school.folder / "site.yaml").open("a") as file:
        file.write("aliases: aliases.csv\n")
    (school.folder / "aliases.csv").write_text("resource;old;new\nuser;S1;N1\nuser;S2;S3\n")
    school.export(people=tuple(line.replace("S1,", "N1,") for line in EXPORTS["people.csv"]))
    one = only(school, "n1")
    assert one == only(school, "S1")
    assert one["key"] == {"userid": "S1"}
    assert way(one, "userid") == [("column", "ID", "N1"), ("aliases", "", "S1")]
    assert one["next"]["what"] == "agrees"
    checked = school.json("check")[1]
    assert [(each["code"], each["file"], each["row"]) for each in checked["issues"]] == [
        ("alias-not-used", "aliases.csv", 3)
    ]
    page, workbook = school.folder / "plan.html", school.folder / "plan.xlsx"
    plan = school.json("plan", "--html", str(page), "--xlsx", str(workbook))[1]
    assert [each["code"] for each in plan["issues"]] == ["alias-not-used", "aliases-in-use"]
    assert "Alias not used" in page.read_text("utf-8")


def test_a_plan_is_stale_once_an_alias_is_added(school: School) -> None:
    with (school.folder / "site.yaml").open("a") as file:
        file.write("aliases: aliases.csv\n")
    assert school.type("plan") == 1
    assert "aliases.csv" in school.said()[1]
    (school.folder / "aliases.csv").write_text("resource,old,new\n")
    school.export(people=tuple(line.replace("S1,", "N1,") for line in EXPORTS["people.csv"]))
    school.json("plan")
    (school.folder / "aliases.csv").write_text("resource,old,new\nuser,S1,N1\n")
    assert school.type("apply") == 1
    assert "the file of aliases aliases.csv has changed since" in school.said()[1]
    assert school.json("plan", "--html", str(school.folder / "plan.html"))[1]["changes"] == []
