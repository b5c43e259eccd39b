"""Puts the page together and writes it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from sync.model import Conventions
from sync.report import phrasing
from sync.report.display_names import Names
from sync.report.headline import headline, next_steps
from sync.report.holds import hold_cards, hold_intro
from sync.report.page import charts
from sync.report.page.embed import chosen, embedded
from sync.report.page.frame import STATIC, frame_context, templates, write_template
from sync.report.page.lines import CHANGES, lines
from sync.report.plan_report import PlanReport
from sync.report.row_owners import Owner, owners_by_row
from sync.report.rows_with_errors import NO_REASON
from sync.report.state import state_of
from sync.report.summary import NOT_DONE, OPS, Summary, failures_by_reason

AFFECTED: Final = 3
"""Number of people shown by name for each reason of a failure."""

PARTS: Final = {
    "held": "On hold", "wrong": "Failures", "problems": "Problems", "overview": "Overview", "changes": "Changes"
}  # fmt: skip
"""The links at the top."""

TABLE: Final = {
    "title": "Changes",
    "intro": "",
    "first": "those on hold or failed were included first, then removals, then changes, then additions",
    "filters": {"op": "Action", "resource": "Kind", "cause": "Why", "status": "Status"},
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
    plan = summary.plan
    shown = chosen(plan.changes)
    return {
        "title": report.title,
        "owners": owners_by_row(report.rows, names),
        **frame_context(embedded(shown, names, report.conventions, len(plan.changes))),
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
        "bars": charts.by_resource(summary.totals),
        "slices": list(charts.by_slice(summary, names)),
        "runs": charts.recent_runs(store) if isinstance(store, charts.History) else charts.Runs(),
        "counted": {of: text for of, text in phrasing.COUNTS.items() if of in OPS or _any(summary, of)},
        "ops": phrasing.OPS,
        "causes": summary.causes.groupby("cause")["count"].sum(),
        "fields": summary.fields,
        "table": {**TABLE, "all": len(plan.changes), "here": len(shown)},
        "lines": lines(shown.head(STATIC), names, report.conventions),
        "parts": _parts(summary),
    }


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
