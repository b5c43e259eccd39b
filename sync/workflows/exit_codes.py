"""The exit codes of the contract, from the results of a command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sync.errors import RunEnded

if TYPE_CHECKING:
    from sync.diff.reconciliation import Reconciliation
    from sync.model import Issue, Plan, Run
    from sync.workflows.adopt import Adoptable

WORST_FIRST: Final = (1, 5, 4, 3, 2, 0)


def plan_code(plan: Plan) -> int:
    """4 if some of the site could not be read, 3 if something is on hold, 2 if there are differences, 0 if none.

    Withheld changes are differences.
    """
    if any(issue.code == "unread" for issue in plan.issues):
        return 4
    return 3 if plan.unapproved else 2 if plan.withheld or "planned" in set(plan.changes["status"]) else 0


def run_code(plan: Plan, run: Run) -> int:
    """5 if the run was interrupted, 4 if calls failed (reads too) or are unknown, 3 if something is on hold.

    4 as well if what was read back is not as it was sent. Otherwise 4 if calls were skipped, else 0: what waits for a
    hold is skipped, and is no failure of its own.
    """
    if run.state == "cut":
        return 5
    statuses = set(plan.changes["status"])
    if statuses & {"failed", "unknown"} or any(issue.code == "unread" for issue in plan.issues):
        return 4
    if run.certificate is not None and run.certificate.exceptions:
        return 4
    if plan.unapproved:
        return 3
    return 4 if "skipped" in statuses else 0


@contextmanager
def finishing(plan: Plan, run: Run, ended: Callable[[], bool]) -> Iterator[None]:
    """What follows a run that has ended, such as its report: whoever stops it doesn't change how the run ended.

    `ended` says whether a signal has ended the program, whatever a library has made of the exception.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise RunEnded(run.id, run_code(plan, run)) from None
    except Exception:
        if not ended():
            raise
        raise RunEnded(run.id, run_code(plan, run)) from None


def reconcile_code(found: Reconciliation) -> int:
    """4 if some of the site could not be read, 2 if there are differences, 0 if there are none."""
    return 4 if _unread(found.issues) else 2 if found.differences else 0


def adopt_code(there: Adoptable, *, applied: bool) -> int:
    """4 if some of the site could not be read, 2 if there is something left to take over, 0 if there is not."""
    return 4 if _unread(there.issues) else 2 if there.anything and not applied else 0


def _unread(issues: Iterable[Issue]) -> bool:
    return any(issue.code == "unread" for issue in issues)


def worst(codes: Iterable[int]) -> int:
    """The exit code that counts if several apply; 0 if there are none."""
    return min(codes, key=WORST_FIRST.index, default=0)
