"""A tab for each source file: its rows with problems, in its own columns, with what is wrong, to be sent back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from sync.model import Issue, Sheet
from sync.model.issue_texts import issue_text
from sync.model.resources import CATALOGUE
from sync.model.values import arrow
from sync.report import phrasing
from sync.report.problem_rows import WRONG, by_place, explained, marked_cells, unused_title
from sync.report.workbook.book import WIDEST, StyledRow, TabColumn, TabTable
from sync.report.workbook.rows import Value


def problem_tables(issues: Sequence[Issue], sheets: Iterable[Sheet]) -> Iterator[tuple[str, TabTable]]:
    """For each file with problem rows a table, and what it holds; at the end a table of all other issues.

    A row of a sheet is shown with its cells; one of a file that is not among the sheets, as the issue has it.
    """
    places, others = by_place(issues)
    for sheet in sheets:
        found = places.get((sheet.file, sheet.tab), {})
        frame = sheet.frame[sheet.frame.index.isin([*found])]
        if len(frame):
            by_row = {row: found.pop(row) for row in frame.index.unique().tolist()}
            yield _description(by_row, sheet.file, sheet.tab), _sheet_table(_name(sheet.file, sheet.tab), frame, by_row)
    for (file, tab), found in places.items():
        if found:
            whose = "its" if len(found) == 1 else "their"
            yield f"{_description(found, file, tab)}, shown without {whose} cells", _issue_table(file, tab, found)
    if others:
        yield "notices, and issues that are not about a row", _others(others)


def _description(rows: dict[int, list[Issue]], file: str, tab: str | None) -> str:
    """`3 rows of users.csv with errors, 1 with warnings`."""
    where = f"{file}, tab {tab}" if tab else file
    wrong = sum(any(issue.severity == "error" for issue in issues) for issues in rows.values())
    rest = len(rows) - wrong
    if not wrong:
        return f"{phrasing.count(rest, 'row')} of {where} with warnings"
    return f"{phrasing.count(wrong, 'row')} of {where} with errors" + (f", {rest:,} with warnings" if rest else "")


def _name(file: str, tab: str | None) -> str:
    return f"{tab} {file}" if tab else file


def _sheet_table(title: str, frame: pd.DataFrame, by_row: dict[int, list[Issue]]) -> TabTable:
    """Rows in the file's own columns, as they are. A cell that could not be trusted is empty."""
    names = [str(name) for name in frame.columns]
    first = unused_title(WRONG, names)
    widths = [max(len(name), _longest(frame[name])) for name in frame.columns]
    columns = [
        TabColumn(first, WIDEST, "added"),
        *(TabColumn(name, width) for name, width in zip(names, widths, strict=True)),
    ]

    def rows() -> Iterator[StyledRow]:
        cells = [arrow(frame[name].fillna("")).to_pylist() for name in frame.columns]
        for row, values in zip(frame.index.tolist(), zip(*cells, strict=True), strict=True):
            marked = marked_cells(by_row[row], dict(zip(names, values, strict=True)))
            yield (explained(row, by_row[row]), *values), ("wrapped", *(marked.get(name, "text") for name in names))

    return TabTable(title, columns, rows(), fixed=1)


def _longest(column: pd.Series[str]) -> int:
    longest = column.str.len().max()
    return 0 if pd.isna(longest) else int(longest)


def _issue_table(file: str, tab: str | None, by_row: dict[int, list[Issue]]) -> TabTable:
    """What the issues alone say about the rows of a file that could not be read again."""
    issues = [(row, issue) for row, found in sorted(by_row.items()) for issue in found]
    return _table(
        _name(file, tab),
        {
            "File": [file for _ in issues],
            "Tab": [tab for _ in issues],
            "Row": [row for row, _ in issues],
            "Column": [issue.column for _, issue in issues],
            "Value": [issue.value for _, issue in issues],
            WRONG: [phrasing.plain(issue.message) for _, issue in issues],
            "What to do": [phrasing.plain(issue.hint) for _, issue in issues],
        },
    )


def _others(issues: Sequence[Issue]) -> TabTable:
    return _table(
        "Other issues",
        {
            "Issue": [issue_text(issue.code).title for issue in issues],
            "Kind": [issue.severity for issue in issues],
            "About": [CATALOGUE[issue.resource].noun if issue.resource else None for issue in issues],
            "File": [issue.file for issue in issues],
            "Tab": [issue.tab for issue in issues],
            "Row": [issue.row for issue in issues],
            "Column": [issue.column for issue in issues],
            "Value": [issue.value for issue in issues],
            "Message": [phrasing.plain(issue.message) for issue in issues],
            "What to do": [phrasing.plain(issue.hint) for issue in issues],
        },
    )


def _table(name: str, columns: dict[str, Sequence[Value]]) -> TabTable:
    """A table of these columns; those with nothing in them are left out, and long texts are wrapped."""
    kept = {title: cells for title, cells in columns.items() if any(cell not in ("", None) for cell in cells)}
    widths = {title: max(len(title), *(len(str(cell or "")) for cell in cells)) for title, cells in kept.items()}
    styles = tuple("number" if title == "Row" else "wrapped" for title in kept)
    rows = ((cells, styles) for cells in zip(*kept.values(), strict=True))
    return TabTable(name, [TabColumn(title, width) for title, width in widths.items()], rows)
