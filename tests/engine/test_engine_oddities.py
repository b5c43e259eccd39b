"""What a real Moodle does and nobody expects must not make the engine repeat calls, or remove anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.report.adoption_list import write_adoption_list
from sync.report.rows_with_errors import issues_of
from sync.sandbox import SandboxSettings
from tests.engine.engine_world import FIELDS, Rows, Setup, in_short, mapping, nights, said, state_of, to_do

SETUP = Setup([mapping(name, missing="delete", may_be_empty=True) for name in FIELDS])
BASE: dict[str, Rows] = {
    "course": [("C1", "Course 1", "c1", "2026-09-01", "/Arts")],
    "user": [("S1", "u1", "Ann", "Lee", "u1@uni.example"), ("S2", "u2", "Bob", "Lee", "u2@uni.example")],
    "enrolment": [("S1", "C1", "editingteacher"), ("S2", "C1", "student")],
    "group": [("C1", "G1", "One", "")],
    "group_member": [("C1", "G1", "S2")],
}


def test_a_role_that_remains_is_reported_and_not_sent_again() -> None:
    demoted = {**BASE, "enrolment": [("S1", "C1", "student"), ("S2", "C1", "student")]}
    with nights(SETUP, SandboxSettings(role_change="add")) as world:
        world.night(BASE)
        world.night(demoted)
        assert ("S1", "C1", "editingteacher") in world.moodle.enrolments()
        plan = world.night(demoted)
        assert (in_short(plan), said(plan)) == ([], {"site-keeps-own-value"})


def test_a_role_that_remains_is_tried_again_once_a_week_and_when_somebody_asks() -> None:
    demoted = {**BASE, "enrolment": [("S1", "C1", "student"), ("S2", "C1", "student")]}
    settings = SandboxSettings(role_change="add")
    again = [("enrolment", "update", "s1\x1fc1", "planned")]
    with nights(SETUP, settings) as world:
        world.night(BASE)
        world.night(demoted)
        world.skip_to_turn("s1\x1fc1")
        tried = [in_short(world.night(demoted)) for _ in range(8)]
        assert [len(changes) for changes in tried] == [1, 0, 0, 0, 0, 0, 0, 1]
        assert in_short(world.plan(demoted, retry_kept=True)) == again
        assert to_do(world.plan(demoted, retry_kept=True)) == again


@pytest.mark.parametrize("new", ["", "S9"])
def test_an_account_whose_id_number_was_cleared_or_changed_fails_and_keeps_what_it_has(
    new: str, tmp_path: Path
) -> None:
    with nights(SETUP) as world:
        world.night(BASE)
        world.moodle.change_userid("S2", new)
        before = state_of(world.moodle)
        plan = world.night(BASE)
        assert [row[::3] for row in to_do(plan)] == [
            ("user", "failed"),
            ("enrolment", "skipped"),
            ("group_member", "skipped"),
        ]
        assert "Username already exists: u2" in plan.changes["error"].iloc[0]
        assert [issue.message for issue in issues_of(plan)] == [
            "Moodle already has this user (Username `u2`), but not under the ID number S2"
        ]
        write_adoption_list(tmp_path / "upload.csv", plan)
        assert (tmp_path / "upload.csv").read_text() == "username,idnumber\nu2,S2\n"
        assert state_of(world.moodle) == before


def test_without_guards_a_group_whose_id_number_was_cleared_is_created_once_more() -> None:
    with nights(SETUP) as world:
        world.night(BASE)
        world.moodle.clear_group("C1", "G1")
        assert to_do(world.night(BASE)) == []
        assert [row[1:3] for row in world.moodle.groups()] == [("G1", "One"), (None, "One")]
        assert in_short(world.plan(BASE)) == []


def test_a_course_without_a_start_date_is_not_sent_again() -> None:
    sheets = {**BASE, "course": [("C1", "Course 1", "c1", "", "/Arts")]}
    with nights(SETUP) as world:
        world.night(sheets)
        assert in_short(world.plan(sheets)) == []


def test_a_suspended_enrolment_is_left_as_it_is() -> None:
    with nights(SETUP) as world:
        world.night(BASE)
        world.moodle.add_enrolment("S2", "C1", "student", suspended=True)
        assert in_short(world.plan(BASE)) == []


def test_a_course_whose_category_was_renamed_is_moved_back_once() -> None:
    with nights(SETUP) as world:
        world.night(BASE)
        world.moodle.rename_category("/Arts", "Humanities")
        assert to_do(world.night(BASE)) == []
        assert world.moodle.categories() == ["/Arts", "/Humanities"]
        assert in_short(world.plan(BASE)) == []


def test_tags_that_moodle_removes_from_names_are_not_sent_again() -> None:
    sheets = {
        **BASE,
        "course": [("C1", "Course <b>1</b>", "c1", "2026-09-01", "/Arts<b>")],
        "group": [("C1", "G1", "<i>One</i>", "")],
    }
    with nights(SETUP) as world:
        world.night(sheets)
        assert [row[1:] for row in world.moodle.courses()] == [
            ("Course 1", "c1", "2026-09-01T00:00:00+01:00", "/Arts<b>")
        ]
        assert in_short(world.plan(sheets)) == []
