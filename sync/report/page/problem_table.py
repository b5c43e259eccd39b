"""The problems of a page as one table, which its reader can download."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sync.model import Issue
from sync.model.issue_texts import issue_text
from sync.report import phrasing
from sync.report.row_owners import Owner, ResourceRow
from sync.report.summary import IssueGroup

HEADER: Final = (
    "Problem", "Severity", "Whose job", "Kind", "Who or what", "File", "Tab", "Row", "Column", "Value",
    "What is wrong", "What to do",
)  # fmt: skip


def problem_table(groups: Sequence[IssueGroup], owners: Mapping[ResourceRow, Owner]) -> list[Sequence[str]]:
    """A row for each issue, the header first, in the order of the page; nothing if there are none."""
    # A file's name need not be text.
    rows = [[cell.encode("utf-8", "backslashreplace").decode() for cell in row] for row in _rows(groups, owners)]
    return [HEADER, *rows] if rows else []


def _rows(groups: Sequence[IssueGroup], owners: Mapping[ResourceRow, Owner]) -> Iterator[Sequence[str]]:
    for group in groups:
        text = issue_text(group.code)
        job = "" if group.severity == "notice" else phrasing.JOBS[text.job]
        kind = group.resource.noun if group.resource else ""
        for issue in group.issues:
            yield (text.title, group.severity, job, kind, *_where(issue, owners), *_what(issue))


def _where(issue: Issue, owners: Mapping[ResourceRow, Owner]) -> Sequence[str]:
    owner = owners.get((issue.resource, issue.file, issue.tab, issue.row), "")
    return str(owner), issue.file or "", issue.tab or "", "" if issue.row is None else str(issue.row)


def _what(issue: Issue) -> Sequence[str]:
    return issue.column or "", issue.value or "", phrasing.plain(issue.message), phrasing.plain(issue.hint)
