"""One good export, rewritten in the dialects and with the damages that real exports have.

rewritten(name, seed) -> Written: the file's name, its bytes, how it is read
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable

from tests.sheets.good_export import (
    BOMB,
    COLUMNS,
    JOINED,
    NOTE,
    ODD,
    PARTED,
    TITLE,
    Table,
    Written,
    at_line,
    book,
    cut,
    cut_last,
    file,
    filled,
    fods,
    good,
    no_tabs,
    packed,
    padded,
    page,
    plain,
    spooled,
    spreadsheet_xml,
    styled,
    text,
)

DIALECTS: dict[str, Callable[[Table], Written]] = {
    "utf-8": file(lambda t: text(t).encode()),
    "utf-8 with BOM": file(lambda t: text(t).encode("utf-8-sig")),
    "utf-16 little endian": file(lambda t: text(t, "\t").encode("utf-16")),
    "utf-16 big endian": file(lambda t: b"\xfe\xff" + text(t, "\t").encode("utf-16-be")),
    "utf-16 little endian without BOM": file(lambda t: text(t, "\t").encode("utf-16-le")),
    "utf-16 big endian without BOM": file(lambda t: text(t, ";").encode("utf-16-be")),
    "windows-1252": file(lambda t: text(t, ";").encode("cp1252")),
    "iso-8859-1": file(lambda t: text(t).encode("iso-8859-1")),
    "iso-8859-15 given": file(lambda t: text(t).encode("iso-8859-15"), encoding="iso-8859-15"),
    "dos code page": file(lambda t: text(t, ";").encode("cp850")),
    "dos code page given": file(lambda t: text(t, ";").encode("cp850"), encoding="cp850"),
    "EBCDIC given": file(lambda t: text(t, ";", end="\x85").encode("cp037"), encoding="cp037"),
    "EBCDIC of Western Europe given": file(lambda t: text(t, "|", end="\n").encode("cp500"), encoding="cp500"),
    "EBCDIC with the euro given": file(lambda t: text(t, ",", end="\r\x85").encode("cp1140"), encoding="cp1140"),
    "EBCDIC": file(lambda t: text(t, ";", end="\x85").encode("cp037")),
    "semicolon": file(lambda t: text(t, ";").encode()),
    "tab": file(lambda t: text(t, "\t").encode(), name="students.txt"),
    "pipe": file(lambda t: text(t, "|").encode()),
    "tilde given": file(lambda t: text(t, "~").encode(), delimiter="~"),
    "tilde": file(lambda t: text(t, "~").encode()),
    "caret": file(lambda t: text(t, "^").encode()),
    "colon": file(lambda t: text(t, ":").encode()),
    "unit separator": file(lambda t: text(t, "\x1f").encode()),
    "two bars": file(lambda t: text(t, "\x1f").replace("\x1f", "||").encode()),
    "two bars within a cell": file(
        lambda t: text([*t, ["001040", "Ann", "Lee", "a\x1fb", "x"]], "\x1f").replace("\x1f", "||").encode()
    ),
    "single quotes around some cells": file(
        lambda t: text([*t, ["001040", "Ann", "O'Neil", "a@b.edu", ""]], quotechar="'").encode()
    ),
    "an inch in a cell without quotes, escaped": file(
        lambda t: text([*t, ["001040", "Ann", "5 inch", "a@b.edu", ""]]).replace("5 inch", '5\\"').encode(), escape="\\"
    ),
    "no header, with two bars": file(lambda t: text(t[1:], "\x1f").replace("\x1f", "||").encode(), columns=COLUMNS),
    "no header, with three signs": file(lambda t: text(t[1:], "\x1f").replace("\x1f", "~|~").encode(), columns=COLUMNS),
    "three signs": file(lambda t: text(t, "\x1f", quoting=csv.QUOTE_ALL).replace("\x1f", "~|~").encode()),
    "three signs given": file(lambda t: text(t, "\x1f").replace("\x1f", "|^|").encode(), delimiter="|^|"),
    "backslashes before quotes": file(lambda t: text(t, quoting=csv.QUOTE_ALL).replace('""hi""', r"\"hi\"").encode()),
    "backslashes before quotes, given": file(
        lambda t: text(t, quoting=csv.QUOTE_ALL).replace('""hi""', r"\"hi\"").encode(), escape="\\"
    ),
    "single quotes": file(lambda t: text(t, quoting=csv.QUOTE_ALL, quotechar="'").encode()),
    "single quotes around texts": file(
        lambda t: re.sub(r"\n'(\d+)'", r"\n\1", text(t, ";", quoting=csv.QUOTE_ALL, quotechar="'")).encode()
    ),
    "single quotes, and none around the header": file(
        lambda t: text(t[:1]).encode() + text(t[1:], quoting=csv.QUOTE_ALL, quotechar="'").encode()
    ),
    "single quotes, escaped": file(
        lambda t: (
            text(t, quoting=csv.QUOTE_ALL, quotechar="'")
            .replace("O''Neil", r"O\'Neil")
            .replace("d''A", r"d\'A")
            .encode()
        )
    ),
    "dollar signs as quotes, given": file(lambda t: text(t, quotechar="$", quoting=csv.QUOTE_ALL).encode(), quote="$"),
    "single quotes given": file(lambda t: text(t, quotechar="'").encode(), quote="'"),
    "a column in single quotes": file(lambda t: text([t[0], *([*r[:4], f"'{r[4]}'"] for r in t[1:])]).encode()),
    "backslashes that are themselves": file(
        lambda t: text([*t, ["001040", "Ann", "Lee", "C:\\", "x"]], quoting=csv.QUOTE_ALL).encode()
    ),
    "LF": file(lambda t: text(t, end="\n").encode()),
    "CR": file(lambda t: text(t, end="\r").encode()),
    "mixed line ends": file(
        lambda t: "".join(text([r], end=e) for r, e in zip(t, ["\n", "\r\n", "\r"] * len(t), strict=False)).encode()
    ),
    "no line end at the end": file(lambda t: text(t).rstrip("\r\n").encode()),
    "all quoted": file(lambda t: text(t, quoting=csv.QUOTE_ALL).encode()),
    "caret given, nothing quoted": file(
        lambda t: text(t, "^", quoting=csv.QUOTE_NONE, quotechar=None).encode(), delimiter="^"
    ),
    "blank after the comma": file(lambda t: text(t, quoting=csv.QUOTE_ALL, end="\n").replace('","', '", "').encode()),
    "sep line": file(lambda t: b"sep=|\r\n" + text(t, "|").encode()),
    "sep line with BOM": file(lambda t: ("sep=;\r\n" + text(t, ";")).encode("utf-8-sig")),
    "title above": file(lambda t: text([*TITLE, *t]).encode()),
    "title lines above": file(
        lambda t: b"Autumn; all of them, 2026\r\nPrinted by the office\r\n\r\n" + text(t).encode()
    ),
    "header row given": file(lambda t: b"x,y\r\n" * 40 + text(t).encode(), header_row=41),
    "header in other case and blanks": file(lambda t: text([ODD, *t[1:]]).encode()),
    "totals below": file(lambda t: text([*t, ["Total", "", "", "", "40"]]).encode()),
    "totals below, ragged": file(lambda t: text(t).encode() + b"\r\nRecords: 40\r\n"),
    "cells padded with non-breaking blanks": file(lambda t: text([t[0], *padded(t[1:], "\u00a0", "\u00a0 ")]).encode()),
    "cells padded with zero-width characters": file(lambda t: text(padded(t, "\u200b", "\ufeff")).encode()),
    "blank rows at the end": file(lambda t: text(t).encode() + b",,,,\r\n" * 5 + b"\r\n\r\n"),
    "blank columns at the end": file(lambda t: text([[*record, "", ""] for record in t]).encode()),
    "header on every page": file(lambda t: text([*t[:9], t[0], *t[9:30], t[0], *t[30:]]).encode()),
    "header in front of every file joined": file(
        lambda t: text(t[:9]).encode("utf-8-sig") + text([t[0], *t[9:]]).encode("utf-8-sig")
    ),
    "workbook with a header on every page": file(lambda t: book(*t[:9], t[0], *t[9:]), name="students.xlsx"),
    "line below the header": file(lambda t: text([t[0], [len(name) * "-" for name in t[0]], *t[1:]]).encode()),
    "types below the header": file(lambda t: text([t[0], ["varchar(20)"] * len(t[0]), *t[1:]]).encode()),
    "workbook with a line below the header": file(
        lambda t: book(t[0], [len(name) * "-" for name in t[0]], *t[1:]), name="students.xlsx"
    ),
    "blank rows within": file(lambda t: text([t[0], ["", "", "", "", ""], *t[1:]]).encode()),
    "other order of columns, and a column more": file(lambda t: text([["x", *reversed(r)] for r in t]).encode()),
    "header after a form feed": file(
        lambda t: (text(t[:9]) + "\f" + text([t[0], *t[9:30]]) + "\f\r\n" + text(t[30:])).encode()
    ),
    "remarks among the rows": file(
        lambda t: (
            "# of the registry\r\n" + text(t[:9]) + "# west wing\r\n-- north\r\n" + text(t[9:]) + "Page 1 of 1"
        ).encode()
    ),
    "workbook with a remark among the rows": file(
        lambda t: book(*t[:9], ["# west wing"], *t[9:]), name="students.xlsx"
    ),
    "units below the header": file(
        lambda t: text([t[0], ["(six digits)", "(text)", "(text)", "(address)", "[any]"], *t[1:]]).encode()
    ),
    "trailer": file(lambda t: text(t).encode() + b"TRAILER,40\r\n"),
    "rows affected": file(
        lambda t: text(t).encode() + b"\r\n(40 rows affected)\r\n\r\nCompletion time: 2026-11-29\r\n"
    ),
    "web page named xls": file(lambda t: page(no_tabs(t)), name="students.xls"),
    "web page with a layout, a title and totals": file(
        lambda t: page([*TITLE, *no_tabs(t), ["Total", "", "", "", "40"]], "<table><tr><td>Menu</td></tr></table>"),
        name="students.xls",
    ),
    "flat OpenDocument": file(lambda t: fods(no_tabs(t)), name="students.fods"),
    "XML Spreadsheet 2003": file(spreadsheet_xml, name="students.xls"),
    "XML Spreadsheet 2003 in UTF-16": file(lambda t: spreadsheet_xml(t, "utf-16"), name="students.xml"),
    "web page whose styles show zeros": file(lambda t: styled(t, "<td class=six>{}</td>"), name="students.xls"),
    "web page with text as a number": file(lambda t: styled(t, "<td class=text x:num>{1}</td>"), name="students.xls"),
    "web page with the number beside what is shown": file(
        lambda t: styled(t, '<td x:num="{}">{}</td>'), name="students.xls"
    ),
    "header in two rows": file(lambda t: text([*PARTED, *t[1:]]).encode(), wanted=JOINED),
    "header in two rows, and a title": file(lambda t: text([*TITLE, *PARTED, *t[1:]], ";").encode(), wanted=JOINED),
    "header in two rows, on every page": file(
        lambda t: text([*PARTED, *t[1:9], *PARTED, *t[9:]]).encode(), wanted=JOINED
    ),
    "header in two rows, declared": file(
        lambda t: text([*PARTED, *t[1:]]).encode(), wanted=JOINED, header_row=1, header_rows=2
    ),
    "workbook with a header in two rows": file(lambda t: book(*PARTED, *t[1:]), name="students.xlsx", wanted=JOINED),
    "web page with a header in two rows": file(
        lambda t: page(no_tabs([*PARTED, *t[1:]])), name="students.xls", wanted=JOINED
    ),
    "a note beside the table": file(
        lambda t: text([[*r, *(NOTE if n == 3 else ["", ""])] for n, r in enumerate(filled(t))]).encode(), filled=True
    ),
    "a note beside the header": file(lambda t: text([[*t[0], *NOTE], *([*r, "", ""] for r in t[1:])]).encode()),
    "workbook with notes beside the table": file(
        lambda t: book(
            *([*r, *(NOTE if n in (3, 5) else [])] for n, r in enumerate(filled(t))), ["", "", "", "", "", *NOTE]
        ),
        name="students.xlsx",
        filled=True,
    ),
    "no header": file(lambda t: text(t[1:]).encode(), columns=COLUMNS),
    "no header, with semicolons": file(lambda t: text(t[1:], ";").encode(), columns=COLUMNS),
    "no header, with tildes": file(lambda t: text(t[1:], "~").encode(), columns=COLUMNS),
    "no header, with two bars given": file(
        lambda t: text(t[1:], "\x1f").replace("\x1f", "||").encode(), columns=COLUMNS, delimiter="||"
    ),
    "a header, though columns are named": file(lambda t: text(t).encode(), columns=COLUMNS),
    "workbook without a header": file(lambda t: book(*t[1:]), name="students.xlsx", columns=COLUMNS),
    "fixed width": file(lambda t: spooled(no_tabs(t), ruler=False), layout="fixed"),
    "spool of SQL*Plus": file(
        lambda t: (
            b"SQL> select * from students;\n\n"
            + spooled(no_tabs(t), ruler=True, below="\n40 rows selected.\n\nSQL> spool off\n")
        ),
        layout="fixed",
    ),
    "gzip": file(lambda t: gzip.compress(text(t).encode(), mtime=0), name="students.csv.gz"),
    "zip": file(lambda t: packed(**{"students.csv": text(t).encode()}), name="students.zip"),
    "zip from a Mac": file(
        lambda t: packed(
            **{"out/students.csv": text(t).encode(), "__MACOSX/out/._students.csv": b"x", ".DS_Store": b"y"}
        ),
        name="students.zip",
    ),
    "zip with a workbook": file(lambda t: packed(**{"students.xlsx": book(*t)}), name="students.zip"),
    "ends with Ctrl-Z": file(lambda t: text(t).encode() + b"\x1a"),
    "wrong extension": file(lambda t: text(t, "\t").encode(), name="students.xls"),
    "workbook": file(lambda t: book(*t), name="students.xlsx"),
    "workbook with titles and totals": file(
        lambda t: book(*TITLE, *t, ["", "", "", "", ""], ["Total", "", "", "40"]), name="students.xlsx"
    ),
    "workbook with odd header": file(lambda t: book(ODD, *t[1:]), name="students.xlsx"),
    "workbook with formats past the end": file(lambda t: book(*t, blank=9), name="students.xlsx"),
    # -- damages
    "rows that may end early": file(
        lambda t: text([r if r[4] else r[:4] for r in t[1:]]).encode().rstrip(b"\r\n"),
        columns=COLUMNS,
        optional=["NOTE"],
    ),
    "rows that end too early": file(lambda t: text([*t[1:], t[1][:3]]).encode(), columns=COLUMNS, optional=["NOTE"]),
    "header in two rows, not all found": file(lambda t: text([*PARTED, *t[1:]]).encode(), wanted=[*JOINED, "PHONE"]),
    "cells beside the table in a row that lacks some": file(
        lambda t: text([[*r, "", ""] if n != 3 else ["", *r[:4], "", r[4]] for n, r in enumerate(filled(t))]).encode()
    ),
    "two tables side by side": file(lambda t: text([[*r, "", *r[:2]] for r in t]).encode()),
    "web page whose format is not known": file(lambda t: styled(t, "<td class=if>{}</td>"), name="students.xls"),
    "web page with a number that lost its zeros": file(
        lambda t: styled(t, '<td x:num="{1}">{0}</td>'), name="students.xls"
    ),
    "XML Spreadsheet 2003 with zeros that nobody sees": file(
        lambda t: spreadsheet_xml(t).replace(b'Number">1003<', b'Number">0001003<'), name="students.xls"
    ),
    "XML Spreadsheet 2003 with an error": file(
        lambda t: spreadsheet_xml(t).replace(b'Number">1003<', b'Error">#N/A<'), name="students.xls"
    ),
    "XML Spreadsheet 2003, truncated": file(lambda t: spreadsheet_xml(t)[:-300], name="students.xls"),
    "XML Spreadsheet 2003 that defines entities": file(
        lambda t: spreadsheet_xml(t, before="<!DOCTYPE x [<!ENTITY a 'b'>]>"), name="students.xls"
    ),
    "XML Spreadsheet 2003 with a cell far away": file(
        lambda t: spreadsheet_xml(t).replace(
            b"</Table></Worksheet></",
            b'<Row ss:Index="9999999"><Cell ss:Index="9000">'
            b'<Data ss:Type="String">x</Data></Cell></Row></Table></Worksheet></',
        ),
        name="students.xls",
    ),
    "flat OpenDocument, truncated": file(lambda t: fods(no_tabs(t))[:-60], name="students.fods"),
    "XML of another kind": file(lambda _: b'<?xml version="1.0"?><students><student id="1"/></students>'),
    "header in a different order below": file(
        lambda t: text(
            [*t[:31], [t[0][n] for n in (2, 1, 0, 3, 4)], *([r[n] for n in (2, 1, 0, 3, 4)] for r in t[31:])]
        ).encode()
    ),
    "workbook with a header in a different order": file(
        lambda t: book(*t[:31], [*reversed(t[0])], *([*reversed(r)] for r in t[31:])), name="students.xlsx"
    ),
    "nothing": file(lambda _: b""),
    "blank lines": file(lambda _: b"\r\n\r\n"),
    "header alone": file(lambda t: text(t[:1]).encode()),
    "workbook with a header alone": file(lambda t: book(*t[:1]), name="students.xlsx"),
    "cut in the last line": file(lambda t: cut(text(plain(t)).encode(), "s39@ex")),
    "cut within quotes": file(lambda t: cut(text(plain(t), quoting=csv.QUOTE_ALL).encode(), ',"s39@ex')),
    "cut within a character": file(lambda t: text([*t, ["001040", "Zoë"]]).encode()[:-3]),
    "NUL bytes": file(lambda t: text(t).encode().replace(b"s7@", b"s\x00@")),
    "decoded twice": file(lambda t: text(t).encode().decode("cp1252").encode()),
    "characters lost": file(lambda t: text(t).encode("ascii", "replace").replace(b"?", "\ufffd".encode())),
    "a cell too many": file(lambda t: at_line(t, 3, lambda line: "a," + line)),
    "no header, and a cell too few": file(
        lambda t: at_line(t[1:], 3, lambda line: line.partition(",")[2]), columns=COLUMNS
    ),
    "fixed width, and a line moved": file(
        lambda t: spooled(no_tabs(t), ruler=True).replace(b"\n001003 ", b"\n001003xx "), layout="fixed"
    ),
    "a cell too few": file(lambda t: at_line(t, 3, lambda line: line.partition(",")[2])),
    "a quote unclosed": file(lambda t: at_line(t, 3, lambda line: line.replace(",", ',"', 1))),
    "a quote within quotes": file(
        lambda t: at_line(t, 3, lambda line: line.replace('","', '","x"y', 1), quoting=csv.QUOTE_ALL)
    ),
    "quotes after a backslash or two": file(
        lambda t: at_line(t, 3, lambda line: line.replace('","', '","x \\"y\\" \\\\ ', 1), quoting=csv.QUOTE_ALL)
    ),
    "two stray quotes": file(
        lambda t: "\n".join(
            [
                *(text(plain(t), end="\n").split("\n")[:3]),
                'a,"b,c,d,e',
                'f,g",h,i,j',
                *text(plain(t), end="\n").split("\n")[3:],
            ]
        ).encode()
    ),
    "a delimiter at the end of every row": file(
        lambda t: text(plain(t[:1])).encode() + b"".join(line + b",\r\n" for line in text(t[1:]).encode().splitlines())
    ),
    "an empty cell more in two rows": file(
        lambda t: text([[*r, ""] if n in (3, 7) else r for n, r in enumerate(filled(t))]).encode()
    ),
    "an empty cell more, where cells may have moved": file(lambda t: at_line(t, 3, lambda line: "a," + cut_last(line))),
    "rows of blanks": file(lambda t: text([*t[:4], [" ", "", " "], *t[4:], [" "] * 5, ["  ", ""]]).encode()),
    "workbook with rows of blanks": file(lambda t: book(*t, [" ", " ", " "]), name="students.xlsx"),
    "two columns of one name that nobody reads": file(
        lambda t: text([[*t[0], "ROOM", "ROOM"], *([*r, "1", "2"] for r in t[1:])]).encode()
    ),
    "two headers of one name": file(lambda t: text([[*t[0][:4], "EMAIL"], *t[1:]]).encode()),
    "data without a name": file(lambda t: text([[*t[0], ""], *([*record, "x"] for record in t[1:])]).encode()),
    "data in many columns without a name": file(
        lambda t: text([[*t[0], "", "", "", ""], *([*record, "x", "", "y", "z"] for record in t[1:])]).encode()
    ),
    "header with gaps": file(lambda t: text([[t[0][0], "", "", *t[0][1:], "", "more"], *t[1:]]).encode()),
    "other columns": file(lambda t: text([["A", "B", "C", "D", "E"], *t[1:]]).encode()),
    "not the given encoding": file(lambda t: text(t).encode("cp1252"), encoding="utf-8"),
    "damaged bytes": file(lambda t: text(t).encode().replace("é".encode(), b"\xe9")),
    "a web page": file(lambda _: b"<!DOCTYPE html><html><body>Please log in</body></html>"),
    "JSON": file(lambda _: b'{"error": "not authorised", "rows": []}'),
    "the message of a database": file(lambda _: b"ORA-00942: table or view does not exist\n"),
    "one column": file(lambda t: text([["".join(r)] for r in t]).encode()),
    "several characters, and 0x1F in a cell": file(
        lambda t: text([*t, ["a\x1f"] * 5], "\t").replace("\t", "||").encode(), delimiter="||"
    ),
    "a web page that ends early": file(lambda t: page(t[:20], after="<tr><td>0010")),
    "a web page with two such tables": file(lambda t: page(t, page(t).decode())),
    "a web page with merged cells": file(lambda t: page(t).replace(b"<td>001003", b"<td rowspan=2>001003")),
    "a web page of another table": file(lambda _: page([["User", "Password"], ["", ""]])),
    "fixed width that is none": file(lambda t: text(t).encode(), layout="fixed"),
    "two files in a zip": file(
        lambda t: packed(**{"a.csv": text(t).encode(), "b.csv": text(t).encode()}), name="students.zip"
    ),
    "a zip in a zip": file(lambda t: packed(**{"a.zip": packed(**{"a.csv": text(t).encode()})}), name="students.zip"),
    "an empty zip": file(lambda _: packed(), name="students.zip"),
    "a truncated gzip": file(lambda t: gzip.compress(text(t).encode(), mtime=0)[:-9], name="students.csv.gz"),
    "a truncated zip": file(lambda t: packed(**{"a.csv": text(t).encode()})[:-30], name="students.zip"),
    "more columns than a table has": file(
        lambda t: text([[*t[0], *(f"c{n}" for n in range(20_000))], *t[1:]]).encode()
    ),
    "a bomb": file(lambda _: gzip.compress(BOMB, mtime=0), name="students.csv.gz"),
}


def rewritten(name: str, seed: int = 7) -> Written:
    """The good export in one of the `DIALECTS`."""
    return DIALECTS[name]([COLUMNS, *good(seed)])
