"""Issues for a person at a terminal: by cause, whose job each is, and those that say the same as one list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from rich.console import Console

from sync.model import Issue, Origin
from sync.model.findings import listed
from sync.model.issue_texts import issue_text
from sync.report import phrasing
from sync.report.printing import line, more, title
from sync.report.summary import IssueGroup, grouped

STYLES: Final = {"error": "bold red", "warning": "yellow", "notice": "cyan"}
VALUE: Final = "\x00"
"""Stands in a message for the value it quotes; none can hold it."""


@dataclass(frozen=True, slots=True)
class IssueLimits:
    """How much is shown of one cause: messages written out, and rows for which one of those is true as well."""

    messages: int
    rows: int


BRIEF: Final = IssueLimits(messages=3, rows=10)
FULL: Final = IssueLimits(messages=50, rows=500)


def show_issues(issues: Sequence[Issue], console: Console, *, verbose: bool = False) -> None:
    """Print what a person must know or fix, grouped by cause."""
    show_groups(grouped(tuple(issues)), console, verbose=verbose)


def show_groups(groups: Sequence[IssueGroup], console: Console, *, verbose: bool = False) -> None:
    """Print issues that are grouped already."""
    if groups:
        title(console, "Issues")
    for group in groups:
        line(console, _heading(group), 2, STYLES[group.severity])
        _group(group.issues, FULL if verbose else BRIEF, console)


def _heading(group: IssueGroup) -> str:
    """`error: Unknown course (unknown-course) in enrolments, 80 cases. Fix in the SIS`; nothing for a notice."""
    text = issue_text(group.code)
    where = f" in {group.resource.title}" if group.resource else ""
    fix = "" if group.severity == "notice" else f". {phrasing.JOBS[text.job]}"
    cases = phrasing.count(len(group.issues), "case")
    return f"{group.severity}: {text.title} ({group.code}){where}, {cases}{fix}"


def _group(issues: Sequence[Issue], limits: IssueLimits, console: Console) -> None:
    alike: dict[tuple[str | None, ...], list[Issue]] = {}
    for issue in issues:
        alike.setdefault(_kind(issue), []).append(issue)
    hint, left = "", len(issues)
    for first, *others in islice(alike.values(), limits.messages):
        line(console, _sentence(first), 4)
        if first.hint and first.hint != hint:
            line(console, phrasing.plain(hint := first.hint), 6, "dim")
        if also := "; ".join(_rows_by_value(first.message, others[: limits.rows])):
            line(console, f"also {also}", 6)
        left -= 1 + len(others[: limits.rows])
    more(left, 4, console)


def _kind(issue: Issue) -> tuple[str | None, ...]:
    """What issues have in common that say the same of different rows and values."""
    texts = (issue.message, issue.hint)
    said = (_quotes(issue.value).sub(VALUE, text) for text in texts) if issue.value else texts
    return issue.file, issue.tab, issue.column, *said


def _quotes(value: str) -> re.Pattern[str]:
    """Where a text has a value as a whole."""
    return re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")


def _rows_by_value(message: str, issues: Sequence[Issue]) -> Iterator[str]:
    """`row 12: C77`, `rows 15 and 19: C78`: each value once, with the rows that have it and `message` does not name."""
    rows: dict[str | None, list[str]] = {}
    for issue in issues:
        if issue.row is None or not _quotes(str(issue.row)).search(message):
            rows.setdefault(issue.value, []).extend([] if issue.row is None else [str(issue.row)])
    for value, numbers in rows.items():
        where = f"{'row' if len(numbers) == 1 else 'rows'} {listed(numbers, most=len(numbers))}" if numbers else ""
        what = phrasing.quoted(value) if value is not None else ""
        if text := ": ".join(part for part in (where, what) if part):
            yield text


def _sentence(issue: Issue) -> str:
    """Where an issue is, and its message. The value is left out where it is blank, or the message quotes it."""
    place = str(Origin(issue.file, issue.tab, issue.row)) if issue.file else ""
    column = phrasing.columns(issue.column) if issue.column else ""
    said = not issue.value or _quotes(issue.value).search(issue.message)
    value = "" if said else f"value {phrasing.quoted(issue.value)}"
    where = ", ".join(part for part in (place, column, value) if part)
    text = phrasing.plain(issue.message)
    return f"{where}: {text}" if where else text
