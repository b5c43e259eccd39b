"""Runs: when they began, and how they ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Row, delete, insert, select, update

from sync.model import Run
from sync.state import certificates, packing
from sync.state.schema import changes, runs


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


def discard(connection: Connection, id: str) -> None:
    """Forget a run that has sent nothing."""
    plan = select(runs.c.plan).where(runs.c.id == id).scalar_subquery()
    connection.execute(update(changes).where(changes.c.plan == plan, changes.c.run == id).values(run=None))
    connection.execute(delete(runs).where(runs.c.id == id))


def cut_off(connection: Connection) -> None:
    """Record that all runs without an end were interrupted. The caller holds the lock: no run is in progress."""
    left = update(runs).where(runs.c.state == "running")
    connection.execute(left.values(state="cut", reason="its process ended before the run had finished"))


def load(connection: Connection, id: str) -> Run:
    """A run by its whole id, with its certificate."""
    run = _run(connection.execute(select(runs).where(runs.c.id == id)).one())
    return replace(run, certificate=certificates.load(connection, id))


def listed(connection: Connection) -> list[Run]:
    """All runs, newest first."""
    return [_run(row) for row in connection.execute(select(runs).order_by(runs.c.seq.desc()))]


def _run(row: Row[tuple[object, ...]]) -> Run:
    return Run(
        id=row.id,
        plan=row.plan,
        started=datetime.fromisoformat(row.started),
        finished=packing.instant(row.finished),
        state=row.state,
        reason=row.reason,
    )
