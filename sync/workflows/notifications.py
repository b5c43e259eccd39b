"""When people are notified: of runs, of runs that could not be done, and of what keeps exports from being taken.

Whatever goes wrong here is just a note to the operator: what was done on the site is done, and the workflow's result
stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from sync.config.site import Config
from sync.errors import Interrupted, NexsisSyncError, RunEnded, StoreInUse
from sync.mapping.source import Source
from sync.model import Plan, Run, Store
from sync.observe.context import Context
from sync.workflows.runtime import Runtime
from sync.workflows.sources import gather_again, known_to

if TYPE_CHECKING:
    from sync.notify import Event


# -- runs ------------------------------------------------------------------------------------------------------


@contextmanager
def owing(config: Config, run_id: str, runtime: Runtime) -> Iterator[None]:
    """Record that people are to be notified of a run before it begins: if the program is killed, `notify_owed` does it.

    What keeps it from beginning at all is raised, and they are notified of that.
    """
    if not _notifies(config):
        yield
        return
    from sync import notify

    with _noting_faults(runtime):
        notify.owe(config.outbox, run_id)
    try:
        yield
    except NexsisSyncError:
        notify.settle(config.outbox, run_id)
        raise


def notify_run(
    context: Context, plan: Plan, run: Run, runtime: Runtime, sources: Sequence[Source] | None = None
) -> None:
    """Notify those to whom a run is news. Sheets are read again if `sources` are not given."""
    if _notifies(context.config):
        from sync.notify import PlanEvent

        at = run.finished or context.clock.now()
        read: Callable[[], Sequence[Source]]
        read = (lambda: sources) if sources is not None else gather_again(context.config, plan, known_to(context.store))
        _notify(context.config, PlanEvent(run.id, at, plan, run, context.store, read), runtime)


def notify_owed(config: Config, store: Store, runtime: Runtime, resumed: str | None = None) -> None:
    """Notify of runs that ended or were interrupted, and of which nobody was notified because the program was killed.

    The caller holds the store's lock. People are notified of a `resumed` run when that has ended.
    """
    for run_id in _owed(config):
        from sync import notify
        from sync.report.summary import as_known

        run = next((run for run in store.runs() if run.id == run_id), None)
        at = (run.finished or run.started) if run else None
        if run is None or at is None or run_id == resumed or runtime.clock.now() - at > notify.GIVEN_UP:
            notify.settle(config.outbox, run_id)
        else:
            plan = as_known(store.plan(run.plan), run)
            sources = gather_again(config, plan, known_to(store))
            _notify(config, notify.PlanEvent(run_id, at, plan, run, store, sources), runtime)


def catch_up(config: Config, runtime: Runtime) -> None:
    """The same, before the store is used for anything else. A process that is using it notifies of its own run."""
    if _owed(config):
        with (
            suppress(NexsisSyncError),
            runtime.afterwards.held(),
            runtime.open_store(config) as store,
            store.lock(),
        ):
            notify_owed(config, store, runtime)


def _owed(config: Config) -> list[str]:
    if not _notifies(config):
        return []
    from sync import notify

    return notify.owed(config.outbox)


def heartbeat(config: Config, runtime: Runtime) -> None:
    """Call the monitoring address: the scheduler has started a run, and it has ended."""
    if config.heartbeat is not None:
        runtime.afterwards.do(lambda: _call_heartbeat(config, runtime))


def _call_heartbeat(config: Config, runtime: Runtime) -> None:
    from sync.notify import call_heartbeat

    if fault := call_heartbeat(config):
        runtime.note(fault)


# -- what prevents runs ----------------------------------------------------------------------------------------


@contextmanager
def notifying_of_refusals(config: Config, runtime: Runtime) -> Iterator[None]:
    """Those concerned are notified of what prevents a run, and it is raised unchanged.

    If another process is running, that does not concern them: that one notifies them of its result. Neither does it
    that somebody has stopped the program.
    """
    try:
        yield
    except (StoreInUse, Interrupted, RunEnded):
        raise
    except NexsisSyncError as error:
        notify_refusal(config, error, runtime)
        raise


def notify_refusal(config: Config, error: NexsisSyncError, runtime: Runtime) -> None:
    """Notify those concerned that a run could not be done."""
    if _notifies(config):
        from sync.notify import Refusal

        now = runtime.clock.now()
        _notify(config, Refusal(f"n-{now:%Y%m%dT%H%M%S}-{runtime.token()}", now, error.faults), runtime)


def notify_trouble(config: Config, kind: str, error: NexsisSyncError, runtime: Runtime) -> None:
    """Notify those concerned of what keeps exports from being taken, once for as long as it lasts."""
    if _notifies(config):
        from sync.notify import Trouble

        _notify(config, Trouble(kind, runtime.clock.now(), error.faults), runtime)


def notify_recovery(config: Config, runtime: Runtime) -> None:
    """Notify those who know of troubles that they are over, if nothing has notified them yet."""
    if _notifies(config):
        from sync.notify import Recovery

        _notify(config, Recovery(runtime.clock.now()), runtime)


# -- parts -----------------------------------------------------------------------------------------------------


def _notifies(config: Config) -> bool:
    return config.mail is not None or config.webhook is not None


def _notify(config: Config, event: Event, runtime: Runtime) -> None:
    """Write to those to whom it is news; delivering waits until the store's lock is released."""
    from sync.notify import write

    with _noting_faults(runtime):
        for fault in write(config, event):
            runtime.note(fault)
        runtime.afterwards.do(lambda: _deliver(config, event.at, runtime))


def _deliver(config: Config, now: datetime, runtime: Runtime) -> None:
    from sync.notify import deliver

    with _noting_faults(runtime):
        for fault in deliver(config, now, runtime.pause):
            runtime.note(fault)


@contextmanager
def _noting_faults(runtime: Runtime) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever is wrong with mails, what was done on the site is done
        from sync.notify import in_words

        runtime.note(f"the emails could not be created: {in_words(error)}")
