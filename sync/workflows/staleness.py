"""When a stored plan is stale, and neither sent nor approved any more.

A plan is stale if a newer one exists, another run has written since, its inputs, mappings or site file have changed, or
the calendar has different rules for today. Changes on the site in the meantime do not make it stale: every delete is
read again just before it is sent.
"""

from __future__ import annotations

from typing import Final

from sync.config.site import Config
from sync.errors import Fault, PlanError
from sync.model import Clock, Plan, Store
from sync.workflows.inputs import changed_since

REMOVED: Final = frozenset({"purged", "erased"})
"""Issues of a plan that has lost records to `purge` or `forget`."""

NEW_PLAN: Final = "Make a new plan with `nexsis-sync plan`; approvals carry over to holds that stay the same."


def stale(config: Config, store: Store, clock: Clock, plan: Plan) -> list[str]:
    """Why a plan can no longer be approved or applied, in sentences; empty if it can."""
    reasons = []
    newest = store.newest_plan()
    if newest != plan.id:
        reasons.append(f"a newer plan exists: {newest}")
    reasons += [
        f"run {run.id} has changed Moodle since"
        for run in store.runs()
        if run.plan != plan.id and (run.finished or run.started) > plan.created
    ]
    if any(issue.code in REMOVED for issue in plan.issues):
        reasons.append("some of its records have been removed from the state store")
    if config.window(plan.created) != config.window(clock.now()):
        reasons.append("the calendar has different rules for today")
    return [*reasons, *changed_since(plan.inputs, config)]


def refuse_stale(config: Config, store: Store, clock: Clock, plan: Plan, hint: str = NEW_PLAN) -> None:
    """Raise PlanError with every reason why this plan can no longer be approved or applied, and what to do."""
    reasons = stale(config, store, clock, plan)
    if reasons:
        raise PlanError(Fault(f"plan {plan.id} is out of date: {'; '.join(reasons)}", hint=hint))
