"""What plans and runs recorded of people is removed once it is old; their totals stay.

The head of a plan is left: when it was made and from which files, its totals, its holds without their details and who
approved them. Later plans compare themselves with that, and it names nobody whose record was changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Connection, delete, func, select, update

from sync.model import Hold
from sync.model.issue_texts import sentence, wording
from sync.model.resources import CATALOGUE, people_in
from sync.state import certificates, frames, packing
from sync.state.schema import changes, ledger, marks, plans, runs

CODE: Final = "purged"
"""The code of the only issue of a plan whose records have been removed."""


def outdated(connection: Connection, before: datetime) -> pd.DataFrame:
    """Plans made before a time whose records are still there: plan, changes, issues (how many). Never the newest."""
    newest = select(func.max(plans.c.seq)).scalar_subquery()
    old = (plans.c.created < packing.instant_text(before)) & (plans.c.seq != newest)
    rows = connection.execute(select(plans.c.id, plans.c.issues).where(old).order_by(plans.c.seq)).all()
    issues = {row.id: packing.issues(row.issues) for row in rows}
    kept = [plan for plan, found in issues.items() if not any(issue.code == CODE for issue in found)]
    counted = select(changes.c.plan, func.count()).where(changes.c.plan.in_(kept)).group_by(changes.c.plan)
    sizes: dict[str, int] = {str(plan): int(size) for plan, size in connection.execute(counted)}
    counts = {"changes": [sizes.get(plan, 0) for plan in kept], "issues": [len(issues[plan]) for plan in kept]}
    return pd.DataFrame({"plan": pd.Series(kept, dtype="str"), **counts})


def purge(connection: Connection, of: Sequence[str], before: datetime, now: datetime) -> None:
    """Remove what these plans and their runs recorded of people."""
    note = packing.pack([wording("purged", on=f"{now:%Y-%m-%d}").issue("notice")])
    for plan in of:
        connection.execute(delete(changes).where(changes.c.plan == plan))
        certificates.drop(connection, connection.scalars(select(runs.c.id).where(runs.c.plan == plan)))
        holds = packing.holds(connection.scalar(select(plans.c.holds).where(plans.c.id == plan)) or "[]")
        bare = packing.pack([_bare(hold) for hold in holds])
        connection.execute(update(plans).where(plans.c.id == plan).values(issues=note, holds=bare))
        connection.execute(update(runs).where(runs.c.plan == plan).values(reason=""))
    old = (marks.c.kind == "asked-otherwise") & (marks.c.since < before.isoformat())
    connection.execute(delete(marks).where(old))


def unclaimed(connection: Connection, day: int) -> pd.DataFrame:
    """What was last read before a day, was never ours and is in no export: resource, match."""
    seen = (ledger.c.owned == 0) & (ledger.c.claims == "") & (ledger.c.checked < day)
    return frames.read(connection, [ledger.c.resource, ledger.c.match], seen)


def _bare(hold: Hold) -> Hold:
    """A hold with what later plans need of it: its guard, its resource, how many, and which slice if nobody's."""
    resource = CATALOGUE.get(hold.resource)
    personal = people_in(resource) if resource else ()
    named = {name: "" if name in personal else value for name, value in hold.slice.items()}
    return replace(hold, slice=named, message=sentence("purged-hold"))
