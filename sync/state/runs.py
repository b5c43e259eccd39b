"""Runs, and the journal they keep in the plan's changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, Update, bindparam, insert, select, update

from sync.errors import PlanError
from sync.model import Input, Outcome, Run
from sync.state import packing
from sync.state.schema import approvals, changes, ledger, plans, runs

DOUBT = timedelta(days=7)
"""For so long a file that was cut short is no measure, if nothing waits for its sake."""

_THE_CHANGE = update(changes).where(changes.c.plan == bindparam("p"), changes.c.n == bindparam("c"))
_INTENT = _THE_CHANGE.where(*(changes.c.status != status for status in ("held", "covered", "done"))).values(
    status="sending", run=bindparam("run")
)
_TOLD = ("status", "attempts", "http_status", "error")
_OUTCOME = _THE_CHANGE.values({name: bindparam(name) for name in _TOLD})


def start(connection: Connection, run: Run) -> None:
    """Record that a run begins."""
    connection.execute(
        insert(runs).values(
            id=run.id,
            plan=run.plan,
            started=packing.instant_text(run.started),
            finished=run.finished and packing.instant_text(run.finished),
            state=run.state,
            reason=run.reason,
        )
    )


def finish(connection: Connection, run: Run) -> None:
    """Record how a run ended."""
    connection.execute(
        update(runs)
        .where(runs.c.id == run.id)
        .values(
            finished=run.finished and packing.instant_text(run.finished),
            state=run.state,
            reason=run.reason,
        )
    )


def cut_off(connection: Connection) -> None:
    """Record of all runs that have not ended that they were cut off. The caller holds the lock: no run is under way."""
    left = update(runs).where(runs.c.state == "running")
    connection.execute(left.values(state="cut", reason="its process ended in the middle of it"))


def load(connection: Connection, id: str) -> Run:
    """A run by its whole id."""
    return _run(connection.execute(select(runs).where(runs.c.id == id)).one())


def listed(connection: Connection) -> list[Run]:
    """All runs, newest first."""
    return [_run(row) for row in connection.execute(select(runs).order_by(runs.c.seq.desc()))]


def good_inputs(connection: Connection) -> dict[str, tuple[Input, ...]]:
    """By mapping, its inputs in the last plan that had it, was applied to the end, and was not held for its sake.

    Where those are deltas, the last good snapshot before them follows: that is what the next one is measured by.
    """
    good: dict[str, tuple[Input, ...]] = {}
    for mapping, _, mine in _good(connection):
        if mapping not in good:
            good[mapping] = mine
        elif not any(_measures(each) for each in good[mapping]):
            good[mapping] += tuple(each for each in mine if _measures(each))
    return good


def used_inputs(connection: Connection) -> dict[str, dict[str, datetime]]:
    """By mapping and digest, when a good plan last read a file that is not among those of the newest good plan."""
    newest: dict[str, set[str]] = {}
    used: dict[str, dict[str, datetime]] = {}
    for mapping, created, mine in _good(connection):
        digests = {each.digest for each in mine if each.kind == "sheet"}
        current = newest.setdefault(mapping, digests)
        for digest in digests - current:
            used.setdefault(mapping, {}).setdefault(digest, created)
    return used


def _good(connection: Connection) -> Iterator[tuple[str, datetime, tuple[Input, ...]]]:
    """Mapping by mapping, the inputs of plans applied to the end and not held for its sake, the newest first.

    What nobody has approved is no measure for the next night: a file cut short twice must be noticed twice. Where
    nothing waits for approval, it becomes one when people have been told of it for a week.
    """
    rows = connection.execute(
        select(plans.c.id, plans.c.created, plans.c.inputs, plans.c.holds)
        .join(runs, runs.c.plan == plans.c.id)
        .where(runs.c.state == "done")
        .order_by(runs.c.seq.desc())
    )
    approved = {(row.plan, row.hold) for row in connection.execute(select(approvals.c.plan, approvals.c.hold))}
    newest = None
    for plan, made, text, holds in rows:
        created = datetime.fromisoformat(made)
        newest = newest or created
        held = packing.holds(holds)
        waiting = [h for h in held if h.approved_by is None and (plan, h.id) not in approved]
        if all(hold.slice for hold in waiting):
            inputs = packing.inputs(text)
            meant = {hold.slice.get("mapping") for hold in held} - {hold.slice.get("mapping") for hold in waiting}
            doubted = {hold.slice.get("mapping") for hold in waiting}
            if newest - created < DOUBT:
                doubted |= {each.mapping for each in inputs if each.doubtful} - meant
            for mapping in {each.mapping for each in inputs if each.mapping is not None} - doubted:
                yield mapping, created, tuple(each for each in inputs if each.mapping == mapping)


def _measures(entry: Input) -> bool:
    return entry.kind == "sheet" and not entry.delta


def intend(connection: Connection, plan: str, run: str, ns: Sequence[int]) -> None:
    """Mark changes as being sent. Raises PlanError if one is held, covered, done or not in the plan."""
    _doubt(connection, plan, ns)
    marked = _move(connection, _INTENT, [{"p": plan, "c": n, "run": run} for n in ns])
    if marked != len(ns):
        raise PlanError(f"{len(ns) - marked} changes of plan {plan} may not be sent: held, covered, done or unknown")


def settle(connection: Connection, plan: str, outcomes: Sequence[Outcome]) -> None:
    """Write down what became of changes. Raises PlanError if one is not in the plan."""
    settled = _move(
        connection,
        _OUTCOME,
        [{"p": plan, "c": each.n} | {name: getattr(each, name) for name in _TOLD} for each in outcomes],
    )
    if settled != len(outcomes):
        raise PlanError(f"{len(outcomes) - settled} outcomes speak of changes plan {plan} does not have")


def _move(connection: Connection, statement: Update, parameters: list[dict[str, object]]) -> int:
    return connection.execute(statement, parameters).rowcount if parameters else 0


def _doubt(connection: Connection, plan: str, ns: Sequence[int]) -> None:
    """What we know of objects about to be changed is no longer sure: whatever plan comes next looks at them again."""
    sent = select(changes.c.resource, changes.c.match).where(
        changes.c.plan == plan, changes.c.n.in_(ns), changes.c.op == "update"
    )
    for resource, match in connection.execute(sent).all():
        row = (ledger.c.resource == resource) & (ledger.c.match == match)
        connection.execute(update(ledger).where(row).values(sent=None))


def _run(row: Row[tuple[object, ...]]) -> Run:
    return Run(
        id=row.id,
        plan=row.plan,
        started=datetime.fromisoformat(row.started),
        finished=packing.instant(row.finished),
        state=row.state,
        reason=row.reason,
    )
