"""What mappings contribute, and whether it is strange that it is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync.config.mappings import Mapping as MappingFile
from sync.config.mappings import MappingOrigin
from sync.diff.contributions import Contribution, contributions, dropped, measured, trusted, unexpected
from sync.mapping.source import Source
from sync.model import Desired, Input, Issue
from sync.model.index import indexes
from sync.model.resources import CATALOGUE
from sync.workflows.desired import nothing_desired
from tests.diff.sides import CONVENTIONS, ann, objects, stated
from tests.engine.engine_world import sheet


def mapping(name: str = "people", **said: Any) -> MappingFile:
    fields = {"userid": "ID", "courseid": "COURSE", "roleid": "ROLE"}
    data = {"resource": "enrolment", "name": name, "sheet": {"file": f"{name}.csv"}, "fields": fields, **said}
    return MappingFile.model_validate(data, context=MappingOrigin(Path("mappings.yaml"), 1, "digest"))


def source(**said: Any) -> Source:
    own = mapping(**said)
    return Source(own, (sheet([], [], f"{own.name}.csv"),))


def enrolments(*pairs: str, **more: Any) -> Mapping[str, Desired]:
    """Enrolments that the sheets say, and nothing else; `S1 C1 mapping`."""
    rows = [dict(zip(("userid", "courseid", "claims"), pair.split(), strict=False)) for pair in pairs]
    numbers = indexes()
    own = stated("enrolment", numbers["enrolment"], [{"roleid": "student", **row} for row in rows], ["roleid"])
    return {name: nothing_desired(name) for name in CATALOGUE} | {"enrolment": replace(own, **more)}


def contributed(desired: Mapping[str, Desired], issues: Sequence[Issue] = (), **said: Any) -> Contribution:
    return contributions(desired, [source(**said)], CONVENTIONS, issues)["people"]


def scoped(**scope: list[str]) -> dict[str, Any]:
    return {"missing": "delete", "scope": scope}


SCOPED = scoped(courseid=["BIO-*"])


@pytest.mark.parametrize(
    ("said", "inside", "why"),
    [
        pytest.param({}, None, "", id="no scope"),
        pytest.param({"scope": {"courseid": ["BIO-*"]}}, None, "", id="nothing is deleted"),
        pytest.param(scoped(courseid=["BIO-*"]), 1, "", id="one in scope"),
        pytest.param(
            scoped(courseid=["BIO-*"], userid=["T*"]), 0, "userid T* matches none", id="one part matches nobody"
        ),
        pytest.param(
            scoped(courseid=["BIO-*"], userid=["S2"]), 0, "courseid BIO-* and userid S2", id="each matches others"
        ),
        pytest.param(
            scoped(courseid=["PHY", "HIS"]),
            0,
            "courseid PHY or HIS matches none of the 2 enrolments; courseid looks like BIO-1, CHE-1",
            id="nothing matches",
        ),
    ],
)
def test_how_many_objects_there_are_and_how_many_in_scope(said: dict[str, Any], inside: int | None, why: str) -> None:
    found = contributed(enrolments("S1 BIO-1", "S2 CHE-1", "S3 BIO-1 others"), **said)
    assert (found.usable, found.scoped) == (2, inside)
    assert found.why.startswith(why)
    assert bool(found.why) == bool(why)
    assert (found.nothing, found.astray) == (False, inside == 0)


def test_of_a_single_row_it_is_said_that_it_does_not_match() -> None:
    found = contributed(enrolments("S1 CHE-1"), **SCOPED)
    assert found.why == "courseid BIO-* does not match the only enrolment; courseid looks like CHE-1"


def test_as_many_keys_as_needed_are_shown() -> None:
    found = contributed(enrolments("S1 A", "S2 A", "S3 B", "S4 C", "S5 D"), **SCOPED)
    assert found.why.endswith("courseid looks like A, B, C")


LEFT_OUT = "every row is left out, the first one in row 2: unknown user X"


def unknown(resource: str = "enrolment", file: str = "people.csv", code: str = "unknown-user") -> Issue:
    return Issue(code, "error", "unknown user X", resource=resource, file=file, row=2)


@pytest.mark.parametrize(
    ("unusable", "issues", "usable", "why"),
    [
        pytest.param({"people": "it is empty"}, [], 0, "it is empty", id="no row is good"),
        pytest.param({"others": "it is empty"}, [], None, "", id="that of others"),
        pytest.param({}, [], None, "", id="nothing is wrong with them"),
        pytest.param({}, [unknown(code="waits-user"), unknown()], 0, LEFT_OUT, id="all refer to something unknown"),
        pytest.param({}, [unknown(code="waits-user")], None, "", id="all wait"),
        pytest.param({}, [unknown(resource="group")], None, "", id="rows of something else"),
        pytest.param({}, [unknown(file="b.csv")], None, "", id="rows of another file"),
    ],
)
def test_why_nothing_can_be_used(unusable: dict[str, str], issues: list[Issue], usable: int | None, why: str) -> None:
    found = contributed(enrolments(unusable=unusable), issues)
    assert (found.usable, found.why, found.nothing, found.astray) == (usable, why, usable == 0, False)


def test_rows_are_not_at_fault_where_the_sheet_they_refer_to_cannot_be_used() -> None:
    desired = dict(enrolments())
    desired["user"] = replace(desired["user"], unusable={"users": "it is empty"})
    assert contributed(desired, [unknown()]).usable is None


def test_what_stood_for_additions_belongs_to_its_mapping() -> None:
    found = contributed(enrolments("S1 C1", additions={"people": {"ACTION": ["A"]}, "others": {}}))
    assert found.additions == {"ACTION": ["A"]}


# -- compared with earlier files -----------------------------------------------------------------------------------


def was(usable: int | None = 5, **more: Any) -> Input:
    return Input("sheet", "people.csv", "abc", "/in/people.csv", "people", 5, usable=usable, **more)


RULES = Input("mapping", "mappings.yaml", "digest", "/mappings.yaml", "people")
NOTHING, ASTRAY, SOME = Contribution(0), Contribution(4, 0), Contribution(4, 1)


@pytest.mark.parametrize(
    ("now", "before", "strange"),
    [
        pytest.param(NOTHING, [was()], True, id="nothing, after some"),
        pytest.param(NOTHING, [was(0)], False, id="nothing, after nothing"),
        pytest.param(NOTHING, [was(0), was(1)], True, id="nothing, after nothing in one of two files"),
        pytest.param(NOTHING, [was(None)], True, id="nothing, after an unknown number of five rows"),
        pytest.param(NOTHING, [replace(was(None), rows=0)], False, id="nothing, after no rows"),
        pytest.param(NOTHING, [], True, id="nothing in the first file"),
        pytest.param(NOTHING, [was(delta=True)], True, id="nothing, after a delta"),
        pytest.param(NOTHING, [RULES], True, id="nothing, after just a mapping"),
        pytest.param(ASTRAY, [was(scoped=0), RULES], False, id="astray, as before"),
        pytest.param(ASTRAY, [was(scoped=2), RULES], True, id="astray, after some in scope"),
        pytest.param(ASTRAY, [was(scoped=None), RULES], True, id="astray, before there was a scope"),
        pytest.param(ASTRAY, [was(scoped=0)], True, id="astray, with another mapping"),
        pytest.param(ASTRAY, [was(scoped=0), replace(RULES, digest="old")], True, id="astray, with a changed mapping"),
        pytest.param(SOME, [], False, id="some"),
        pytest.param(Contribution(None), [was()], False, id="all wait"),
    ],
)
def test_what_somebody_must_confirm(now: Contribution, before: list[Input], strange: bool) -> None:
    assert unexpected(mapping(), now, before) == strange
    assert not unexpected(mapping(may_be_empty=True), now, before)
    assert not unexpected(mapping(mode="delta", delete_when={"ACTION": "D"}), now, before)


@pytest.mark.parametrize(("before", "complete"), [([], []), ([was(3)], []), ([was(0)], ["people"])])
def test_a_snapshot_that_unexpectedly_has_nothing_is_not_complete(before: list[Input], complete: list[str]) -> None:
    desired = enrolments(complete=frozenset({"people", "others"}), unusable={"people": "it is empty"})
    found = trusted(desired, [source()], CONVENTIONS, lambda: {"people": before})
    assert found["enrolment"].complete == {*complete, "others"}


def test_earlier_files_are_asked_for_only_where_something_is_strange() -> None:
    desired = enrolments("S1 C1", complete=frozenset({"people"}))

    def never() -> Mapping[str, Sequence[Input]]:
        raise AssertionError

    assert trusted(desired, [source()], CONVENTIONS, never) is desired


def users(**said: Any) -> MappingFile:
    fields = {name: name for name in ann("S1")}
    data = {"resource": "user", "name": "people", "sheet": {"file": "u.csv"}, "fields": fields, **said}
    return MappingFile.model_validate(data, context=MappingOrigin(Path("mappings.yaml"), 1, "digest"))


@pytest.mark.parametrize(
    ("said", "before", "complete", "expected"),
    [
        pytest.param({}, [was(5)], ["people"], 3, id="five before, two of them now"),
        pytest.param({}, [was(4), was(5)], ["people"], 3, id="the largest file counts"),
        pytest.param({}, [was(1)], ["people"], 0, id="more now"),
        pytest.param({}, [], ["people"], None, id="no earlier file"),
        pytest.param({}, [was(None)], ["people"], None, id="nobody counted"),
        pytest.param({}, [was(5), was(None)], ["people"], None, id="nobody counted once"),
        pytest.param({}, [was(5, delta=True)], ["people"], None, id="only a delta"),
        pytest.param({}, [RULES, was(5)], ["people"], 3, id="only sheets count"),
        pytest.param({}, [was(5)], [], None, id="not read in full"),
        pytest.param({"missing": "delete"}, [was(5)], ["people"], None, id="it deletes"),
    ],
)
def test_how_many_have_left_an_export(
    said: dict[str, Any], before: list[Input], complete: list[str], expected: int | None
) -> None:
    index = indexes()["user"]
    desired = stated(
        "user", index, [ann("S1"), ann("S2"), ann("NEW"), ann("S3", claims="staff")], complete=frozenset(complete)
    )
    known = objects("user", index, ["S1"], ["S2"], ["S3"], ["S4"])
    assert dropped(desired, known, [users(**said)], {"people": before}) == expected


def test_those_who_left_are_added_up_mapping_by_mapping() -> None:
    index = indexes()["user"]
    desired = stated("user", index, [ann("S1")], complete=frozenset({"people", "staff"}))
    mappings = [users(), users(name="staff"), users()]
    good = {"people": [was(3)], "staff": [was(4)]}
    known = objects("user", index, ["S1"])
    assert [dropped(desired, known, mappings[:n], good) for n in range(4)] == [0, 2, 6, 8]


def test_a_sheet_is_remembered_with_what_its_mapping_contributes() -> None:
    found = {"people": Contribution(4, 2, additions={"ACTION": ["A"]})}
    sheet_now, rules, other = was(None), replace(RULES, usable=None), replace(was(None), mapping=None)
    now, *rest = measured([sheet_now, rules, other], found)
    assert (now.usable, now.scoped, now.additions) == (4, 2, {"ACTION": ["A"]})
    assert rest == [rules, other]
