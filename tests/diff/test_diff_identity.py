"""Identifiers as damaged files write them, and what is reported about rows that seem to mean another object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.diff.field_diff import Alignment
from sync.diff.identity import (
    COMPANY,
    IDENTIFIER,
    NAME,
    PART,
    alias_row,
    all_normalised,
    compared,
    in_common,
    in_the_way,
    issues,
    left_out,
    likenesses,
    lookalikes,
    normalised,
    unnamed,
)
from sync.model import Conventions, Desired
from sync.model.index import no_objects
from sync.model.resources import COURSE, ENROLMENT, USER
from tests.diff.sides import CONVENTIONS, aligned, ann, known, objects

MOST = 1_000


@pytest.mark.parametrize(
    "written",
    ["0043", "43", "43.0", "43,00", '="0043"', "'0043", "٠٠٤٣", "\uff10\uff14\uff13", "00\u200b43", " 0043 "],
)
def test_forms_of_one_number(written: str) -> None:
    assert normalised(written) == "43"


@pytest.mark.parametrize("written", ["1043", "1,043", "1.043", "1 043", "1'043", "1\u202f043", "1,043.00"])
def test_forms_of_a_large_number(written: str) -> None:
    assert normalised(written) == "1043"


@pytest.mark.parametrize("written", ["1000", "1,000", "1.000", "1,000.0", "1.000,00", "01000"])
def test_forms_of_a_round_number(written: str) -> None:
    assert normalised(written) == "1000"


@pytest.mark.parametrize("pair", [("S43", "43"), ("43", "430"), ("4.3", "43"), ("A-1", "A1"), ("43", "-43")])
def test_numbers_that_stay_apart(pair: tuple[str, str]) -> None:
    assert normalised(pair[0]) != normalised(pair[1])


@given(st.lists(st.text(max_size=8) | st.from_regex(r"[A-Za-z]{0,2}0*[0-9]{1,4}(\.0)?", fullmatch=True)))
def test_a_column_is_normalised_as_each_of_its_identifiers(written: list[str]) -> None:
    column = pd.Series(written, dtype="str")
    assert all_normalised(column).tolist() == [normalised(each) for each in written]


def test_the_hint_names_the_damaged_part_of_the_key() -> None:
    row = {"object": 1, "userid": "12", "courseid": "C1", "claims": "e", "file": "e.csv", "tab": None, "row": 2}
    alike = pd.DataFrame([row | {"old": 0, "called": "0012 / C1", "new": "12 / C1", "evidence": IDENTIFIER}])
    none = no_objects("match", "slice", "claims")
    (issue,) = issues(ENROLMENT, Desired("enrolment", alike[["object"]], none, none), alike)
    assert issue.code == "lost-zeros"
    assert "{pad: 4}" in issue.hint


def test_what_is_missing_has_no_normal_form() -> None:
    column = pd.Series(["S1", None, "\uff13"], dtype="str", index=[4, 5, 6])
    assert all_normalised(column).fillna("none").to_dict() == {4: "s1", 5: "none", 6: "3"}


def test_unique_values_are_compared_as_the_site_does() -> None:
    names = pd.Series(["Zo\u00eb", "ZOE"], dtype="str")
    fields = {field.name: field for field in (*USER.fields, *COURSE.fields)}
    kept = {name: compared(names, fields[name], CONVENTIONS).tolist() for name in ("email", "username", "shortname")}
    assert kept == {"email": ["Zo\u00eb", "ZOE"], "username": ["Zo\u00eb", "ZOE"], "shortname": ["zoe", "zoe"]}
    assert compared(names, fields["shortname"], Conventions(identifiers="exact")).tolist() == names.tolist()


# -- likenesses ----------------------------------------------------------------------------------------------------


def alike(alignment: Alignment, conventions: Conventions = CONVENTIONS) -> pd.DataFrame:
    resource, desired, observed = alignment.resource, alignment.desired, alignment.observed
    return likenesses(resource, desired, observed, alignment.ledger, conventions)


def shown(found: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Likenesses as the identifier in the row, that of what it seems to mean, and the evidence."""
    return [(row["new"], row["called"], row["evidence"]) for row in found.to_dict("records")]


MEMORY = [known("user", "0012", sent={}, seen={})]


@pytest.mark.parametrize(
    ("row", "site", "expected"),
    [
        pytest.param(ann("12"), ann("0012"), [("12", "0012", IDENTIFIER)], id="no zeros"),
        pytest.param({"userid": "12"}, ann("0012"), [("12", "0012", IDENTIFIER)], id="just a number"),
        pytest.param(ann("N1"), ann("0012"), [], id="nothing in common"),
        pytest.param(ann("N1", email="0012@uni.example"), ann("0012"), [("N1", "0012", "email")], id="the address"),
        pytest.param(ann("N1", username="0012"), ann("0012"), [("N1", "0012", "username")], id="the login"),
        pytest.param(
            ann("12", username="0012", email="0012@uni.example"),
            ann("0012"),
            [("12", "0012", f"{IDENTIFIER} username email")],
            id="everything",
        ),
        pytest.param(ann("N1", email=None), ann("0012", email=None), [], id="blank addresses"),
        pytest.param(ann("0012", email="x@x"), ann("0012"), [], id="the same account"),
    ],
)
def test_whom_a_new_row_seems_to_mean(
    row: dict[str, Any], site: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert shown(alike(aligned("user", [row], [site], MEMORY))) == expected


def test_an_address_that_others_may_share_proves_nothing() -> None:
    alignment = aligned("user", [ann("N1", email="0012@uni.example")], [ann("0012")], MEMORY)
    assert shown(alike(alignment, Conventions(shared_emails=True))) == []


def test_who_is_still_named_is_nobody_else() -> None:
    new = ann("N1", email="0012@uni.example")
    assert shown(alike(aligned("user", [new, ann("0012")], [ann("0012")], MEMORY))) == []
    alignment = aligned("user", [new], [ann("0012")], MEMORY)
    guarded = (
        alignment.desired.guarded[["object"]].reindex([0]).assign(object=objects("user", alignment.index, ["0012"]))
    )
    desired = replace(alignment.desired, guarded=guarded)
    assert unnamed(desired, alignment.observed)["match"].tolist() == []
    assert unnamed(alignment.desired, alignment.observed)["match"].tolist() == ["0012"]


@pytest.mark.parametrize("userid", ["N1", None])
def test_a_row_that_cannot_be_used_may_mean_somebody_too(userid: str | None) -> None:
    refused = [{**ann("N1"), "userid": userid, "email": "0012@uni.example"}]
    found = alike(aligned("user", [], [ann("0012")], MEMORY, refused=refused))
    assert found[["called", "evidence", "row"]].values.tolist() == [["0012", "email", 2]]


def test_new_rows_and_those_that_cannot_be_used_are_compared_together() -> None:
    rows, refused = [ann("N1"), ann("\uff11\uff12")], [ann("N2"), {**ann("N3"), "email": "0034@uni.example"}]
    memory = [known("user", each, sent={}, seen={}) for each in ("0012", "0034")]
    found = alike(aligned("user", rows, [ann("0012"), ann("0034")], memory, refused=refused))
    assert shown(found) == [("\uff11\uff12", "0012", IDENTIFIER), ("N3", "0034", "email")]


def test_what_is_not_in_the_ledger_is_called_as_the_site_compares_it() -> None:
    assert shown(alike(aligned("user", [ann("s-12")], [ann("S-012")]))) == [("s-12", "s-012", IDENTIFIER)]


def test_only_what_identifies_itself_is_compared() -> None:
    rows, site = [{"userid": "12", "courseid": "C1", "roleid": "s"}], [{"userid": "0012", "courseid": "C1"}]
    assert not len(alike(aligned("enrolment", rows, site)))


def enrolled(userid: str, courseid: str = "C1", **more: Any) -> dict[str, Any]:
    return {"userid": userid, "courseid": courseid, "roleid": "student", **more}


def confused(rows: Sequence[dict[str, Any]], site: Sequence[dict[str, Any]], *memory: str) -> Alignment:
    ledger = [known("enrolment", each, "C1", sent={}, seen={}) for each in memory]
    return aligned("enrolment", rows, site, ledger)


@pytest.mark.parametrize(
    ("rows", "site", "memory", "expected"),
    [
        pytest.param([enrolled("12")], [], ["0012"], ["12 / C1 0012 / C1"], id="new, and has lost its zeros"),
        pytest.param([enrolled("12")], [enrolled("12")], ["0012"], [], id="known"),
        pytest.param(
            [enrolled("12", also="row 3")],
            [enrolled("12")],
            ["0012"],
            ["12 / C1 0012 / C1"],
            id="known, and there twice",
        ),
        pytest.param([enrolled("12"), enrolled("0012")], [], ["0012"], [], id="both are listed"),
        pytest.param([enrolled("13")], [], ["0012"], [], id="another number"),
        pytest.param([enrolled("12", "C2")], [], ["0012"], [], id="another course"),
        pytest.param([enrolled("12")], [], [], [], id="nothing is remembered"),
        pytest.param([], [], ["0012"], [], id="nothing is listed"),
    ],
)
def test_a_row_of_known_people_may_mean_another_one(
    rows: list[dict[str, Any]], site: list[dict[str, Any]], memory: list[str], expected: list[str]
) -> None:
    alignment = confused(rows, site, *memory)
    found = lookalikes(ENROLMENT, alignment.desired, alignment.observed, alignment.ledger)
    assert [f"{row['new']} {row['called']}" for row in found.to_dict("records")] == expected


def test_what_seems_to_mean_another_is_left_out_and_both_are_guarded() -> None:
    alignment = confused([enrolled("12"), enrolled("S2", claims="staff")], [], "0012")
    found = lookalikes(ENROLMENT, alignment.desired, alignment.observed, alignment.ledger)
    left = left_out(alignment.index, alignment.desired, found)
    assert left.rows["userid"].tolist() == ["S2"]
    assert set(left.guarded["match"]) == {"12\x1fc1", "0012\x1fc1"}
    assert left.rejected_by == {"people": 1}
    assert left_out(alignment.index, alignment.desired, found.iloc[:0]) is alignment.desired


# -- which of them count -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evidence", "leaves", "stays"),
    [(IDENTIFIER, True, True), (IDENTIFIER, False, True), ("email", True, False), ("email", False, True)],
)
def test_a_row_is_in_the_way_unless_what_it_seems_to_mean_is_deleted_first(
    evidence: str, leaves: bool, stays: bool
) -> None:
    alike = pd.DataFrame({"old": [1], "evidence": [f"{evidence} username"]})
    leaving = pd.Series([1 if leaves else 2])
    assert len(in_the_way(alike, leaving)) == stays
    assert not len(in_the_way(alike.iloc[:0], leaving))


def renamed(count: int, evidence: str = "email", new: str = "N1") -> tuple[Desired, pd.DataFrame]:
    row = {"object": 0, "claims": "users", "file": "u.csv", "tab": None, "row": 2, "new": new, "called": "S1"}
    alike = pd.DataFrame([row | {"evidence": evidence}] * count)
    none = no_objects("match", "slice", "claims")
    columns = {"users": {"userid": ("ID",)}}
    return Desired("user", pd.DataFrame({"object": [0]}), none, none, columns=columns), alike


@pytest.mark.parametrize(("count", "last"), [(MOST, None), (MOST + 1, "... and 1 more like this")])
def test_likenesses_are_reported_up_to_a_limit(count: int, last: str | None) -> None:
    desired, alike = renamed(count)
    found = [*issues(USER, desired, alike)]
    assert len(found) == count
    assert (found[-1].message == last) == (last is not None)
    assert (found[0].column, found[0].row, found[0].value) == ("ID", 2, "N1")


def test_only_rows_that_could_be_used_otherwise_are_reported() -> None:
    desired, alike = renamed(1)
    assert not [*issues(USER, desired, alike.assign(object=-1))]
    assert not [*issues(USER, desired, alike.iloc[:0])]


@pytest.mark.parametrize(
    ("evidence", "new", "start"),
    [
        ("email", "N1", "user N1 has the Email address of user S1"),
        ("username email", "N1", "user N1 has the Username and Email address of user S1"),
        ("email", "", "one user without an identifier has the Email address of user S1"),
        (f"{IDENTIFIER} email", "S-1", "`S-1` is new, and S1 is missing from the export: this looks like S1"),
        (IDENTIFIER, "0S1", "0S1 is new, and S1 is missing from the export: they differ only by leading zeros"),
    ],
)
def test_an_issue_names_both_and_what_they_have_in_common(evidence: str, new: str, start: str) -> None:
    desired, alike = renamed(1, evidence, new)
    (issue,) = issues(USER, desired, alike)
    assert issue.message.startswith(start)


@pytest.mark.parametrize(
    ("new", "called", "damaged", "hint"),
    [
        ("12 / C1", "0012 / C1", False, "{pad: 4}"),
        ("0012 / 7", "12 / 7", False, "{pad: 4}"),
        ("12 / C-1", "0012 / C1", True, "Export the identifier as 0012 / C1"),
        ("S-1 / C1", "S1 / C1", True, "Export the identifier as S1:"),
    ],
)
def test_the_hint_is_about_the_parts_that_differ(new: str, called: str, damaged: bool, hint: str) -> None:
    desired, alike = renamed(1, IDENTIFIER, new)
    (issue,) = issues(ENROLMENT, desired, alike.assign(called=called))
    assert issue.code == ("damaged-identifier" if damaged else "lost-zeros")
    assert hint in issue.hint


@pytest.mark.parametrize(
    ("evidence", "same"),
    [
        (NAME, "full name"),
        (f"{NAME} {PART}", "full name"),
        (f"{NAME} {COMPANY}", "full name and courses"),
        (f"{COMPANY} email", "courses and Email address"),
        (PART, "identifier except for one part"),
    ],
)
def test_evidence_in_words(evidence: str, same: str) -> None:
    assert in_common(USER, evidence) == same


def test_a_course_is_in_the_company_of_people() -> None:
    assert in_common(COURSE, COMPANY) == "people"


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ("S1", "N1", "user,S1,N1"),
        ("S,1", "N1", 'user,"S,1",N1'),
        ("S1", 'N"1', 'user,S1,"N""1"'),
        ('"', ",", 'user,"""",","'),
    ],
)
def test_the_row_for_a_file_of_aliases_is_csv(old: str, new: str, row: str) -> None:
    assert alias_row(USER, old, new) == row
