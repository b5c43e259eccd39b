"""A tab a source file: its rows in trouble in its own columns, with what is wrong, to be mended and sent back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import pandas as pd

from sync.model import Issue, Severity, Sheet
from sync.report import words
from sync.report.workbook.book import WIDEST, Column, Row, Table, Value
from sync.values import arrow

WRONG: Final = "What is wrong"
TO_MEND: Final[tuple[Severity, ...]] = ("error", "warning")
"""Issues whose row wants mending; notices want reading alone."""

Place = tuple[str, str | None]
"""A file, and a tab of it."""


def problem_tables(issues: Sequence[Issue], sheets: Iterable[Sheet]) -> Iterator[tuple[str, Table]]:
    """For each file with rows to mend a table, and what it is, in words; at the end a table of all other issues.

    A row of a sheet is told with its cells; of a file that is not among the sheets, as the issue tells it.
    """
    waiting, others = _by_place(issues)
    for sheet in sheets:
        found = waiting.get((sheet.file, sheet.tab), {})
        frame = sheet.frame[sheet.frame.index.isin([*found])]
        if len(frame):
            told = {row: found.pop(row) for row in frame.index.unique().tolist()}
            yield _says(told, sheet.file, sheet.tab), _own(_name(sheet.file, sheet.tab), frame, told)
    for (file, tab), found in waiting.items():
        if found:
            yield f"{_says(found, file, tab)}, told without their cells", _elsewhere(file, tab, found)
    if others:
        yield "other things to know", _others(others)


def _by_place(issues: Sequence[Issue]) -> tuple[dict[Place, dict[int, list[Issue]]], list[Issue]]:
    """The issues of rows to mend by place and row, and all others."""
    places: dict[Place, dict[int, list[Issue]]] = {}
    others = []
    for issue in issues:
        if issue.severity in TO_MEND and issue.file is not None and issue.row is not None:
            places.setdefault((issue.file, issue.tab), {}).setdefault(issue.row, []).append(issue)
        else:
            others.append(issue)
    return places, others


def _says(rows: dict[int, list[Issue]], file: str, tab: str | None) -> str:
    where = f"{file}, tab {tab}" if tab else file
    return f"{words.count(len(rows), 'row')} of {where} to mend"


def _name(file: str, tab: str | None) -> str:
    return f"{tab} {file}" if tab else file


def _own(title: str, frame: pd.DataFrame, told: dict[int, list[Issue]]) -> Table:
    """Rows as they stand in the file, in its own columns. A cell that could not be trusted is empty."""
    names = [str(name) for name in frame.columns]
    first = _unlike(WRONG, names)
    widths = [max(len(name), _longest(frame[name])) for name in frame.columns]
    columns = [
        Column(first, WIDEST, "added"),
        *(Column(name, width) for name, width in zip(names, widths, strict=True)),
    ]

    def rows() -> Iterator[Row]:
        cells = [arrow(frame[name].fillna("")).to_pylist() for name in frame.columns]
        for row, values in zip(frame.index.tolist(), zip(*cells, strict=True), strict=True):
            marked = _marked(told[row], names)
            yield (_wrong(row, told[row]), *values), ("wrapped", *("wrong" if n in marked else "text" for n in names))

    return Table(title, columns, rows(), fixed=1)


def _unlike(title: str, names: Sequence[str]) -> str:
    """The title, or one near to it that no column of the file has: a header must not name two columns alike."""
    while title in names:
        title += "?"
    return title


def _longest(column: pd.Series[str]) -> int:
    longest = column.str.len().max()
    return 0 if pd.isna(longest) else int(longest)


def _marked(issues: Sequence[Issue], names: Sequence[str]) -> set[str]:
    """The columns that the issues speak of; one issue may name several."""
    spoken = {issue.column for issue in issues if issue.column}
    return {name for name in names if name in spoken or any(name in each.split(", ") for each in spoken)}


def _wrong(row: int, issues: Sequence[Issue]) -> str:
    """What is wrong with a row, a line an issue, and how to mend it."""
    lines = []
    for issue in issues:
        column = f"{issue.column}: " if issue.column else ""
        lines.append(f"{column}{issue.message}{'. ' + issue.hint if issue.hint else ''}")
    return "\n".join([f"Row {row}", *lines])


def _elsewhere(file: str, tab: str | None, told: dict[int, list[Issue]]) -> Table:
    """What the issues alone say of the rows of a file that could not be read again."""
    issues = [(row, issue) for row, found in sorted(told.items()) for issue in found]
    return _table(
        _name(file, tab),
        {
            "File": [file for _ in issues],
            "Tab": [tab for _ in issues],
            "Row": [row for row, _ in issues],
            "Column": [issue.column for _, issue in issues],
            "Value": [issue.value for _, issue in issues],
            WRONG: [issue.message for _, issue in issues],
            "How to mend it": [issue.hint for _, issue in issues],
        },
    )


def _others(issues: Sequence[Issue]) -> Table:
    return _table(
        "Other issues",
        {
            "Kind": [issue.severity for issue in issues],
            "About": [issue.resource and issue.resource.replace("_", " ") for issue in issues],
            "File": [issue.file for issue in issues],
            "Tab": [issue.tab for issue in issues],
            "Row": [issue.row for issue in issues],
            "Column": [issue.column for issue in issues],
            "Value": [issue.value for issue in issues],
            "What there is to know": [issue.message for issue in issues],
            "What to do": [issue.hint for issue in issues],
        },
    )


def _table(name: str, columns: dict[str, Sequence[Value]]) -> Table:
    """A table of these columns; those with nothing in them are left out, and long texts are wrapped."""
    kept = {title: cells for title, cells in columns.items() if any(cell not in ("", None) for cell in cells)}
    widths = {title: max(len(title), *(len(str(cell or "")) for cell in cells)) for title, cells in kept.items()}
    looks = tuple("number" if title == "Row" else "wrapped" for title in kept)
    rows = ((cells, looks) for cells in zip(*kept.values(), strict=True))
    return Table(name, [Column(title, width) for title, width in widths.items()], rows)
