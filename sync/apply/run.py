"""Drives a plan through the site and the store: what is sent when, and with which outcome.

A plan's rows are its journal. What is about to be sent is stored before each batch, outcomes and ledger updates
together after it; what a crash leaves in between is `sending`, and is treated like a call whose answer was lost. Stages
are sent one after another; within a stage the order is that of `sync.apply.schedule`.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Final

import pandas as pd

from sync.apply.journal import Journal, cascaded
from sync.apply.outcomes import Ending, ending_of
from sync.apply.preconditions import PreconditionReads, as_sent, look_request, precondition_reads, there
from sync.apply.schedule import Change, Schedule, batches, schedule_of
from sync.errors import Interrupted, NexsisSyncError, PlanError, SiteError, SiteRefused, SiteTrouble, StoreError
from sync.model import Clock, Conventions, Outcome, Plan, Reporter, Run, Status, Store
from sync.model.resources import CATALOGUE
from sync.model.values import position
from sync.plan.repeats import repeatable
from sync.site.dispatch import STOPPED, Settled, Task, exchange
from sync.site.requests import write_request
from sync.site.session import Connection, SendLimits, open_session

AHEAD: Final = 4
"""Batches that may wait at once, so that changes which must wait for each other do not leave workers idle."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended, and how many of the plan's changes have which status."""

    run: Run
    counts: Mapping[Status, int]


def apply(
    plan: Plan, connection: Connection, store: Store, conventions: Conventions, *, run_id: str, stop: Event
) -> Result:
    """Send the planned changes of a plan; with the id of an earlier run, continue it.

    A run that continues also repeats what failed for technical reasons. It is `cut`, with a reason, by `stop`, the
    deadline, too many failures, a site that stops answering or a store that fails, if something is left to do; calls
    in progress are waited for first.

    Raises PlanError if the run has nothing left to do or belongs to another plan. A new run of which nothing came is
    not kept: what prevented it is raised, as Interrupted, SiteRefused or StoreError.
    """
    clock, reporter = connection.clock, connection.reporter
    run, changes, new = _begun(store, plan, run_id, clock)
    store.adopt(CATALOGUE)
    todo = _todo(changes, store)
    counts = Counter[Status](changes["status"].to_list())
    journal = Journal(store, clock, conventions, plan.id, run_id, cascaded(changes), counts.copy())
    sender = _Sender(schedule_of(changes), journal, connection.limits, conventions, reporter, stop)
    reporter.begin("apply", len(todo))
    cut: NexsisSyncError | None = None
    try:
        with open_session(connection) as session:
            for _, rows in todo.groupby("stage"):
                sender.batches = batches(rows, connection.limits.batch)
                for settled in exchange(
                    session, sender.next_task, sender.stop_reason, sender.meanwhile, sender.note_unsent
                ):
                    sender.receive(settled)
                journal.write()
    except (SiteError, StoreError) as error:
        cut = error
    finally:
        reporter.end()
    ended = replace(run, finished=clock.now(), state="done", reason="")
    ended, fault = _ended(ended, cut, sender)
    if fault is not None and new and journal.counts == counts:
        raise _in_vain(store, ended, fault, stop)
    return Result(ended, {status: number for status, number in journal.counts.items() if number})


def _begun(store: Store, plan: Plan, run_id: str, clock: Clock) -> tuple[Run, pd.DataFrame, bool]:
    """The run, the changes of its plan as they are to be sent, and whether it is a new one."""
    known = next((run for run in store.runs() if run.id == run_id), None)
    if known is None:
        run = Run(run_id, plan.id, clock.now(), None, "running")
        store.start_run(run)
        return run, plan.changes, True
    if known.plan != plan.id:
        raise PlanError(f"run {run_id} belongs to plan {known.plan}, not to {plan.id}")
    if not resumable(known, plan):
        raise PlanError(f"run {run_id} is done: there is nothing to resume")
    run = replace(known, finished=None, state="running", reason="")
    store.finish_run(run)
    return run, _planned_again(plan, store), False


def resumable(run: Run, plan: Plan) -> bool:
    """Whether a run of this plan has anything to continue with."""
    return run.state != "done" or bool(repeatable(plan.changes).any())


def _planned_again(plan: Plan, store: Store) -> pd.DataFrame:
    """The changes of a plan, with those to be tried again planned, or as in doubt as they are."""
    changes = plan.changes
    again = repeatable(changes) | (changes["status"] == "skipped").to_numpy()
    now = changes["status"].mask(again, "planned").mask(again & (changes["status"] == "unknown"), "sending")
    rows = zip(changes["n"][again], now[again], strict=True)
    store.settle(plan.id, [Outcome(int(n), status) for n, status in rows], [], [])
    return changes.assign(status=now)


def _ended(ended: Run, cut: NexsisSyncError | None, sender: _Sender) -> tuple[Run, NexsisSyncError | None]:
    """The end of a run as the store has it, and what cut it off; if the store fails, the next lock says the same."""
    journal = sender.journal
    try:
        journal.write()
        journal.put_back([*sender.schedule.pending.values(), *sender.unsent])
        if cut and journal.counts["planned"] + journal.counts["sending"]:
            ended = replace(ended, state="cut", reason=cut.briefly)
        journal.store.finish_run(ended)
    except StoreError as error:
        cut = cut or error
        ended = replace(ended, state="cut", reason=cut.briefly)
    return ended, cut


def _in_vain(store: Store, run: Run, fault: NexsisSyncError, stop: Event) -> NexsisSyncError:
    """Forget a new run that has sent nothing; the error to raise instead."""
    with suppress(StoreError):
        store.discard_run(run.id)
    if isinstance(fault, SiteTrouble):
        return Interrupted() if stop.is_set() else SiteRefused(*fault.faults, "nothing was sent")
    return fault


def _todo(changes: pd.DataFrame, store: Store) -> pd.DataFrame:
    """What is still to be sent, in order, with what was sent of these objects before."""
    todo = changes[changes["status"].isin(["planned", "sending"])].sort_values("n", ignore_index=True)
    todo["sent"] = pd.Series(pd.NA, index=todo.index, dtype="str")
    for resource, updates in todo[todo["op"] == "update"].groupby("resource"):
        ledger = store.ledger(str(resource))
        at = position(updates["match"], ledger["match"])
        todo.loc[updates.index, "sent"] = ledger["sent"].reset_index(drop=True).reindex(at).array
    return todo


# -- what is sent next ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Precondition:
    """The tag of a read that checks deletes."""

    reads: PreconditionReads
    place: int


@dataclass(slots=True)
class _Sender:
    """What is sent next, stage by stage, and how responses are handled. `gave_up`: why nothing more can be sent.

    batches: the changes of the current stage that are not yet admitted
    reads:   those of deletes whose preconditions are not known yet
    unsent:  changes whose call was begun, and certainly not carried out, when the run was cut off
    """

    schedule: Schedule
    journal: Journal
    limits: SendLimits
    conventions: Conventions
    reporter: Reporter
    stop: Event
    batches: Iterator[list[Change]] = field(default_factory=lambda: iter(()))
    reads: deque[Task] = field(default_factory=deque)
    unsent: list[Change] = field(default_factory=list)
    gave_up: str = ""

    def stop_reason(self) -> str | None:
        """Why nothing more may be sent."""
        if self.stop.is_set():
            return STOPPED
        failed = self.journal.failures
        if failed >= self.limits.max_failures:
            counted = f"{failed:,} change{'s' * (failed != 1)}"
            return f"{counted} failed, the limit at which a run stops (`max_failures`)"
        return self.gave_up or None

    def next_task(self) -> Task | None:
        """The next call that may be sent now."""
        while True:
            if self.reads:
                return self.reads.popleft()
            change = self.schedule.next()
            if change is None:
                if len(self.schedule.pending) >= AHEAD * self.limits.batch or not self._load():
                    return None
            elif (task := self._task(change)) is not None:
                return task

    def meanwhile(self) -> None:
        """Write to the store while calls are in progress: what became of changes, and soon what is sent next."""
        self.journal.write_if_due()
        if len(self.schedule.pending) < self.limits.permits:
            self._load()

    def receive(self, settled: Settled) -> None:
        """Record in journal and schedule what a response means."""
        tag, classification = settled.task.tag, settled.classification
        if _given_up(settled):
            self.gave_up = classification.message
        elif isinstance(tag, _Precondition):
            self._check(tag, settled)
        elif isinstance(tag, Change):
            self._end(ending_of(tag, settled, self.conventions))

    def note_unsent(self, task: Task) -> None:
        """A call was not carried out, and will not be."""
        if isinstance(task.tag, Change):
            self.unsent.append(task.tag)

    def _load(self) -> bool:
        batch = next(self.batches, None)
        if batch is None:
            return False
        self.journal.intend(batch)
        deletes: dict[str, list[Change]] = {}
        for change in batch:
            unread = change.op == "delete" and bool(change.resource.reads)
            reason = self.schedule.admit(change, unread=unread)
            if reason is not None:
                self._end(Ending(change, "skipped", error=reason))
            elif unread:
                deletes.setdefault(change.resource.name, []).append(change)
        for changes in deletes.values():
            reads = precondition_reads(changes[0].resource, changes)
            self.reads += [Task(_Precondition(reads, place), request) for place, request in enumerate(reads.requests)]
        return True

    def _task(self, change: Change) -> Task | None:
        request = write_request(change.resource, change.op, change.key, change.after, self.conventions)
        repeats = request.method != "POST"
        read = look_request(change) if change.op != "delete" else None
        look = read if change.op == "create" else None
        if change.doubtful and not (look or repeats):
            self._end(
                Ending(
                    change, "unknown", error="the run was interrupted while this was being sent; it may have been done"
                )
            )
            return None
        return Task(
            change,
            request,
            look=look,
            check=read if request.method == "PUT" else None,
            shows=lambda data: as_sent(change, data, self.conventions) is not None,
            there=lambda data: there(change, data, self.conventions),
            repeats=repeats,
            doubtful=change.doubtful and change.op == "create",
        )

    def _check(self, tag: _Precondition, settled: Settled) -> None:
        """Handle one of the reads; after the last one, decide which of its deletes may be sent."""
        reads = tag.reads
        reads.note(tag.place, settled.response, settled.classification, self.conventions)
        if not reads.complete:
            return
        for change, fate, why in reads.fates(self.conventions):
            match fate:
                case "go":
                    self.schedule.cleared(change)
                case "gone":  # what the run was deleting when it was interrupted counts as its own deed
                    self._end(Ending(change, "done", attempts=int(change.doubtful)))
                case "spared":
                    self._end(Ending(change, "skipped", error=why))
                case "unread":
                    self._end(Ending(change, "failed", error=why))

    def _end(self, ending: Ending) -> None:
        self.journal.note(ending)
        self.reporter.step()
        for change, why in self.schedule.settle(ending.change, ending.status, ending.error):
            self._end(Ending(change, "skipped", error=why))


def _given_up(settled: Settled) -> bool:
    """Whether an answer that stays the same is about the site rather than about the call."""
    kind = settled.classification.kind
    return kind in ("maintenance", "slow_down") or (kind == "trouble" and settled.response.status is None)
