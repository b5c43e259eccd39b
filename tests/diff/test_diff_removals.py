"""What may be removed: who claims it, who lets go, what protects it, and what is in scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sync.config.mappings import Mapping as MappingFile
from sync.config.mappings import MappingOrigin
from sync.diff.removals import Leaving, claimed_by, leaving, unmanaged
from sync.model import Desired
from sync.model.index import guarding, indexes
from sync.model.resources import COMPLETION, ENROLMENT, USER
from sync.workflows.desired import nothing_desired
from tests.diff.sides import ann, known, objects, remembered, stated, there
from tests.engine.engine_world import Setup

FIELDS = {"userid": "ID", "courseid": "COURSE", "roleid": "ROLE"}


def mapping(name: str = "people", **said: Any) -> MappingFile:
    data = {"resource": "enrolment", "name": name, "sheet": {"file": "e.csv"}, "fields": FIELDS, "missing": "delete"}
    return MappingFile.model_validate(data | said, context=MappingOrigin(Path("mappings.yaml"), 1, "digest"))


class Roster:
    """Enrolments that the ledger knows, and what is left of them in the sheets."""

    def __init__(self, *memory: str, **row: Any) -> None:
        self.numbers = indexes()
        keys = [pair.split() for pair in memory]
        rows = [known("enrolment", *key, sent={"roleid": "student"}, seen=None, **row) for key in keys]
        self.ledger = remembered("enrolment", self.numbers["enrolment"], rows)
        self.courses: Desired | None = None
        self.users: Desired | None = None
        self.said: dict[str, Any] = {"complete": frozenset({"people", "staff"})}
        self.rows: list[dict[str, Any]] = []

    def listing(self, *pairs: str, **more: Any) -> Roster:
        self.rows = [dict(zip(FIELDS, [*pair.split(), "student"], strict=True)) for pair in pairs]
        self.said |= more
        return self

    def in_courses(self, *listed: str, bad: Sequence[str] = (), files: Sequence[str] = ("c.csv",)) -> Roster:
        rows = [{"courseid": each, "file": files[n % len(files)]} for n, each in enumerate(listed)]
        own = stated("course", self.numbers["course"], rows, [])
        at = objects("course", self.numbers["course"], *([each] for each in bad))
        shut = guarding(self.numbers["course"], own.guarded, pd.DataFrame({"object": at, "claims": "people"}))
        self.courses = replace(own, guarded=shut)
        return self

    def with_bad_users(self, *users: str) -> Roster:
        own = nothing_desired("user")
        at = objects("user", self.numbers["user"], *([each] for each in users))
        shut = guarding(self.numbers["user"], own.guarded, pd.DataFrame({"object": at, "claims": "people"}))
        self.users = replace(own, guarded=shut)
        return self

    def found(self, *mappings: MappingFile) -> Leaving:
        index = self.numbers["enrolment"]
        desired = stated("enrolment", index, self.rows, ["roleid"], **self.said)
        parents = {name: each for name, each in (("course", self.courses), ("user", self.users)) if each is not None}
        config = Setup(mappings or [mapping()]).config
        return leaving(ENROLMENT, index, desired, self.ledger, parents, config)

    def gone(self, *mappings: MappingFile) -> list[str]:
        return self.found(*mappings).rows["match"].str.replace("\x1f", " ").tolist()


def test_where_nothing_is_remembered_nothing_leaves() -> None:
    assert Roster().gone() == []


@pytest.mark.parametrize(("row", "expected"), [({}, ["s2 c1"]), ({"owned": 0}, []), ({"claims": ""}, [])])
def test_what_is_ours_and_not_listed_leaves(row: dict[str, Any], expected: list[str]) -> None:
    assert Roster("S1 C1", "S2 C1", **row).listing("S1 C1").gone() == expected


@pytest.mark.parametrize(
    ("claims", "complete", "mappings", "expected"),
    [
        ("people", ["people"], [mapping()], 1),
        ("people", [], [mapping()], 0),
        ("people", ["people"], [mapping(missing="keep")], 0),
        ("people staff", ["people", "staff"], [mapping(), mapping("staff")], 1),
        ("people staff", ["people"], [mapping(), mapping("staff")], 0),
        ("people staff", ["people", "staff"], [mapping(), mapping("staff", missing="keep")], 0),
        ("people gone", ["people", "gone"], [mapping()], 0),
    ],
)
def test_all_who_claim_it_must_let_go(
    claims: str, complete: list[str], mappings: list[MappingFile], expected: int
) -> None:
    roster = Roster("S1 C1", claims=claims).listing("S9 C1", complete=frozenset(complete))
    assert len(roster.gone(*mappings)) == expected


def removal(user: str, claims: str = "drops", **more: Any) -> dict[str, Any]:
    return {"userid": user, "courseid": "C1", "claims": claims, **more}


DROPS = mapping("drops", mode="delta", missing="keep", delete_when={"ACTION": "D"})


@pytest.mark.parametrize(
    ("claims", "stating", "complete", "expected"),
    [
        ("drops", "drops", [], ["s1 c1"]),
        ("people drops", "drops", ["people"], ["s1 c1"]),
        ("people drops", "drops", [], []),
        ("people", "drops", [], []),
        ("people", "drops", ["people"], ["s1 c1", "s2 c1"]),
    ],
)
def test_what_an_export_of_changes_says_is_gone_leaves_if_nobody_else_lists_it(
    claims: str, stating: str, complete: list[str], expected: list[str]
) -> None:
    roster = Roster("S1 C1", "S2 C1", claims=claims)
    roster.listing("S9 C1", complete=frozenset(complete), removals=[removal("S1", stating)])
    assert roster.gone(mapping(), DROPS) == expected


@pytest.mark.parametrize(
    ("courses", "expected", "issues"),
    [
        (["C1", "C2"], ["s1 c1", "s2 c2", "s3 c2"], []),
        (["C1"], ["s1 c1"], ["2 enrolments are kept"]),
        (["C2"], ["s2 c2", "s3 c2"], ["1 enrolment is kept"]),
        ([], [], ["1 enrolment is kept", "2 enrolments are kept"]),
    ],
)
def test_what_is_in_a_course_that_has_ended_stays(courses: list[str], expected: list[str], issues: list[str]) -> None:
    found = Roster("S1 C1", "S2 C2", "S3 C2").in_courses(*courses)
    assert found.gone() == expected
    told = found.found().issues
    assert [issue.code for issue in told] == ["ended"] * len(issues)
    assert all(issue.message.endswith(text) for text, issue in zip(issues, told, strict=True))
    assert [issue.value for issue in told] == [c for c in ("C1", "C2") if c not in courses]


@pytest.mark.parametrize(("files", "file"), [(["c.csv"], "c.csv"), (["c.csv", "d.csv"], None)])
def test_the_file_that_would_list_an_ended_course_is_named_if_there_is_one(files: list[str], file: str | None) -> None:
    (issue,) = Roster("S1 C1").in_courses("C8", "C9", files=files).found().issues
    assert issue.file == file


def test_a_course_whose_own_row_is_bad_has_not_ended_and_keeps_everything() -> None:
    found = Roster("S1 C1", "S2 C2").in_courses("C2", bad=["C1"])
    assert (found.gone(), found.found().issues) == (["s2 c2"], ())


def test_a_person_and_a_course_whose_rows_are_bad_both_keep_what_is_theirs() -> None:
    roster = Roster("S1 C1", "S2 C2", "S3 C1").in_courses("C1", bad=["C2"]).with_bad_users("S1")
    assert roster.gone() == ["s3 c1"]


def test_what_is_said_to_be_gone_leaves_an_ended_course_and_a_person_whose_row_is_bad() -> None:
    roster = Roster("S1 C1", "S2 C1", claims="drops").in_courses().with_bad_users("S1")
    assert roster.listing(removals=[removal("S1")]).gone(DROPS) == ["s1 c1"]


def test_below_a_bad_row_everything_stays() -> None:
    assert Roster("S1 C1", "S2 C1").with_bad_users("S1").gone() == ["s2 c1"]


def guarded(roster: Roster, **columns: Any) -> list[str]:
    """What leaves although a bad row names this."""
    row = {"match": None, "slice": None, "claims": "people", **columns}
    roster.said["guarded"] = pd.DataFrame([row]).astype({"match": "str", "slice": "str", "claims": "str"})
    return roster.gone(mapping(), mapping("staff"))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"match": "s1\x1fc1"}, ["s2 c1", "s3 c2"]),
        ({"slice": "c1"}, ["s3 c2"]),
        ({"slice": "c1", "claims": "staff"}, ["s1 c1", "s2 c1", "s3 c2"]),
        ({"slice": "c9"}, ["s1 c1", "s2 c1", "s3 c2"]),
    ],
)
def test_a_bad_row_protects_what_it_names_or_all_its_mapping_claims_in_the_course(
    row: dict[str, Any], expected: list[str]
) -> None:
    assert guarded(Roster("S1 C1", "S2 C1", "S3 C2"), **row) == expected


@pytest.mark.parametrize(
    ("parts", "key", "claims", "expected"),
    [
        ("courseid", "C1", "people", ["s3 c2"]),
        ("userid", "S1", "people", ["s2 c1", "s3 c2"]),
        ("", "", "people", []),
        ("", "", "staff", ["s1 c1", "s2 c1", "s3 c2"]),
        ("courseid", "C1", "staff people", ["s3 c2"]),
    ],
)
def test_a_row_that_may_mean_somebody_protects_all_it_may_mean(
    parts: str, key: str, claims: str, expected: list[str]
) -> None:
    roster = Roster("S1 C1", "S2 C1", "S3 C2")
    name = {"courseid": "course", "userid": "user"}.get(parts, "")
    at = objects(name, roster.numbers[name], [key])[0] if name else -1
    roster.said["unsure"] = pd.DataFrame({"parts": [parts], "at": [at], "claims": [claims]})
    assert roster.gone() == expected


@pytest.mark.parametrize(
    ("scope", "claims", "expected"),
    [
        ({"courseid": ["C1"]}, "people", ["s1 c1"]),
        ({"courseid": ["C*"]}, "people", ["s1 c1", "s2 c2"]),
        ({"courseid": ["C1"], "userid": ["T*"]}, "people", []),
        ({"courseid": ["C1"], "userid": ["S*"]}, "people", ["s1 c1"]),
        ({"courseid": ["C1"]}, "staff", ["s1 c1", "s2 c2"]),
        ({"courseid": ["C1"]}, "people staff", ["s1 c1"]),
    ],
)
def test_what_is_out_of_scope_stays(scope: Mapping[str, list[str]], claims: str, expected: list[str]) -> None:
    roster = Roster("S1 C1", "S2 C2", claims=claims)
    assert roster.gone(mapping(scope=scope), mapping("staff")) == expected


@pytest.mark.parametrize(("count", "start"), [(1, "1 enrolment came from"), (2, "2 enrolments came from")])
def test_what_came_from_a_mapping_that_is_gone_is_reported(count: int, start: str) -> None:
    found = Roster(*(f"S{n} C1" for n in range(count)), claims="people gone").found()
    assert [(issue.code, issue.value) for issue in found.issues] == [("mapping-gone", "gone")]
    assert found.issues[0].message.startswith(f"{start} the mapping gone")
    assert len(found.rows) == 0


def test_values_to_be_set_go_along() -> None:
    roster = Roster("S1 C1").listing("S9 C1")
    setting = mapping(fields={**FIELDS, "enrolstatus": "STATUS"}, missing={"set": {"enrolstatus": "1"}})
    assert roster.found(setting).rows["to_set"].tolist() == ['{"enrolstatus":"1"}']


def test_what_cannot_be_deleted_never_leaves() -> None:
    index = indexes()["completion"]
    ledger = remembered("completion", index, [known("completion", "C1", "S1", sent={}, seen=None)])
    own = mapping(resource="completion", fields={"courseid": "C", "userid": "U", "timecompleted": "T"}, missing="keep")
    desired = replace(nothing_desired("completion"), complete=frozenset({"people"}))
    assert len(leaving(COMPLETION, index, desired, ledger, {}, Setup([own]).config).rows) == 0


def test_who_claims_what() -> None:
    claims = pd.Series(["people", "staff people", "staff", "", None], dtype="str")
    assert claimed_by(claims, frozenset({"people"})).tolist() == [True, True, False, False, False]
    assert claimed_by(claims, frozenset({"people", "staff"})).tolist() == [True, True, True, False, False]


# -- what an export of changes says is gone, and is not ours ----------------------------------------------------------


@pytest.mark.parametrize(
    ("users", "site", "foreign", "owned", "message"),
    [
        (["S1"], ["S1"], [], 0, "1 user to be removed is not"),
        (["S1"], ["S1"], [], 1, None),
        (["S1"], [], [], 0, None),
        (["S1"], [], ["S1"], 0, "1 user to be removed is not"),
        (["S1", "S2"], ["S1", "S2"], [], 0, "2 users to be removed are not"),
        ([], ["S1"], [], 0, None),
    ],
)
def test_what_is_to_be_removed_and_not_ours_is_reported_if_it_is_there(
    users: list[str], site: list[str], foreign: list[str], owned: int, message: str | None
) -> None:
    index = indexes()["user"]
    desired = stated("user", index, [], removals=[{"userid": each, "row": 7} for each in users])
    ledger = remembered("user", index, [known("user", "S1", sent={}, seen={}, owned=owned)])
    observed = there("user", index, [ann(each) for each in site])
    others = observed.foreign[["object"]].reindex(range(len(foreign)))
    others = others.assign(object=objects("user", index, *([each] for each in foreign)))
    found = unmanaged(USER, desired, ledger, replace(observed, foreign=others))
    assert len(found) == (message is not None)
    for issue in found:
        assert issue.message.startswith(str(message))
        assert (issue.file, issue.row, issue.value) == ("people.csv", 7, "S1")


def test_a_removal_without_a_row_is_reported_by_its_file() -> None:
    index = indexes()["user"]
    desired = stated("user", index, [], removals=[{"userid": "S1", "row": None}])
    (issue,) = unmanaged(USER, desired, remembered("user", index, []), there("user", index, [ann("S1")]))
    assert (issue.file, issue.row) == ("people.csv", None)
