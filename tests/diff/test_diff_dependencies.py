"""What rows refer to, and what becomes of those whose parents are unknown, bad, or about to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sync.config.mappings import Mapping as MappingFile
from sync.config.mappings import MappingOrigin
from sync.diff.dependencies import Parents, apart, check, near, tell, wanted
from sync.diff.identity import IDENTIFIER, nothing_alike
from sync.mapping.source import Source
from sync.model import Desired, Issue, Observed, Resource
from sync.model.index import guarding, indexes
from sync.model.resources import CATALOGUE, COURSE, ENROLMENT, GROUP_MEMBER, USER
from sync.observe.observed import nothing_observed
from sync.workflows.desired import nothing_desired
from tests.diff.sides import CONVENTIONS, ann, objects, stated, there
from tests.engine.engine_world import sheet

MOST = 1_000
EXAMPLES = 3


def enrolled(userid: str, courseid: str, **more: Any) -> dict[str, Any]:
    return {"userid": userid, "courseid": courseid, "roleid": "student", **more}


def course(courseid: str, **more: Any) -> dict[str, Any]:
    return {"courseid": courseid, "fullname": courseid, "shortname": courseid.lower(), **more}


class Place:
    """Enrolments in the sheets, and what is known of the people and courses that they name."""

    def __init__(self, *pairs: str, refused: Sequence[dict[str, Any]] | None = None) -> None:
        self.numbers = indexes()
        rows = [enrolled(*pair.split()) for pair in pairs]
        more = {} if refused is None else {"refused": refused}
        columns = {"people": {"userid": ("WHO",), "courseid": ("WHERE",)}}
        self.enrolments = stated("enrolment", self.numbers["enrolment"], rows, ["roleid"], columns=columns, **more)
        self.desired: dict[str, Desired] = {name: nothing_desired(name) for name in ("user", "course")}
        self.observed: dict[str, Observed] = {
            name: nothing_observed(CATALOGUE[name]) for name in ("user", "course", "enrolment")
        }
        self.leaving: dict[str, Any] = {name: self._objects(name) for name in ("user", "course")}

    def _objects(self, name: str, *keys: str) -> np.ndarray[Any, Any]:
        return objects(name, self.numbers[name], *([key] for key in keys))

    def listed(self, **keys: Sequence[str]) -> Place:
        """They are in the sheets."""
        for name, own in keys.items():
            rows = [ann(key) if name == "user" else course(key) for key in own]
            self.desired[name] = stated(name, self.numbers[name], rows)
        return self

    def on_site(self, **keys: Sequence[str]) -> Place:
        for name, own in keys.items():
            rows = [ann(key) if name == "user" else course(key) for key in own]
            self.observed[name] = there(name, self.numbers[name], rows)
        return self

    def bad(self, anyone: Sequence[str] = (), **keys: Sequence[str]) -> Place:
        """Rows with errors name them; `anyone` are those of them that may mean anyone."""
        for name, own in keys.items():
            frame = pd.DataFrame({"object": self._objects(name, *own), "claims": "people"})
            shut = guarding(self.numbers[name], self.desired[name].guarded, frame)
            unsure = self._objects(name, *anyone)
            self.desired[name] = replace(self.desired[name], guarded=shut, anyone=unsure if len(unsure) else None)
        return self

    def unread(self, **keys: Sequence[str]) -> Place:
        for name, own in keys.items():
            self.observed[name] = replace(self.observed[name], failed=self._objects(name, *own))
        return self

    def foreign(self, **keys: Sequence[str]) -> Place:
        for name, own in keys.items():
            at = self._objects(name, *own)
            frame = self.observed[name].foreign[["object"]].reindex(range(len(at))).assign(object=at)
            self.observed[name] = replace(self.observed[name], foreign=frame)
        return self

    def going(self, **keys: Sequence[str]) -> Place:
        for name, own in keys.items():
            self.leaving[name] = self._objects(name, *own)
        return self

    def checked(self, alike: pd.DataFrame | None = None) -> tuple[Desired, list[Issue]]:
        parents = Parents(self.numbers["enrolment"], self.desired, self.observed, self.leaving)
        alike = nothing_alike() if alike is None else alike
        return check(ENROLMENT, self.enrolments, alike, parents, CONVENTIONS)


def kept(desired: Desired) -> list[str]:
    return (desired.rows["userid"] + " " + desired.rows["courseid"]).tolist()


def said(issues: Sequence[Issue]) -> list[tuple[str, str, str | None]]:
    return [(issue.code, str(issue.value), issue.column) for issue in issues]


def test_rows_whose_parents_are_listed_or_there_are_good() -> None:
    place = Place("S1 C1", "S2 C2").listed(user=["S1"], course=["C2"]).on_site(user=["S2"], course=["C1"])
    desired, issues = place.checked()
    assert (kept(desired), issues, len(desired.guarded)) == (["S1 C1", "S2 C2"], [], 0)
    assert (desired.unsure, desired.rejected) == (None, 0)


def test_what_another_plugin_made_is_a_parent_too() -> None:
    desired, issues = Place("S1 C1").listed(course=["C1"]).foreign(user=["S1"]).checked()
    assert (kept(desired), issues) == (["S1 C1"], [])


def test_a_row_of_nobody_known_is_left_out_and_guards_what_it_may_mean() -> None:
    desired, issues = Place("S1 C1", "X9 C1").listed(user=["S1"], course=["C1"]).checked()
    assert kept(desired) == ["S1 C1"]
    assert said(issues) == [("unknown-user", "X9", "WHO")]
    assert issues[0].severity == "error"
    assert (desired.guarded["match"].tolist(), desired.rejected_by) == (["x9\x1fc1"], {"people": 1})
    assert desired.unsure is not None
    assert desired.unsure[["parts", "claims"]].values.tolist() == [["courseid", "people"]]
    assert desired.anyone is not None
    assert len(desired.anyone) == 1


@pytest.mark.parametrize(("pair", "parts"), [("X9 C1", "courseid"), ("S1 X9", "userid"), ("X9 Y9", "")])
def test_a_row_protects_all_that_agrees_with_what_is_known_of_it(pair: str, parts: str) -> None:
    desired, issues = Place(pair).listed(user=["S1"], course=["C1"]).checked()
    assert desired.unsure is not None
    assert desired.unsure["parts"].tolist() == [parts]
    assert (desired.unsure["at"] >= 0).tolist() == [parts != ""]
    # The first parent that is unknown is said; one row, one issue.
    assert [issue.code for issue in issues] == ["unknown-course" if pair.startswith("S1") else "unknown-user"]


@pytest.mark.parametrize(
    ("state", "code", "sure"),
    [
        ("bad", "waits-user", True),
        ("bad beside somebody", "waits-user", True),
        ("bad to anyone", "waits-user", False),
        ("unread", "waits-user", True),
    ],
)
def test_a_row_waits_for_a_parent_whose_row_is_bad_or_that_was_not_read(state: str, code: str, sure: bool) -> None:
    place = Place("S1 C1").listed(course=["C1"])
    if state == "unread":
        place = place.unread(user=["S1"])
    else:
        anyone = {"bad to anyone": ["S1"], "bad beside somebody": ["S2"]}.get(state, [])
        place = place.bad(anyone, user=["S1", "S2"])
    desired, issues = place.checked()
    assert [(issue.code, issue.severity) for issue in issues] == [(code, "warning")]
    assert kept(desired) == []
    assert desired.guarded["match"].tolist() == ["s1\x1fc1"]
    assert (desired.unsure is None) == sure


def test_a_bad_row_of_somebody_who_is_there_makes_nobody_wait() -> None:
    desired, issues = Place("S1 C1").listed(course=["C1"]).on_site(user=["S1"]).bad(user=["S1"]).checked()
    assert (kept(desired), issues) == (["S1 C1"], [])


def test_what_is_known_by_a_bad_row_is_relied_on_unless_it_may_mean_anyone() -> None:
    for anyone, parts in ([], "courseid"), (["C1"], ""):
        desired, _ = Place("X9 C1").bad(anyone, course=["C1"]).checked()
        assert desired.unsure is not None
        assert desired.unsure["parts"].tolist() == [parts]


def test_below_what_goes_nothing_is_enrolled() -> None:
    place = Place("S1 C1", "S2 C1").on_site(user=["S1", "S2"], course=["C1"]).going(user=["S1"])
    desired, issues = place.checked()
    assert kept(desired) == ["S2 C1"]
    assert [(issue.code, issue.value, issue.severity) for issue in issues] == [("leaves-user", "S1", "warning")]
    assert desired.guarded["match"].tolist() == ["s1\x1fc1"]


def test_below_what_another_plugin_keeps_everything_stays() -> None:
    place = Place("S1 C1").listed(course=["C1"]).foreign(user=["S1"]).going(user=["S1"])
    assert (kept(place.checked()[0]), place.checked()[1]) == (["S1 C1"], [])


def test_a_row_has_one_issue_though_both_its_parents_are_wrong() -> None:
    assert said(Place("X9 Y9").checked()[1]) == [("unknown-user", "X9", "WHO")]
    going = Place("S1 C1").on_site(user=["S1"], course=["C1"]).going(user=["S1"], course=["C1"])
    assert [issue.code for issue in going.checked()[1]] == ["leaves-user"]
    waiting = Place("X9 C1").bad(course=["C1"])
    assert [issue.code for issue in waiting.checked()[1]] == ["unknown-user"]


def test_a_row_that_cannot_be_used_protects_what_it_may_mean_too() -> None:
    refused = [enrolled("X9", "C1"), enrolled("S1", "C1"), {"courseid": "C1"}]
    place = Place("S1 C1", refused=refused).listed(user=["S1"], course=["C1"])
    desired, issues = place.checked()
    assert (kept(desired), issues) == (["S1 C1"], [])
    assert desired.unsure is not None
    assert desired.unsure["parts"].tolist() == ["courseid"]


def test_what_a_row_seems_to_mean_is_guarded_if_its_identifier_was_damaged() -> None:
    for evidence, guarded in (IDENTIFIER, ["12", "0012"]), ("email", ["12"]):
        numbers = indexes()
        desired = stated("user", numbers["user"], [ann("12"), ann("S1")])
        new, old = objects("user", numbers["user"], ["12"], ["0012"]).tolist()
        row = {"match": "12", "object": new, "old": old, "called": "0012", "new": "12", "evidence": evidence}
        alike = pd.DataFrame([row | {"claims": "people", "file": "people.csv", "tab": None, "row": 2}])
        checked, issues = check(USER, desired, alike, Parents(numbers["user"], {}, {}, {}), CONVENTIONS)
        assert checked.rows["userid"].tolist() == ["S1"]
        assert checked.guarded["match"].tolist() == guarded
        assert [issue.row for issue in issues] == [2]
        assert checked.rejected_by == {"people": 1}


@pytest.mark.parametrize(
    ("row", "means_anyone"),
    [
        ({"userid": "S1", "email": "bad"}, False),
        ({"userid": "S1"}, True),
        ({"userid": "S1", "email": ""}, True),
        ({"userid": "S1", "username": "s1"}, False),
    ],
)
def test_a_bad_row_without_a_value_of_its_own_may_mean_anyone(row: dict[str, Any], means_anyone: bool) -> None:
    numbers = indexes()
    desired = stated("user", numbers["user"], [], refused=[row])
    checked, _ = check(USER, desired, nothing_alike(), Parents(numbers["user"], {}, {}, {}), CONVENTIONS)
    assert checked.anyone is not None
    assert len(checked.anyone) == means_anyone


def test_where_no_row_is_bad_nobody_is_meant() -> None:
    for some in True, False:
        numbers, more = indexes(), dict[str, Any]()
        if some:
            more["refused"] = []
        desired = stated("user", numbers["user"], [ann("S1")], **more)
        checked, _ = check(USER, desired, nothing_alike(), Parents(numbers["user"], {}, {}, {}), CONVENTIONS)
        assert checked.anyone is not None
        assert len(checked.anyone) == 0


def test_members_wait_for_their_group_and_their_enrolment() -> None:
    numbers = indexes()
    keys = [{"courseid": "C1", "groupid": "G1", "userid": user} for user in ("S1", "S2", "12")]
    members = stated("group_member", numbers["group_member"], keys)
    listed = {
        "enrolment": stated("enrolment", numbers["enrolment"], [enrolled("S1", "C1"), enrolled("0012", "C1")]),
        "group": stated("group", numbers["group"], [{"courseid": "C1", "groupid": "G1", "name": "G"}]),
        "user": nothing_desired("user"),
        "course": nothing_desired("course"),
    }
    observed = {name: nothing_observed(CATALOGUE[name]) for name in listed}
    gone = {name: objects(name, numbers[name]) for name in listed}
    gone["user"] = objects("user", numbers["user"], ["S2"])
    parents = Parents(numbers["group_member"], listed, observed, gone)
    desired, issues = check(GROUP_MEMBER, members, nothing_alike(), parents, CONVENTIONS)
    assert desired.rows["userid"].tolist() == ["S1"]
    assert [(i.code, i.value) for i in issues] == [("leaves-user", "S2"), ("unknown-enrolment", "12 / C1")]
    # A key of two parts could not be told from one that is damaged in either.
    assert "0012" not in issues[1].hint


# -- in words ------------------------------------------------------------------------------------------------------


def test_a_known_identifier_that_an_unknown_one_may_mean() -> None:
    unknown, known = (pd.Series(each, dtype="str") for each in (["12", "S-1", "x"], ["0012", "s1", "y"]))
    assert near(unknown, known).fillna("none").tolist() == ["0012", "none", "none"]
    assert near(unknown.set_axis([5, 6, 7]), known.set_axis([8, 9, 9])).fillna("none").tolist()[0] == "0012"


@pytest.mark.parametrize(
    ("unknown", "known", "hint"),
    [("12", "0012", "{pad: 4}"), ("0012", "12", "{pad: 4}"), ("1.200", "1200", "1200"), ("12", "13", "")],
)
def test_the_hint_says_what_may_be_meant(unknown: str, known: str, hint: str) -> None:
    _, issues = Place(f"{unknown} C1").listed(user=[known], course=["C1"]).checked()
    assert [issue.value for issue in issues] == [unknown]
    assert ("pad" in issues[0].hint) == ("pad" in hint)
    assert hint in issues[0].hint


@pytest.mark.parametrize(("count", "last"), [(MOST, None), (MOST + 1, "1 more"), (0, None)])
def test_rows_are_told_of_up_to_a_limit(count: int, last: str | None) -> None:
    desired = stated("enrolment", indexes()["enrolment"], [enrolled("X9", "C1")])
    rows = desired.rows.loc[[0] * count].reset_index(drop=True)
    found = tell(desired, rows, ["userid"], "unknown", "user")
    assert len(found) == count
    assert last is None or last in found[-1].message
    assert {issue.value for issue in found[:MOST]} <= {"X9"}


# -- what is named and not listed ----------------------------------------------------------------------------------


def test_what_others_refer_to_and_no_sheet_lists_is_wanted_once() -> None:
    numbers = indexes()
    rows = [enrolled("S1", "C1"), enrolled("s2", "C1"), enrolled("S2", "C2"), enrolled("S3", "C3")]
    desired = {name: nothing_desired(name) for name in CATALOGUE}
    desired["user"] = stated("user", numbers["user"], [ann("S1")])
    desired["enrolment"] = stated("enrolment", numbers["enrolment"], rows)
    desired["program_allocation"] = stated(
        "program_allocation", numbers["program_allocation"], [{"programid": "P1", "userid": "S3"}]
    )
    found = {name: wanted(CATALOGUE[name], desired, numbers) for name in ("user", "course", "enrolment")}
    assert found["user"][["match", "userid"]].values.tolist() == [["s2", "s2"], ["s3", "S3"]]
    assert found["course"]["match"].tolist() == ["c1", "c2", "c3"]
    assert len(found["enrolment"]) == 0
    assert numbers["user"].texts(found["user"]["object"]).tolist() == ["s2", "s3"]


def source(resource: Resource, *files: str, mode: str = "snapshot") -> Source:
    data = {"resource": resource.name, "name": resource.name, "mode": mode, "sheet": {"file": files[0]}}
    data["fields"] = {name: name for name in (*resource.key, *(f.name for f in resource.fields if f.required))}
    if mode == "delta":
        data["delete_when"] = {"ACTION": "D"}
    mapping = MappingFile.model_validate(data, context=MappingOrigin(Path("mappings.yaml"), 1, "digest"))
    return Source(mapping, tuple(sheet([], [], file) for file in files))


def unlisted(pairs: Sequence[str], *sources: Source, bad: bool = False, **listed: Sequence[str]) -> list[Issue]:
    numbers = indexes()
    desired: dict[str, Desired] = {name: nothing_desired(name) for name in CATALOGUE}
    columns: Mapping[str, Any] = {"people": {"userid": ("WHO",), "courseid": ("WHERE",)}}
    rows = [enrolled(*pair.split()) for pair in pairs]
    desired["enrolment"] = stated("enrolment", numbers["enrolment"], rows, columns=columns)
    for name, keys in listed.items():
        own = [ann(key) if name == "user" else course(key) for key in keys]
        desired[name] = stated(name, numbers[name], own)
        if bad:
            shut = pd.DataFrame({"match": ["x9"], "slice": [None], "claims": ["people"]}).astype("str")
            desired[name] = replace(desired[name], guarded=shut)
    return [*apart(desired, sources)]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["S1 C1"], None),
        (["S1 C1", "X1 C1"], "1 enrolment refers to 1 user not in u.csv: X1"),
        (["X1 C1", "X1 C2"], "2 enrolments refer to 1 user not in u.csv: X1"),
        ([f"X{n} C1" for n in range(EXAMPLES)], "3 enrolments refer to 3 users not in u.csv: X0, X1 and X2"),
        (
            [f"X{n} C1" for n in range(EXAMPLES + 1)],
            "4 enrolments refer to 4 users not in u.csv: X0, X1, X2 and 1 more",
        ),
    ],
)
def test_what_the_sheets_of_its_own_resource_do_not_list_is_counted(pairs: list[str], message: str | None) -> None:
    found = unlisted(pairs, source(USER, "u.csv"), user=["S1"])
    assert [issue.message for issue in found] == [message] * (message is not None)
    assert [issue.column for issue in found] == ["WHO"] * (message is not None)


def test_only_where_its_own_sheets_are_all_complete_is_that_known() -> None:
    assert unlisted(["X1 C1"]) == []
    assert unlisted(["X1 C1"], source(USER, "u.csv", mode="delta")) == []
    assert unlisted(["X1 C1"], source(USER, "u.csv"), source(USER, "d.csv", mode="delta")) == []
    assert len(unlisted(["X1 C1"], source(USER, "u.csv"), source(COURSE, "c.csv"))) == 2
    assert unlisted([], source(USER, "u.csv")) == []


def test_a_bad_row_lists_it_too_and_all_files_are_named() -> None:
    assert unlisted(["X9 C1"], source(USER, "u.csv"), bad=True, user=["S1"]) == []
    (issue,) = unlisted(["X8 C1"], source(USER, "u.csv", "v.csv"), source(USER, "u.csv"), user=["S1"])
    assert "not in u.csv and v.csv: X8" in issue.message
