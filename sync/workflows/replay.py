"""`guards --replay`: past exports are planned and carried out set by set, to see what the guards put on hold.

Nothing is read from a site or sent to one, and only a store of its own is written to. What a set puts on hold and the
next one still asks for is taken as approved: a truncated file is whole again by then, and a term stays over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from sync.config.site import Config
from sync.errors import Fault, NexsisSyncError, SheetError
from sync.inbox import with_set
from sync.model import Approval, Clock, Hold, Reporter, Site, Store
from sync.observe.context import Context
from sync.workflows.apply import apply_plan
from sync.workflows.plan import PlanRequest, make_plan
from sync.workflows.sources import gather

DAY = re.compile(r"\d{4}-\d\d-\d\d")
"""How the folder of a day's sets is called in the archive, with a folder for each set."""

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""Before every set."""

OpenStore = Callable[[Clock], AbstractContextManager[Store]]

WHO = "replay"
"""Who approves what the next set still asks for."""


@dataclass(frozen=True, slots=True)
class ReplayedSet:
    """What became of the exports in one folder: `held` is what the guards put on hold that they had not before.

    faults: why they could not be used; then there are no changes
    """

    folder: str
    at: datetime
    changes: int = 0
    held: tuple[Hold, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class PastClock:
    """The time of the set that is replayed."""

    time: datetime = FIRST

    def now(self) -> datetime:
        """When the exports were there."""
        return self.time

    def monotonic(self) -> float:
        """Nothing takes any time."""
        return 0.0


def replay(
    config: Config, folder: Path, site: Site, open_store: OpenStore, reporter: Reporter
) -> Iterator[ReplayedSet]:
    """Each set of a folder of past exports, in order; `open_store` opens the store that is written to.

    Raises SheetError if there are none.
    """
    sets = [*_sets(folder)] if folder.is_dir() else []
    if not sets:
        hint = "Name a folder that contains one folder for each set of exports, or the archive of a site."
        raise SheetError(Fault("there are no past exports here", str(folder), hint))
    clock = PastClock()
    held: tuple[Hold, ...] = ()
    with open_store(clock) as store, store.lock():
        for number, path in enumerate(sets):
            clock.time = max(_written(path), clock.time + timedelta(minutes=1))
            here = with_set(config, path)
            context = Context(here, site, store, clock, reporter, lambda: 0.5, lambda seconds: None)
            played, held = _played(context, path.relative_to(folder).as_posix(), f"r-{number}", held)
            yield played


def _sets(folder: Path) -> Iterator[Path]:
    """The folders with one set of exports each, in the order of their names."""
    for path in sorted(each for each in folder.iterdir() if each.is_dir()):
        within = sorted(each for each in path.iterdir() if each.is_dir()) if DAY.fullmatch(path.name) else []
        yield from within or [path]


def _written(folder: Path) -> datetime:
    """When the last file of a set was written."""
    times = [path.stat().st_mtime for path in folder.rglob("*") if path.is_file()]
    return datetime.fromtimestamp(max(times, default=0.0), UTC)


def _played(context: Context, name: str, run_id: str, before: Sequence[Hold]) -> tuple[ReplayedSet, tuple[Hold, ...]]:
    """One set, and all that it has put on hold; `before` is what the set before it did."""
    at = context.clock.now()
    try:
        plan = make_plan(context, gather(context.config), PlanRequest("ledger"))
    except NexsisSyncError as error:
        return ReplayedSet(name, at, faults=error.faults), tuple(before)
    again = {_about(hold) for hold in before}
    still = [hold.id for hold in plan.holds if _about(hold) in again]
    context.store.approve(plan.id, [Approval(hold, WHO, at, at + timedelta(days=1)) for hold in still])
    apply_plan(context, context.store.plan(plan.id), run_id, Event())
    new = tuple(hold for hold in plan.holds if hold.id not in still)
    return ReplayedSet(name, at, len(plan.changes), new), new


def _about(hold: Hold) -> tuple[object, ...]:
    """What holds of two plans have in common that are about the same thing."""
    return hold.guard, hold.resource, *sorted(hold.slice.items())


# -- counted ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GuardCount:
    """How often a guard put something on hold: in how many sets, in how many holds, how many changes."""

    guard: str
    sets: int
    holds: int
    changes: int


def by_guard(sets: Sequence[ReplayedSet]) -> list[GuardCount]:
    """The guards that put something on hold, those with the most holds first. Parts of a hold are counted with it."""
    held = [(number, hold) for number, each in enumerate(sets) for hold in each.held if hold.part_of is None]
    counts = []
    for guard in dict.fromkeys(hold.guard for _, hold in held):
        own = [(number, hold) for number, hold in held if hold.guard == guard]
        changes = sum(hold.count for _, hold in own)
        counts.append(GuardCount(guard, len({number for number, _ in own}), len(own), changes))
    return sorted(counts, key=lambda count: -count.holds)
