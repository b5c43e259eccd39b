"""Workbooks become sheets: cells as the text a person sees."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from sync.errors import SheetError
from sync.model import Sheet
from sync.sheets import read
from tests.sheets.reading import read_as


def book(**tabs: list[list[Any]]) -> Workbook:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, records in tabs.items():
        sheet = workbook.create_sheet(title)
        for record in records:
            sheet.append(record)
    return workbook


def saved(workbook: Workbook, path: Path) -> Path:
    workbook.save(path)
    return path


def cells(sheet: Sheet) -> list[list[Any]]:
    plain = sheet.frame.astype(object).where(sheet.frame.notna(), None)
    return [list(record) for record in plain.to_numpy().tolist()]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        ("Ann", None, "Ann"),
        (" 007 ", None, " 007 "),
        (None, None, ""),
        (8462, None, "8462"),
        (8462.0, None, "8462"),
        (123456789012345.0, None, "123456789012345"),
        (-3.0, None, "-3"),
        (7.25, None, "7.25"),
        (0.1 + 0.2, None, "0.3"),
        (0.00001, None, "0.00001"),
        (42, "00000", "00042"),
        (42, "0", "42"),
        (42, "0.00", "42"),
        (True, None, "TRUE"),
        (False, None, "FALSE"),
        (date(2026, 1, 31), None, "2026-01-31"),
        (datetime.fromisoformat("2026-01-31"), None, "2026-01-31"),
        (datetime.fromisoformat("2026-01-31T08:00"), None, "2026-01-31T08:00:00"),
        (time(8, 30), None, "08:30:00"),
        (timedelta(hours=26, minutes=5), None, "26:05:00"),
        ("a_x000D_b", None, "a\rb"),
    ],
)
def test_a_cell_is_the_text_a_person_sees(value: Any, number_format: str | None, text: str, tmp_path: Path) -> None:
    workbook = book(Users=[["id", "value"], ["S1", value]])
    if number_format:
        workbook["Users"]["B2"].number_format = number_format
    sheet = read(saved(workbook, tmp_path / "users.xlsx"))
    assert cells(sheet) == [["S1", text]]
    assert set(sheet.frame.dtypes.astype(str)) == {"str"}


def test_rows_are_those_of_the_worksheet(tmp_path: Path) -> None:
    records: list[list[Any]] = [
        ["Export of Monday"],
        [],
        ["id ", "name"],
        ["S1", "Ann"],
        [],
        [None, None],
        ["S2"],
        ["", ""],
    ]
    sheet = read_as(saved(book(Users=records), tmp_path / "users.xlsx"), header_row=3)
    assert list(sheet.frame.columns) == ["id", "name"]
    assert sheet.frame.index.tolist() == [4, 7]
    assert sheet.frame.index.name == "row"
    assert cells(sheet) == [["S1", "Ann"], ["S2", ""]]
    assert (sheet.file, sheet.tab, sheet.header_row) == ("users.xlsx", "Users", 3)
    assert dict(sheet.found) == {"format": "xlsx", "tab": "Users", "header row": "3"}


def altered(workbook: Workbook, path: Path, old: str, new: str) -> Path:
    """Save a workbook with XML that other programs write."""
    stream = BytesIO()
    workbook.save(stream)
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(old.encode(), new.encode()))
    return path


@pytest.mark.parametrize(
    ("written", "text"),
    [("8462.0", "8462"), ("1.23456789012345E+14", "123456789012345"), ("-0", "0")],
)
def test_whole_numbers_have_no_exponent_up_to_fifteen_digits(written: str, text: str, tmp_path: Path) -> None:
    workbook = book(Users=[["id"], [4711]])
    assert cells(read(altered(workbook, tmp_path / "users.xlsx", "<v>4711</v>", f"<v>{written}</v>"))) == [[text]]


def test_a_worksheet_that_understates_its_size_is_read_whole(tmp_path: Path) -> None:
    workbook = book(Users=[["id", "name"], ["S1", "Ann"]])
    path = altered(workbook, tmp_path / "users.xlsx", '<dimension ref="A1:B2"', '<dimension ref="A1:A1"')
    assert cells(read(path)) == [["S1", "Ann"]]


def test_a_header_alone_gives_an_empty_frame_of_text(tmp_path: Path) -> None:
    sheet = read(saved(book(Users=[["id", "name"]]), tmp_path / "users.xlsx"))
    assert sheet.frame.shape == (0, 2)
    assert set(sheet.frame.dtypes.astype(str)) == {"str"}


def test_error_cells_are_issues_with_their_address(tmp_path: Path) -> None:
    sheet = read(saved(book(Users=[["id", "name"], ["S1", "#N/A"], ["#REF!", None]]), tmp_path / "users.xlsx"))
    assert cells(sheet) == [["S1", None], [None, ""]]
    shown = [(issue.code, issue.tab, issue.row, issue.column, issue.value) for issue in sheet.issues]
    assert shown == [("error-cell", "Users", 2, "name", "#N/A"), ("error-cell", "Users", 3, "id", "#REF!")]
    assert "B2" in sheet.issues[0].message


def test_the_only_visible_tab_with_data_needs_no_name(tmp_path: Path) -> None:
    workbook = book(Empty=[], Old=[["id"], ["S0"]], Users=[["id"], ["S1"]])
    workbook["Old"].sheet_state = "hidden"
    path = saved(workbook, tmp_path / "users.xlsx")
    assert read(path).tab == "Users"
    assert cells(read_as(path, tab="Old")) == [["S0"]]


@pytest.mark.parametrize(
    ("tabs", "options", "words"),
    [
        ({"Users": [["id"]], "Staff": [["id"]]}, {}, ["several tabs contain data: 'Users', 'Staff'", "`tab`"]),
        ({"Users": [["id"]], "Staff": [["id"]]}, {"tab": "user"}, ["no tab 'user'", "Did you mean 'Users'?"]),
        ({"Users": [["id"]], "Staff": [["id"]]}, {"tab": "Zz"}, ["The tabs are: 'Users', 'Staff'."]),
        ({"Users": []}, {}, ["no visible tab contains data"]),
        ({"Users": []}, {"tab": "Users"}, ["tab Users", "no header"]),
        ({"Users": [["id"], ["S1"]]}, {"header_row": 5}, ["tab Users, row 5", "no header"]),
        ({"Users": [["id", None, "id"]]}, {}, ["row 1", "column 2 has no name", "2 columns are named 'id'"]),
        (
            {"Users": [["id"], ["S1"], ["S2", "x"]]},
            {},
            ["column 2 has no name but contains data (first in row 3)"],
        ),
    ],
)
def test_a_tab_that_is_no_table_is_refused_in_words(
    tabs: dict[str, list[list[Any]]], options: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    with pytest.raises(SheetError) as refused:
        read_as(saved(book(**tabs), tmp_path / "users.xlsx"), **options)
    for each in words:
        assert each in str(refused.value)


def test_content_decides_not_the_extension(tmp_path: Path) -> None:
    assert read(saved(book(Users=[["id"], ["S1"]]), tmp_path / "users.csv")).tab == "Users"
    text = tmp_path / "users.xlsx"
    text.write_text("id\tname\nS1\tAnn\n")
    assert cells(read(text)) == [["S1", "Ann"]]


def archive(*names: str) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in names:
            file.writestr(name, "<nothing/>")
    return stream.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (archive("content.xml", "mimetype"), "damaged or incomplete"),
        (archive("xl/workbook.bin"), "damaged or incomplete"),
        (archive("xl/workbook.xml"), "damaged or incomplete"),
        (archive("xl/workbook.xml")[:40], "damaged or incomplete"),
        (OLE + b"\0" * 512, "damaged or incomplete"),
        (OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    ],
    ids=["ods", "xlsb", "xlsx", "cut off", "old", "locked"],
)
def test_an_unreadable_workbook_is_reported_in_a_sentence(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "users.xlsx"
    path.write_bytes(data)
    with pytest.raises(SheetError, match=words):
        read(path)


@given(st.integers(4, 3000))
def test_a_workbook_cut_off_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    stream = BytesIO()
    book(Users=[["id"], ["S1"]]).save(stream)
    path = tmp_path_factory.getbasetemp() / "cut.xlsx"
    path.write_bytes(stream.getvalue()[:length])
    with pytest.raises(SheetError):
        read(path)
