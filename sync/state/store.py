"""The `Store` of the model, put together: each method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import pandas as pd
from sqlalchemy import Engine

from sync.model import AppliedPlan, Approval, Certificate, Clock, Mark, Memory, Outcome, Pause, Plan, Run, Store
from sync.model.forgetting import Mentions, Tombstones
from sync.state import (
    certificates,
    database,
    erasure,
    journal,
    ledger,
    locking,
    marks,
    packing,
    pauses,
    plans,
    purging,
    refusals,
    remains,
    runs,
    schema,
    tombstones,
    upkeep,
)
from sync.state.database import reading, writing
from sync.state.finding import find

_NO_PLAN = "there is no plan yet: make one with `nexsis-sync plan`"
_NO_RUN = "there has been no run yet: start one with `nexsis-sync apply`"


@contextmanager
def open_store(
    url: str, clock: Clock, upgraded: Callable[[upkeep.Upgrade], None] = lambda upgrade: None
) -> Iterator[Store]:
    """Open the store a database URL names, filling an empty or missing database.

    `sqlite:////srv/sync/state.db` is a file, created readable by its owner alone; `sqlite://` lives in memory and
    dies with the store; `postgresql+psycopg://user@host/database` is a database of its own on a server. `clock` says
    since when a lock is held.

    A store that an earlier release made is backed up and upgraded first; `upgraded` is then called. Raises StoreError
    if the database cannot be reached, is not a store, was made by a newer nexsis-sync or cannot be upgraded, StoreInUse
    if it must be upgraded while another process is at work on it; and, from any method, if the database fails.
    """
    with database.opened(url) as engine:
        done = upkeep.up_to_date(engine, clock)
        if done.backup:
            upgraded(done)
        yield _DatabaseStore(engine, clock)


class _DatabaseStore:
    """`Store` over an engine; see there for what each method means."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    @contextmanager
    def lock(self) -> Iterator[None]:
        with locking.lock(self._engine, self._clock):
            with writing(self._engine) as connection:
                runs.cut_off(connection)
            yield

    def ledger(self, resource: str) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return ledger.load(connection, resource)

    def remember(self, resource: str, rows: pd.DataFrame) -> None:
        with writing(self._engine) as connection:
            ledger.remember(connection, resource, rows)

    def forget(self, resource: str, matches: Sequence[str]) -> None:
        with writing(self._engine) as connection:
            ledger.forget(connection, [(resource, match) for match in matches])

    def adopt(self, resources: Iterable[str]) -> None:
        with writing(self._engine) as connection:
            ledger.adopt(connection, resources)

    def marks(self, kind: Mark) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return marks.load(connection, kind)

    def mark(self, kind: Mark, resource: str, begun: pd.DataFrame, ended: Sequence[str]) -> None:
        with writing(self._engine) as connection:
            marks.end(connection, kind, resource, ended)
            marks.begin(connection, kind, resource, begun)

    def save_plan(self, plan: Plan) -> None:
        with writing(self._engine) as connection:
            plans.save(connection, plan)

    def plan(self, id: str | None = None) -> Plan:
        with reading(self._engine) as connection:
            return plans.load(connection, find(connection, schema.plans, id, _NO_PLAN))

    def site(self) -> str | None:
        with reading(self._engine) as connection:
            return plans.site(connection)

    def newest_plan(self) -> str | None:
        with reading(self._engine) as connection:
            return plans.newest(connection)

    def approve(self, plan: str, holds: Sequence[Approval]) -> None:
        with writing(self._engine) as connection:
            plans.approve(connection, find(connection, schema.plans, plan, _NO_PLAN), holds)

    def approvals(self, at: datetime) -> Mapping[str, Approval]:
        with reading(self._engine) as connection:
            return plans.in_force(connection, at)

    def paused(self) -> Pause | None:
        with reading(self._engine) as connection:
            return pauses.load(connection)

    def set_pause(self, pause: Pause | None) -> None:
        with writing(self._engine) as connection:
            pauses.save(connection, pause)

    def applied_plans(self) -> Sequence[AppliedPlan]:
        with reading(self._engine) as connection:
            return plans.applied(connection)

    def rollbacks(self) -> Mapping[str, str]:
        with reading(self._engine) as connection:
            return plans.rollbacks(connection)

    def start_run(self, run: Run) -> None:
        with writing(self._engine) as connection:
            runs.start(connection, run)

    def finish_run(self, run: Run) -> None:
        with writing(self._engine) as connection:
            runs.finish(connection, run)

    def certify(self, run: str, certificate: Certificate) -> None:
        with writing(self._engine) as connection:
            certificates.save(connection, run, certificate)

    def discard_run(self, id: str) -> None:
        with writing(self._engine) as connection:
            runs.discard(connection, id)

    def run(self, id: str | None = None) -> Run:
        with reading(self._engine) as connection:
            return runs.load(connection, find(connection, schema.runs, id, _NO_RUN))

    def runs(self) -> Sequence[Run]:
        with reading(self._engine) as connection:
            return runs.listed(connection)

    def plans(self) -> Sequence[Plan]:
        with reading(self._engine) as connection:
            return plans.listed(connection)

    def recall(self, resource: str, within: str) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return ledger.recall(connection, resource, within)

    def history(self, resource: str, match: str) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return journal.history(connection, resource, match)

    def journal(self, run: str) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return journal.of_run(connection, run)

    def written(self, resource: str) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return journal.written(connection, resource)

    def updates(self, resource: str, matches: Sequence[str]) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return journal.updates(connection, resource, matches)

    def written_since(self, moment: datetime) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return journal.written_since(connection, moment)

    def turnover(self, plans: Sequence[str]) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return journal.turnover(connection, plans)

    def refusals(self, since: datetime) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return refusals.standing(connection, since)

    def corrections(self, plans: Sequence[str]) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return journal.corrections(connection, plans)

    def tally(self, plans: Sequence[str]) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return journal.tally(connection, plans)

    def intend(self, plan: str, run: str, ns: Sequence[int]) -> None:
        with writing(self._engine) as connection:
            journal.intend(connection, plan, run, ns)

    def settle(
        self, plan: str, outcomes: Sequence[Outcome], learned: Sequence[Memory], forgotten: Iterable[tuple[str, str]]
    ) -> None:
        with writing(self._engine) as connection:
            journal.settle(connection, plan, outcomes)
            ledger.learn(connection, learned)
            ledger.forget(connection, list(forgotten))

    def outdated(self, before: datetime) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return purging.outdated(connection, before)

    def unclaimed(self, day: int) -> pd.DataFrame:
        with reading(self._engine) as connection:
            return purging.unclaimed(connection, day)

    def purge(self, plans: Sequence[str], unclaimed: pd.DataFrame, before: datetime) -> None:
        with remains.overwriting(self._engine) as connection:
            purging.purge(connection, plans, before, self._clock.now())
            ledger.forget(connection, [*unclaimed[["resource", "match"]].itertuples(index=False, name=None)])
        remains.compact(self._engine)

    def images(self, resource: str, match: str) -> Sequence[Mapping[str, str]]:
        with reading(self._engine) as connection:
            return erasure.images(connection, resource, match)

    def erase(self, resource: str, match: str, who: Mentions, by: str) -> tuple[str, Mapping[str, int]]:
        now = self._clock.now()
        with remains.overwriting(self._engine) as connection:
            erased = erasure.erase(connection, resource, match, who, f"{now:%Y-%m-%d}")
            stone = tombstones.add(connection, resource, match, {"at": packing.instant_text(now), "by": by})
        remains.rewrite(self._engine)
        return stone, erased

    def tombstones(self) -> Tombstones | None:
        with reading(self._engine) as connection:
            return tombstones.load(connection)

    def release(self, resource: str, match: str) -> bool:
        with writing(self._engine) as connection:
            return tombstones.remove(connection, resource, match)
