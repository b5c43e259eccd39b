"""The status for an audience in a subject, and whether that is news to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from sync.model import Plan, Run
from sync.model.findings import listed
from sync.report import phrasing
from sync.report.mail.audience import NEEDS_FIXING
from sync.report.rows_with_errors import issues_of, with_errors
from sync.report.state import EVERYTHING, HELD, PROBLEMS, State, truncated
from sync.report.summary import NOT_DONE, OPS

TAGS: Final[dict[State, str]] = {
    "ok": "OK",
    "doubtful": "CHECK",
    "held": "ACTION",
    "failed": "FAILED",
    "not run": "NOT RUN",
}
RECOVERED: Final = "RECOVERED"
BLOCKED: Final[tuple[State, ...]] = ("held", "failed", "not run")
"""States in which something was not sent."""

HELD_OPS: Final = {"create": "addition", "update": "change", "delete": "removal"}
NOTHING: Final = {PROBLEMS: "nothing to fix", HELD: "nothing to approve"}
"""Text used if there is nothing of what an audience asked for."""

LONGEST: Final = 120
"""Characters of a reason in a subject."""


@dataclass(frozen=True, slots=True)
class MailStatus:
    """The result of one run for an audience: the tag and the rest of its subject."""

    at: datetime
    tag: str
    summary_line: str


def summary_line(plan: Plan, run: Run | None = None, what: Collection[str] = (EVERYTHING,)) -> str:
    """What concerns an audience that asked for `what`, in one line: `298 changes, 254 removals on hold`."""
    sent = plan.changes[plan.changes["status"] != "covered"]
    status = sent["status"].value_counts()
    parts = []
    if EVERYTHING in what:
        parts.append(phrasing.count(len(sent), "change") if len(sent) else "nothing to change")
    if not {EVERYTHING, PROBLEMS}.isdisjoint(what):
        if run is not None and run.state == "cut":
            parts.append(f"interrupted after {phrasing.count(int(status.get('done', 0)), 'change')}")
        parts += [f"{int(status[name]):,} {name}" for name in NOT_DONE if name in status.index]
    if HELD in status.index and not {EVERYTHING, HELD}.isdisjoint(what):
        parts.append(f"{_held(sent)} on hold")
    if not {EVERYTHING, HELD}.isdisjoint(what):
        parts += [phrasing.count(n, *phrasing.UNUSABLE[guard]) for guard, n in phrasing.unusable(plan)]
    if not {EVERYTHING, PROBLEMS}.isdisjoint(what):
        if files := truncated(plan.issues):
            parts.append(f"{phrasing.count(files, 'file')} {'looks' if files == 1 else 'look'} truncated")
        if rows := len(with_errors(issues_of(plan))):
            parts.append(f"{phrasing.count(rows, 'row')} with errors")
    look = sum(each.severity in NEEDS_FIXING for each in plan.issues) if PROBLEMS in what else 0
    if look and not parts:
        parts.append(f"{phrasing.count(look, 'issue')} to check")
    return ", ".join(parts) or listed(NOTHING[each] for each in what)


def tag(state: State, *, recovered: bool = False) -> str:
    """The word a subject begins with. A recovery is shown only if nothing is left to check."""
    return RECOVERED if recovered and state == "ok" else TAGS[state]


def subject(title: str, tag: str, summary_line: str, about: str = "Moodle sync") -> str:
    """`[ACTION] Moodle sync, Spring 2027: 298 changes, 254 removals on hold`, in one line whatever it contains."""
    return f"[{tag}] {about}, {phrasing.safe(title, LONGEST)}: {phrasing.safe(summary_line, LONGEST)}"


def has_recovered(before: str | None, now: State) -> bool:
    """Whether whatever was wrong the last time is over.

    Rows with errors do not hide that a failure is over; they count only if nothing else was wrong.
    """
    return (now == "ok" and before not in (None, "ok")) or (now == "doubtful" and before in BLOCKED)


def due(when: Collection[str], before: str | None, now: State, *, matters: bool, week: bool) -> bool:
    """Whether a mail is sent. Before the first run all was well; `week`: this is the first run of a week."""
    return (
        ("every" in when and matters)
        or ("change" in when and now != (before or "ok"))
        or ("recovery" in when and has_recovered(before, now))
        or ("weekly" in when and week)
    )


def week_of(at: datetime, zone: str) -> tuple[int, int]:
    """The year and number of the week, as the site's calendar has it."""
    year, week, _ = at.astimezone(ZoneInfo(zone)).isocalendar()
    return year, week


def _held(changes: pd.DataFrame) -> str:
    """`254 removals`, `2 additions and 1 change`."""
    ops = changes.loc[changes["status"] == HELD, "op"].value_counts()
    return listed(phrasing.count(int(ops[op]), HELD_OPS[op]) for op in OPS if op in ops.index)
