"""The page put together and written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from sync.model import Conventions, Plan, Run
from sync.model.values import no_rows
from sync.report import phrasing
from sync.report.display_names import Memories, Names, place
from sync.report.estimate import Throughput
from sync.report.headline import headline, next_steps
from sync.report.page import charts
from sync.report.page.dress import STATIC, dress, generated, templates
from sync.report.page.embed import chosen, embedded
from sync.report.page.lines import CHANGES, lines
from sync.report.row_owners import SPOKEN, Owner, named, owners
from sync.report.rows_with_errors import NO_REASON
from sync.report.summary import NOT_DONE, OPS, Summary, facts, wrong

WHOM: Final = 3
"""Of whom it is told by name that something went wrong, for each reason."""

PARTS: Final = {
    "held": "Held", "wrong": "Went wrong", "problems": "Problems", "overview": "Overview", "changes": "Changes"
}  # fmt: skip
"""Where the links at the top lead."""

TABLE: Final = {
    "title": "Changes",
    "intro": "",
    "first": "what waits or went wrong, then removals, changes and additions",
    "filters": {"op": "Do", "resource": "Kind", "cause": "Why", "status": "State"},
    "columns": {
        "op": "Change", "who": "Who and where", "what": "Before → after", "why": "Why", "origin": "Comes from",
        "status": "State",
    },
    "says": CHANGES,
}  # fmt: skip
"""What the table of changes is called and tells."""


def write_page(
    path: Path,
    plan: Plan,
    conventions: Conventions,
    past: Memories,
    run: Run | None = None,
    pace: Throughput | None = None,
    called: Names | None = None,
    title: str = "",
    rows: pd.DataFrame | None = None,
) -> None:
    """Write a plan, or a run of it, as one HTML file that loads nothing and that its owner alone can read.

    The plan's changes bear their present status, as `Store.plan` gives them. `past` tells the runs before, and the
    names of those a change speaks of, unless they are `called` otherwise. `title` is what the site calls itself; `rows`
    tell whose rows have issues, as `whose.spoken` does. Raises NexsisSyncError if the file cannot be written.
    """
    told = facts(plan, run, pace)
    rows = no_rows(*SPOKEN) if rows is None else rows
    called = named(plan.changes, rows, past.ledger, conventions) if called is None else called
    context = {"title": title, "owners": owners(rows, called), **_context(told, called, conventions, past)}
    generated(path, templates().get_template("page.html.j2"), context)


def _context(told: Summary, names: Names, conventions: Conventions, past: Memories) -> dict[str, Any]:
    """All that the templates speak of."""
    plan = told.plan
    shown = chosen(plan.changes)
    return {
        **dress(embedded(shown, names, len(plan.changes))),
        "plan": plan,
        "run": told.run,
        "told": told,
        "zone": conventions.timezone,
        "headline": headline(told),
        "state": _state(told),
        "steps": next_steps(told),
        "sums": _sums(told),
        "verbs": phrasing.DONE if _sent(told) else phrasing.TO_DO,
        "sent": _sent(told),
        "wrong": wrong(plan.changes).to_dict("records"),
        "whom": partial(_whom, plan.changes[plan.changes["status"].isin(NOT_DONE)], names),
        "place": partial(place, names),
        "bars": charts.by_resource(told.totals),
        "slices": list(charts.by_slice(told, names)),
        "runs": charts.past(past) if isinstance(past, charts.History) else charts.Runs(),
        "counted": {of: text for of, text in phrasing.COUNTS.items() if of in OPS or _any(told, of)},
        "ops": phrasing.OPS,
        "causes": told.causes.groupby("cause")["count"].sum(),
        "fields": told.fields,
        "table": {**TABLE, "all": len(plan.changes), "here": len(shown)},
        "lines": lines(shown.head(STATIC), names),
        "parts": _parts(told),
    }


def _parts(told: Summary) -> dict[str, str]:
    """The parts of this page that there are, by id."""
    wrong = any(told.statuses.get(status) for status in NOT_DONE)
    there = {"held": told.plan.holds, "wrong": wrong, "problems": told.issues, "overview": told.totals, "changes": True}
    return {part: text for part, text in PARTS.items() if there[part]}


def _whom(undone: pd.DataFrame, names: Names, group: Mapping[str, Any]) -> list[Owner]:
    """A few of those that it went wrong for, for one reason."""
    same = (undone["status"] == group["status"]) & (undone["resource"] == group["resource"])
    rows = undone[same & (undone["error"].fillna(NO_REASON) == group["error"])].head(WHOM)
    return [Owner(line.name, line.id) for line in lines(rows, names)]


def _sent(told: Summary) -> bool:
    """Whether it is told what was done, and not what is to be done."""
    return told.run is not None or bool(told.statuses.get("done"))


def _any(told: Summary, of: str) -> bool:
    """Whether there is any of this to count."""
    return any(total[of] for total in told.totals.values())


def _sums(told: Summary) -> dict[str, int]:
    """How many changes of each op are to be made, what is held included; once it was sent, how many were made."""
    if not _sent(told):
        return {op: sum(total[op] for total in told.totals.values()) for op in OPS}
    done = told.counts[told.counts["status"] == "done"].groupby("op")["count"].sum()
    return {op: int(done.get(op, 0)) for op in OPS}


def _state(told: Summary) -> str:
    """In one word how it stands, for the colour of the verdict."""
    status = told.statuses
    if told.run and told.run.state == "cut":
        return "cut"
    if any(status.get(name) for name in ("failed", "unknown")):
        return "wrong"
    if status.get("held") or phrasing.nothing_usable(told.plan.unapproved):
        return "held"
    return "ready" if status.get("planned") else "done"
