"""The ledger follows what happens to parents; what the site refuses to change is reported, not repeated."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from sync.diff import compare
from sync.errors import ConfigError, SiteRefused
from sync.model import Request, Response
from tests.engine.engine_world import FIELDS, Nights, Setup, in_short, mapping, nights, said, state_of, to_do
from tests.engine.strategies import meddle

SHEETS: dict[str, list[tuple[str, ...]]] = {
    "course": [("C1", "One", "one", "2026-09-01", "/A"), ("C2", "Two", "two", "2026-09-01", "/A")],
    "user": [(f"S{n}", f"u{n}", "Ann", "Lee", f"u{n}@uni.example") for n in range(3)],
    "enrolment": [("S0", "C1", "student"), ("S1", "C1", "student"), ("S2", "C2", "editingteacher")],
    "group": [("C1", "G1", "Group", ""), ("C2", "G1", "Other", "")],
    "group_member": [("C1", "G1", "S0"), ("C1", "G1", "S1"), ("C2", "G1", "S2")],
}


SETUP = Setup([mapping(name, missing="delete") for name in FIELDS])


@pytest.fixture(scope="module")
def after_the_first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    with nights(SETUP, folder=folder) as world:
        world.night(SHEETS)
    return folder


@pytest.fixture
def world(after_the_first_night: Path, tmp_path: Path) -> Iterator[Nights]:
    """A site on which everything is as the sheets say."""
    shutil.copytree(after_the_first_night, tmp_path, dirs_exist_ok=True)
    with nights(SETUP, folder=tmp_path) as world:
        world.clock.time = 86_400
        yield world


def whole(world: Nights) -> dict[str, list[Any]]:
    """Everything on the site, in an order that does not depend on what was created again."""
    return {name: sorted(rows, key=str) for name, rows in state_of(world.moodle).items()}


@pytest.mark.parametrize(
    ("hand", "again"),
    [
        ("unenrol", [("enrolment", "s1\x1fc1"), ("group_member", "c1\x1fG1\x1fs1")]),
        ("drop-user", [("user", "s1"), ("enrolment", "s1\x1fc1"), ("group_member", "c1\x1fG1\x1fs1")]),
        ("drop-group", [("group", "c1\x1fG1"), ("group_member", "c1\x1fG1\x1fs0"), ("group_member", "c1\x1fG1\x1fs1")]),
        (
            "drop-course",
            [
                ("course", "c1"), ("enrolment", "s0\x1fc1"), ("enrolment", "s1\x1fc1"), ("group", "c1\x1fG1"),
                ("group_member", "c1\x1fG1\x1fs0"), ("group_member", "c1\x1fG1\x1fs1"),
            ],
        ),
    ],
)  # fmt: skip
def test_what_went_along_with_something_deleted_by_hand_is_sent_again(
    world: Nights, hand: str, again: list[tuple[str, str]]
) -> None:
    before = whole(world)
    meddle(world.moodle, (hand, "S1", "C1", "G1"))
    done = world.night(SHEETS, "share")
    assert in_short(done) == [(resource, "create", match, "done") for resource, match in again]
    assert whole(world) == before


def test_a_membership_lost_with_an_enrolment_of_another_plugin_is_not_believed_in(world: Nights) -> None:
    world.moodle.add_enrolment("S2", "C1", plugin="manual")
    rows = {**SHEETS, "group_member": [*SHEETS["group_member"], ("C1", "G1", "S2")]}
    assert in_short(world.night(rows)) == [("group_member", "create", "c1\x1fG1\x1fs2", "done")]
    meddle(world.moodle, ("unenrol-all", "S2", "C1", "G1"))
    assert in_short(world.night(rows)) == []
    world.moodle.add_enrolment("S2", "C1", plugin="manual")
    assert in_short(world.night(rows)) == [("group_member", "create", "c1\x1fG1\x1fs2", "done")]


def test_a_role_that_the_site_keeps_is_one_issue_and_not_a_call_in_every_run(world: Nights) -> None:
    def stubborn(call: Request, timeout: float) -> Response:
        if call.method == "PUT" and "enrol" in call.path and call.body == {"roleid": "teacher"}:
            return Response(200)
        return world.site.send(call, timeout)

    world.through(stubborn)
    rows = {**SHEETS, "enrolment": [("S0", "C1", "teacher"), *SHEETS["enrolment"][1:]]}
    assert in_short(world.night(rows, "share")) == [("enrolment", "update", "s0\x1fc1", "done")]
    for _ in range(2):
        plan = world.plan(rows, "share")
        assert to_do(plan) == []
        assert [issue.value for issue in plan.issues if issue.code == "site-keeps-own-value"] == ["teacher"]
        world.apply(plan)


def test_values_that_the_site_rewrites_are_reported_row_by_row_and_many_only_counted(
    world: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "MOST", 2)
    rows: dict[str, Sequence[Sequence[str]]] = {**SHEETS}
    rows["user"] = [(f"S{n}", f"u{n}", "a<b>c", "Lee", f"u{n}@uni.example") for n in range(3)]
    world.night(rows)
    issues = [issue for issue in world.plan(rows).issues if issue.code == "site-keeps-own-value"]
    assert [(issue.row, issue.value) for issue in issues] == [(2, "a<b>c"), (3, "a<b>c"), (None, None)]
    assert issues[-1].message == "the same applies to First name of 1 more user"


def test_a_value_the_site_rewrites_does_not_differ_for_ever_but_a_later_edit_does(world: Nights) -> None:
    rows = {**SHEETS, "user": [("S0", "u0", "a<b>c", "Lee", "u0@uni.example"), *SHEETS["user"][1:]]}
    assert in_short(world.night(rows)) == [("user", "update", "s0", "done")]
    plan = world.plan(rows)
    assert (to_do(plan), said(plan)) == ([], {"site-keeps-own-value"})
    world.apply(plan)
    world.moodle.add_user("S0", "u0", "u0@uni.example", "By hand", "Lee")
    assert in_short(world.night(rows)) == [("user", "update", "s0", "done")]
    assert to_do(world.plan(rows)) == []


def test_a_rewritten_value_of_a_new_object_does_not_differ_either(world: Nights) -> None:
    rows = {**SHEETS, "user": [*SHEETS["user"], ("S9", "u9", "<i>Al", "Lee", "u9@uni.example")]}
    assert in_short(world.night(rows)) == [("user", "create", "s9", "done")]
    for read in ("full", "ledger"):
        assert to_do(world.plan(rows, read)) == []


def test_whoever_comes_back_is_enrolled_again(world: Nights) -> None:
    without = {
        "course": SHEETS["course"],
        "user": [row for row in SHEETS["user"] if row[0] != "S1"],
        "enrolment": [row for row in SHEETS["enrolment"] if row[0] != "S1"],
        "group": SHEETS["group"],
        "group_member": [row for row in SHEETS["group_member"] if row[2] != "S1"],
    }
    before = whole(world)
    gone = in_short(world.night(without, "share"))
    assert gone == [
        ("group_member", "delete", "c1\x1fG1\x1fs1", "covered"),
        ("enrolment", "delete", "s1\x1fc1", "covered"),
        ("user", "delete", "s1", "done"),
    ]
    world.night(SHEETS, "share")
    assert whole(world) == before
    assert to_do(world.plan(SHEETS)) == []


# -- what is not ours ------------------------------------------------------------------------------------------


def test_other_plugins_enrolments_and_protected_keys_are_never_touched() -> None:
    protect = {"user": ("test*",), "course": ("SAND-*",)}
    with nights(replace(SETUP, protect=protect)) as world:
        for user in ("TEST1", "S0", "S1"):
            world.moodle.add_user(user, f"old.{user.lower()}")
        for course in ("C1", "sand-1"):
            world.moodle.add_course(course)
        for plugin in ("manual", "self", "meta"):
            world.moodle.add_enrolment("S0", "C1", "manager", plugin)
        world.moodle.add_enrolment("TEST1", "C1", "student", "nexsis")
        world.moodle.add_enrolment("S1", "sand-1", "student", "nexsis")
        before = state_of(world.moodle)
        rows = {
            "course": [*SHEETS["course"], ("SAND-1", "New", "new", "", "")],
            "user": [*SHEETS["user"], ("test1", "u8", "New", "New", "u8@uni.example")],
            "enrolment": [
                *SHEETS["enrolment"],
                ("test1", "C1", "teacher"),
                ("S1", "SAND-1", "teacher"),
                ("S0", "SAND-1", "student"),
            ],
            "group": [*SHEETS["group"], ("SAND-1", "G1", "G", "")],
            "group_member": SHEETS["group_member"],
        }
        world.night(rows)
        world.night(
            {name: SHEETS[name][1 if name in ("user", "enrolment", "group_member") else 0 :] for name in FIELDS}
        )
        paths = [request.path.lower() for request in world.site.writes]
        assert [path for path in paths if "test" in path or "sand-" in path] == []
        after = state_of(world.moodle)
        for table, owner in (("users", "TEST1"), ("courses", "sand-1"), ("enrolments", "TEST1")):
            assert [row for row in before[table] if owner in row] == [row for row in after[table] if owner in row]


def test_enrolments_of_other_plugins_stay_when_ours_go(world: Nights) -> None:
    for plugin in ("manual", "self", "meta"):
        world.moodle.add_enrolment("S1", "C1", "manager", plugin)
    world.night({**SHEETS, "enrolment": [SHEETS["enrolment"][0], SHEETS["enrolment"][2]]})
    assert [row for row in state_of(world.moodle)["enrolments"] if row[1] == "S1"] == [
        (plugin, "S1", "C1", "manager") for plugin in ("manual", "self", "meta")
    ]
    assert ("C1", "G1", "S1") in world.moodle.members()


# -- the order of rows -----------------------------------------------------------------------------------------


def test_the_order_of_rows_does_not_matter(world: Nights) -> None:
    rows: dict[str, Any] = {
        "course": [*SHEETS["course"][1:], ("C3", "Three", "three", "", "/B")],
        "user": [
            ("S0", "u1", "A", "L", "u1@uni.example"),
            ("S1", "u0", "A", "L", "u0@uni.example"),
            ("S5", "u2", "A", "L", "u2@uni.example"),
        ],
        "enrolment": [
            ("S0", "C1", "student"),
            ("S1", "C3", "student"),
            ("S5", "C2", "teacher"),
            ("S0", "C1", "teacher"),  # a second role
            ("s1", "C3", "student"),  # another spelling
        ],
        "group": [("C3", "G1", "G", ""), ("C1", "G1", "H", "")],
        "group_member": [("C3", "G1", "S1"), ("C1", "G1", "S0")],
    }
    one = world.plan(rows)
    other = world.plan({name: rows[name][::-1] for name in rows})
    rows_of_sheets = ["file", "tab", "row", "also"]
    assert one.changes.drop(columns=rows_of_sheets).equals(other.changes.drop(columns=rows_of_sheets))
    assert len(one.changes) > 8


# -- when not all of it was done -------------------------------------------------------------------------------


@pytest.mark.parametrize("hand", ["unenrol", "drop-user", "drop-course", "drop-group"])
def test_what_was_lost_with_its_parent_is_not_believed_in_though_only_the_parent_was_sent_again(
    world: Nights, hand: str
) -> None:
    before = whole(world)
    meddle(world.moodle, (hand, "S1", "C1", "G1"))
    plan = world.plan(SHEETS)
    stop = Event()

    def until_the_first_member(call: Request, timeout: float) -> Response:
        if "group" in call.path and "user" in call.path:
            stop.set()
        return Response(500, {"error": "down"}, json=True) if stop.is_set() else world.site.send(call, timeout)

    world.through(until_the_first_member)
    world.apply(plan, stop=stop)
    assert {row[0] for row in to_do(world.store.plan(plan.id))} == {"group_member"}
    world.through(world.site.send)
    world.night(SHEETS)
    assert whole(world) == before


def test_a_ledger_made_under_another_comparison_of_identifiers_is_refused(world: Nights) -> None:
    config = replace(SETUP, identifiers="exact").config
    world.world = replace(world.world, config=config)
    before = len(world.site.writes)
    with pytest.raises(ConfigError, match="identifiers"):
        world.plan(SHEETS)
    assert len(world.site.writes) == before


def failing(world: Nights, paths: set[str]) -> None:
    """From now on, GETs of these paths fail."""

    def send(call: Request, timeout: float) -> Response:
        down = call.method == "GET" and call.path in paths
        return Response(500, {"error": "down"}, json=True) if down else world.site.send(call, timeout)

    world.through(send)


PATIENT = replace(SETUP, share=1_000, sending={"permits": 1, "retries": 0, "max_failures": 1})


def test_what_cannot_be_read_below_a_parent_that_is_gone_is_created_with_it(tmp_path: Path) -> None:
    with nights(PATIENT, folder=tmp_path) as world:
        world.night(SHEETS)
        meddle(world.moodle, ("drop-course", "S0", "C1", "G1"))
        failing(world, {"course/C1/group"})
        plan = world.plan(SHEETS, "share")
    assert said(plan) == set()
    assert ("group", "create", "c1\x1fG1", "planned") in in_short(plan)


def test_failed_reads_are_counted_resource_by_resource(tmp_path: Path) -> None:
    with nights(PATIENT, folder=tmp_path) as world:
        world.night(SHEETS)
        failing(world, {"course/C1/enrol", "course/C1/group"})
        assert [issue.code for issue in world.plan(SHEETS).issues] == ["unread", "unread"]
        failing(world, {"course/C1/group", "course/C2/group"})
        with pytest.raises(SiteRefused):
            world.plan(SHEETS)
