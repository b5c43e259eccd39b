"""A connection to the site: its limits, its worker threads, and their throttle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from sync.config.settings import Sending
from sync.model import Clock, Reporter, Site


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
        )


@dataclass(frozen=True, slots=True)
class Connection:
    """A site, and everything needed to decide when to send to it.

    random: gives numbers from 0 to 1, for jitter
    pause:  lets seconds pass while no call is in progress
    """

    site: Site
    limits: SendLimits
    clock: Clock
    reporter: Reporter
    random: Callable[[], float]
    pause: Callable[[float], None]


@dataclass(slots=True)
class Throttle:
    """How many calls may be in progress: halved when the site asks for it, one more after each round without that."""

    most: int
    allowed: float
    slowed: float = float("-inf")
    quiet: float = float("-inf")

    def slower(self, started: float, now: float) -> None:
        """The site asked for fewer calls, in answer to one sent at `started`. Calls of one burst count once."""
        if started > self.slowed:
            self.allowed = max(1.0, self.allowed / 2)
            self.slowed = now

    def faster(self) -> None:
        """A call was done."""
        self.allowed = min(float(self.most), self.allowed + 1 / self.allowed)


@dataclass(frozen=True, slots=True)
class Session:
    """A connection with its worker threads. `until` is the deadline on the clock's monotonic scale."""

    connection: Connection
    pool: Executor
    throttle: Throttle
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
    """Start the worker threads; leaving waits for calls in progress."""
    permits = connection.limits.permits
    until = connection.clock.monotonic() + connection.limits.deadline
    with ThreadPoolExecutor(permits, thread_name_prefix="send") as pool:
        yield Session(connection, pool, Throttle(permits, float(permits)), until)
