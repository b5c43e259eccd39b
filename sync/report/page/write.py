"""Puts the page together and writes it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from sync.model import Conventions
from sync.report import phrasing
from sync.report.display_names import Names, display_names
from sync.report.groups import NOT_KNOWN
from sync.report.headline import headline, next_steps
from sync.report.holds import hold_cards, hold_intro
from sync.report.page import charts
from sync.report.page.embed import GROUP, chosen, embedded, views, with_subjects
from sync.report.page.frame import STATIC, frame_context, templates, write_template
from sync.report.page.lines import CHANGES, ChangeRow, lines
from sync.report.page.problem_table import problem_table
from sync.report.plan_report import PlanReport
from sync.report.row_owners import Owner, owners_by_row
from sync.report.rows_with_errors import NO_REASON
from sync.report.since import Comparison, compared
from sync.report.state import state_of
from sync.report.summary import NOT_DONE, OPS, Summary, failures_by_reason

AFFECTED: Final = 3
"""Number of people shown by name for each reason of a failure."""

GONE: Final = 50
"""Number of changes shown that were in the preview before, and are gone."""

PARTS: Final = {
    "held": "On hold", "wrong": "Failures", "problems": "Problems", "overview": "Overview", "changes": "Changes"
}  # fmt: skip
"""The links at the top."""

FILTERS: Final = {"op": "Action", "resource": "Kind", "cause": "Why", "status": "Status"}
TABLE: Final = {
    "title": "Changes",
    "intro": "",
    "first": "those on hold or failed were included first, then removals, then changes, then additions",
    "columns": {
        "op": "Change", "who": "Who and where", "what": "Before → after", "why": "Why", "origin": "Source",
        "status": "Status",
    },
    "says": CHANGES,
}  # fmt: skip
"""The texts of the table of changes."""


def write_page(path: Path, report: PlanReport) -> None:
    """Write a plan, or a run of it, as one HTML file that loads nothing and that only its owner can read.

    Raises NexsisSyncError if the file cannot be written.
    """
    write_template(path, templates().get_template("page.html.j2"), _context(report))


def _context(report: PlanReport) -> dict[str, Any]:
    """Everything that the templates refer to."""
    summary, names, store = report.summary, report.names, report.store
    plan, owners = summary.plan, owners_by_row(report.rows, names)
    comparison = compared(plan, report.before) if report.before is not None else None
    shown = _listed(report, plan.changes, comparison)
    problems = problem_table(summary.issues, owners)
    return {
        "title": report.title,
        "owners": owners,
        **frame_context(embedded(shown, names, report.conventions, len(plan.changes), problems=problems)),
        "file": f"moodle-sync-{summary.run.id if summary.run else plan.id}",
        "plan": plan,
        "run": summary.run,
        "summary": summary,
        "zone": report.conventions.timezone,
        "headline": headline(summary),
        "state": state_of(plan, summary.run),
        "steps": next_steps(summary),
        "sums": _sums(summary),
        "verbs": phrasing.DONE if _sent(summary) else phrasing.TO_DO,
        "sent": _sent(summary),
        "wrong": failures_by_reason(plan.changes).to_dict("records"),
        "whom": partial(_affected, plan.changes[plan.changes["status"].isin(NOT_DONE)], names, report.conventions),
        "holds": hold_cards(plan, names, plan.holds),
        "about_holds": hold_intro(plan),
        "approvers": report.approvers,
        "comparison": comparison,
        "gone": _gone(report, comparison) if comparison is not None else [],
        "bars": charts.by_resource(summary.totals),
        "slices": list(charts.by_slice(summary, names)),
        "runs": charts.recent_runs(store) if isinstance(store, charts.History) else charts.Runs(),
        "counted": {of: text for of, text in phrasing.COUNTS.items() if of in OPS or _any(summary, of)},
        "ops": phrasing.OPS,
        "causes": summary.causes.groupby("cause")["count"].sum(),
        "fields": summary.fields,
        "table": _table(shown, len(plan.changes)),
        "unplaced": _unplaced(shown),
        "lines": lines(shown.head(STATIC), names, report.conventions),
        "parts": _parts(summary),
    }


def _listed(report: PlanReport, changes: pd.DataFrame, comparison: Comparison | None) -> pd.DataFrame:
    """The changes that find room, with the columns by which they are filtered and grouped."""
    shown = chosen(changes)
    if comparison is not None and comparison.still_there:
        shown = shown.assign(since=comparison.marks.loc[shown.index])
    groups = report.group_values(shown).add_prefix(GROUP)
    return with_subjects(pd.concat([shown, groups], axis="columns"), report.conventions)


def _table(shown: pd.DataFrame, total: int) -> dict[str, Any]:
    """The texts of the table of these changes, out of a total, with the ways to filter and read them."""
    groups = {str(name): str(name).removeprefix(GROUP) for name in shown if str(name).startswith(GROUP)}
    since = {"since": "Since the last preview"} if "since" in shown else {}
    filters = {**FILTERS, **groups, **since}
    return {**TABLE, "filters": filters, "views": views(shown), "all": total, "here": len(shown)}


def _unplaced(shown: pd.DataFrame) -> dict[str, int]:
    """By what is filtered by: of how many of these changes the value is not known."""
    groups = [str(name) for name in shown if str(name).startswith(GROUP)]
    unknown = {name.removeprefix(GROUP): int((shown[name] == NOT_KNOWN).sum()) for name in groups}
    return {title: count for title, count in unknown.items() if count}


def _gone(report: PlanReport, comparison: Comparison) -> list[ChangeRow]:
    """The first changes of the preview before that are gone."""
    gone = comparison.gone.head(GONE)
    planned = pd.concat([report.plan.changes, comparison.before.changes], ignore_index=True)
    names = display_names(gone, report.store.ledger, report.conventions, planned)
    return [*lines(gone, names, report.conventions)]


def _parts(summary: Summary) -> dict[str, str]:
    """The parts of this page that exist, by id."""
    failures_by_reason = any(summary.statuses.get(status) for status in NOT_DONE)
    there = {
        "held": summary.plan.holds,
        "wrong": failures_by_reason,
        "problems": summary.issues,
        "overview": summary.totals,
        "changes": True,
    }
    return {part: text for part, text in PARTS.items() if there[part]}


def _affected(undone: pd.DataFrame, names: Names, conventions: Conventions, group: Mapping[str, Any]) -> list[Owner]:
    """A few of those concerned by failures with one reason."""
    same = (undone["status"] == group["status"]) & (undone["resource"] == group["resource"])
    rows = undone[same & (undone["error"].fillna(NO_REASON) == group["error"])].head(AFFECTED)
    return [Owner(line.name, line.id) for line in lines(rows, names, conventions)]


def _sent(summary: Summary) -> bool:
    """Whether the page shows what was done, and not what is to be done."""
    return summary.run is not None or bool(summary.statuses.get("done"))


def _any(summary: Summary, of: str) -> bool:
    """Whether there is any of this to count."""
    return any(total[of] for total in summary.totals.values())


def _sums(summary: Summary) -> dict[str, int]:
    """How many changes of each op are to be made, what is on hold included; once it was sent, how many were made."""
    if not _sent(summary):
        return {op: sum(total[op] for total in summary.totals.values()) for op in OPS}
    done = summary.counts[summary.counts["status"] == "done"].groupby("op")["count"].sum()
    return {op: int(done.get(op, 0)) for op in OPS}
