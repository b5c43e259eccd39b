"""A good export through many writers, to see that it is read as the same table, or refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter
import xlwt
from openpyxl import Workbook

from tests.sheets import good_export

COLUMNS = ["ID", "NAME", "MAIL", "NOTE"]
Table = list[list[str]]


class Shown(NamedTuple):
    """An identifier as a number with a format: zeros up to a number of digits, and letters around it."""

    value: int
    digits: int
    before: str = ""
    after: str = ""

    @property
    def code(self) -> str:
        """The number format."""
        quoted = [f'"{text}"' if text else "" for text in (self.before, self.after)]
        return f"{quoted[0]}{'0' * self.digits}{quoted[1]}"

    @property
    def text(self) -> str:
        """What a person sees."""
        return f"{self.before}{self.value:0{self.digits}}{self.after}"


class Style(NamedTuple):
    """How a text file is written."""

    delimiter: str
    quote: str
    quoting: Any
    escape: str
    encoding: str
    end: str


def delimited(table: Table, style: Style) -> bytes:
    """A text file; delimiters of several characters take the place of one that is not in the table."""
    stream = io.StringIO()
    escaped: dict[str, Any] = {"doublequote": False, "escapechar": style.escape} if style.escape else {}
    single = style.delimiter if len(style.delimiter) == 1 else "\x1f"
    writer = csv.writer(
        stream, delimiter=single, quotechar=style.quote, quoting=style.quoting, lineterminator=style.end, **escaped
    )
    writer.writerows(table)
    text = stream.getvalue()
    return (text if single == style.delimiter else text.replace(single, style.delimiter)).encode(style.encoding)


def by_openpyxl(path: Path, table: Table, numbers: list[Shown]) -> None:
    """An xlsx of openpyxl."""
    book = Workbook()
    sheet = book.worksheets[0]
    for row, record in enumerate(table, 1):
        for column, text in enumerate(record, 1):
            cell = sheet.cell(row, column)
            cell.value, cell.data_type = text or None, "s" if text else "n"
    for row, shown in enumerate(numbers, 2):
        cell = sheet.cell(row, 1, shown.value)
        cell.number_format = shown.code
    book.save(path)


def by_xlsxwriter(path: Path, table: Table, numbers: list[Shown]) -> None:
    """An xlsx of xlsxwriter."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row, record in enumerate(table):
            for column, text in enumerate(record):
                if text:
                    sheet.write_string(row, column, text)
        for row, shown in enumerate(numbers, 1):
            sheet.write_number(row, 0, shown.value, book.add_format({"num_format": shown.code}))


def by_xlwt(path: Path, table: Table, numbers: list[Shown]) -> None:
    """An old xls."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("T", cell_overwrite_ok=True)
    for row, record in enumerate(table):
        for column, text in enumerate(record):
            sheet.write(row, column, text)
    for row, shown in enumerate(numbers, 1):
        sheet.write(row, 0, shown.value, xlwt.easyxf(num_format_str=shown.code))
    book.save(str(path))


def as_spreadsheet_xml(path: Path, table: Table, numbers: list[Shown]) -> None:
    """XML Spreadsheet 2003."""
    styles = "".join(
        f'<Style ss:ID="s{n}"><NumberFormat ss:Format="{escape(each.code)}"/></Style>' for n, each in enumerate(numbers)
    )
    cells = [[f'<Cell><Data ss:Type="String">{_xml(text)}</Data></Cell>' for text in record] for record in table]
    for n, each in enumerate(numbers):
        cells[n + 1][0] = f'<Cell ss:StyleID="s{n}"><Data ss:Type="Number">{each.value}</Data></Cell>'
    rows = "".join(f"<Row>{''.join(record)}</Row>" for record in cells)
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    path.write_text(
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Styles>{styles}</Styles>'
        f'<Worksheet ss:Name="T"><Table>{rows}</Table></Worksheet></Workbook>',
        "utf-8",
    )


def as_page(path: Path, table: Table, numbers: list[Shown]) -> None:
    """A web page with a style for each number."""
    made = good_export.page(table).decode()
    for n, each in enumerate(numbers):
        code = each.code.replace('"', r"\0022")
        cell = f"<td style='mso-number-format:\"{code}\"'>{each.value}</td>"
        made = made.replace(f"<td>{escape(table[n + 1][0])}</td>", cell, 1)
    path.write_text(made, "utf-8")


def as_fods(path: Path, table: Table, numbers: list[Shown]) -> None:
    """A flat OpenDocument file."""
    made = good_export.fods(table).decode()
    for each in numbers:
        text = f"<table:table-cell office:value-type='string'>\n  <text:p>{escape(each.text)}</text:p>"
        value = f'<table:table-cell office:value-type="float" office:value="{each.value}">'
        shown = f"{value}\n<text:p>{escape(each.text)}</text:p>"
        made = made.replace(text, shown, 1)
    path.write_text(made, "utf-8")


def _xml(text: str) -> str:
    return escape(text).replace("\n", "&#10;")


BOOKS: dict[str, Callable[[Path, Table, list[Shown]], None]] = {
    "openpyxl": by_openpyxl,
    "xlsxwriter": by_xlsxwriter,
    "xlwt": by_xlwt,
    "XML Spreadsheet 2003": as_spreadsheet_xml,
    "web page": as_page,
    "flat OpenDocument": as_fods,
}
"""Writers of workbooks, of which a web page is one: the identifiers are numbers with formats."""
