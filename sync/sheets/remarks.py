"""Rows that are not records: repeated headers, rulers and types below a header, totals below the data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import Issue, Origin
from sync.model.findings import rows_text
from sync.model.issue_texts import wording
from sync.sheets.cleaning import TEXT
from sync.sheets.header import EDGE, Cells, Header

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MOST_TOTALS = 5
"""Number of rows below the data that may be totals and remarks."""

MOST_BELOW = 2
"""Number of rows below a header that may describe its columns."""

_TOTAL = (
    r"[\W_]*(?:(?:grand|sub|overall|report)?[ -]?totals?|totaal|totale|sum|summe|gesamt\w*|insgesamt|anzahl"
    r"|(?:row|record|student|user)?s? ?count|rows|records|(?:row|record)s? \w+|\d+ (?:rows?|records?)"
    r"|end of (?:report|file|data|list)|trailer|eof)\b"
)
TOTALS = re.compile(rf"{_TOTAL}(?![-_./#&+]\S*\d).*", re.IGNORECASE | re.DOTALL)
"""How a total or a remark begins. `SUM-27` and `TOTAL-101` are codes of something, and not totals."""

LABEL = re.compile(
    r"[\W_]*(?:(?:grand|sub|overall|report)?[ -]?totals?|totaal|totale|sum|summe|gesamt(?:zahl|summe)?|insgesamt|anzahl"
    r"|(?:row|record|student|user)?s? ?count|rows|records|trailer|eof)(?:[\s:=.]*|\s*[:=]\s*\d[\d.,]*)",
    re.IGNORECASE,
)
"""A total's label, alone or with a number after a colon, where an identifier is expected.

`Total immersion` may be a group's.
"""

COUNT = re.compile(r"(?:0|0[.,]\d+|[1-9][\d ',.]*)%?(?: [^\W\d]+)?")
"""The value of a total: a number, without leading zeros."""

FOOTER = re.compile(
    r"\(?\d[\d,.]* (?:row|record)s?(?: (?:affected|selected|returned|fetched))?\)?\.?|completion time: .*",
    re.IGNORECASE,
)
"""What database programs write below a table."""

REMARK = re.compile(
    r"(?:#|--|//|/\*|\*\*).*|page \d+(?: (?:of|/) \d+)?"
    r"|(?:printed|generated|exported|created|produced)(?: by| on| at|:).*",
    re.IGNORECASE | re.DOTALL,
)
"""What stands alone in a row and is no record."""

UNIT = re.compile(r"\(.+\)|\[.+\]|<.+>", re.DOTALL)
"""What a column holds, in brackets: `(DD/MM/YYYY)`, `[text]`."""

BELOW = ("ruler-row", "types-row")
"""What a row below a header may be: the codes of the issues."""

LINE = re.compile(r"[-=_+|*~\u2013\u2014\u2500-\u257f][-=_+|*~\u2013\u2014\u2500-\u257f ]*")

_ORDINARY = "char|text|str|int|long|number|decimal|numeric|float|double|real|money|bit|bool|date|time|object|binary"
_TECHNICAL = (
    "n?varchar2?|nchar|ntext|tinytext|mediumtext|longtext|character varying|clob|blob|varbinary|integer|(?:tiny|small"
    "|medium|big)int|int[248]|int(?:16|32|64)|float(?:32|64)|double precision|boolean|datetime(?:2|offset)?"
    "|smalldatetime|timestamp(?:tz)?(?: with(?:out)? time zone)?|uuid|guid|uniqueidentifier|jsonb?|serial|string"
)
_SIZE = r" ?\( ?(?:\d+|max)(?: ?, ?\d+)?(?: (?:char|byte))? ?\)"
TYPE = re.compile(rf"(?:{_ORDINARY}|{_TECHNICAL})(?:{_SIZE})?(?: unsigned)?(?: not)?(?: null)?", re.IGNORECASE)
PLAINLY_TYPE = re.compile(rf"(?:{_TECHNICAL}).*|.*{_SIZE}.*", re.IGNORECASE)
"""A type that is not a word of everyday language."""


def without_headings(
    table: pa.Table, rows: Rows, header: Header, origin: Origin, *, once: bool
) -> tuple[pa.Table, Rows, list[Issue]]:
    """The table without rows that repeat the header cell by cell, and without rulers and types right below one.

    Reports have a header on each page; `once`: it is known that none is repeated. If one has the names in a
    different order, no cell from there on has a value.
    """
    at = [] if once else _of_names(table, header)
    other = next((n for n in at if not _repeats(table, n, header)), None)
    if other is not None:
        issue = wording("header-changed").issue("error", file=origin.file, tab=origin.tab, row=int(rows[other]))
        nothing = pa.nulls(len(table) - other - 1, TEXT)
        lost = pa.table([nothing] * table.num_columns, table.column_names)
        table, rows = pa.concat_tables([table.slice(0, other), lost]), np.delete(rows, other)
        at = [n for n in at if n < other]
    below = _below(table, [0, *(n + 1 for n in at)])
    issues = [*_headers_again(rows[at].tolist(), origin), *_texts_below(rows, below, origin)]
    if other is not None:
        issues.append(issue)
    kept = np.ones(len(rows), dtype=bool)
    kept[[*at, *below]] = False
    return (table, rows, issues) if kept.all() else (table.filter(pa.array(kept)), rows[kept], issues)


def is_total(cells: Cells, header: Header) -> bool:
    """Whether a row at the end is a total or a remark.

    It begins as one does, and fills at most half of the columns. Where it fills a key, it is a record all the same,
    unless it is nothing but a bare label with counts, or what a database program writes there.
    """
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    width = len(header.names)
    if _is_remark(filled, header) or (len(filled) == 1 and FOOTER.fullmatch(filled[0])):
        return True
    if not filled or width == 1:
        return False
    if header.identifies(cells):
        counts = all(COUNT.fullmatch(cell) for cell in filled[1:])
        return counts and (len(filled) < width or width == 2) and LABEL.fullmatch(filled[0]) is not None
    few = len(filled) <= max(1, width // 2) and len(filled) < width
    return few and TOTALS.fullmatch(filled[0]) is not None


def _is_remark(filled: Sequence[str], header: Header) -> bool:
    return len(filled) == 1 and len(header.names) > 2 and REMARK.fullmatch(filled[0]) is not None


def without_remarks(table: pa.Table, rows: Rows, header: Header, origin: Origin) -> tuple[pa.Table, Rows, list[Issue]]:
    """The table without rows in which a remark stands alone."""
    first = pc.fill_null(pc.utf8_trim_whitespace(table.column(0)), "")
    alone = np.asarray(pc.match_substring_regex(first, f"(?is)\\A(?:{REMARK.pattern})\\z"))
    at = [n for n in np.flatnonzero(alone).tolist() if _is_remark([*filter(None, _row(table, n))], header)]
    if not at:
        return table, rows, []
    text = wording(
        "remark-row", "several" if at[1:] else "", text=first[at[0]].as_py(), rows=rows_text(rows[at[1:]].tolist())
    )
    issue = text.issue("notice", file=origin.file, tab=origin.tab, row=int(rows[at[0]]))
    kept = np.ones(len(rows), dtype=bool)
    kept[at] = False
    return table.filter(pa.array(kept)), rows[kept], [issue]


def without_totals(table: pa.Table, rows: Rows, header: Header, origin: Origin) -> tuple[pa.Table, Rows, list[Issue]]:
    """The table without totals and remarks at its end, and blank rows among them."""
    issues: list[Issue] = []
    while len(rows) and len(issues) < MOST_TOTALS:
        cells = [column[-1].as_py() for column in table.columns]
        if not is_total(cells, header) or (header.identifies(cells) and _in_use(table, cells)):
            break
        text = wording("totals-row", text=", ".join(filter(None, cells)))
        issues.append(text.issue("notice", file=origin.file, tab=origin.tab, row=int(rows[-1])))
        table, rows = filled(table.slice(0, len(rows) - 1), rows[:-1])
    return table, rows, issues[::-1]


def filled(table: pa.Table, rows: Rows) -> tuple[pa.Table, Rows]:
    """Rows with something in them. The first column nearly always shows it."""
    blank = np.ones(len(rows), dtype=bool)
    for column in table.columns:
        blank &= np.asarray(pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), False), dtype=bool)
        if not blank.any():
            return table, rows
    return table.filter(pa.array(~blank)), rows[~blank]


def _in_use(table: pa.Table, cells: Cells) -> bool:
    """Whether the last row's first words occur in other rows of their column too, as an identifier does."""
    at = next(n for n, cell in enumerate(cells) if cell and cell.strip())
    return bool(pc.sum(pc.equal(table.column(at), cells[at])).as_py() > 1)


def _of_names(table: pa.Table, header: Header) -> list[int]:
    """The rows that have names of columns in most of their cells, and nothing else, by position."""
    names = {_bare(cell) for head in header.heads for cell in head}
    wanted = pa.array(["", *names], TEXT)
    at = np.arange(len(table))
    for column in table.columns:
        cells = pc.utf8_trim_whitespace(column if len(at) == len(table) else column.take(pa.array(at)))
        at = at[np.asarray(pc.fill_null(pc.is_in(cells, wanted), False))]
        if not len(at):
            return []
    most = len({*map(_bare, header.heads[-1])} - {""}) // 2 + 1
    return [n for n in at.tolist() if _repeats(table, n, header) or len({*_row(table, n)} - {""}) >= most]


def _repeats(table: pa.Table, at: int, header: Header) -> bool:
    """Whether a row is one of the header's, cell by cell."""
    row = _row(table, at)
    return any(all(cell == _bare(name) for cell, name in zip(row, head, strict=False)) for head in header.heads)


def _row(table: pa.Table, at: int) -> list[str]:
    return [_bare(column[at].as_py()) for column in table.columns]


def _bare(cell: str | None) -> str:
    return EDGE.sub("", cell or "")


def _below(table: pa.Table, tops: Iterable[int]) -> dict[int, str]:
    """Rows below a header that describe its columns, by position: the code of the issue."""
    found: dict[int, str] = {}
    for top in tops:
        for at in range(top, min(top + MOST_BELOW, len(table))):
            cells = [column[at].as_py() for column in table.columns]
            texts = [cell.strip() for cell in cells if cell and cell.strip()]
            if _is_line(texts, blanks="" in cells):
                found[at] = "ruler-row"
            elif _are_types(texts) or (len(texts) > 1 and all(UNIT.fullmatch(cell) for cell in texts)):
                found[at] = "types-row"
            else:
                break
    return found


def _is_line(texts: list[str], *, blanks: bool) -> bool:
    """Whether all cells are lines. Several single signs may mean a missing value, or be somebody's code."""
    return max(map(len, texts), default=0) >= 2 + blanks and all(LINE.fullmatch(cell) for cell in texts)


def _are_types(texts: list[str]) -> bool:
    """Whether all cells are types of columns. Everyday words such as `DATE,Date` may be a record."""
    if not texts or not all(TYPE.fullmatch(cell) for cell in texts):
        return False
    if len(texts) == 1:
        return "(" in texts[0]
    if any(PLAINLY_TYPE.fullmatch(cell) for cell in texts):
        return True
    text = "".join(texts)
    return text.islower() or (text.isupper() and len(texts) > 2 and len(set(texts)) > 1)


def _headers_again(rows: list[int], origin: Origin) -> list[Issue]:
    if not rows:
        return []
    first, *others = rows
    text = wording("repeated-header", "several" if others else "", rows=rows_text(others))
    return [text.issue("notice", file=origin.file, tab=origin.tab, row=first)]


def _texts_below(rows: Rows, below: dict[int, str], origin: Origin) -> list[Issue]:
    issues = []
    for code in BELOW:
        at = [int(rows[n]) for n, found in below.items() if found == code]
        if at:
            text = wording(code, "several" if at[1:] else "", rows=rows_text(at[1:]))
            issues.append(text.issue("notice", file=origin.file, tab=origin.tab, row=at[0]))
    return issues
