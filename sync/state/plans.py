"""Plans with their changes, and the approvals of their holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, bindparam, false, func, insert, select, update

from sync.errors import Fault, PlanError
from sync.model import CHANGES, AppliedPlan, Approval, Hold, Plan
from sync.model.records import is_whole, undone_by
from sync.state import frames, packing
from sync.state.schema import approvals, changes, plans, runs

_COLUMNS = [changes.c[name] for name in CHANGES]


def save(connection: Connection, plan: Plan) -> None:
    """Store a plan and all its changes. Raises PlanError if its id is taken."""
    if connection.scalar(select(plans.c.seq).where(plans.c.id == plan.id)) is not None:
        raise PlanError(f"a plan {plan.id} is stored already")
    connection.execute(
        insert(plans).values(
            id=plan.id,
            site=plan.site,
            created=packing.instant_text(plan.created),
            summary=packing.pack(plan.summary),
            inputs=packing.pack(plan.inputs),
            holds=packing.pack(plan.holds),
            issues=packing.pack(plan.issues),
        )
    )
    rows = frames.rows(plan.changes, _COLUMNS, first=plan.id)
    statement = insert(changes).values({name: bindparam(name) for name in ("plan", *CHANGES)})
    frames.execute_many(connection, statement, rows)


def load(connection: Connection, id: str) -> Plan:
    """A plan by its whole id, with the current statuses and approvals."""
    row = connection.execute(select(plans).where(plans.c.id == id)).one()
    found = frames.read(connection, _COLUMNS, changes.c.plan == id)
    return _plan(row, found.sort_values("n", ignore_index=True), _approvals_by_plan(connection, id).get(id, {}))


def listed(connection: Connection) -> list[Plan]:
    """All plans, newest first, without their changes."""
    none = frames.read(connection, _COLUMNS, false())
    approved = _approvals_by_plan(connection)
    rows = connection.execute(select(plans).order_by(plans.c.seq.desc()))
    return [_plan(row, none, approved.get(row.id, {})) for row in rows]


def applied(connection: Connection) -> list[AppliedPlan]:
    """The files, holds and totals of plans, for every run that applied one completely, the newest run first."""
    rows = connection.execute(
        select(plans.c.id, plans.c.created, plans.c.inputs, plans.c.holds, plans.c.summary)
        .join(runs, runs.c.plan == plans.c.id)
        .where(runs.c.state == "done")
        .order_by(runs.c.seq.desc())
    ).all()
    approved = _approvals_by_plan(connection)
    return [
        AppliedPlan(
            id=row.id,
            created=datetime.fromisoformat(row.created),
            inputs=packing.inputs(row.inputs),
            holds=_holds(row.holds, approved.get(row.id, {})),
            summary=packing.unpack(row.summary),
        )
        for row in rows
    ]


def rollbacks(connection: Connection) -> dict[str, str]:
    """The runs of rollbacks, in whatever state, the newest first; and for each, the run that it undoes."""
    rows = connection.execute(
        select(runs.c.id, plans.c.inputs).join(plans, runs.c.plan == plans.c.id).order_by(runs.c.seq.desc())
    )
    found = {row.id: undone_by(packing.inputs(row.inputs)) for row in rows}
    return {rollback: run for rollback, run in found.items() if run is not None}


def site(connection: Connection) -> str | None:
    """The address of the site the newest plan was made for."""
    return connection.scalar(select(plans.c.site).order_by(plans.c.seq.desc()).limit(1))


def newest(connection: Connection) -> str | None:
    """The id of the plan stored last."""
    return connection.scalar(select(plans.c.id).order_by(plans.c.seq.desc()).limit(1))


def approve(connection: Connection, id: str, given: Sequence[Approval]) -> None:
    """Record approvals and release the plan's held changes they refer to, and what a run left out because of them.

    Raises PlanError naming every hold the plan does not have, and those it has.
    """
    text = connection.scalar(select(plans.c.holds).where(plans.c.id == id))
    known = [hold.id for hold in packing.holds(text or "[]")]
    unknown = sorted({approval.hold for approval in given} - set(known))
    if unknown:
        hint = f"Its holds are: {', '.join(known)}" if known else "Nothing in it is on hold."
        raise PlanError(*(Fault(f"plan {id} has no hold {hold}", hint=hint) for hold in unknown))
    rows = [(id, a.hold, a.by, packing.instant_text(a.at), packing.instant_text(a.expires), a.account) for a in given]
    frames.execute_many(connection, frames.upsert(approvals, connection.dialect.name), rows)
    approved = select(approvals.c.hold).where(approvals.c.plan == id)
    held = (changes.c.plan == id) & (changes.c.status == "held") & changes.c.hold.in_(approved)
    connection.execute(update(changes).where(held).values(status="planned"))
    # Nothing that was skipped has been sent; what still cannot be sent is skipped again.
    skipped = (changes.c.plan == id) & (changes.c.status == "skipped")
    connection.execute(update(changes).where(skipped).values(status="planned", error=None))


def in_force(connection: Connection, at: datetime) -> dict[str, Approval]:
    """By hold, whatever plan it was given in, the latest approval not expired at that time and not lapsed.

    An approval is for one run, and only as long as its hold lasts: it lapses with the next run that is carried out, and
    with any later plan that does not have the hold. A part of a plan says nothing about holds that it does not have.
    """
    rows = connection.execute(
        select(approvals, plans.c.seq)
        .join(plans, plans.c.id == approvals.c.plan)
        .where(approvals.c.expires > packing.instant_text(at))
        .order_by(approvals.c.at)
    ).all()
    if not rows:
        return {}
    later = _since(connection, min(row.seq for row in rows))
    return {row.hold: _approval(row) for row in rows if not any(plan.ends(row) for plan in later)}


@dataclass(frozen=True, slots=True)
class _Later:
    """A plan on which the approvals before it depend. `done`: when it was last carried out, empty if it was not."""

    seq: int
    holds: frozenset[str]
    whole: bool
    undoes: bool
    done: str

    def ends(self, approval: Row[Any]) -> bool:
        """Whether an approval (with the `seq` of its plan) lapses because of this plan or of its run."""
        has = approval.hold in self.holds
        lacks = self.whole and not has and self.seq > approval.seq
        return lacks or (self.done >= approval.at and (has or self.whole or self.undoes))


def _since(connection: Connection, first: int) -> list[_Later]:
    """The plans from this one on, and what is needed to tell which approvals they end."""
    ended = func.max(func.coalesce(runs.c.finished, runs.c.started)).label("done")
    done = select(runs.c.plan, ended).where(runs.c.state == "done").group_by(runs.c.plan).subquery()
    rows = connection.execute(
        select(plans.c.seq, plans.c.holds, plans.c.inputs, done.c.done)
        .outerjoin(done, done.c.plan == plans.c.id)
        .where(plans.c.seq >= first)
    )
    found = []
    for row in rows:
        inputs, has = packing.inputs(row.inputs), frozenset(hold.id for hold in packing.holds(row.holds))
        found.append(_Later(row.seq, has, is_whole(inputs), undone_by(inputs) is not None, row.done or ""))
    return found


def _approvals_by_plan(connection: Connection, id: str | None = None) -> dict[str, dict[str, Approval]]:
    rows = connection.execute(select(approvals).where(approvals.c.plan == id) if id else select(approvals))
    found: dict[str, dict[str, Approval]] = {}
    for row in rows:
        found.setdefault(row.plan, {})[row.hold] = _approval(row)
    return found


def _approval(row: Row[tuple[str, ...]]) -> Approval:
    at, expires = datetime.fromisoformat(row.at), datetime.fromisoformat(row.expires)
    return Approval(row.hold, row.by, at, expires, row.account)


def _plan(row: Row[tuple[object, ...]], found: pd.DataFrame, approved: Mapping[str, Approval]) -> Plan:
    return Plan(
        id=row.id,
        site=row.site,
        created=datetime.fromisoformat(row.created),
        changes=found,
        holds=_holds(row.holds, approved),
        issues=packing.issues(row.issues),
        summary=packing.unpack(row.summary),
        inputs=packing.inputs(row.inputs),
    )


def _holds(text: str, approved: Mapping[str, Approval]) -> tuple[Hold, ...]:
    """The holds of a plan, with what was approved since it was stored."""

    def merged(hold: Hold) -> Hold:
        approval = approved.get(hold.id)
        if approval is None:
            return hold
        return replace(hold, approved_by=approval.by, approved_account=approval.account, approved_at=approval.at)

    return tuple(merged(hold) for hold in packing.holds(text))
