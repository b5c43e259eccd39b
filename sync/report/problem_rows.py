"""What is wrong with the rows of source files: by file and row, in words, and which cells it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sync.model import Issue, Severity
from sync.report import phrasing
from sync.report.rows_with_errors import location_of

WRONG: Final = "What is wrong"
STYLES: Final[Mapping[Severity, str]] = {"warning": "unsure", "error": "wrong"}
"""How the cells look that an issue is about, the gravest last; notices are about no cell."""

Place = tuple[str, str | None]
"""A file, and a tab of it."""


def by_place(issues: Sequence[Issue]) -> tuple[dict[Place, dict[int, list[Issue]]], list[Issue]]:
    """The errors and warnings of rows by place and row, and all other issues."""
    places: dict[Place, dict[int, list[Issue]]] = {}
    others = []
    for issue in issues:
        if issue.severity in STYLES and (location := location_of(issue)):
            file, tab, row = location
            places.setdefault((file, tab), {}).setdefault(row, []).append(issue)
        else:
            others.append(issue)
    return places, others


def unused_title(title: str, names: Sequence[str]) -> str:
    """The title, or a similar one that no column of the file has: no two columns of a header may have the same name."""
    while title in names:
        title += "?"
    return title


def marked_cells(issues: Sequence[Issue], cells: Mapping[str, str]) -> dict[str, str]:
    """The look of cells that issues are about, by column; of several columns those that have the value, if any do."""
    marked: dict[str, str] = {}
    for severity, style in STYLES.items():
        for issue in issues:
            if issue.severity == severity and issue.column:
                named = [issue.column] if issue.column in cells else issue.column.split(", ")
                there = [name for name in named if name in cells]
                exact = [name for name in there if cells[name].strip() == issue.value]
                marked |= dict.fromkeys(exact or there, style)
    return marked


def explained(row: int, issues: Sequence[Issue]) -> str:
    """What is wrong with a row, one line for each issue, and how to fix it."""
    lines = []
    for issue in issues:
        prefix = f"{'Warning: ' if issue.severity == 'warning' else ''}{issue.column + ': ' if issue.column else ''}"
        lines.append(
            f"{prefix}{phrasing.plain(issue.message)}{'. ' + phrasing.plain(issue.hint) if issue.hint else ''}"
        )
    return "\n".join([f"Row {row}", *lines])
