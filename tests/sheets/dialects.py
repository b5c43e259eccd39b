"""One good export, rewritten in the dialects and with the damages that real exports have.

rewritten(name, seed) -> Written: the file's name, its bytes, how it is read
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
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


def _as(
    transform: Callable[[Table], bytes],
    name: str = "students.csv",
    wanted: list[str] = COLUMNS,
    *,
    filled: bool = False,
    **options: Any,
) -> Callable[[Table], Written]:
    return lambda table: Written(name, transform(table), options, wanted, filled)


def _line(table: Table, n: int, change: Callable[[str], str], **options: Any) -> bytes:
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

DIALECTS: dict[str, Callable[[Table], Written]] = {
    "utf-8": _as(lambda t: text(t).encode()),
    "utf-8 with BOM": _as(lambda t: text(t).encode("utf-8-sig")),
    "utf-16 little endian": _as(lambda t: text(t, "\t").encode("utf-16")),
    "utf-16 big endian": _as(lambda t: b"\xfe\xff" + text(t, "\t").encode("utf-16-be")),
    "utf-16 little endian without BOM": _as(lambda t: text(t, "\t").encode("utf-16-le")),
    "utf-16 big endian without BOM": _as(lambda t: text(t, ";").encode("utf-16-be")),
    "windows-1252": _as(lambda t: text(t, ";").encode("cp1252")),
    "iso-8859-1": _as(lambda t: text(t).encode("iso-8859-1")),
    "iso-8859-15 given": _as(lambda t: text(t).encode("iso-8859-15"), encoding="iso-8859-15"),
    "dos code page": _as(lambda t: text(t, ";").encode("cp850")),
    "dos code page given": _as(lambda t: text(t, ";").encode("cp850"), encoding="cp850"),
    "EBCDIC given": _as(lambda t: text(t, ";", end="\x85").encode("cp037"), encoding="cp037"),
    "EBCDIC of Western Europe given": _as(lambda t: text(t, "|", end="\n").encode("cp500"), encoding="cp500"),
    "EBCDIC with the euro given": _as(lambda t: text(t, ",", end="\r\x85").encode("cp1140"), encoding="cp1140"),
    "EBCDIC": _as(lambda t: text(t, ";", end="\x85").encode("cp037")),
    "semicolon": _as(lambda t: text(t, ";").encode()),
    "tab": _as(lambda t: text(t, "\t").encode(), name="students.txt"),
    "pipe": _as(lambda t: text(t, "|").encode()),
    "tilde given": _as(lambda t: text(t, "~").encode(), delimiter="~"),
    "tilde": _as(lambda t: text(t, "~").encode()),
    "caret": _as(lambda t: text(t, "^").encode()),
    "colon": _as(lambda t: text(t, ":").encode()),
    "unit separator": _as(lambda t: text(t, "\x1f").encode()),
    "two bars": _as(lambda t: text(t, "\x1f").replace("\x1f", "||").encode()),
    "two bars within a cell": _as(
        lambda t: text([*t, ["001040", "Ann", "Lee", "a\x1fb", "x"]], "\x1f").replace("\x1f", "||").encode()
    ),
    "single quotes around some cells": _as(
        lambda t: text([*t, ["001040", "Ann", "O'Neil", "a@b.edu", ""]], quotechar="'").encode()
    ),
    "an inch in a cell without quotes, escaped": _as(
        lambda t: text([*t, ["001040", "Ann", "5 inch", "a@b.edu", ""]]).replace("5 inch", '5\\"').encode(), escape="\\"
    ),
    "no header, with two bars": _as(lambda t: text(t[1:], "\x1f").replace("\x1f", "||").encode(), columns=COLUMNS),
    "no header, with three signs": _as(lambda t: text(t[1:], "\x1f").replace("\x1f", "~|~").encode(), columns=COLUMNS),
    "three signs": _as(lambda t: text(t, "\x1f", quoting=csv.QUOTE_ALL).replace("\x1f", "~|~").encode()),
    "three signs given": _as(lambda t: text(t, "\x1f").replace("\x1f", "|^|").encode(), delimiter="|^|"),
    "backslashes before quotes": _as(lambda t: text(t, quoting=csv.QUOTE_ALL).replace('""hi""', r"\"hi\"").encode()),
    "backslashes before quotes, given": _as(
        lambda t: text(t, quoting=csv.QUOTE_ALL).replace('""hi""', r"\"hi\"").encode(), escape="\\"
    ),
    "single quotes": _as(lambda t: text(t, quoting=csv.QUOTE_ALL, quotechar="'").encode()),
    "single quotes around texts": _as(
        lambda t: re.sub(r"\n'(\d+)'", r"\n\1", text(t, ";", quoting=csv.QUOTE_ALL, quotechar="'")).encode()
    ),
    "single quotes, and none around the header": _as(
        lambda t: text(t[:1]).encode() + text(t[1:], quoting=csv.QUOTE_ALL, quotechar="'").encode()
    ),
    "single quotes, escaped": _as(
        lambda t: (
            text(t, quoting=csv.QUOTE_ALL, quotechar="'")
            .replace("O''Neil", r"O\'Neil")
            .replace("d''A", r"d\'A")
            .encode()
        )
    ),
    "dollar signs as quotes, given": _as(lambda t: text(t, quotechar="$", quoting=csv.QUOTE_ALL).encode(), quote="$"),
    "single quotes given": _as(lambda t: text(t, quotechar="'").encode(), quote="'"),
    "a column in single quotes": _as(lambda t: text([t[0], *([*r[:4], f"'{r[4]}'"] for r in t[1:])]).encode()),
    "backslashes that are themselves": _as(
        lambda t: text([*t, ["001040", "Ann", "Lee", "C:\\", "x"]], quoting=csv.QUOTE_ALL).encode()
    ),
    "LF": _as(lambda t: text(t, end="\n").encode()),
    "CR": _as(lambda t: text(t, end="\r").encode()),
    "mixed line ends": _as(
        lambda t: "".join(text([r], end=e) for r, e in zip(t, ["\n", "\r\n", "\r"] * len(t), strict=False)).encode()
    ),
    "no line end at the end": _as(lambda t: text(t).rstrip("\r\n").encode()),
    "all quoted": _as(lambda t: text(t, quoting=csv.QUOTE_ALL).encode()),
    "caret given, nothing quoted": _as(
        lambda t: text(t, "^", quoting=csv.QUOTE_NONE, quotechar=None).encode(), delimiter="^"
    ),
    "blank after the comma": _as(lambda t: text(t, quoting=csv.QUOTE_ALL, end="\n").replace('","', '", "').encode()),
    "sep line": _as(lambda t: b"sep=|\r\n" + text(t, "|").encode()),
    "sep line with BOM": _as(lambda t: ("sep=;\r\n" + text(t, ";")).encode("utf-8-sig")),
    "title above": _as(lambda t: text([*TITLE, *t]).encode()),
    "title lines above": _as(
        lambda t: b"Autumn; all of them, 2026\r\nPrinted by the office\r\n\r\n" + text(t).encode()
    ),
    "header row given": _as(lambda t: b"x,y\r\n" * 40 + text(t).encode(), header_row=41),
    "header in other case and blanks": _as(lambda t: text([ODD, *t[1:]]).encode()),
    "totals below": _as(lambda t: text([*t, ["Total", "", "", "", "40"]]).encode()),
    "totals below, ragged": _as(lambda t: text(t).encode() + b"\r\nRecords: 40\r\n"),
    "cells padded with non-breaking blanks": _as(lambda t: text([t[0], *padded(t[1:], "\u00a0", "\u00a0 ")]).encode()),
    "cells padded with zero-width characters": _as(lambda t: text(padded(t, "\u200b", "\ufeff")).encode()),
    "blank rows at the end": _as(lambda t: text(t).encode() + b",,,,\r\n" * 5 + b"\r\n\r\n"),
    "blank columns at the end": _as(lambda t: text([[*record, "", ""] for record in t]).encode()),
    "header on every page": _as(lambda t: text([*t[:9], t[0], *t[9:30], t[0], *t[30:]]).encode()),
    "header in front of every file joined": _as(
        lambda t: text(t[:9]).encode("utf-8-sig") + text([t[0], *t[9:]]).encode("utf-8-sig")
    ),
    "workbook with a header on every page": _as(lambda t: book(*t[:9], t[0], *t[9:]), name="students.xlsx"),
    "line below the header": _as(lambda t: text([t[0], [len(name) * "-" for name in t[0]], *t[1:]]).encode()),
    "types below the header": _as(lambda t: text([t[0], ["varchar(20)"] * len(t[0]), *t[1:]]).encode()),
    "workbook with a line below the header": _as(
        lambda t: book(t[0], [len(name) * "-" for name in t[0]], *t[1:]), name="students.xlsx"
    ),
    "blank rows within": _as(lambda t: text([t[0], ["", "", "", "", ""], *t[1:]]).encode()),
    "other order of columns, and a column more": _as(lambda t: text([["x", *reversed(r)] for r in t]).encode()),
    "header after a form feed": _as(
        lambda t: (text(t[:9]) + "\f" + text([t[0], *t[9:30]]) + "\f\r\n" + text(t[30:])).encode()
    ),
    "remarks among the rows": _as(
        lambda t: (
            "# of the registry\r\n" + text(t[:9]) + "# west wing\r\n-- north\r\n" + text(t[9:]) + "Page 1 of 1"
        ).encode()
    ),
    "workbook with a remark among the rows": _as(lambda t: book(*t[:9], ["# west wing"], *t[9:]), name="students.xlsx"),
    "units below the header": _as(
        lambda t: text([t[0], ["(six digits)", "(text)", "(text)", "(address)", "[any]"], *t[1:]]).encode()
    ),
    "trailer": _as(lambda t: text(t).encode() + b"TRAILER,40\r\n"),
    "rows affected": _as(lambda t: text(t).encode() + b"\r\n(40 rows affected)\r\n\r\nCompletion time: 2026-11-29\r\n"),
    "web page named xls": _as(lambda t: page(no_tabs(t)), name="students.xls"),
    "web page with a layout, a title and totals": _as(
        lambda t: page([*TITLE, *no_tabs(t), ["Total", "", "", "", "40"]], "<table><tr><td>Menu</td></tr></table>"),
        name="students.xls",
    ),
    "flat OpenDocument": _as(lambda t: fods(no_tabs(t)), name="students.fods"),
    "XML Spreadsheet 2003": _as(spreadsheet_xml, name="students.xls"),
    "XML Spreadsheet 2003 in UTF-16": _as(lambda t: spreadsheet_xml(t, "utf-16"), name="students.xml"),
    "web page whose styles show zeros": _as(lambda t: styled(t, "<td class=six>{}</td>"), name="students.xls"),
    "web page with text as a number": _as(lambda t: styled(t, "<td class=text x:num>{1}</td>"), name="students.xls"),
    "web page with the number beside what is shown": _as(
        lambda t: styled(t, '<td x:num="{}">{}</td>'), name="students.xls"
    ),
    "header in two rows": _as(lambda t: text([*PARTED, *t[1:]]).encode(), wanted=JOINED),
    "header in two rows, and a title": _as(lambda t: text([*TITLE, *PARTED, *t[1:]], ";").encode(), wanted=JOINED),
    "header in two rows, on every page": _as(
        lambda t: text([*PARTED, *t[1:9], *PARTED, *t[9:]]).encode(), wanted=JOINED
    ),
    "header in two rows, declared": _as(
        lambda t: text([*PARTED, *t[1:]]).encode(), wanted=JOINED, header_row=1, header_rows=2
    ),
    "workbook with a header in two rows": _as(lambda t: book(*PARTED, *t[1:]), name="students.xlsx", wanted=JOINED),
    "web page with a header in two rows": _as(
        lambda t: page(no_tabs([*PARTED, *t[1:]])), name="students.xls", wanted=JOINED
    ),
    "a note beside the table": _as(
        lambda t: text([[*r, *(NOTE if n == 3 else ["", ""])] for n, r in enumerate(filled(t))]).encode(), filled=True
    ),
    "a note beside the header": _as(lambda t: text([[*t[0], *NOTE], *([*r, "", ""] for r in t[1:])]).encode()),
    "workbook with notes beside the table": _as(
        lambda t: book(
            *([*r, *(NOTE if n in (3, 5) else [])] for n, r in enumerate(filled(t))), ["", "", "", "", "", *NOTE]
        ),
        name="students.xlsx",
        filled=True,
    ),
    "no header": _as(lambda t: text(t[1:]).encode(), columns=COLUMNS),
    "no header, with semicolons": _as(lambda t: text(t[1:], ";").encode(), columns=COLUMNS),
    "no header, with tildes": _as(lambda t: text(t[1:], "~").encode(), columns=COLUMNS),
    "no header, with two bars given": _as(
        lambda t: text(t[1:], "\x1f").replace("\x1f", "||").encode(), columns=COLUMNS, delimiter="||"
    ),
    "a header, though columns are named": _as(lambda t: text(t).encode(), columns=COLUMNS),
    "workbook without a header": _as(lambda t: book(*t[1:]), name="students.xlsx", columns=COLUMNS),
    "fixed width": _as(lambda t: spooled(no_tabs(t), ruler=False), layout="fixed"),
    "spool of SQL*Plus": _as(
        lambda t: (
            b"SQL> select * from students;\n\n"
            + spooled(no_tabs(t), ruler=True, below="\n40 rows selected.\n\nSQL> spool off\n")
        ),
        layout="fixed",
    ),
    "gzip": _as(lambda t: gzip.compress(text(t).encode(), mtime=0), name="students.csv.gz"),
    "zip": _as(lambda t: packed(**{"students.csv": text(t).encode()}), name="students.zip"),
    "zip from a Mac": _as(
        lambda t: packed(
            **{"out/students.csv": text(t).encode(), "__MACOSX/out/._students.csv": b"x", ".DS_Store": b"y"}
        ),
        name="students.zip",
    ),
    "zip with a workbook": _as(lambda t: packed(**{"students.xlsx": book(*t)}), name="students.zip"),
    "ends with Ctrl-Z": _as(lambda t: text(t).encode() + b"\x1a"),
    "wrong extension": _as(lambda t: text(t, "\t").encode(), name="students.xls"),
    "workbook": _as(lambda t: book(*t), name="students.xlsx"),
    "workbook with titles and totals": _as(
        lambda t: book(*TITLE, *t, ["", "", "", "", ""], ["Total", "", "", "40"]), name="students.xlsx"
    ),
    "workbook with odd header": _as(lambda t: book(ODD, *t[1:]), name="students.xlsx"),
    "workbook with formats past the end": _as(lambda t: book(*t, blank=9), name="students.xlsx"),
    # -- damages
    "rows that may end early": _as(
        lambda t: text([r if r[4] else r[:4] for r in t[1:]]).encode().rstrip(b"\r\n"),
        columns=COLUMNS,
        optional=["NOTE"],
    ),
    "rows that end too early": _as(lambda t: text([*t[1:], t[1][:3]]).encode(), columns=COLUMNS, optional=["NOTE"]),
    "header in two rows, not all found": _as(lambda t: text([*PARTED, *t[1:]]).encode(), wanted=[*JOINED, "PHONE"]),
    "cells beside the table in a row that lacks some": _as(
        lambda t: text([[*r, "", ""] if n != 3 else ["", *r[:4], "", r[4]] for n, r in enumerate(filled(t))]).encode()
    ),
    "two tables side by side": _as(lambda t: text([[*r, "", *r[:2]] for r in t]).encode()),
    "web page whose format is not known": _as(lambda t: styled(t, "<td class=if>{}</td>"), name="students.xls"),
    "web page with a number that lost its zeros": _as(
        lambda t: styled(t, '<td x:num="{1}">{0}</td>'), name="students.xls"
    ),
    "XML Spreadsheet 2003 with zeros that nobody sees": _as(
        lambda t: spreadsheet_xml(t).replace(b'Number">1003<', b'Number">0001003<'), name="students.xls"
    ),
    "XML Spreadsheet 2003 with an error": _as(
        lambda t: spreadsheet_xml(t).replace(b'Number">1003<', b'Error">#N/A<'), name="students.xls"
    ),
    "XML Spreadsheet 2003, truncated": _as(lambda t: spreadsheet_xml(t)[:-300], name="students.xls"),
    "XML Spreadsheet 2003 that defines entities": _as(
        lambda t: spreadsheet_xml(t, before="<!DOCTYPE x [<!ENTITY a 'b'>]>"), name="students.xls"
    ),
    "XML Spreadsheet 2003 with a cell far away": _as(
        lambda t: spreadsheet_xml(t).replace(
            b"</Table></Worksheet></",
            b'<Row ss:Index="9999999"><Cell ss:Index="9000">'
            b'<Data ss:Type="String">x</Data></Cell></Row></Table></Worksheet></',
        ),
        name="students.xls",
    ),
    "flat OpenDocument, truncated": _as(lambda t: fods(no_tabs(t))[:-60], name="students.fods"),
    "XML of another kind": _as(lambda _: b'<?xml version="1.0"?><students><student id="1"/></students>'),
    "header in a different order below": _as(
        lambda t: text(
            [*t[:31], [t[0][n] for n in (2, 1, 0, 3, 4)], *([r[n] for n in (2, 1, 0, 3, 4)] for r in t[31:])]
        ).encode()
    ),
    "workbook with a header in a different order": _as(
        lambda t: book(*t[:31], [*reversed(t[0])], *([*reversed(r)] for r in t[31:])), name="students.xlsx"
    ),
    "nothing": _as(lambda _: b""),
    "blank lines": _as(lambda _: b"\r\n\r\n"),
    "header alone": _as(lambda t: text(t[:1]).encode()),
    "workbook with a header alone": _as(lambda t: book(*t[:1]), name="students.xlsx"),
    "cut in the last line": _as(lambda t: cut(text(plain(t)).encode(), "s39@ex")),
    "cut within quotes": _as(lambda t: cut(text(plain(t), quoting=csv.QUOTE_ALL).encode(), ',"s39@ex')),
    "cut within a character": _as(lambda t: text([*t, ["001040", "Zoë"]]).encode()[:-3]),
    "NUL bytes": _as(lambda t: text(t).encode().replace(b"s7@", b"s\x00@")),
    "decoded twice": _as(lambda t: text(t).encode().decode("cp1252").encode()),
    "characters lost": _as(lambda t: text(t).encode("ascii", "replace").replace(b"?", "\ufffd".encode())),
    "a cell too many": _as(lambda t: _line(t, 3, lambda line: "a," + line)),
    "no header, and a cell too few": _as(
        lambda t: _line(t[1:], 3, lambda line: line.partition(",")[2]), columns=COLUMNS
    ),
    "fixed width, and a line moved": _as(
        lambda t: spooled(no_tabs(t), ruler=True).replace(b"\n001003 ", b"\n001003xx "), layout="fixed"
    ),
    "a cell too few": _as(lambda t: _line(t, 3, lambda line: line.partition(",")[2])),
    "a quote unclosed": _as(lambda t: _line(t, 3, lambda line: line.replace(",", ',"', 1))),
    "a quote within quotes": _as(
        lambda t: _line(t, 3, lambda line: line.replace('","', '","x"y', 1), quoting=csv.QUOTE_ALL)
    ),
    "quotes after a backslash or two": _as(
        lambda t: _line(t, 3, lambda line: line.replace('","', '","x \\"y\\" \\\\ ', 1), quoting=csv.QUOTE_ALL)
    ),
    "two stray quotes": _as(
        lambda t: "\n".join(
            [
                *(text(plain(t), end="\n").split("\n")[:3]),
                'a,"b,c,d,e',
                'f,g",h,i,j',
                *text(plain(t), end="\n").split("\n")[3:],
            ]
        ).encode()
    ),
    "a delimiter at the end of every row": _as(
        lambda t: text(plain(t[:1])).encode() + b"".join(line + b",\r\n" for line in text(t[1:]).encode().splitlines())
    ),
    "an empty cell more in two rows": _as(
        lambda t: text([[*r, ""] if n in (3, 7) else r for n, r in enumerate(filled(t))]).encode()
    ),
    "an empty cell more, where cells may have moved": _as(lambda t: _line(t, 3, lambda line: "a," + cut_last(line))),
    "rows of blanks": _as(lambda t: text([*t[:4], [" ", "", " "], *t[4:], [" "] * 5, ["  ", ""]]).encode()),
    "workbook with rows of blanks": _as(lambda t: book(*t, [" ", " ", " "]), name="students.xlsx"),
    "two columns of one name that nobody reads": _as(
        lambda t: text([[*t[0], "ROOM", "ROOM"], *([*r, "1", "2"] for r in t[1:])]).encode()
    ),
    "two headers of one name": _as(lambda t: text([[*t[0][:4], "EMAIL"], *t[1:]]).encode()),
    "data without a name": _as(lambda t: text([[*t[0], ""], *([*record, "x"] for record in t[1:])]).encode()),
    "data in many columns without a name": _as(
        lambda t: text([[*t[0], "", "", "", ""], *([*record, "x", "", "y", "z"] for record in t[1:])]).encode()
    ),
    "header with gaps": _as(lambda t: text([[t[0][0], "", "", *t[0][1:], "", "more"], *t[1:]]).encode()),
    "other columns": _as(lambda t: text([["A", "B", "C", "D", "E"], *t[1:]]).encode()),
    "not the given encoding": _as(lambda t: text(t).encode("cp1252"), encoding="utf-8"),
    "damaged bytes": _as(lambda t: text(t).encode().replace("é".encode(), b"\xe9")),
    "a web page": _as(lambda _: b"<!DOCTYPE html><html><body>Please log in</body></html>"),
    "JSON": _as(lambda _: b'{"error": "not authorised", "rows": []}'),
    "the message of a database": _as(lambda _: b"ORA-00942: table or view does not exist\n"),
    "one column": _as(lambda t: text([["".join(r)] for r in t]).encode()),
    "several characters, and 0x1F in a cell": _as(
        lambda t: text([*t, ["a\x1f"] * 5], "\t").replace("\t", "||").encode(), delimiter="||"
    ),
    "a web page that ends early": _as(lambda t: page(t[:20], after="<tr><td>0010")),
    "a web page with two such tables": _as(lambda t: page(t, page(t).decode())),
    "a web page with merged cells": _as(lambda t: page(t).replace(b"<td>001003", b"<td rowspan=2>001003")),
    "a web page of another table": _as(lambda _: page([["User", "Password"], ["", ""]])),
    "fixed width that is none": _as(lambda t: text(t).encode(), layout="fixed"),
    "two files in a zip": _as(
        lambda t: packed(**{"a.csv": text(t).encode(), "b.csv": text(t).encode()}), name="students.zip"
    ),
    "a zip in a zip": _as(lambda t: packed(**{"a.zip": packed(**{"a.csv": text(t).encode()})}), name="students.zip"),
    "an empty zip": _as(lambda _: packed(), name="students.zip"),
    "a truncated gzip": _as(lambda t: gzip.compress(text(t).encode(), mtime=0)[:-9], name="students.csv.gz"),
    "a truncated zip": _as(lambda t: packed(**{"a.csv": text(t).encode()})[:-30], name="students.zip"),
    "more columns than a table has": _as(lambda t: text([[*t[0], *(f"c{n}" for n in range(20_000))], *t[1:]]).encode()),
    "a bomb": _as(lambda _: gzip.compress(BOMB, mtime=0), name="students.csv.gz"),
}


def rewritten(name: str, seed: int = 7) -> Written:
    """The good export in one of the `DIALECTS`."""
    return DIALECTS[name]([COLUMNS, *good(seed)])
