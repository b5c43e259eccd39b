"""Why changes are made, as far as a guard knows better: a file that looks truncated says nothing about who is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sync.diff.removals import claimed_by
from sync.model import Plan

TRUNCATED: Final = frozenset({"cut-short", "fewer-rows", "no-rows"})
"""The codes of issues about a file that looks truncated."""

TRUNCATED_FILE: Final = "truncated"
"""The cause of removals that a file which looks truncated asks for. It is only shown: plans are stored without it."""

UNDONE: Final = "undone"
"""The cause of all changes of a rollback, as it is shown."""

GUARDS: Final = frozenset({"fewer-rows", "last-slice"})
"""Guards that stop changes because a file looks truncated."""


def with_shown_causes(plan: Plan) -> Plan:
    """The plan with the causes of its changes as people are to read them.

    What is missing from a file that looks truncated has the cause `TRUNCATED_FILE`; what a file says itself to be gone
    has its row, and keeps its own. All that a rollback does has the cause `UNDONE`.
    """
    changes = plan.changes
    if plan.undoes is not None:
        return replace(plan, changes=changes.assign(cause=UNDONE))
    holds = [hold.id for hold in plan.holds if hold.guard in GUARDS]
    mappings = frozenset(_mappings(plan))
    if not holds and not mappings:
        return plan
    # What no row asks for is missing from its file: it is deleted, or gets other values instead.
    missing = (changes["op"] != "create") & changes["row"].isna() & changes["cause"].isin(["sis", "both"])
    truncated = changes["hold"].isin(holds) | claimed_by(changes["claims"], mappings)
    cause = changes["cause"].mask(missing & truncated, TRUNCATED_FILE)
    return replace(plan, changes=changes.assign(cause=cause))


def _mappings(plan: Plan) -> Iterator[str]:
    """The mappings whose files look truncated to a guard, or to whoever read them."""
    files = {issue.file for issue in plan.issues if issue.code in TRUNCATED}
    for entry in plan.inputs:
        if entry.mapping is not None and (entry.doubtful or entry.name in files):
            yield entry.mapping
    yield from (hold.slice["mapping"] for hold in plan.holds if hold.guard in GUARDS and "mapping" in hold.slice)
