"""`watch`: does what `run` does for each set of exports as it arrives; reports once what prevents that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from threading import Event
from typing import Final

from sync.config.site import Config
from sync.errors import ConfigError, Fault, Interrupted, NexsisSyncError, Standstill, StoreError
from sync.inbox import Stability
from sync.observe.context import next_time, stop_time
from sync.observe.read_plan import ReadPolicy
from sync.workflows import sets
from sync.workflows.exit_codes import worst
from sync.workflows.expected import Arrivals
from sync.workflows.nightly import SetResult, carry_out_sets
from sync.workflows.notifications import notify_recovery, notify_trouble
from sync.workflows.runtime import Runtime
from sync.workflows.standstill import idle

NOTICE: Final = 0.2
"""Seconds after which a signal is noticed."""

LONGEST: Final = 3600.0
"""Maximum number of seconds between two tries of the same set."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why no set is taken just now, in short."""

    why: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """A refused set that cannot be moved; others are carried out all the same."""

    fault: Fault


Report = Callable[[SetResult | Waiting | Stuck], None]
"""What the operator is shown: one line for each set, and a single line for a problem while it stays the same."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How to watch: what to read of the site, how often to look, and how long temporary problems may last.

    `once` ends it after the first set.
    """

    policy: ReadPolicy
    every: timedelta
    wait: timedelta
    once: bool = False


def watch(
    config: Config, load: Callable[[], Config], settings: WatchSettings, runtime: Runtime, stop: Event, report: Report
) -> int:
    """Take exports as they arrive, and run each set, until `stop` is set; the exit code.

    `config` is the site file at the start; `load` reads it again: it may change in the meantime.
    """
    every = settings.every.total_seconds()
    stability, troubles = Stability(), _Troubles(runtime, report, settings.wait.total_seconds(), config)
    arrivals, failures, again, code = Arrivals(runtime), 0, 0.0, 0
    while not stop.is_set():
        begun = runtime.clock.now()
        try:
            troubles.config = load()
            retry = runtime.clock.monotonic() >= again
            codes = _look(troubles, arrivals, stability, settings.policy, stop, retry=retry)
            trouble = 5 in codes
            if codes and not trouble:
                troubles.over()
        except Interrupted as error:
            return error.exit_code if settings.once else 0
        except Standstill as error:  # since the look began
            codes, trouble = [], False
            troubles.idle(error)
        except NexsisSyncError as error:
            codes, trouble = [error.exit_code], True
            troubles.failed(error, at_once=settings.once)
        if codes:
            code, failures = worst(codes), failures + 1 if trouble else 0
            rest = min(every * 2 ** min(failures, 12), LONGEST)
            again = runtime.clock.monotonic() + max(rest, _rest_of_day(troubles.config, begun, runtime) * trouble)
            if settings.once:
                return code
        _pause(runtime, every, stop)
    return code if code == 5 else 0


def _rest_of_day(config: Config, begun: datetime, runtime: Runtime) -> float:
    """Seconds to midnight on the site if what began then was stopped by the time of day since, otherwise 0."""
    until, now = stop_time(config, begun), runtime.clock.now()
    return 0.0 if until is None or now < until else (next_time(config, now, time()) - now).total_seconds()


def _look(
    troubles: _Troubles, arrivals: Arrivals, stability: Stability, policy: ReadPolicy, stop: Event, *, retry: bool
) -> list[int]:
    """Look once, and carry out what is there; the exit codes of the sets.

    With `retry`, what was taken before is tried again even if nothing new has arrived.
    """
    config, runtime = troubles.config, troubles.runtime
    troubles.stuck(sets.recover(config, runtime))
    arrival = sets.observe_inbox(config, stability, runtime.clock.monotonic())
    if arrival.complete:
        arrivals.arrived()
    pending = sets.pending(config)
    if arrival.complete or (pending and retry):
        if why := idle(config, runtime):
            troubles.idle(why)
            return []
        return carry_out_sets(stability, policy, runtime, lambda _, result: troubles.ended(result), stop)
    if not arrival.empty and not arrival.growing:
        troubles.incomplete(sets.incomplete(config, arrival, "The set is taken as soon as it is complete."))
    elif arrival.empty and not pending:
        late = arrivals.late(config)
        if late is None:
            troubles.over()
        else:
            troubles.late(late)
    return []


def _pause(runtime: Runtime, seconds: float, stop: Event) -> None:
    """Let seconds pass, in pieces: an Event that a signal sets must not be waited for in the same thread."""
    end = runtime.clock.monotonic() + seconds
    while not stop.is_set() and (left := end - runtime.clock.monotonic()) > 0:
        runtime.pause(min(left, NOTICE))


@dataclass(slots=True)
class _Troubles:
    """What keeps sets from being taken: each trouble is reported once while it lasts, and mailed once.

    wait:     seconds that a temporary problem may last before people are notified
    config:   the last one that could be read
    shown:    what was reported last, if nothing else has been since
    since:    the troubles that are not over, with their beginnings
    notified: those of them that people were notified of
    open:     whether somebody may have been notified of troubles, and not yet that they are over
    left:     the refused sets that could not be moved at the last look
    """

    runtime: Runtime
    report: Report
    wait: float
    config: Config
    shown: str = ""
    since: dict[str, float] = field(default_factory=dict)
    notified: set[str] = field(default_factory=set)
    open: bool = True
    left: list[Fault] = field(default_factory=list)

    def stuck(self, faults: list[Fault]) -> None:
        """Refused sets that cannot be moved; others are carried out, so each is reported once."""
        for fault in faults:
            if fault not in self.left:
                self.report(Stuck(fault))
        self.left = faults

    def ended(self, result: SetResult) -> None:
        """A set was carried out or refused."""
        self.shown = ""
        self.report(result)

    def failed(self, error: NexsisSyncError, *, at_once: bool) -> None:
        """Something keeps sets from being taken.

        A store in use by another process, or a site file being edited, may be only a temporary problem.
        """
        passing = isinstance(error, StoreError | ConfigError) and not at_once
        self._lasts(error.briefly, error, self.wait if passing else 0.0)

    def late(self, why: NexsisSyncError) -> None:
        """The exports of a day have not arrived in time."""
        self._lasts(why.briefly, why, 0.0)

    def idle(self, why: NexsisSyncError) -> None:
        """Nothing may be sent at present, so exports are left where they are."""
        self._lasts("idle", why, 0.0)

    def incomplete(self, error: NexsisSyncError) -> None:
        """A set is not complete yet. However many files arrive in the meantime, that is one trouble."""
        self._lasts("incomplete", error, self.wait)

    def over(self) -> None:
        """Nothing keeps sets from being taken. Troubles reported by a `watch` that has ended may be over too."""
        self.shown = ""
        self.since.clear()
        self.notified.clear()
        if self.open:
            self.open = False
            notify_recovery(self.config, self.runtime)

    def _lasts(self, kind: str, error: NexsisSyncError, patience: float) -> None:
        why, now = error.briefly, self.runtime.clock.monotonic()
        if why != self.shown:
            self.shown = why
            self.report(Waiting(why))
        if now - self.since.setdefault(kind, now) >= patience and kind not in self.notified:
            self.notified.add(kind)
            self.open = True
            notify_trouble(self.config, kind, error, self.runtime)
