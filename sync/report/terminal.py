"""A plan or run for a person at a terminal; plain text where there is none.

Text from sheets or the site is never read as markup: all of it goes through `phrasing.safe` into `Text`.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from sync.model import Plan, Run
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.change_lines import (
    BRIEF,
    FULL,
    ChangeLimits,
    Vocabulary,
    change_examples,
    show_changes,
    show_failures,
    show_held,
    vocabulary,
)
from sync.report.headline import next_steps, sentences
from sync.report.holds import hold_cards
from sync.report.issue_lines import show_groups, show_issues
from sync.report.labels import field_label
from sync.report.plan_report import PlanReport
from sync.report.printing import line, more, put, title
from sync.report.summary import Summary


def show_plan(report: PlanReport, console: Console, *, verbose: bool = False) -> None:
    """Print the dry run: the summary, totals, holds, issues, changes, and what comes next."""
    plan, summary, limits = report.plan, report.summary, FULL if verbose else BRIEF
    found = change_examples(summary, limits)
    words = vocabulary(report, limits, found.rows.values())
    _head(summary, f"Plan {plan.id} for {plan.site}, made {plan.created:%Y-%m-%d %H:%M %Z}", console)
    _table(summary.totals, phrasing.COUNTS, console)
    _reasons(summary, console)
    _holds(plan, words, limits, console)
    show_groups(summary.issues, console, verbose=verbose)
    show_changes(found, words, limits, console)
    if verbose:
        _sheets(plan, console)
    _next(summary, console)


def show_run(report: PlanReport, run: Run, console: Console, *, verbose: bool = False) -> None:
    """Print what became of a plan: the summary, outcomes, what went wrong and why, what is still on hold."""
    plan, summary, limits = report.plan, report.summary, FULL if verbose else BRIEF
    words = vocabulary(report, limits)
    ended = f", finished {run.finished:%H:%M:%S}" if run.finished else ""
    when = f"started {run.started:%Y-%m-%d %H:%M:%S %Z}{ended}"
    _head(summary, f"Run {run.id} of plan {plan.id} for {plan.site}, {when}", console)
    rows = summary.counts.groupby("resource", sort=False)
    outcomes = {str(name): dict(counts.groupby("status")["count"].sum()) for name, counts in rows}
    there = {status: text for status, text in phrasing.STATUSES.items() if status in summary.statuses}
    _table(outcomes, there, console)
    show_failures(plan.changes, words, limits, console)
    _holds(plan, words, limits, console)
    show_groups(summary.issues, console, verbose=verbose)
    if run.certificate is not None:
        show_issues(run.certificate.exceptions, console, verbose=verbose)
    _next(summary, console)


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
    put(console, table)


def _sheets(plan: Plan, console: Console) -> None:
    """What was read, and what was found out about its form: each is a key one can set in the mapping."""
    sheets = [entry for entry in plan.inputs if entry.kind == "sheet"]
    if sheets:
        title(console, "Files read")
    for entry in sheets:
        found = ", ".join(f"{name} {value}" for name, value in entry.found.items())
        line(console, f"{entry.name}: {phrasing.count(entry.rows or 0, 'row')}{f' ({found})' if found else ''}")


def _reasons(summary: Summary, console: Console) -> None:
    """Why there are changes, and which fields differ."""
    sums = summary.causes.groupby("cause")["count"].sum()
    why = ", ".join(f"{text} ({sums[cause]:,})" for cause, text in phrasing.CAUSES.items() if cause in sums)
    if not why:
        return
    console.print()
    line(console, f"Why: {why}.")
    for name, rows in summary.fields.groupby("resource", sort=False):
        resource = CATALOGUE[str(name)]
        counts = zip(rows["field"], rows["count"], strict=True)
        fields = ", ".join(f"{field_label(resource, field)} ({n:,})" for field, n in counts)
        line(console, f"Fields that differ in {resource.title}: {fields}.")


def _holds(plan: Plan, words: Vocabulary, limits: ChangeLimits, console: Console) -> None:
    if not plan.holds:
        return
    title(console, "On hold")
    for card in hold_cards(plan, words.names, plan.holds):
        hold = card.hold
        line(console, f"{hold.id}  {card.title}", 2, "bold")
        line(console, phrasing.plain(hold.message), 4)
        if card.detail:
            line(console, card.detail, 4, "dim")
        for part in card.parts[: limits.slices]:
            line(console, f"{part.hold.id}  {part.title}", 4)
        more(len(card.parts) - limits.slices, 4, console)
        show_held(hold, plan.changes, words, limits, console)
        line(console, phrasing.release(plan.id, hold), 4, "cyan")
    if len(plan.unapproved) > 1:
        line(console, f"Approve all {len(plan.unapproved)}: nexsis-sync approve {plan.id} --all", 2, "cyan")


def _next(summary: Summary, console: Console) -> None:
    """The commands that continue from here."""
    steps = next_steps(summary)
    if not steps:
        return
    title(console, "Next")
    for command, purpose in steps:
        line(console, f"{command}      ({purpose})" if purpose else command, 2, "cyan")
