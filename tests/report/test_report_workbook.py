"""The workbook as registrars open it: read back by other programs than the one that wrote it."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from sync.errors import NexsisSyncError
from sync.model import Sheet, Store
from sync.observe.losses import SKIPPED, UNREAD
from sync.report.groups import GroupColumn
from sync.report.plan_report import PlanReport
from sync.report.workbook import book, texts, write_workbook
from sync.report.workbook.styles import FILLS
from tests.report.report_plans import MANNERS, change, empty, morning, night, plan, run
from tests.report.workbook_reader import USERS, filled, opened, records, said

HOSTILE = (
    "=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "0012345",
    "123456789012345678901234567890",
    "1e5",
    "2026-02-30",
    "TRUE",
    "  blanks  ",
    'O\'Neil & <b>"Sons"</b>',
    "🎓 Zoë",
    "مريم \u202eevil",
    "_x0041_",
    "<r><t>rich</t></r>",
    "line\nbreak",
)
CHANGED = {
    "nul\x00 and \x1b[31m": "nul\ufffd and \ufffd[31m",
    "no character \uffff": "no character \ufffd",
    "carriage\r\nreturn\r": "carriage\nreturn\n",
    "a" * 40_000: "a" * 32_766 + "…",
    "🎓" * 20_000: "🎓" * 16_383 + "…",
}


def test_what_was_not_looked_up_stands_in_no_cell_of_its_field(path: Path, store: Store) -> None:
    lost: tuple[dict[str, str], ...] = (
        {"grade": "77", "completed": SKIPPED},
        {"grade": UNREAD, "completed": SKIPPED},
        {},
    )
    rows = (change("delete", "enrolment", f"S{n}/C1", before=each) for n, each in enumerate(lost))
    found = records(opened(path, plan(*rows), store)["enrolments"])
    assert [row["Course grade before"] for row in found] == ["77", None, None]
    assert [row["Not known"] for row in found] == ["Course completed", "Course grade, Course completed", None]
    assert all("Course completed before" not in row for row in found)


WHO = ("User ID number", "Name of user", "Course ID number", "Name of course")


# -- the first tab ---------------------------------------------------------------------------------------------


def test_the_first_tab_shows_the_status_and_what_is_on_hold(path: Path, store: Store) -> None:
    text = said(opened(path, night(), store)["Summary"])
    assert "Ready, but 3 changes need approval." in text
    assert "6 people to enrol" in text
    assert "3 changes need approval" in text
    assert "3 of the 4 enrolments in C7 would be removed at once. Have they all left" in text
    assert "nexsis-sync approve p-20261123-0200-4c1d --hold h-5e0a91" in text


def test_a_hold_that_stops_nothing_counts_nothing(path: Path, store: Store) -> None:
    text = said(opened(path, plan(holds=(empty(),)), store)["Summary"])
    assert "Users: no row can be used" in text
    assert "nexsis-sync approve p-20261123-0200-4c1d --hold h-0e0e0e" in text


def test_counts_by_resource_are_numbers(path: Path, store: Store) -> None:
    rows = [[*row] for row in opened(path, night(), store)["Summary"].iter_rows(values_only=True)]
    at = next(n for n, row in enumerate(rows) if "add" in row)
    titles = ["add", "change", "remove", "of which on hold", "auto-removed", "unchanged", "rows with errors"]
    assert rows[at][1:] == titles
    assert rows[at + 1] == ["courses", 0, 1, 0, 0, 0, 11, 0]
    assert rows[at + 3] == ["enrolments", 6, 1, 4, 3, 0, 12000, 0]


def test_for_a_run_it_shows_the_status(path: Path, store: Store) -> None:
    tabs = opened(path, morning(), store, run("cut", "SIGTERM"))
    rows = [[*row] for row in tabs["Summary"].iter_rows(values_only=True)]
    assert any(str(row[0]).startswith("Interrupted: SIGTERM.") for row in rows)
    at = next(n for n, row in enumerate(rows) if "failed" in row)
    assert rows[at + 2][: 1 + rows[at].index("failed")] == ["users", 2, 1]
    assert records(tabs["users"])[0]["What went wrong"] == "Username already in use: s9"


def test_links_lead_to_every_tab(path: Path, store: Store) -> None:
    tabs = opened(path, night(), store)
    links = [cell.hyperlink.location for row in tabs["Summary"].iter_rows() for cell in row if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in tabs if name != "Summary"]


def test_a_plan_of_nothing_is_a_workbook_too(path: Path, store: Store) -> None:
    tabs = opened(path, plan(), store)
    assert [*tabs] == ["Summary"]
    assert "Nothing to do." in said(tabs["Summary"])


# -- changes ---------------------------------------------------------------------------------------------------


def test_every_change_stands_in_the_tab_of_its_resource(path: Path, store: Store) -> None:
    tabs = opened(path, night(), store)
    assert [*tabs][2:6] == ["courses", "users", "enrolments", "group members"]
    shown = [row["No."] for name in [*tabs][2:6] for row in records(tabs[name])]
    assert shown == night().changes["n"].tolist()


def test_an_update_shows_what_differs_before_and_after(path: Path, store: Store) -> None:
    tab = opened(path, night(), store)["users"]
    _, row, _ = records(tab)
    assert row["What happens"] == "to change: Email address"
    assert (row["Email address before"], row["Email address after"]) == ("old@inst.example", "new@inst.example")
    assert row["Username after"] == "s1"
    assert "Username before" not in row
    assert row["Why"] == "change in the SIS export and in Moodle"
    assert (row["File"], row["Row"]) == ("users.csv", 2)
    marked = {tab.cell(1, cell.column).value: filled(cell) for cell in tab[3] if filled(cell)}
    assert marked == {
        "Action": FILLS["update"],
        "Email address before": FILLS["before"],
        "Email address after": FILLS["after"],
    }


@pytest.mark.parametrize(
    ("tab", "row", "shows"),
    [
        ("enrolments", 0, {"Action": "add", "Status": "to be sent", "What happens": "to add", "Role after": "Student"}),
        ("enrolments", 7, {"Action": "remove", "Status": "to be sent", "Role before": "Student", "File": None}),
        ("enrolments", 8, {"Action": "remove", "Status": "on hold",
                           "On hold because": "over half of a roster of more than 3 (h-5e0a91)"}),
        ("group members", 0, {"Action": "auto-removed", "Status": "auto-removed",
                              "What happens": "removed automatically with change 12"}),
    ],
)  # fmt: skip
def test_a_change_is_described_in_words(tab: str, row: int, shows: dict[str, Any], path: Path, store: Store) -> None:
    shown = records(opened(path, night(), store)[tab])[row]
    assert {name: shown[name] for name in shows} == shows


@pytest.mark.parametrize(
    ("tab", "row", "op"), [("enrolments", 2, "create"), ("enrolments", 9, "delete"), ("group members", 2, "covered")]
)
def test_what_happens_has_a_colour_beside_its_word(tab: str, row: int, op: str, path: Path, store: Store) -> None:
    assert filled(opened(path, night(), store)[tab].cell(row, 2)) == FILLS[op]


def test_people_and_courses_are_shown_by_name(path: Path, store: Store) -> None:
    of = plan(
        change("create", "course", "C1", after={"fullname": "Algebra", "shortname": "ALG"}),
        change("create", "user", "S1", after={"firstname": "Ada", "lastname": "van Dyk"}),
        change("create", "enrolment", "S1/C1", after={"roleid": "student"}),
    )
    (row,) = records(opened(path, of, store)["enrolments"])
    assert [row[name] for name in WHO] == [
        "S1", "Ada van Dyk", "C1", "Algebra",
    ]  # fmt: skip


def test_a_tab_is_ready_to_be_read_filtered_and_printed(path: Path, store: Store) -> None:
    tab = opened(path, night(), store)["enrolments"]
    assert tab.freeze_panes == "A2"
    assert tab.auto_filter.ref == tab.dimensions
    assert tab.print_title_rows == "$1:$1"
    assert tab.page_setup.orientation == "landscape"
    assert tab.sheet_properties.pageSetUpPr.fitToPage
    assert (tab.page_setup.fitToWidth or 1, tab.page_setup.fitToHeight) == (1, 0)
    widths = [tab.column_dimensions[cell.column_letter].width for cell in tab[1] if cell.column <= 3]
    assert all(book.NARROWEST <= width <= book.WIDEST + book.AIR + 1 for width in widths)


def test_more_rows_than_a_tab_holds_go_on_in_the_next(
    path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "ROWS", 4)
    tabs = opened(path, night(), store)
    names = [name for name in tabs if name.startswith("enrolments")]
    assert names == ["enrolments", "enrolments (2)", "enrolments (3)"]
    assert [row["No."] for name in names for row in records(tabs[name])] == [*range(5, 16)]
    assert {tabs[name]["A1"].value for name in names} == {"No."}


# -- what cells may contain ------------------------------------------------------------------------------------


def test_any_text_is_a_text_cell(path: Path, store: Store) -> None:
    values = [*HOSTILE, *CHANGED]
    users = [change("create", "user", f"00{n}", after={"lastname": value}) for n, value in enumerate(values)]
    tab = opened(path, plan(*users), store)["users"]
    head = [cell.value for cell in tab[1]]
    cells = [row[head.index("Last name after")] for row in tab.iter_rows(min_row=2)]
    # openpyxl shows the escape that tells a literal `_x0041_` from a character written so.
    assert [cell.value.replace("_x005F_x", "_x") for cell in cells] == [CHANGED.get(value, value) for value in values]
    cells += [row[head.index("User ID number")] for row in tab.iter_rows(min_row=2)]
    assert {(cell.data_type, cell.number_format, bool(cell.quotePrefix)) for cell in cells} == {("s", "@", True)}
    assert {cell.value for cell in cells} >= {"000", "007"}
    parts = zipfile.ZipFile(path)
    assert [name for name in parts.namelist() if b"<f>" in parts.read(name)] == []


@given(st.text(st.characters(codec=None), max_size=60))
def test_no_text_is_lost_but_what_xml_cannot_hold(value: str) -> None:
    kept = texts.text(value)
    kept.encode("utf-8")
    assert not texts.ILLEGAL.search(kept)
    assert len(kept) == len(value.replace("\r\n", "\n"))


@given(st.lists(st.text(st.characters(codec=None) | st.sampled_from("[]:*?/\\'"), max_size=50), max_size=8))
def test_names_of_tabs_are_legal_and_no_two_alike(names: list[str]) -> None:
    given: set[str] = set()
    for name in [*names, *names, "History"]:
        unused = book.unused(book.legal(name), given)
        given.add(unused.casefold())
        assert 1 <= len(unused.encode("utf-16-le")) // 2 <= 31
        assert not re.search(r"[\[\]:*?/\\\x00-\x1f]|^'|'$|^history$", unused, re.IGNORECASE)
    assert len(given) == 2 * len(names) + 1


# -- the file --------------------------------------------------------------------------------------------------


def test_nobody_else_may_read_it(path: Path, store: Store) -> None:
    write_workbook(path, PlanReport(night(), MANNERS, store))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [*path.parent.iterdir()] == [path]


def test_what_cannot_be_written_is_reported_and_leaves_what_was_there(path: Path, store: Store) -> None:
    path.write_text("old")

    def failing() -> Iterator[Sheet]:
        yield USERS
        raise OSError(28, "No space left on device")

    with pytest.raises(NexsisSyncError, match="No space left on device"):
        write_workbook(path, PlanReport(night(), MANNERS, store), failing())
    assert path.read_text() == "old"
    assert [*path.parent.iterdir()] == [path]


SOFFICE = shutil.which("soffice")


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed, so it cannot open the workbook")
def test_libreoffice_opens_it_and_sees_text(tmp_path: Path, store: Store) -> None:
    users = [change("create", "user", f"00{n}", after={"lastname": value}) for n, value in enumerate(HOSTILE)]
    of = replace(plan(*users), issues=night().issues)
    path = tmp_path / "plan.xlsx"
    write_workbook(path, PlanReport(of, MANNERS, store), [USERS])
    everything = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    command = [str(SOFFICE), home, "--headless", "--convert-to", everything, "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    users_seen = pd.read_csv(tmp_path / "plan-users.csv", dtype="str", keep_default_na=False)
    assert users_seen["Last name after"].tolist() == [*HOSTILE]
    assert users_seen["User ID number"].tolist() == [f"00{n}" for n in range(len(HOSTILE))]
    mend = pd.read_csv(tmp_path / "plan-users.csv.csv", dtype="str", keep_default_na=False)
    assert mend["STUDENT"].tolist() == ["0099", "0100", "7", "8"]
    assert mend["NOTE"].tolist() == ["+1", "", "z", "z"]


def test_courses_are_counted_and_every_row_has_its_school(path: Path, store: Store) -> None:
    school = GroupColumn("SCHOOL", {"course": "categorypath"})
    course = change("create", "course", "C1", after={"fullname": "Algebra", "categorypath": "/Law"})
    joins = [change("create", "enrolment", f"S{n}/C1", after={"roleid": "student"}) for n in (1, 2)]
    leaves = change("delete", "enrolment", "S1/C2", status="held", hold="h-1")
    of = plan(course, *joins, leaves, change("create", "user", "S1"))
    write_workbook(path, PlanReport(of, MANNERS, store, groups=(school,), approvers="Registry office"))
    tabs = {tab.title: tab for tab in load_workbook(path).worksheets}
    second, first = records(tabs["By course"])
    assert first == {
        "Course ID number": "C2", "Name of course": None, "SCHOOL": "not known", "add": 0, "change": 0, "remove": 1,
        "auto-removed": 0, "of which on hold": 1, "People": 1,
    }  # fmt: skip
    assert (second["Name of course"], second["SCHOOL"], second["add"], second["People"]) == ("Algebra", "/Law", 3, 2)
    assert [row["SCHOOL"] for row in records(tabs["enrolments"])] == ["/Law", "/Law", "not known"]
    assert "SCHOOL" not in records(tabs["users"])[0]
