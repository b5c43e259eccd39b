"""The tabs of rows with errors, as a registrar corrects them and sends them back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sync.model import Issue, Store
from sync.report.plan_report import PlanReport
from sync.report.rows_with_errors import issues_of, with_errors
from sync.report.workbook import write_workbook
from sync.report.workbook.styles import FILLS
from tests.report.report_plans import MANNERS, bad_email, morning, night, plan, run
from tests.report.workbook_reader import USERS, filled, opened, records, said, sheet
from tests.sheets.reading import read_as


def test_rows_with_errors_have_their_files_own_columns(path: Path, store: Store) -> None:
    tab = opened(path, night(), store, sheets=[USERS])["users.csv"]
    head, *rows = [[*row] for row in tab.iter_rows(values_only=True)]
    assert head == ["What is wrong", "STUDENT", "EMAIL", "NOTE"]
    assert [row[1:] for row in rows] == [["0099", "x", "+1"], ["0100", "", ""], ["7", "a b", "z"], ["8", "@", "z"]]
    assert rows[0][0] == ("Row 17\nEMAIL: this is not an email address. An email address looks like name@host.example.")
    assert [filled(cell) for cell in tab[2]] == ["", "", FILLS["wrong"], ""]
    assert tab.freeze_panes == "B2"


def test_a_corrected_tab_can_be_read_like_the_file(path: Path, store: Store) -> None:
    write_workbook(path, PlanReport(night(), MANNERS, store), [USERS])
    again = read_as(path, tab="users.csv", wanted=["STUDENT"])
    expected = USERS.frame.loc[[17, 18, 21, 30]]
    assert again.frame[["STUDENT", "EMAIL", "NOTE"]].to_numpy().tolist() == expected.to_numpy().tolist()


def test_a_sheet_is_listed_once_and_one_without_problems_not_at_all(path: Path, store: Store) -> None:
    good = sheet({2: ["1", "a@b.example", ""]}, ["STUDENT", "EMAIL", "NOTE"], "staff.csv")
    tabs = opened(path, night(), store, sheets=iter([good, USERS, USERS]))
    assert [*tabs][6:] == ["users.csv", "Other issues"]


def test_of_a_file_that_is_gone_the_issues_tell(path: Path, store: Store) -> None:
    row, *others = records(opened(path, night(), store)["users.csv"])
    assert len(others) == 3
    assert row == {
        "File": "users.csv", "Row": 17, "Column": "EMAIL", "Value": "x",
        "What is wrong": "this is not an email address",
        "What to do": "An email address looks like name@host.example.",
    }  # fmt: skip


def test_rows_that_are_in_the_file_no_more_are_not_forgotten(path: Path, store: Store) -> None:
    of = plan(issues=(bad_email(17, "x"), bad_email(99, "y")))
    tabs = opened(path, of, store, sheets=[USERS])
    assert [len(records(tabs[name])) for name in ("users.csv", "users.csv (2)")] == [1, 1]


def test_several_faults_of_a_row_are_one_row(path: Path, store: Store) -> None:
    two = Issue("ragged", "error", "too long", "", "user", "users.csv", None, 17, "STUDENT, NOTE")
    tab = opened(path, plan(issues=(bad_email(17, "x"), two)), store, sheets=[USERS])["users.csv"]
    (row,) = records(tab)
    assert row["What is wrong"].split("\n")[2] == "STUDENT, NOTE: too long"
    assert [filled(cell) for cell in tab[2]] == ["", *[FILLS["wrong"]] * 3]


def test_rows_with_warnings_are_shown_and_not_counted_as_errors(path: Path, store: Store) -> None:
    two = [Issue("waits-course", "warning", "waits", "", "user", "users.csv", None, row, "NOTE") for row in (17, 2)]
    tabs = opened(path, plan(issues=(bad_email(17, "x"), *two)), store, sheets=[USERS])
    tab = tabs["users.csv"]
    assert [row["What is wrong"].split("\n")[-1] for row in records(tab)] == ["Warning: NOTE: waits"] * 2
    assert [[filled(cell) for cell in row] for row in tab.iter_rows(min_row=2)] == [
        ["", "", "", FILLS["unsure"]],
        ["", "", FILLS["wrong"], FILLS["unsure"]],
    ]
    assert "1 row of users.csv with errors, 1 with warnings" in said(tabs["Summary"])
    assert "1 row in users.csv has errors" in said(tabs["Summary"])


def test_of_several_columns_the_cell_that_holds_the_value_is_the_guilty_one(path: Path, store: Store) -> None:
    own = sheet({17: ["C1", "C9"]}, ["FIRST", "SECOND"])
    one = Issue("unknown-course", "error", "", "", "enrolment", "users.csv", None, 17, "FIRST, SECOND", "C9")
    tab = opened(path, plan(issues=(one,)), store, sheets=[own])["users.csv"]
    assert [filled(cell) for cell in tab[2]] == ["", "", FILLS["wrong"]]


def test_rows_that_the_site_refused_are_listed_too(path: Path, store: Store) -> None:
    own = sheet({9: ["S9", "van Dyk"], 17: ["0099", "x"]}, ["STUDENT", "LAST"])
    rows = records(opened(path, morning(), store, run(), sheets=[own])["users.csv"])
    assert [row["STUDENT"] for row in rows] == ["S9", "0099"]
    assert rows[0]["What is wrong"] == (
        'Row 9\nMoodle refused to add the user with User ID number "S9": Username already in use: s9. '
        "Correct the row in the SIS, or ask the Moodle administrator."
    )


@pytest.mark.parametrize("status", [None, 408, 425, 429, 500, 502, 503, 504])
def test_a_row_is_not_to_blame_for_the_sites_own_trouble(status: int | None) -> None:
    of = morning()
    failed = of.changes["status"] == "failed"
    changes = of.changes.assign(http_status=of.changes["http_status"].mask(failed, status or pd.NA))
    assert with_errors(issues_of(of)) == (*with_errors(night().issues), ("users.csv", None, 9))
    assert with_errors(issues_of(replace(of, changes=changes))) == with_errors(night().issues)


def test_literals_in_messages_stand_in_quotes(path: Path, store: Store) -> None:
    one = Issue("bad-email", "error", "`x` is none", "Write `then: [lower]`.", "user", "users.csv", None, 17, "EMAIL")
    for sheets in ([USERS], []):
        text = said(opened(path, plan(issues=(one,)), store, sheets=sheets)["users.csv"])
        assert '"x" is none' in text
        assert 'Write "then: [lower]".' in text


def test_a_column_of_the_file_keeps_its_name(path: Path, store: Store) -> None:
    own = sheet({17: ["it hurts", "x"]}, ["What is wrong", "EMAIL"])
    tab = opened(path, plan(issues=(bad_email(17, "x"),)), store, sheets=[own])["users.csv"]
    assert [cell.value for cell in tab[1]] == ["What is wrong?", "What is wrong", "EMAIL"]


def test_a_cell_that_could_not_be_trusted_is_empty_and_marked(path: Path, store: Store) -> None:
    own = sheet({17: ["1", None]}, ["STUDENT", "EMAIL"])
    tab = opened(path, plan(issues=(bad_email(17, "x"),)), store, sheets=[own])["users.csv"]
    assert (tab["C2"].value or "", filled(tab["C2"])) == ("", FILLS["wrong"])
