"""Rows with problems as files for those who correct them: `report --rows FOLDER`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font

from sync.config.sheet_selection import SheetChoice
from sync.model import Issue
from sync.report.row_files import RowFile, marked_workbook, write_row_files
from sync.report.workbook.styles import FILLS
from sync.sheets import read
from sync.sheets.header import Wanted


def issue(file: str, row: int | None, column: str, value: str, tab: str | None = None) -> Issue:
    return Issue(
        "bad-email", "error", f"`{value}` cannot be used", "Correct it.", "user", file, tab, row, column, value
    )


def made(folder: Path, file: Path, issues: Sequence[Issue], tabs: Sequence[str | None] = (None,)) -> list[RowFile]:
    sheets = [read(file, SheetChoice(file=file.name, tab=tab), Wanted(["ID", "E-mail"])) for tab in tabs]
    folder.joinpath("out").mkdir()
    return [*write_row_files(folder / "out", issues, sheets, {file.name: file})]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A registrar's workbook: a title above the header, formats, formulas, a comment, merged cells, another tab."""
    file = tmp_path / "registry.xlsx"
    book = Workbook()
    tab = book.active
    tab.title = "Students"
    for row in (
        ["Students of the spring term"],
        ["ID", "E-mail", "Credits", "Note"],
        [12, "amy", 30, "=C3*2"],
        [13, "ben@uni.example", 20, "plain"],
        [14, "=HYPERLINK(1)", 10, "x"],
        [15, "dora", 5, "y"],
    ):
        tab.append(row)
    tab["B5"].data_type = "s"
    tab["A3"].number_format = "0000"
    tab["B3"].font = Font(bold=True)
    tab["B3"].comment = Comment("Asked on Monday", "Registrar")
    tab.merge_cells("B6:D6")
    tab.column_dimensions["B"].width = 33
    book.create_sheet("Plan")["A1"] = "=1+1"
    book.save(file)
    return file


def test_a_workbook_comes_back_with_its_faulty_cells_marked(tmp_path: Path, book: Path) -> None:
    faults = [
        issue("registry.xlsx", 3, "E-mail", "amy", "Students"),
        issue("registry.xlsx", 5, "E-mail", "=HYPERLINK(1)", "Students"),
        issue("registry.xlsx", 6, "E-mail", "dora", "Students"),
        issue("registry.xlsx", 4, "GONE", "?", "Students"),
    ]
    (file,) = made(tmp_path, book, faults, ["Students"])
    assert (file.path, file.rows) == (tmp_path / "out" / "registry-errors.xlsx", 4)
    back = load_workbook(file.path)
    tab = back["Students"]
    assert [cell.value for cell in tab[3]] == [12, "amy", 30, "=C3*2"]
    assert (tab["A3"].number_format, tab["B3"].font.b, tab.column_dimensions["B"].width) == ("0000", True, 33)
    assert {cell.coordinate for row in tab for cell in row if cell.comment} == {"B3", "B5", "B6", "A4"}
    assert tab["B3"].comment.text == 'Asked on Monday\n\nRow 3\nE-mail: "amy" cannot be used. Correct it.'
    assert tab["B3"].fill.fgColor.rgb[2:] == FILLS["wrong"].removeprefix("#")
    assert (tab["B5"].value, tab["B5"].data_type) == ("=HYPERLINK(1)", "s")
    assert back["Plan"]["A1"].value == "=1+1" and back["Plan"]["A1"].data_type == "f"
    listed = back["What is wrong"]
    assert [cell.value for cell in listed[4]][:4] == ["Students", "5", "E-mail", "=HYPERLINK(1)"]
    assert {cell.data_type for row in listed.iter_rows(min_row=2) for cell in row} == {"s"}


def test_a_workbook_that_is_too_large_gives_rows_as_csv(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marked_workbook, "LARGEST", 1_000)
    (file,) = made(tmp_path, book, [issue("registry.xlsx", 3, "E-mail", "amy", "Students")], ["Students"])
    assert file.path == tmp_path / "out" / "registry-Students-errors.csv"


def test_so_does_one_that_openpyxl_cannot_write(tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marked_workbook, "COMMENT_LENGTH", "no number")
    made(tmp_path, book, [issue("registry.xlsx", 3, "E-mail", "amy", "Students")], ["Students"])
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["registry-Students-errors.csv"]


def test_rows_of_a_text_file_are_in_its_own_columns_and_run_no_formula(tmp_path: Path) -> None:
    file = tmp_path / "students.csv"
    file.write_text("ID;E-mail;=Note\n0012;amy;=1+1\n0013;b@c.example;@x\n0014;Zoë;-5\n", "utf-8")
    more = Issue("bad-email", "error", "7 more rows have the same error and are not listed", file="students.csv")
    faults = [issue("students.csv", 2, "E-mail", "amy"), issue("students.csv", 4, "E-mail", "Zoë"), more]
    (made_file,) = made(tmp_path, file, faults)
    assert made_file.left == (more.message,)
    assert made_file.path is not None
    text = made_file.path.read_text("utf-8")
    assert text.startswith("\ufeff")
    assert [*csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True))] == [
        ["What is wrong", "ID", "E-mail", "'=Note"],
        ['Row 2\nE-mail: "amy" cannot be used. Correct it.', "0012", "amy", "'=1+1"],
        ['Row 4\nE-mail: "Zoë" cannot be used. Correct it.', "0014", "Zoë", "-5"],
    ]
    assert made_file.path.stat().st_mode & 0o077 == 0


def test_of_a_file_that_has_changed_nothing_is_written(tmp_path: Path) -> None:
    (file,) = write_row_files(tmp_path, [issue("gone.csv", 2, "ID", "x")], [], {})
    assert (file.source, file.path, file.rows) == ("gone.csv", None, 1)
    assert not [*tmp_path.iterdir()]


def test_files_that_differ_in_their_ending_alone_are_two(tmp_path: Path) -> None:
    for ending in ("csv", "txt"):
        (tmp_path / f"a.{ending}").write_text("ID,E-mail\n1,x\n", "utf-8")
    files = [tmp_path / "a.csv", tmp_path / "a.txt"]
    faults = [issue(file.name, 2, "E-mail", "x") for file in files]
    written = write_row_files(tmp_path, faults, map(read, files), {file.name: file for file in files})
    assert [file.path and file.path.name for file in written] == ["a-errors.csv", "a-errors-2.csv"]
