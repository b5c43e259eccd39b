"""`approve`: a hold is released, by whom and for how long."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from sync.config.site import Config
from sync.model import Approval, Clock, Hold, Signature, Store
from sync.workflows.staleness import NEW_PLAN, refuse_stale

_LOOK: Final = "`nexsis-sync report {newest}` shows the newest plan: approve what is on hold there, if it is correct."


def approve(
    config: Config, store: Store, clock: Clock, plan_id: str, chosen: Collection[str], by: Signature
) -> tuple[str, list[Hold]]:
    """Release holds of a plan by their ids, all if none are `chosen`; the plan's whole id, and the holds.

    With a hold its parts are released. An approval expires after `approval_days`. The caller holds the store's lock.
    Raises PlanError if there is no such plan or hold, or the plan is stale: nobody would look at what is sent instead.
    """
    plan = store.plan(plan_id)
    newest = store.newest_plan() or plan.id
    refuse_stale(config, store, clock, plan, _LOOK.format(newest=newest) if newest != plan.id else NEW_PLAN)
    released = {*chosen, *(hold.id for hold in plan.holds if not chosen or hold.part_of in chosen)}
    now = clock.now()
    expires = now + timedelta(days=config.guards.approval_days)
    store.approve(plan.id, [Approval(hold, by.name, now, expires, by.account) for hold in sorted(released)])
    return plan.id, [hold for hold in plan.holds if hold.id in released]
