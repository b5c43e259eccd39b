"""Number formats of workbooks, by different writers: `number_formats.yaml` says what is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt
from openpyxl import Workbook

from tests.sheets.reading import read_as
from tests.yaml_files import read_yaml

FORMATS: dict[str, dict[Any, str]] = read_yaml(Path(__file__).with_name("number_formats.yaml"))


def by_openpyxl(path: Path, code: str, values: list[Any]) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["ID", "SAME"])
    for row, value in enumerate(values, 2):
        for column in (1, 2):
            sheet.cell(row, column, value).number_format = code
    book.save(path)


def by_xlsxwriter(path: Path, code: str, values: list[Any]) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet, shown = book.add_worksheet(), book.add_format({"num_format": code})
        sheet.write_row(0, 0, ["ID", "SAME"])
        for row, value in enumerate(values, 1):
            sheet.write_row(row, 0, [value, value], shown)


def by_xlwt(path: Path, code: str, values: list[Any]) -> None:
    book = xlwt.Workbook()
    sheet, shown = book.add_sheet("T"), xlwt.XFStyle()
    shown.num_format_str = code
    for column, name in enumerate(["ID", "SAME"]):
        sheet.write(0, column, name)
        for row, value in enumerate(values, 1):
            sheet.write(row, column, value, shown)
    book.save(str(path))


@pytest.mark.parametrize("write", [by_openpyxl, by_xlsxwriter, by_xlwt])
@pytest.mark.parametrize("code", FORMATS)
def test_an_identifier_is_what_a_person_sees(
    write: Callable[[Path, str, list[Any]], None], code: str, tmp_path: Path
) -> None:
    write(tmp_path / "people", code, [*FORMATS[code]])
    sheet = read_as(tmp_path / "people", wanted=["ID", "SAME"], keys=[[["ID"]]])
    expected = [None if shown == "issue" else shown for shown in FORMATS[code].values()]
    assert [None if identifier != identifier else identifier for identifier in sheet.frame["ID"]] == expected
    unknown = [row for row, shown in enumerate(FORMATS[code].values(), 2) if shown == "issue"]
    assert [(issue.code, issue.row, issue.column) for issue in sheet.issues] == [
        ("unknown-format", row, "ID") for row in unknown
    ]
    # What identifies nothing is not refused because of its format.
    assert sheet.frame["SAME"].notna().all()
