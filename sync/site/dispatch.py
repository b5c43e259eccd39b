"""Calls over the wire: one thread schedules and judges, worker threads only send.

    with open_line(site, settings, clock, random=rng.random) as line:
        for settled in exchange(line, next_task, stop_reason):
            ...

What may go is asked for one task at a time, whenever a permit is free; every answer that stands comes back in a
`Settled`. Whatever can be cured by waiting is repeated here: with capped, jittered, exponential back-off, as long as
the site asks for, with fewer calls at a time after it asked for a slower pace. After a lost answer the call may still
be running on the server, so its time is waited out; where a read shows what became of it, that is asked before the
call goes a second time. So with a PUT that is answered with 404: a Moodle says so of some that it has carried out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from queue import Empty, SimpleQueue
from typing import Final, cast

from sync.errors import Fault, SiteError, SiteRefused, SiteTrouble
from sync.model import Clock, Reporter, Request, Response, Site
from sync.site.responses import Classification, classify

CURABLE: Final = frozenset({"slow_down", "trouble", "maintenance", "lost"})
"""Verdicts after which a call may be tried again."""

HALTING: Final = frozenset({"denied", "foreign"})
"""Verdicts after which nothing may be sent any more."""

TICK: Final = 0.2
"""Longest single wait in seconds, so that a request to stop is noticed soon."""


@dataclass(frozen=True, slots=True)
class Sending:
    """How hard the site may be worked, and when to give up. All times are in seconds.

    permits:      calls in flight at most
    timeout:      how long one call may take in all
    retries:      how often a call is tried again
    deadline:     how long all of it may take (None: as long as it takes)
    max_failures: failed and unknown changes after which a run stops
    batch:        changes whose intent is stored at once
    first_wait:   back-off before the first repetition; it doubles from there up to `longest_wait`
    """

    permits: int = 4
    timeout: float = 60.0
    retries: int = 5
    deadline: float | None = None
    max_failures: int = 50
    batch: int = 100
    first_wait: float = 0.5
    longest_wait: float = 60.0


@dataclass(frozen=True, slots=True)
class Task:
    """A call to be made. `tag` is the caller's own.

    look:     after a lost answer, the read that tells whether the call was done
    check:    after a 404 to a PUT, the read that tells whether it was done nevertheless
    shows:    whether the data of such a read says so
    there:    whether they say at least that the object is there, be it otherwise than it was sent
    repeats:  whether the call may be sent again after a lost answer although nothing can be looked at
    doubtful: an earlier run may have sent it: as if its answer had just been lost (needs `look` or `repeats`)
    """

    tag: object
    request: Request
    look: Request | None = None
    check: Request | None = None
    shows: Callable[[object], bool] = bool
    there: Callable[[object], bool] = bool
    repeats: bool = True
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """An answer that stands, or the last one of a call that was given up.

    attempts: how often the call itself was sent
    looked:   the answer is that of the task's `look` or `check`, which shows that the call was done
    """

    task: Task
    response: Response
    classification: Classification
    attempts: int
    looked: bool = False


# -- the line --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Throttle:
    """How many calls may be in flight: halved when the site asks for it, one more after each round without that."""

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
    """An open line to the site: all that sending needs. `until` is the deadline on the clock's monotonic scale."""

    site: Site
    settings: Sending
    clock: Clock
    random: Callable[[], float]
    pause: Callable[[float], None]
    say: Callable[[str], None]
    pool: Executor
    pace: Throttle
    until: float


@contextmanager
def open_session(
    site: Site,
    settings: Sending,
    clock: Clock,
    *,
    random: Callable[[], float],
    pause: Callable[[float], None] = time.sleep,
    say: Callable[[str], None] = lambda text: None,
) -> Iterator[Session]:
    """Start the worker threads; leaving waits for calls in flight.

    random: gives numbers from 0 to 1, for jitter
    pause:  lets time pass while nothing is in flight
    say:    takes lines for the person who watches
    """
    until = clock.monotonic() + settings.deadline if settings.deadline is not None else float("inf")
    with ThreadPoolExecutor(settings.permits, thread_name_prefix="send") as pool:
        pace = Throttle(settings.permits, float(settings.permits))
        yield Session(site, settings, clock, random, pause, say, pool, pace, until)


def read_all(
    site: Site,
    calls: Sequence[Request],
    settings: Sending,
    clock: Clock,
    reporter: Reporter,
    *,
    random: Callable[[], float],
    pause: Callable[[float], None] = time.sleep,
    stop_reason: Callable[[], str | None] = lambda: None,
) -> Iterator[tuple[int, Response, Classification]]:
    """Make GETs, a bounded number at a time: each call's place, its answer and what that means, as they come.

    Absent objects are facts; what was refused, or failed however often it was tried, is given back as such. Raises
    SiteRefused if something other than the API answers or the token is not accepted, SiteTrouble at the deadline or
    if `stop_reason` gives one.
    """
    tasks = (Task(place, request) for place, request in enumerate(calls))
    with open_session(site, settings, clock, random=random, pause=pause, say=reporter.say) as line:
        for settled in exchange(line, lambda: next(tasks, None), stop_reason):
            reporter.step()
            yield cast("int", settled.task.tag), settled.response, settled.classification


# -- the exchange ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Try:
    """A task on its way.

    reading: the read of the task that is made now, in the place of its call
    missing: the 404 to its call that this read is to tell more about, and what it means
    misses:  how many of those there were
    doubt:   a call of it may have been done without our knowing
    """

    task: Task
    reading: Request | None = None
    missing: tuple[Response, Classification] | None = None
    misses: int = 0
    doubt: bool = False
    sent: int = 0
    tries: int = 0
    started: float = 0.0

    @property
    def request(self) -> Request:
        return self.reading or self.task.request


@dataclass(slots=True)
class _Traffic:
    """What is on the wire, and what waits for its time: (when it is due, order, try)."""

    results: SimpleQueue[tuple[_Try, Future[Response]]] = field(default_factory=SimpleQueue)
    waiting: list[tuple[float, int, _Try]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=count)
    flying: int = 0

    def wait(self, due: float, attempt: _Try) -> None:
        heappush(self.waiting, (due, next(self.order), attempt))


def exchange(
    line: Session, next_task: Callable[[], Task | None], stop_reason: Callable[[], str | None]
) -> Iterator[Settled]:
    """Send what `next_task` gives until it gives None with nothing left on the way; answers as they come to stand.

    `next_task` is asked again after every answer: None means "nothing may go now". Once `stop_reason` gives a reason
    nothing new is sent; what is in flight is waited for and given back, what waited for a repetition is dropped, and
    the reason is raised as SiteTrouble; so with the deadline. A call that is denied or answered by something other
    than the API ends the exchange in the same way, with SiteRefused, and is not given back.
    """
    traffic = _Traffic()
    halt: SiteError | None = None
    while True:
        halt = halt or _halt(line, stop_reason)
        if halt:
            traffic.waiting.clear()
        else:
            _send_due(line, traffic, next_task)
        if traffic.flying:
            arrived = _await(traffic)
            if arrived is None:
                continue
            attempt, response = arrived
            classification = classify(attempt.request, response)
            if classification.verdict in HALTING:
                halt = halt or SiteRefused(Fault(classification.message, where=_name(attempt.request)))
            elif settled := _heard(line, traffic, attempt, response, classification):
                yield settled
        elif halt:
            raise halt
        elif traffic.waiting:
            halt = _idle(line, traffic)
        else:
            return


def _halt(line: Session, stop_reason: Callable[[], str | None]) -> SiteError | None:
    reason = stop_reason()
    if reason:
        return SiteTrouble(reason)
    return SiteTrouble("the deadline has passed") if line.clock.monotonic() >= line.until else None


def _name(request: Request) -> str:
    return f"{request.method} /{request.path}"


def _send_due(line: Session, traffic: _Traffic, next_task: Callable[[], Task | None]) -> None:
    while traffic.flying < int(line.pace.allowed):
        now = line.clock.monotonic()
        attempt = _next_try(line, traffic, next_task, now)
        if attempt is None:
            return
        attempt.started = now
        attempt.sent += attempt.reading is None
        traffic.flying += 1
        future = line.pool.submit(line.site.send, attempt.request, line.settings.timeout)
        future.add_done_callback(partial(_arrived, traffic, attempt))


def _next_try(line: Session, traffic: _Traffic, next_task: Callable[[], Task | None], now: float) -> _Try | None:
    quiet = line.pace.quiet > now
    if traffic.waiting and (quiet or traffic.waiting[0][0] <= now):
        return None if quiet else heappop(traffic.waiting)[2]
    while task := next_task():
        attempt = _Try(task, reading=task.look if task.doubtful else None, doubt=task.doubtful)
        if quiet:
            traffic.wait(line.pace.quiet, attempt)
            return None
        if not task.doubtful:
            return attempt
        traffic.wait(now + _back_off(line, 1), attempt)
    return None


def _arrived(traffic: _Traffic, attempt: _Try, future: Future[Response]) -> None:
    traffic.results.put((attempt, future))


def _await(traffic: _Traffic) -> tuple[_Try, Response] | None:
    try:
        attempt, future = traffic.results.get(timeout=TICK)
    except Empty:
        return None
    traffic.flying -= 1
    return attempt, future.result()


def _idle(line: Session, traffic: _Traffic) -> SiteTrouble | None:
    now = line.clock.monotonic()
    due = max(traffic.waiting[0][0], line.pace.quiet)
    if due > line.until:
        return SiteTrouble("the site needs a longer pause than the deadline leaves")
    line.pause(min(TICK, max(0.001, due - now)))
    return None


# -- what an answer leads to -----------------------------------------------------------------------------------


def _heard(
    line: Session, traffic: _Traffic, attempt: _Try, response: Response, classification: Classification
) -> Settled | None:
    """The answer in its final form, or None if the call goes on its way again."""
    now = line.clock.monotonic()
    if classification.verdict in CURABLE:
        _slow(line, attempt, response, classification, now)
        return _again(line, traffic, attempt, response, classification, now)
    line.pace.faster()
    if attempt.missing is not None:
        return _checked(traffic, attempt, response, classification, now)
    if attempt.reading is None:
        if response.status != 404 or attempt.task.check is None:
            return Settled(attempt.task, response, classification, attempt.sent)
        attempt.reading, attempt.missing = attempt.task.check, (response, classification)
        attempt.misses += 1
        # Such a 404 comes from a cache, and a read a moment later goes past it.
        traffic.wait(now + _back_off(line, 1), attempt)
        return None
    if classification.verdict == "refused":
        return Settled(attempt.task, response, Classification("lost", classification.message), attempt.sent)
    if classification.verdict == "done" and attempt.task.shows(response.data):
        return Settled(attempt.task, response, classification, attempt.sent, looked=True)
    if attempt.tries > line.settings.retries:
        message = "every answer was lost, and the site shows that nothing was done"
        return Settled(attempt.task, response, Classification("trouble", message), attempt.sent)
    attempt.reading, attempt.doubt = None, False
    traffic.wait(now, attempt)
    return None


def _checked(
    traffic: _Traffic, attempt: _Try, response: Response, classification: Classification, now: float
) -> Settled | None:
    """What a read says after a 404: done, not done, or not as it was sent; then the call goes a second time."""
    assert attempt.missing is not None
    task, (missing, refusal) = attempt.task, attempt.missing
    said = refusal.message.removesuffix(".")
    if classification.verdict == "done" and task.shows(response.data):
        return Settled(task, response, classification, attempt.sent, looked=True)
    if classification.verdict == "absent" or (classification.verdict == "done" and not task.there(response.data)):
        return Settled(task, missing, refusal, attempt.sent)
    if classification.verdict != "done":
        message = f"{said}; whether it was done all the same could not be read: {classification.message}"
        return Settled(task, missing, Classification("lost", message), attempt.sent)
    if attempt.misses > 1:
        message = f"{said}; it is on the site, but not as it was sent"
        return Settled(task, missing, Classification(refusal.verdict, message), attempt.sent)
    attempt.reading = attempt.missing = None
    traffic.wait(now, attempt)
    return None


def _slow(line: Session, attempt: _Try, response: Response, classification: Classification, now: float) -> None:
    if classification.verdict == "slow_down":
        line.pace.slower(attempt.started, now)
    if response.retry_after:
        if classification.verdict == "maintenance" and line.pace.quiet <= now:
            line.say(classification.message)
        line.pace.quiet = max(line.pace.quiet, now + response.retry_after)


def _again(
    line: Session, traffic: _Traffic, attempt: _Try, response: Response, classification: Classification, now: float
) -> Settled | None:
    task = attempt.task
    lost = classification.verdict == "lost"
    attempt.tries += 1
    attempt.doubt |= lost
    if lost:
        attempt.reading = task.look
    hopeless = lost and task.look is None and not task.repeats
    # However often it was tried: after the last loss a look still tells what became of it.
    if hopeless or (attempt.tries > line.settings.retries and not (lost and task.look)):
        if attempt.missing is not None and response.status is not None and classification.verdict == "trouble":
            return _checked(traffic, attempt, response, classification, now)
        last = Classification("lost", classification.message) if attempt.doubt else classification
        return Settled(task, response, last, attempt.sent)
    due = now + _back_off(line, attempt.tries)
    traffic.wait(max(due, attempt.started + line.settings.timeout) if lost else due, attempt)
    return None


def _back_off(line: Session, tries: int) -> float:
    longest = min(line.settings.longest_wait, line.settings.first_wait * 2.0 ** (tries - 1))
    return longest * (1 + line.random()) / 2
