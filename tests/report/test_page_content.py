"""What the page contains of a plan and its run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sync.model import LEDGER, Hold, Input, Issue
from sync.report.page import embed
from sync.state import open_store
from tests.clock import Clock
from tests.report import report_plans as plans
from tests.report.page_reader import page

SHORT_FILE = Hold(
    "h-1", "fewer-rows", "enrolment", {"mapping": "other"}, 1, 12, "at least 20% fewer rows than usual",
    "seats.csv has 1 row; usually it has 12. Was the file truncated?",
)  # fmt: skip


def test_the_headline_comes_first_in_three_sentences(tmp_path: Path) -> None:
    text = page(tmp_path, plans.night()).text
    shown = (
        "Ready, but 3 changes need approval. 6 people to enrol, 1 to change role and 1 to unenrol, in 2 courses; "
        "1 course to change; 1 user to add and 2 to change. 4 rows in users.csv have errors."
    )
    assert shown in text
    assert text.index(shown) < text.index("On hold until approved")


def test_a_person_in_many_courses_is_one_person(tmp_path: Path) -> None:
    joins = [plans.change("create", "enrolment", f"S1/C{n}", after={"roleid": "student"}) for n in range(3)]
    assert "1 person to enrol, in 3 courses." in page(tmp_path, plans.plan(*joins)).text


def test_holds_are_shown_with_the_command_that_releases_them(tmp_path: Path) -> None:
    text = page(tmp_path, plans.night()).text
    assert "Enrolments in course C7: 3 of 4 would be removed" in text
    assert "S20 S21 S22 On hold because: over half of a roster of more than 3" in text
    assert "3 of the 4 enrolments in C7 would be removed at once. Have they all left" in text
    assert "nexsis-sync approve p-20261123-0200-4c1d --hold h-5e0a91" in text


SCOPE = replace(plans.empty(), id="h-5c09e0", guard="scope-matches-nothing", slice={"mapping": "seats"})


@pytest.mark.parametrize(
    ("holds", "said"),
    [
        ((plans.empty(),), "1 file with no usable rows needs approval."),
        ((SCOPE,), "1 scope that matches nothing needs approval."),
        ((plans.empty(),), "No row in this file can be used. Correct the export or the mapping, or approve"),
        ((SCOPE,), "The scope of this mapping matches no row of its file. Correct the export or the mapping"),
        ((replace(SCOPE, approved_by="ada"),), "This file was put on hold. Somebody has approved it."),
        (
            (replace(SCOPE, approved_by="ada"), replace(plans.empty(), approved_by="ada")),
            "These files were put on hold. Somebody has approved them.",
        ),
    ],
)
def test_holds_that_stop_nothing_are_introduced_by_what_they_found(
    holds: tuple[Hold, ...], said: str, tmp_path: Path
) -> None:
    assert said in page(tmp_path, plans.plan(holds=holds)).text


def test_a_hold_that_stops_nothing_counts_nothing(tmp_path: Path) -> None:
    text = page(tmp_path, plans.plan(holds=(plans.empty(),))).text
    assert "Users: no row can be used No row in users.csv can be used" in text
    assert "Mapping: users" in text
    assert "nexsis-sync approve p-20261123-0200-4c1d --hold h-0e0e0e" in text
    assert "1 file with no usable rows needs approval." in text
    assert "0 of 12" not in text
    assert "Show 0 changes" not in text


def test_many_holds_are_all_there_the_first_unfolded(tmp_path: Path) -> None:
    (hold,) = plans.night().holds
    holds = tuple(replace(hold, id=f"h-{n}", slice={"courseid": f"C{n}"}) for n in range(40))
    text = page(tmp_path, replace(plans.night(), holds=holds)).text
    assert "28 more Enrolments in course C12: 3 of 4" in text
    assert all(f"--hold h-{n} " in text for n in range(40))
    assert "Approve all 40: nexsis-sync approve p-20261123-0200-4c1d --all" in text


def test_what_was_approved_says_by_whom(tmp_path: Path) -> None:
    night = plans.night()
    approved = replace(night.holds[0], approved_by="Registry", approved_at=plans.CREATED)
    text = page(tmp_path, replace(night, holds=(approved,))).text
    assert "Approved by Registry on 23 November 2026, 03:00" in text
    assert "nexsis-sync approve" not in text


def test_problems_are_grouped_by_cause_with_how_to_fix_them(tmp_path: Path) -> None:
    text = page(tmp_path, plans.night()).text
    assert (
        "Invalid email address in users, 4 cases error Fix in the SIS bad-email "
        "What to do: An email address looks like name@host.example. "
        "Column EMAIL: this is not an email address x row 17 (users.csv) empty row 18 (users.csv) a b row 21" in text
    )
    assert "Kept, though their course is no longer in the exports in enrolments, 1 case notice ended course C5" in text


def test_a_change_has_before_and_after_and_the_row_it_came_from(tmp_path: Path) -> None:
    text = page(tmp_path, plans.night()).text
    assert (
        "change course Algebra I C1 Course full name Algebra → Algebra I change in the SIS export courses.csv, row 2"
        in text
    )
    assert "change user S2 Email address empty → s2@inst.example change in Moodle users.csv, row 3 to be sent" in text


TRUNCATED = "missing from a file that looks truncated"
GONE = plans.change("delete", "enrolment", "S8/C2", before={"roleid": "student"}, file=None)
SEATS = Input("sheet", "seats.csv", "d", "inbox/seats.csv", mapping="enrolment")


@pytest.mark.parametrize(
    ("gone", "known", "why"),
    [
        (GONE, {"issues": (Issue("fewer-rows", "warning", "it had 12 rows", file="seats.csv"),)}, TRUNCATED),
        (GONE, {"issues": (Issue("fewer-rows", "warning", "it had 12 rows", file="users.csv"),)}, "change in the SIS"),
        (GONE, {"inputs": (replace(SEATS, doubtful=True),)}, TRUNCATED),
        (GONE | {"row": 3, "file": "seats.csv"}, {"inputs": (replace(SEATS, doubtful=True),)}, "change in the SIS"),
        (GONE | {"cause": "mapping"}, {"inputs": (replace(SEATS, doubtful=True),)}, "change to the mapping"),
        (GONE | {"hold": "h-1", "status": "held"}, {"holds": (SHORT_FILE,)}, TRUNCATED),
    ],
)
def test_what_is_missing_from_a_truncated_file_is_not_said_to_be_changed_in_it(
    gone: dict[str, Any], known: dict[str, Any], why: str, tmp_path: Path
) -> None:
    plan = plans.plan(gone)
    read = page(tmp_path, replace(plan, **{"inputs": (SEATS,)} | known))
    (cause,) = read.data["cause"]["of"]
    assert read.data["says"]["causes"][cause].startswith(why)
    assert read.text.count(why) == 2  # in the overview, and beside the change
    assert plan.changes["cause"].tolist() == [gone["cause"]]


def test_a_run_shows_the_outcome_of_the_plan(tmp_path: Path) -> None:
    text = page(tmp_path, plans.morning(), plans.run()).text
    assert "1 change failed and 1 has an unknown result; 10 went through." in text
    assert "1 user failed Username already in use: s9" in text
    assert "failed Username already in use: s9" in text
    assert "nexsis-sync plan" in text


def test_people_whose_changes_failed_are_named(tmp_path: Path) -> None:
    text = page(tmp_path, plans.morning(), plans.run()).text
    assert "1 user failed Username already in use: s9 Ada van Dyk S9 Show it" in text
    why = {"status": "failed", "error": "no"}
    five = (plans.change("create", "user", f"S{n}", after={"firstname": f"Ada{n}"}, **why) for n in range(5))
    text = page(tmp_path, plans.plan(*five), plans.run()).text
    assert "5 users failed no Ada0 S0, Ada1 S1, Ada2 S2 and 2 more Show them" in text


def test_the_site_is_called_as_it_calls_itself(tmp_path: Path) -> None:
    read = page(tmp_path, plans.night(), title="Spring <2027>")
    assert "Plan for Spring <2027>, https://moodle.example.edu" in read.text
    assert "<title>Spring &lt;2027&gt;: Ready, but" in read.source
    assert "Plan made 23 November 2026, 03:00" in read.text


def test_a_plan_that_was_sent_says_what_was_done_and_not_what_is_to_do(tmp_path: Path) -> None:
    assert "7 to add 4 to change 4 to remove 3 on hold" in page(tmp_path, plans.night()).text
    assert "6 added 4 changed 0 removed 3 on hold 1 failed 1 unknown" in page(tmp_path, plans.morning()).text


def test_a_value_in_a_message_is_set_apart(tmp_path: Path) -> None:
    issue = Issue("odd", "error", "`<b>` and `2` differ", "write `1`, or ` alone", "user", "u.csv", None, 2)
    read = page(tmp_path, plans.plan(issues=(issue,)))
    assert "<bdi><code>&lt;b&gt;</code> and <code>2</code> differ</bdi>" in read.source
    assert "write 1, or ` alone" in read.text


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    text = page(tmp_path, plans.plan(unchanged={"user": 1200})).text
    assert "Nothing to do." in text
    assert "Changes There are none." in text


def test_times_are_those_of_the_site(tmp_path: Path) -> None:
    read = page(tmp_path, plans.night())
    assert "23 November 2026, 03:00" in read.text
    assert "Time zone Europe/Paris" in read.text
    assert {"datetime": "2026-11-23T03:00:00+01:00"} in read.of("time")


# -- names -----------------------------------------------------------------------------------------------------


def test_people_and_courses_are_called_by_what_is_planned_and_remembered(tmp_path: Path) -> None:
    plan = plans.plan(
        plans.change("create", "user", "S1", after={"firstname": "Ada", "lastname": "van Dyk"}),
        plans.change("create", "enrolment", "S1/C1", after={"roleid": "student"}),
        plans.change("create", "group_member", "c1/G1/S2"),
    )
    remembered = {
        "course": ("c1", '{"fullname":"Algebra"}'),
        "user": ("s2", '{"firstname":"Ben","lastname":"Lee"}'),
        "group": ("c1\x1fG1", '{"name":"Tuesdays"}'),
    }
    with open_store("sqlite://", Clock()) as store:
        for resource, (match, seen) in remembered.items():
            row = (match, "{}", None, seen, resource, 1, 1)
            store.remember(resource, pd.DataFrame([row], columns=list(LEDGER)).astype({"sent": "str"}))
        text = page(tmp_path, plan, store=store).text
    assert "Ada van Dyk S1" in text
    assert "Ada van Dyk · Algebra S1 / C1" in text
    assert "Ben Lee · Algebra · Tuesdays c1 / G1 / S2" in text


# -- many changes ----------------------------------------------------------------------------------------------


def test_what_has_no_room_is_what_is_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "MOST", 4)
    many = plans.plan(
        *(plans.change("create", "user", f"N{n}", after={"firstname": "x"}) for n in range(5)),
        plans.change("create", "user", "HELD", after={}, status="held"),
        plans.change("update", "user", "U", before={"firstname": "x"}, after={"firstname": "y"}),
        plans.change("delete", "user", "D"),
    )
    read = page(tmp_path, many)
    assert "4 of 8 are on this page" in read.text
    assert [key["userid"] for key in read.data["key"]] == ["N0", "HELD", "U", "D"]


def test_the_data_are_columns(tmp_path: Path) -> None:
    data = page(tmp_path, plans.night()).data
    rows = len(plans.night().changes)
    assert {len(data[name]) for name in ("n", "row", "key", "before", "after")} == {rows}
    assert data["op"]["of"] == ["update", "create", "delete"]
    assert len(data["op"]["at"]) == rows
