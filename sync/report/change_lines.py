"""Changes for a person at a terminal: a few of each course, of each hold, and of each reason why they failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from rich.console import Console
from rich.table import Column, Table

from sync.model import Conventions, Hold, Origin, Resource
from sync.model.findings import listed
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.display_names import Names, identified, name_of, slice_place
from sync.report.labels import labelled, labelled_changes
from sync.report.plan_report import PlanReport
from sync.report.printing import arrow, line, more, printed, put, records, title
from sync.report.rows_with_errors import NO_REASON
from sync.report.summary import NOT_DONE, OPS, Summary, changed_fields, examples, failures_by_reason, unpacked

STYLES: Final = {"create": "green", "update": "yellow", "delete": "red"}


@dataclass(frozen=True, slots=True)
class ChangeLimits:
    """How much is shown: slices of one resource, changes of one slice or reason, changes of one hold."""

    slices: int
    changes: int
    held: int


BRIEF: Final = ChangeLimits(slices=5, changes=4, held=3)
FULL: Final = ChangeLimits(slices=200, changes=50, held=50)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What changes are put into words with: what people call their objects, and the site's own role names."""

    names: Names
    conventions: Conventions


@dataclass(frozen=True, slots=True)
class ChangeExamples:
    """A few of the changes: `slices` says how many there are in each, most first; `rows` has the first of some."""

    slices: pd.DataFrame
    rows: Mapping[tuple[str, str], pd.DataFrame]


def change_examples(summary: Summary, limits: ChangeLimits) -> ChangeExamples:
    """The first changes of the courses with most changes."""
    slices = summary.slices
    slices["calls"] = slices[list(OPS)].sum(axis=1)
    slices = slices[slices["calls"] > 0].sort_values("calls", ascending=False, kind="stable")
    chosen = slices[slices.groupby("resource", sort=False).cumcount() < limits.slices]
    return ChangeExamples(slices, examples(summary.plan.changes, chosen, limits.changes))


def vocabulary(report: PlanReport, limits: ChangeLimits, shown: Iterable[pd.DataFrame] = ()) -> Vocabulary:
    """The vocabulary of what is shown of a plan: those changes, what is on hold, and what failed.

    Names are looked up for that alone, since plans may be long.
    """
    changes = report.plan.changes
    held = changes[(changes["status"] == "held").to_numpy()]
    failed = changes[changes["status"].isin(NOT_DONE).to_numpy()]
    reasons = failed.groupby(["status", "resource", "error"], sort=False, dropna=False)
    parts = [held.groupby("hold", sort=False).head(limits.held), reasons.head(limits.changes), *shown]
    return Vocabulary(report.names_of(pd.concat(parts)), report.conventions)


def show_changes(found: ChangeExamples, words: Vocabulary, limits: ChangeLimits, console: Console) -> None:
    """Print what will change, the courses with most changes first."""
    if found.slices.empty:
        return
    title(console, "Changes")
    for name, resource in CATALOGUE.items():
        own = found.slices[found.slices["resource"] == name]
        for counts in records(own.head(limits.slices)):
            _slice(resource, counts, found.rows[name, counts["slice"]], words, console)
        left = len(own) - limits.slices
        if left > 0:
            noun = phrasing.slice_noun(left, resource)
            line(console, f"and {left:,} more {noun} with changes to {resource.title}", 2, "dim")


def show_held(hold: Hold, changes: pd.DataFrame, words: Vocabulary, limits: ChangeLimits, console: Console) -> None:
    """Print whom a hold is about: `remove  S1042 Amy Jones, S1043 Bob Lee and 12 more`."""
    rows = changes[((changes["hold"] == hold.id) & (changes["status"] == "held")).to_numpy()]
    for (op, name), of_op in rows.groupby(["op", "resource"], sort=False):
        each = [_held(hold, CATALOGUE[str(name)], row, words) for row in records(of_op.head(limits.held))]
        rest = [f"{len(of_op) - len(each):,} more"] if len(of_op) > len(each) else []
        separator = ", " if all(", " not in text for text in each) else "; "
        named = listed([*each, *rest], separator=separator, most=limits.held + 1)
        line(console, f"{phrasing.OPS[str(op)]}  {named}", 4)


def _held(hold: Hold, resource: Resource, row: Mapping[str, Any], words: Vocabulary) -> str:
    """`S1042 Amy Jones`, and what is lost with it: `S1042 Amy Jones (Course grade: 77)`."""
    key, before = unpacked(row["key"]), unpacked(row["before"])
    who = identified(words.names, resource, key, _said(hold, key))
    lost = {field.name: before[field.name] for field in resource.lost if field.name in before}
    return f"{who} ({labelled(resource, lost, words.conventions)})" if lost else who


def _said(hold: Hold, key: Mapping[str, str]) -> list[str]:
    """The fields of a key that the hold names already, if there are others."""
    same = [part for part, value in hold.slice.items() if key.get(part) == value]
    return same if len(same) < len(key) else []


def show_failures(changes: pd.DataFrame, words: Vocabulary, limits: ChangeLimits, console: Console) -> None:
    """Print what failed, is unknown or was skipped, by the reason given."""
    sizes = failures_by_reason(changes)
    if sizes.empty:
        return
    title(console, "What went wrong")
    filled = changes.assign(error=changes["error"].fillna(NO_REASON))
    for group in records(sizes.head(limits.slices)):
        resource = CATALOGUE[group["resource"]]
        head = f"{phrasing.went_wrong(group['count'], resource, group['status'])}: {group['error']}"
        line(console, head, 2, "red")
        same = [filled[name] == group[name] for name in ("status", "resource", "error")]
        for row in records(filled[same[0] & same[1] & same[2]].head(limits.changes)):
            who = identified(words.names, resource, unpacked(row["key"]))
            line(console, f"{phrasing.OPS[row['op']]}  {who}  {_origin(row)}".rstrip(), 4)
        more(group["count"] - limits.changes, 4, console)
    more(len(sizes) - limits.slices, 2, console, "reason")


# -- parts -----------------------------------------------------------------------------------------------------


def _slice(
    resource: Resource, counts: Mapping[str, Any], rows: pd.DataFrame, words: Vocabulary, console: Console
) -> None:
    automatic = f"{counts['covered']:,} {phrasing.COUNTS['covered']}" if counts["covered"] else ""
    parts = [text for text in (phrasing.to_do(counts), automatic) if text]
    place = slice_place(words.names, resource, unpacked(counts["slice"]))
    line(console, f"{place}: {', '.join(parts)}", 2, "bold")
    grid = Table.grid(*(Column(overflow="fold") for _ in range(4)), padding=(0, 2))
    for row in records(rows):
        cells = zip(_cells(resource, row, words, arrow(console)), (STYLES[row["op"]], "", "", "dim"), strict=True)
        grid.add_row(*(printed(console, text, style) for text, style in cells))
    put(console, grid, 4)
    more(counts["calls"] - len(rows), 4, console)


def _cells(resource: Resource, row: Mapping[str, Any], words: Vocabulary, separator: str) -> tuple[str, str, str, str]:
    """A change in words: what is done, to whom, what differs, and where that comes from."""
    op, status, key = row["op"], row["status"], unpacked(row["key"])
    text = phrasing.OPS[op] if status == "planned" else f"{phrasing.OPS[op]} ({phrasing.STATUSES[status]})"
    who = identified(words.names, resource, key, resource.slice)
    before, after = unpacked(row["before"]), unpacked(row["after"])
    if op == "update":
        differs = {name: (before.get(name), after[name]) for name in changed_fields(before, after, resource)}
        what = labelled_changes(resource, differs, words.conventions, separator)
    else:
        called = resource.name_fields if name_of(words.names, resource, key) else ()
        values = after if op == "create" else before
        rest = {name: value for name, value in values.items() if value and name not in called}
        what = labelled(resource, rest, words.conventions)
    return text, who, what, _origin(row)


def _origin(row: Mapping[str, Any]) -> str:
    file, tab, number = (None if pd.isna(row[name]) else row[name] for name in ("file", "tab", "row"))
    return str(Origin(file, tab, None if number is None else int(number))) if file else ""
