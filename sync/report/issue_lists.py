"""Issues that say the same, as one list: what is wrong, what to do, and the values with their rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sync.model import Issue
from sync.model.findings import listed
from sync.report.row_owners import Owner, ResourceRow

ROWS: Final = 12
"""Rows of one value that are given by number."""

OWNERS: Final = 5
"""Of those whom the rows of one value are about, how many are named."""

VALUE: Final = "…"
"""What a text has in place of values that differ."""


@dataclass(frozen=True, slots=True)
class ValueRows:
    """A value, the rows it is in, and whom they are about: `rows 12, 15 and 19 (users.csv)`.

    `value` is None where the issues are about no value; `others` counts those who are not named.
    """

    value: str | None
    rows: str
    owners: tuple[Owner, ...] = ()
    others: int = 0


@dataclass(frozen=True, slots=True)
class IssueList:
    """Issues that say the same of one or of many values; `message` and `hint` have `…` where these differ.

    `column` is the column of their files that they are about; blank where there is none.
    """

    message: str
    hint: str
    column: str
    values: tuple[ValueRows, ...]


def issue_lists(issues: Iterable[Issue], owners: Mapping[ResourceRow, Owner]) -> list[IssueList]:
    """The issues of one cause, those that say the same together, in the order in which they were found."""
    alike: dict[tuple[str, str, str | None], list[Issue]] = {}
    for issue in issues:
        texts = _without(issue.message, issue.value), _without(issue.hint, issue.value)
        alike.setdefault((*texts, issue.column), []).append(issue)
    return [_list(message, hint, found, owners) for (message, hint, _), found in alike.items()]


def _list(message: str, hint: str, issues: list[Issue], owners: Mapping[ResourceRow, Owner]) -> IssueList:
    by_value: dict[str | None, list[Issue]] = {}
    for issue in issues:
        by_value.setdefault(issue.value, []).append(issue)
    if len(by_value) == 1:
        message, hint = issues[0].message, issues[0].hint
    column = issues[0].column or ""
    return IssueList(message, hint, column, tuple(_rows(value, found, owners) for value, found in by_value.items()))


def _without(text: str, value: str | None) -> str:
    """A text with `…` in place of a value that occurs in it as a word of its own."""
    if not value:
        return text
    if f"`{value}`" in text:
        return text.replace(f"`{value}`", VALUE)
    return re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", VALUE, text) if len(value) > 1 else text


def _rows(value: str | None, issues: list[Issue], owners: Mapping[ResourceRow, Owner]) -> ValueRows:
    whom = (owners.get((each.resource, each.file, each.tab, each.row)) for each in issues)
    known = [*dict.fromkeys(owner for owner in whom if owner)]
    return ValueRows(value, "; ".join(_places(issues)), tuple(known[:OWNERS]), max(0, len(known) - OWNERS))


def _places(issues: list[Issue]) -> Iterator[str]:
    """`rows 12, 15 and 19 (users.csv)`; the file alone where an issue is about no row."""
    for (file, tab), found in groupby(issues, key=lambda each: (each.file, each.tab)):
        if file is None:
            continue
        place = f"{file}, tab {tab}" if tab else file
        numbers = [*dict.fromkeys(each.row for each in found if each.row is not None)]
        shown = [f"{row}" for row in numbers[:ROWS]]
        more = [f"{len(numbers) - ROWS:,} more"] if len(numbers) > ROWS else []
        rows = f"{'row' if len(numbers) == 1 else 'rows'} {listed([*shown, *more], most=ROWS + 1)}"
        yield f"{rows} ({place})" if shown else place
