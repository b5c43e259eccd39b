"""One good export, and the kinds of files that it can be written as."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from openpyxl import Workbook

COLUMNS = ["STUDENT_ID", "First Name", "Last Name", "EMAIL", "NOTE"]
JOINED = ["Student ID", "First Name", "Last Name", "EMAIL", "NOTE"]
Table = list[list[str]]


@dataclass(frozen=True)
class Written:
    """A file as it would be in the inbox, and what a mapping says of it. `filled`: its notes are."""

    name: str
    data: bytes
    options: dict[str, Any] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=lambda: COLUMNS)
    filled: bool = False


def good(seed: int, rows: int = 40) -> Table:
    """The records of the good export, without its header: names with accents, notes with delimiters and quotes."""
    dice = random.Random(seed)
    first = ["Zoë", "José", "Anna", "Björn", "Mary Ann", "Chloé", "Ulla"]
    last = ["García", "O'Neil", "Müller", "Smith", "Nuñez", "d'Arc"]
    notes = ["", "late; twice", "room 5, left", 'says "hi"', "a | b", "tab\there", "ok"]
    return [
        [f"{1000 + n:06}", dice.choice(first), dice.choice(last), f"s{n}@example.edu", dice.choice(notes)]
        for n in range(rows)
    ]


def text(
    table: Table, delimiter: str = ",", end: str = "\r\n", quoting: Any = csv.QUOTE_MINIMAL, **options: Any
) -> str:
    """A table as CSV."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=quoting, **options).writerows(table)
    return stream.getvalue()


def plain(table: Table) -> Table:
    """Without what needs quotes."""
    return [["".join(char for char in cell if char not in '",;|\t') for cell in record] for record in table]


def no_tabs(table: Table) -> Table:
    """Without what a browser does not show."""
    return [[cell.replace("\t", " ") for cell in record] for record in table]


def filled(table: Table) -> Table:
    """With something in every cell."""
    return [[cell or "none" for cell in record] for record in table]


def cut_last(line: str) -> str:
    """A line without the contents of its last cell."""
    return line.rpartition(",")[0] + ","


def padded(table: Table, left: str, right: str) -> Table:
    return [[f"{left}{cell}{right}" if cell else cell for cell in record] for record in table]


def book(*records: list[str], title: str = "Students", blank: int = 0) -> bytes:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = title
    for row, record in enumerate(records, 1):
        for column, cell in enumerate(record, 1):
            if cell:
                sheet.cell(row, column, cell)
    for n in range(blank):
        sheet.cell(len(records) + 2 + n, 9).number_format = "0.00"
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def packed(**entries: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return stream.getvalue()


def cut(data: bytes, within: str) -> bytes:
    """The file truncated after the last occurrence of a text."""
    return data[: data.rindex(within.encode()) + len(within)]


def file(
    transform: Callable[[Table], bytes],
    name: str = "students.csv",
    wanted: list[str] = COLUMNS,
    *,
    filled: bool = False,
    **options: Any,
) -> Callable[[Table], Written]:
    return lambda table: Written(name, transform(table), options, wanted, filled)


def at_line(table: Table, n: int, change: Callable[[str], str], **options: Any) -> bytes:
    """CSV with one line changed; `n` counts from 0, the header's line."""
    lines = text(plain(table), end="\n", **options).split("\n")
    lines[n] = change(lines[n])
    return "\n".join(lines).encode()


def page(table: Table, before: str = "", after: str = "</table></body></html>", tag: str = "td") -> bytes:
    """A table as a web page, as systems write it under the name `.xls`."""
    rows = "".join(f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in record)}</tr>\n" for record in table)
    return f"<html><head><meta charset='utf-8'></head><body>{before}<table border=1>{rows}{after}".encode()


def spooled(table: Table, *, ruler: bool, below: str = "") -> bytes:
    """A table in columns of one width, with or without a line of dashes below its header."""
    sizes = [max(map(len, column)) for column in zip(*table, strict=True)]
    records = [table[0], *([["-" * size for size in sizes]] if ruler else []), *table[1:]]
    lines = [" ".join(cell.ljust(size) for cell, size in zip(record, sizes, strict=True)) for record in records]
    return ("\n".join(map(str.rstrip, lines)) + "\n" + below).encode()


def fods(table: Table) -> bytes:
    """A table as one OpenDocument XML file, laid out over many lines."""
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    shown = [[escape(cell).replace("  ", ' <text:s text:c="1"/>') for cell in record] for record in table]
    cells = "<table:table-cell office:value-type='string'>\n  <text:p>{}</text:p>\n </table:table-cell>"
    rows = "\n".join(
        f"<table:table-row>\n {''.join(cells.format(cell) for cell in record)}\n</table:table-row>" for record in shown
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n\n<office:document{spaces} office:mimetype="application/vnd.oasis'
        f'.opendocument.spreadsheet">\n<office:body>\n <office:spreadsheet>\n  <table:table table:name="Students">'
        f"{rows}</table:table></office:spreadsheet></office:body></office:document>"
    ).encode()


def spreadsheet_xml(table: Table, encoding: str = "utf-8", before: str = "") -> bytes:
    """A table as XML Spreadsheet 2003: an identifier of digits is a number with a format that shows its zeros."""
    rows = "".join(f"<Row>{''.join(map(_cell, record))}</Row>\n" for record in table)
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>{before}<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel">'
        '<Styles><Style ss:ID="Default"/><Style ss:ID="s1"><NumberFormat ss:Format="000000"/></Style></Styles>'
        '<Worksheet ss:Name="Old"><Table><Row><Cell><Data ss:Type="String">x</Data></Cell></Row></Table>'
        "<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions></Worksheet>"
        f'<Worksheet ss:Name="Students"><Table>{rows}</Table></Worksheet></Workbook>'
    ).encode(encoding)


def _cell(text: str) -> str:
    if text.isdecimal():
        return f'<Cell ss:StyleID="s1"><Data ss:Type="Number">{int(text)}</Data></Cell>'
    note = "<Comment><ss:Data>checked</ss:Data></Comment>" if "@" in text else ""
    return f'<Cell><Data ss:Type="String">{escape(text)}</Data>{note}</Cell>'


def styled(table: Table, cell: str) -> bytes:
    """A table as a web page, in whose rows the first cell is written as given, with the number."""
    made = page(no_tabs(table)).decode().replace("</head>", f"<style>{STYLES}</style></head>")
    for record in table[1:]:
        made = made.replace(f"<td>{record[0]}</td>", cell.format(int(record[0]), record[0]))
    return made.encode()


STYLES = (
    "<!-- .six {mso-number-format:000000;} .text {mso-number-format:'\\@';} .if {mso-number-format:'\\[>9\\]0'} -->"
)
PARTED = [["Student", "First", "Last", "", ""], ["ID", "Name", "Name", "EMAIL", "NOTE"]]
NOTE = ["", "draft until Friday"]
TITLE = [["Student export, autumn term", "", "", "", ""], ["", "", "", "", ""]]
ODD = [" STUDENT_ID\u00a0", "first name", "LAST  NAME", "\ufeffEMAIL", "Note "]
BOMB = b"STUDENT_ID,First Name,Last Name,EMAIL,NOTE\r\n" + b"0" * (80 << 20)
