"""`report` and `runs`: plans and runs are shown again."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sync.errors import StoreError
from sync.model import Plan, Run, Store
from sync.report.summary import as_known


def notice_cut_runs(store: Store) -> None:
    """Let the store find out whether a run that has not ended is still in progress."""
    if any(run.state == "running" for run in store.runs()):
        with suppress(StoreError), store.lock():
            pass


def find(store: Store, name: str | None) -> tuple[Plan, Run | None]:
    """A plan by its id, the newest if none is given, or a run with its plan as known then. Raises PlanError."""
    if name is not None and name.startswith("r-"):
        run = store.run(name)
        return as_known(store.plan(run.plan), run), run
    return store.plan(name), None


def overview(store: Store) -> list[dict[str, Any]]:
    """Every plan with its runs, newest first: plan, created, changes, held, empty, runs (run, started, state, reason).

    Times are texts in the store's zone, counts are of changes; `empty` counts holds of files with no usable rows.
    """
    by_plan: dict[str, list[dict[str, Any]]] = {}
    for run in store.runs():
        row = {"run": run.id, "started": f"{run.started:%Y-%m-%d %H:%M:%S}", "state": run.state, "reason": run.reason}
        by_plan.setdefault(run.plan, []).append(row)
    return [
        {
            "plan": plan.id,
            "created": f"{plan.created:%Y-%m-%d %H:%M:%S}",
            "changes": sum(counts[op] for counts in plan.summary.values() for op in ("create", "update", "delete")),
            "held": sum(counts.get("held", 0) for counts in plan.summary.values()),
            "empty": sum(not hold.count for hold in plan.unapproved),
            "runs": by_plan.get(plan.id, []),
        }
        for plan in store.plans()
    ]
