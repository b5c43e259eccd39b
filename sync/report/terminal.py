"""A plan or run for a person at a terminal; plain text where there is none.

Text from sheets or the site is never read as markup: all of it goes through `phrasing.safe` into `Text`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table

from sync.model import Issue, Op, Origin, Plan, Resource, Run
from sync.model.issue_texts import issue_text
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.estimate import Throughput
from sync.report.headline import next_steps, sentences
from sync.report.printing import arrow, line, more, printed, records, title
from sync.report.rows_with_errors import NO_REASON
from sync.report.summary import (
    OPS,
    IssueGroup,
    Summary,
    changed_fields,
    examples,
    failures_by_reason,
    grouped,
    summarise,
    unpacked,
)

STYLES: Final = {
    "create": "green",
    "update": "yellow",
    "delete": "red",
    "error": "bold red",
    "warning": "yellow",
    "notice": "cyan",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is shown: issues of one cause, slices of one resource, changes of one slice."""

    issues: int
    slices: int
    changes: int


BRIEF: Final = Limits(issues=3, slices=5, changes=4)
FULL: Final = Limits(issues=50, slices=200, changes=50)


def show_plan(plan: Plan, console: Console, *, verbose: bool = False, throughput: Throughput | None = None) -> None:
    """Print the dry run: the summary, totals, holds, issues, changes, and what comes next."""
    summary, limits = summarise(plan, throughput=throughput), FULL if verbose else BRIEF
    _head(summary, f"Plan {plan.id} for {plan.site}, made {plan.created:%Y-%m-%d %H:%M %Z}", console)
    _table(summary.totals, phrasing.COUNTS, console)
    _reasons(summary, console)
    _holds(plan, console)
    _issues(summary.issues, limits.issues, console)
    _changes(summary, limits, console)
    if verbose:
        _sheets(plan, console)
    _next(summary, console)


def show_run(plan: Plan, run: Run, console: Console, *, verbose: bool = False) -> None:
    """Print what became of a plan: the summary, outcomes, what went wrong and why, what is still on hold.

    The plan's changes bear their present status, as `Store.plan` gives them.
    """
    summary, limits = summarise(plan, run), FULL if verbose else BRIEF
    ended = f", finished {run.finished:%H:%M:%S}" if run.finished else ""
    when = f"started {run.started:%Y-%m-%d %H:%M:%S %Z}{ended}"
    _head(summary, f"Run {run.id} of plan {plan.id} for {plan.site}, {when}", console)
    rows = summary.counts.groupby("resource", sort=False)
    outcomes = {str(name): dict(counts.groupby("status")["count"].sum()) for name, counts in rows}
    there = {status: text for status, text in phrasing.STATUSES.items() if status in summary.statuses}
    _table(outcomes, there, console)
    _failures(plan.changes, limits, console)
    _holds(plan, console)
    _issues(summary.issues, limits.issues, console)
    _next(summary, console)


def show_issues(issues: Sequence[Issue], console: Console, *, verbose: bool = False) -> None:
    """Print what a person must know or fix, grouped by cause."""
    _issues(grouped(tuple(issues)), (FULL if verbose else BRIEF).issues, console)


# -- sections --------------------------------------------------------------------------------------------------


def _head(summary: Summary, what: str, console: Console) -> None:
    line(console, what, style="dim")
    console.print()
    first, *others = sentences(summary)
    line(console, first, style="bold")
    for sentence in others:
        line(console, sentence)


def _table(rows: Mapping[str, Mapping[str, int]], columns: Mapping[str, str], console: Console) -> None:
    """Numbers by resource; `columns` are what is counted, each with its title."""
    if not rows:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for text in columns.values():
        table.add_column(text, justify="right", overflow="fold")
    for name, counts in rows.items():
        numbers = (f"{counts[column]:,}" if counts.get(column) else "-" for column in columns)
        table.add_row(CATALOGUE[name].title, *numbers)
    console.print()
    console.print(table)


def _sheets(plan: Plan, console: Console) -> None:
    """What was read, and what was found out about its form: each is a key one can set in the mapping."""
    sheets = [entry for entry in plan.inputs if entry.kind == "sheet"]
    if sheets:
        title(console, "Files read")
    for entry in sheets:
        found = ", ".join(f"{name} {value}" for name, value in entry.found.items())
        line(console, f"{entry.name}: {entry.rows or 0:,} rows{f' ({found})' if found else ''}")


def _reasons(summary: Summary, console: Console) -> None:
    """Why there are changes, and which fields differ."""
    sums = summary.causes.groupby("cause")["count"].sum()
    why = phrasing.listed(f"{sums[cause]:,} {text}" for cause, text in phrasing.CAUSES.items() if cause in sums)
    if not why:
        return
    console.print()
    line(console, f"Why: {why}.")
    for name, rows in summary.fields.groupby("resource", sort=False):
        counts = zip(rows["field"], rows["count"], strict=True)
        fields = ", ".join(f"{field} {n:,}" for field, n in counts)
        line(console, f"What differs in {CATALOGUE[str(name)].title}: {fields}.")


def _holds(plan: Plan, console: Console) -> None:
    if not plan.holds:
        return
    title(console, "On hold")
    for hold in plan.holds:
        place = phrasing.place(CATALOGUE[hold.resource], hold.slice)
        line(console, f"{hold.id}  {place}: {phrasing.share(hold)}", 2, "bold")
        line(console, phrasing.plain(hold.message), 4)
        line(console, phrasing.release(plan.id, hold), 4, "cyan")
    if len(plan.unapproved) > 1:
        line(console, f"Approve all {len(plan.unapproved)}: nexsis-sync approve {plan.id} --all", 2, "cyan")


def _issues(groups: Sequence[IssueGroup], most: int, console: Console) -> None:
    if not groups:
        return
    title(console, "Issues")
    for group in groups:
        where = f" in {group.resource.title}" if group.resource else ""
        cases = phrasing.count(len(group.issues), "case")
        head = f"{group.severity}: {issue_text(group.code).title} ({group.code}){where}, {cases}"
        line(console, head, 2, STYLES[group.severity])
        hint = ""
        for issue in group.issues[:most]:
            line(console, _issue(issue), 4)
            if issue.hint and issue.hint != hint:
                line(console, phrasing.plain(hint := issue.hint), 6, "dim")
        more(len(group.issues) - most, 4, console)


def _issue(issue: Issue) -> str:
    place = str(Origin(issue.file, issue.tab, issue.row)) if issue.file else ""
    column = f"column {issue.column}" if issue.column else ""
    value = f"value {phrasing.quoted(issue.value)}" if issue.value is not None else ""
    where = ", ".join(part for part in (place, column, value) if part)
    text = phrasing.plain(issue.message)
    return f"{where}: {text}" if where else text


def _changes(summary: Summary, limits: Limits, console: Console) -> None:
    slices = summary.slices
    slices["calls"] = slices[list(OPS)].sum(axis=1)
    slices = slices[slices["calls"] > 0].sort_values("calls", ascending=False, kind="stable")
    if slices.empty:
        return
    title(console, "Changes")
    chosen = slices[slices.groupby("resource", sort=False).cumcount() < limits.slices]
    shown = examples(summary.plan.changes, chosen, limits.changes)
    for name, resource in CATALOGUE.items():
        for counts in records(chosen[chosen["resource"] == name]):
            _slice(resource, counts, shown[name, counts["slice"]], console)
        more(int((slices["resource"] == name).sum()) - limits.slices, 2, console, f"of {resource.title}")


def _slice(resource: Resource, counts: Mapping[str, Any], rows: pd.DataFrame, console: Console) -> None:
    parts = [f"{counts[op]:,} {phrasing.TO_DO[op]}" for op in OPS if counts[op]]
    parts += [f"{counts[also]:,} {phrasing.COUNTS[also]}" for also in ("covered", "held") if counts[also]]
    line(console, f"{phrasing.place(resource, unpacked(counts['slice']))}: {', '.join(parts)}", 2, "bold")
    grid = Table.grid(*(Column(overflow="fold") for _ in range(4)), padding=(0, 2))
    for op, text, key, what, origin in _rows(resource, rows, console):
        styles = (STYLES[op], "", "", "dim")
        cells = zip((text, key, what, origin), styles, strict=True)
        grid.add_row(*(printed(console, text, style) for text, style in cells))
    console.print(Padding(grid, (0, 0, 0, 4)))
    more(counts["calls"] - len(rows), 4, console)


def _rows(resource: Resource, rows: pd.DataFrame, console: Console) -> Iterator[tuple[Op, str, str, str, str]]:
    """Each change: its op, and in words what is done, to whom, what differs, and where that comes from."""
    separator = arrow(console)
    for row in records(rows):
        key = {name: value for name, value in unpacked(row["key"]).items() if name not in resource.slice}
        before, after = unpacked(row["before"]), unpacked(row["after"])
        what = {
            "create": phrasing.pairs(after),
            "delete": phrasing.pairs(before),
            "update": ", ".join(
                f"{name} {phrasing.quoted(before.get(name))}{separator}{phrasing.quoted(after[name])}"
                for name in changed_fields(before, after, resource)
            ),
        }
        op, status = row["op"], row["status"]
        text = phrasing.OPS[op] if status == "planned" else f"{phrasing.OPS[op]} ({phrasing.STATUSES[status]})"
        yield op, text, phrasing.pairs(key), what[op], _origin(row)


def _origin(row: Mapping[str, Any]) -> str:
    file, tab, number = (None if pd.isna(row[name]) else row[name] for name in ("file", "tab", "row"))
    return str(Origin(file, tab, None if number is None else int(number))) if file else ""


def _failures(changes: pd.DataFrame, limits: Limits, console: Console) -> None:
    """What failed, is unknown or was skipped, by the reason given."""
    sizes = failures_by_reason(changes)
    if sizes.empty:
        return
    title(console, "What went wrong")
    filled = changes.assign(error=changes["error"].fillna(NO_REASON))
    for group in records(sizes.head(limits.slices)):
        resource = CATALOGUE[group["resource"]]
        head = f"{resource.counted(group['count'])} {group['status']}: {group['error']}"
        line(console, head, 2, "red")
        same = [filled[name] == group[name] for name in ("status", "resource", "error")]
        rows = filled[same[0] & same[1] & same[2]].head(limits.changes)
        for row in records(rows):
            line(
                console,
                f"{phrasing.OPS[row['op']]}  {phrasing.pairs(unpacked(row['key']))}  {_origin(row)}".rstrip(),
                4,
            )
        more(group["count"] - limits.changes, 4, console)
    more(len(sizes) - limits.slices, 2, console, "reasons")


def _next(summary: Summary, console: Console) -> None:
    """The commands that continue from here."""
    steps = next_steps(summary)
    if not steps:
        return
    title(console, "Next")
    for command, purpose in steps:
        line(console, f"{command}      ({purpose})" if purpose else command, 2, "cyan")
