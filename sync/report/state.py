"""The state of a plan or run in a word: it colours page and workbook, and is the tag of a mail's subject."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

from sync.model import Issue, Plan, Run
from sync.report import phrasing
from sync.report.causes import TRUNCATED
from sync.report.rows_with_errors import issues_of, with_errors
from sync.report.summary import NOT_DONE

State = Literal["ok", "doubtful", "held", "failed", "not run"]

EVERYTHING: Final = "everything"
PROBLEMS: Final = "problems"
HELD: Final = "held"

UNREAD: Final = "unread"
"""The code of issues about what could not be read from the site."""


def state_of(plan: Plan, run: Run | None, what: Collection[str] = (EVERYTHING,)) -> State:
    """The gravest state of those that concern people who are notified of `what`.

    `failed`: calls failed, the run was interrupted, or Moodle could not be read; `held`: something needs approval;
    `doubtful`: rows have errors, or a file looks truncated. A plan that was never run is never `not run`.
    """
    statuses = {str(status) for status in plan.changes["status"].unique()}
    cut = run is not None and run.state == "cut"
    unread = any(issue.code == UNREAD for issue in plan.issues)
    concerned = not {EVERYTHING, PROBLEMS}.isdisjoint(what)
    if concerned and (cut or unread or statuses & {*NOT_DONE}):
        return "failed"
    if not {EVERYTHING, HELD}.isdisjoint(what) and (HELD in statuses or any(phrasing.unusable(plan))):
        return "held"
    return "doubtful" if concerned and (truncated(plan.issues) or with_errors(issues_of(plan))) else "ok"


def truncated(issues: Collection[Issue]) -> int:
    """How many files have lost so many rows that they look truncated."""
    return len({each.file for each in issues if each.code in TRUNCATED})
