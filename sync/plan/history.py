"""The history with which a plan's files are compared: what was applied before without open holds.

What nobody has approved is not a measure for the next run: a file truncated twice must be noticed twice. Where nothing
waits for approval, it becomes one when people have been notified of it for a week.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from sync.model import AppliedPlan, Input

DOUBT: Final = timedelta(days=7)
"""How long a truncated file is not a measure, if nothing is on hold because of it."""


def good_inputs(applied: Sequence[AppliedPlan]) -> dict[str, tuple[Input, ...]]:
    """By mapping name (`Input.mapping`), its inputs in the last good plan that had it.

    A plan is good for a mapping if it was applied completely and has no open hold on the mapping or on a whole
    resource. Where its inputs are deltas, the last good snapshot before them follows: that is what the next one is
    measured by. `applied` is the newest first.
    """
    good: dict[str, tuple[Input, ...]] = {}
    for mapping, _, inputs in _good(applied):
        if mapping not in good:
            good[mapping] = inputs
        elif not any(_measures(each) for each in good[mapping]):
            good[mapping] += tuple(each for each in inputs if _measures(each))
    return good


def used_inputs(applied: Sequence[AppliedPlan]) -> dict[str, dict[str, datetime]]:
    """By mapping name and digest, when a good plan last read a file that is not among those of the newest good plan."""
    newest: dict[str, set[str]] = {}
    used: dict[str, dict[str, datetime]] = {}
    for mapping, created, inputs in _good(applied):
        digests = {each.digest for each in inputs if each.kind == "sheet"}
        current = newest.setdefault(mapping, digests)
        for digest in digests - current:
            used.setdefault(mapping, {}).setdefault(digest, created)
    return used


def _good(applied: Sequence[AppliedPlan]) -> Iterator[tuple[str, datetime, tuple[Input, ...]]]:
    """By mapping, when a plan that is good for it was made and its inputs in it, the newest first."""
    for plan in applied:
        waiting = [hold for hold in plan.holds if hold.approved_by is None]
        if not all(hold.slice for hold in waiting):
            continue
        doubted = {hold.slice.get("mapping") for hold in waiting}
        if applied[0].created - plan.created < DOUBT:
            approved = {hold.slice.get("mapping") for hold in plan.holds} - doubted
            doubted |= {each.mapping for each in plan.inputs if each.doubtful} - approved
        for mapping in {each.mapping for each in plan.inputs if each.mapping is not None} - doubted:
            yield mapping, plan.created, tuple(each for each in plan.inputs if each.mapping == mapping)


def _measures(entry: Input) -> bool:
    return entry.kind == "sheet" and not entry.delta
