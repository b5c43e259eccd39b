"""A plan beside the one before it: what is new, what is still there, and what is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pandas as pd

from sync.model import Plan

NEW: Final = "new"
STILL_THERE: Final = "still there"

SAME: Final = ["resource", "op", "match", "after"]
"""Columns in which a change agrees with the one before: the same thing happens to the same object."""

PURGED: Final = "purged"
"""Code of the issue that stands for the details of an old plan."""


class Plans(Protocol):
    """A store that keeps plans."""

    def plans(self) -> Sequence[Plan]:
        """All plans, newest first, each with an empty `changes` frame."""
        ...

    def plan(self, id: str | None = None) -> Plan:
        """A plan with its current statuses."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a plan differs from the preview before it.

    marks: `NEW` or `STILL_THERE` for each change of the plan
    gone:  the changes of the earlier plan that are neither in this one nor made by a run (columns `CHANGES`)
    made:  how many of the earlier plan's have been made, and are not in this one
    """

    before: Plan
    marks: pd.Series[Any]
    gone: pd.DataFrame
    made: int

    @property
    def new(self) -> int:
        """How many changes are new."""
        return int((self.marks == NEW).sum())

    @property
    def still_there(self) -> int:
        """How many changes were in the earlier plan too."""
        return len(self.marks) - self.new


def preview_before(store: Plans, plan: Plan) -> Plan | None:
    """The plan of the whole site that was made before this one; None if there is none to compare it with."""
    if not _comparable(plan):
        return None
    earlier = (each for each in store.plans() if each.created < plan.created and each.site == plan.site)
    before = next(filter(_comparable, earlier), None)
    return None if before is None else store.plan(before.id)


def compared(plan: Plan, before: Plan) -> Comparison:
    """What is new in a plan, and what is gone."""
    there = _found_in(plan.changes, before.changes)
    marks = pd.Series(STILL_THERE, index=plan.changes.index, dtype="str").mask(~there, NEW)
    others = before.changes[~_found_in(before.changes, plan.changes)]
    made = others["status"] == "done"
    return Comparison(before, marks, others[~made].reset_index(drop=True), int(made.sum()))


def _comparable(plan: Plan) -> bool:
    """Whether a plan shows everything that the exports ask for: not a part of it, a rollback, or long removed."""
    whole = not plan.inputs or any(entry.mapping for entry in plan.inputs)
    return whole and plan.undoes is None and not any(issue.code == PURGED for issue in plan.issues)


def _found_in(changes: pd.DataFrame, others: pd.DataFrame) -> pd.Series[bool]:
    """Which changes are among others."""
    there = others[SAME].drop_duplicates().assign(there=True)
    found = changes[SAME].merge(there, how="left", on=SAME)["there"].notna()
    return found.set_axis(changes.index)
