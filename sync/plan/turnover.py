"""What plans have created and deleted one after another, though nobody was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.diff.removals import claimed_by
from sync.model import AppliedPlan, Hold
from sync.model.records import undone_by


@dataclass(frozen=True, slots=True)
class Turnover:
    """Plans that were applied, the newest run first, and how to count what some of them did.

    count: for ids of plans, how many objects they created and deleted without a hold, as `Store.turnover`
    """

    applied: Sequence[AppliedPlan]
    count: Callable[[Sequence[str]], pd.DataFrame]

    def since(self, begin: datetime, mapping: MappingFile) -> list[AppliedPlan]:
        """The plans from then on and after anybody last approved of what the mapping asks for, the newest first."""
        found: dict[str, AppliedPlan] = {}
        for plan in self.applied:
            if plan.created < begin or any(_approves(hold, mapping) for hold in plan.holds):
                break
            found[plan.id] = plan
        return [*found.values()]

    def losses(self, plans: Sequence[AppliedPlan], mapping: MappingFile) -> list[int]:
        """For each plan, how many objects of the mapping were lost from it on: deletes, less creates.

        What was set instead of a delete counts as one; what a rollback has set does not.
        """
        done = self.count([plan.id for plan in plans])
        undoing = done["plan"].isin([plan.id for plan in plans if undone_by(plan.inputs)]) & (done["op"] == "set")
        own = (done["resource"] == mapping.resource) & claimed_by(done["claims"], frozenset({mapping.name})) & ~undoing
        net = done["count"].where(done["op"] != "create", -done["count"])[own].groupby(done["plan"][own]).sum()
        each = [int(net.get(plan.id, 0)) for plan in plans]
        return [int(total) for total in np.cumsum(each)]


def _approves(hold: Hold, mapping: MappingFile) -> bool:
    """Whether somebody has approved of what the mapping asks for as a whole, not just of one roster or part."""
    whole = not hold.slice or dict(hold.slice) == {"mapping": mapping.name}
    return whole and hold.resource == mapping.resource and hold.approved_by is not None
