"""Groups as Moodle handles them: found late after parallel writes, compared in PHP, and known from earlier runs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sync.sandbox import SandboxSettings
from tests.engine.engine_world import FIELDS, Nights, Rows, Setup, mapping, nights, said, state_of, to_do
from tests.engine.strategies import thoroughly

SETUP = Setup([mapping(name, missing="delete", may_be_empty=True) for name in FIELDS], sending={"permits": 8})
COURSES = [(f"C{n}", f"Course {n}", f"c{n}", "2026-09-01", "/A") for n in range(4)]
BASE: dict[str, Rows] = {
    "course": COURSES,
    "user": [("S1", "u1", "Ann", "Lee", "u1@uni.example"), ("S2", "u2", "Bob", "Lee", "u2@uni.example")],
    "enrolment": [(user, f"C{n}", "student") for n in range(4) for user in ("S1", "S2")],
}
ids = st.sampled_from(("1", "2", "10", "A", "a", "Ge", "Gé", "00", "0x1", "G 7"))
some_groups = st.dictionaries(st.tuples(st.sampled_from([each[0] for each in COURSES]), ids), st.sampled_from("xy"))


def agrees(world: Nights, sheets: dict[str, Rows]) -> None:
    """A run that succeeds, and after which nothing is left to do."""
    assert to_do(world.night(sheets)) == []
    assert world.site.races == []
    assert to_do(world.plan(sheets)) == []


@thoroughly
@given(st.lists(some_groups, min_size=2, max_size=3))
def test_groups_of_several_courses_become_what_the_sheets_say_though_none_may_be_written_at_once(
    story: list[dict[tuple[str, str], str]],
) -> None:
    with nights(SETUP, SandboxSettings(latency_ms=1)) as world:
        for groups in story:
            rows = [(*key, name, "") for key, name in groups.items()]
            members = [(*key, user) for key in groups for user in ("S1", "S2")]
            agrees(world, {**BASE, "group": rows, "group_member": members})
            assert [(*row[:3], "") for row in world.moodle.groups()] == sorted(rows)
            assert world.moodle.members() == sorted(members)


def test_two_spellings_of_one_group_leave_it_and_those_in_it_as_they_are() -> None:
    groups = [("C1", "1", "One", ""), ("C1", "A", "Upper", ""), ("C1", "a", "Lower", "")]
    members = [("C1", "1", "S1"), ("C1", "A", "S1"), ("C1", "a", "S2")]
    with nights(SETUP) as world:
        agrees(world, {**BASE, "group": groups, "group_member": members})
        before = state_of(world.moodle)
        sheets = {
            **BASE,
            "group": [("C1", "1", "Uno", ""), ("C1", "01", "Eins", ""), *groups[1:]],
            "group_member": [("C1", "1", "S2"), ("C1", "01", "S1"), *members[1:]],
        }
        plan = world.night(sheets)
        assert (len(plan.changes), said(plan)) == (0, {"same-identifier"})
        assert state_of(world.moodle) == before


def test_a_group_that_the_site_spells_otherwise_is_the_same_one_and_no_call_is_sent() -> None:
    with nights(SETUP) as world:
        world.night({**BASE, "group": [], "group_member": []})
        world.moodle.add_group("C1", "1", "One")
        agrees(world, {**BASE, "group": [("C1", "01", "One", "")]})
        # Written under the new spelling, the site would answer for the group in its old spelling.
        plan = world.night({**BASE, "group": [("C1", "01", "Uno", "")]})
        assert [(row[1], row[3]) for row in to_do(plan)] == [("update", "failed")]
        assert "answered for group 1 instead of 01" in str(plan.changes["error"].iloc[0])


def test_a_store_of_the_release_before_leads_to_no_call(tmp_path: Path) -> None:
    groups = [("C1", "Ge", "One", ""), ("C1", "10", "Ten", ""), ("C2", "1e1", "Ten", ""), ("C2", "G", "Two", "")]
    sheets = {**BASE, "group": groups, "group_member": [(*row[:2], "S1") for row in groups]}
    with nights(SETUP, folder=tmp_path) as world:
        agrees(world, sheets)
        before = state_of(world.moodle)
    connection = sqlite3.connect(tmp_path / "state.db")
    (trigger,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'changes_content'").fetchone()
    connection.execute("DROP TRIGGER changes_content")
    for table in ("ledger", "changes"):
        old = "lower(json_extract(key, '$.courseid') || char(31) || json_extract(key, '$.groupid')"
        connection.execute(f"UPDATE {table} SET match = {old}) WHERE resource = 'group'")
        connection.execute(
            f"UPDATE {table} SET match = {old} || char(31) || json_extract(key, '$.userid'))"
            " WHERE resource = 'group_member'"
        )
    connection.execute("UPDATE nexsis_sync SET value = '1' WHERE name = 'version'")
    connection.execute("DROP TABLE alembic_version")
    connection.execute("DROP TABLE marks")
    connection.execute("ALTER TABLE approvals DROP COLUMN account")
    connection.execute(trigger)
    connection.commit()
    connection.close()
    with nights(SETUP, folder=tmp_path) as world:
        world.clock.time = 10 * 86_400
        agrees(world, sheets)
        assert (world.site.writes, state_of(world.moodle)) == ([], before)
        gone = {**sheets, "group": groups[1:], "group_member": [(*row[:2], "S1") for row in groups[1:]]}
        assert [row[:3] for row in to_do(world.plan(gone))] == [("group", "delete", "c1\x1fGe")]
