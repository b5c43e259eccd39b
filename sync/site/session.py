"""A connection to the site: its limits, its worker threads, and their throttle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sync.config.settings import Sending
from sync.model import Clock, Reporter, Request, Response, Site
from sync.site.not_found import Absences
from sync.site.outage import Outage
from sync.site.responses import Classification

FEW: Final = 4
"""Calls in progress at first."""

AVERAGED: Final = 32
"""Answers whose average is the present latency."""

ENOUGH: Final = 8
"""Answers before an average counts."""

SLACK: Final = 0.02
"""Seconds by which quick answers may differ without meaning anything."""


@dataclass(frozen=True, slots=True)
class SendLimits:
    """How many calls the site may get, and when to give up: `sending:` of the site file, times in seconds.

    batch:      changes whose intent is stored at once
    first_wait: back-off before the first repetition; it doubles from there up to `longest_wait`
    """

    permits: int
    timeout: float
    retries: int
    deadline: float
    max_failures: int
    patience: float
    batch: int = 100
    first_wait: float = 0.5
    longest_wait: float = 60.0

    @classmethod
    def of(cls, sending: Sending) -> SendLimits:
        """The limits that a site file sets; its model has the defaults."""
        return cls(
            permits=sending.permits,
            timeout=sending.timeout.total_seconds(),
            retries=sending.retries,
            deadline=sending.deadline.total_seconds(),
            max_failures=sending.max_failures,
            patience=sending.patience.total_seconds(),
        )


@dataclass(frozen=True, slots=True)
class Connection:
    """A site, and everything needed to decide when to send to it.

    random:   gives numbers from 0 to 1, for jitter
    pause:    lets seconds pass while no call is in progress
    absences: how the site says that something is not there
    """

    site: Site
    limits: SendLimits
    clock: Clock
    reporter: Reporter
    random: Callable[[], float]
    pause: Callable[[float], None]
    absences: Absences = field(default_factory=Absences)

    def meaning(self, request: Request, response: Response) -> Classification:
        """What an answer of the site means."""
        return self.absences.meaning(request, response, lambda other: self.site.send(other, self.limits.timeout))


@dataclass(slots=True)
class Latency:
    """How long answers take, in seconds: the average of the last ones, and the lowest it has been."""

    answers: int = 0
    recent: float = 0.0
    lowest: float = float("inf")

    def note(self, seconds: float) -> None:
        """An answer took this long."""
        self.answers += 1
        self.recent += (seconds - self.recent) / min(self.answers, AVERAGED)
        if self.answers >= ENOUGH:
            self.lowest = min(self.lowest, self.recent)

    @property
    def grown(self) -> bool:
        """Whether answers take about twice as long as they did: calls wait for each other on the site."""
        return self.recent > 2 * self.lowest + SLACK


@dataclass(slots=True)
class Throttle:
    """How many calls may be in progress: few at first, more while answers stay quick, half as many after trouble.

    Until there is trouble, `allowed` doubles with each round of answers; afterwards it grows by one.
    """

    most: int
    allowed: float = field(init=False)
    slowed: float = float("-inf")
    quiet: float = float("-inf")
    latency: Latency = field(default_factory=Latency)

    def __post_init__(self) -> None:
        self.allowed = float(min(FEW, self.most))

    def slower(self, started: float, now: float) -> None:
        """The site has trouble with a call sent at `started`. Calls of one burst count once."""
        if started > self.slowed:
            self.allowed = max(1.0, self.allowed / 2)
            self.slowed = now

    def faster(self, seconds: float) -> None:
        """A call was answered within this time."""
        self.latency.note(seconds)
        if not self.latency.grown:
            step = 1.0 if self.slowed == float("-inf") else 1 / self.allowed
            self.allowed = min(float(self.most), self.allowed + step)


@dataclass(frozen=True, slots=True)
class Session:
    """A connection with its worker threads. `until` is the deadline on the clock's monotonic scale."""

    connection: Connection
    pool: Executor
    throttle: Throttle
    outage: Outage
    until: float

    @property
    def limits(self) -> SendLimits:
        """Those of the connection."""
        return self.connection.limits

    @property
    def now(self) -> float:
        """The time on the clock's monotonic scale."""
        return self.connection.clock.monotonic()


@contextmanager
def open_session(connection: Connection) -> Iterator[Session]:
    """Start the worker threads; leaving waits for calls in progress, unless their results are no longer needed."""
    limits = connection.limits
    until = connection.clock.monotonic() + limits.deadline
    pool = ThreadPoolExecutor(limits.permits, thread_name_prefix="send")
    wait = True
    try:
        yield Session(connection, pool, Throttle(limits.permits), Outage(limits.patience), until)
    except (KeyboardInterrupt, GeneratorExit):
        wait = False
        raise
    finally:
        pool.shutdown(wait=wait, cancel_futures=not wait)
