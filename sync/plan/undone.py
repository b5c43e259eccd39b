"""What rollbacks have undone and the exports still ask for: it stays on hold until they ask for something else.

The memory is in the stored plans: a hold of the last whole plan that was applied stands for all nights before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from sync.model import AppliedPlan, Store
from sync.model.records import WITHHELD, undone_by
from sync.model.values import no_rows
from sync.plan.inverse import OBJECT, net_effects

GUARD: Final = "rolled-back"

EFFECT: Final = ("resource", "match", "op", "before", "after")
"""Columns of what was undone: the change that is not to be made again."""


def still_undone(applied: Sequence[AppliedPlan], store: Store) -> pd.DataFrame:
    """The changes that were undone, and that every whole plan since has asked for again (columns `EFFECT`).

    applied: the newest first
    """
    found = []
    for plan in applied:
        run = undone_by(plan.inputs)
        if run is not None:
            found.append(_undone(store, plan.id, run))
        elif any(entry.mapping is not None for entry in plan.inputs):
            found.append(_held(store, plan))
            # What is withheld would have been on hold as before.
            if not any(counts.get(name) for counts in plan.summary.values() for name in WITHHELD.values()):
                break
    some = [frame for frame in found if len(frame)]
    if not some:
        return no_rows(*EFFECT)
    return pd.concat(some, ignore_index=True).drop_duplicates(OBJECT, ignore_index=True)


def _undone(store: Store, plan: str, run: str) -> pd.DataFrame:
    """What of a run's changes a plan has undone."""
    effects, inverse = net_effects(store.journal(run)), store.plan(plan).changes
    sent = inverse["status"] == "done"
    taken = (inverse["status"] == "covered") & inverse["covered_by"].isin(inverse["n"][sent])
    done = inverse[sent | taken]
    mine = pd.MultiIndex.from_frame(effects[OBJECT]).isin(pd.MultiIndex.from_frame(done[OBJECT]))
    return effects.loc[mine, list(EFFECT)]


def _held(store: Store, plan: AppliedPlan) -> pd.DataFrame:
    """What a plan has put on hold because it was undone, and nobody has approved."""
    ids = [hold.id for hold in plan.holds if hold.guard == GUARD]
    if not ids:
        return no_rows(*EFFECT)
    changes = store.plan(plan.id).changes
    return changes.loc[changes["hold"].isin(ids) & (changes["status"] == "held"), list(EFFECT)]
