"""Calls over the wire: one thread schedules and classifies, worker threads only send.

    with open_session(connection) as session:
        for settled in exchange(session, next_task, stop_reason):
            ...

Tasks are requested one at a time, whenever a permit is free; every final answer comes back in a `Settled`. Whatever can
be cured by waiting is repeated here: with capped, jittered, exponential back-off, as long as the site asks for, with
fewer calls at a time after trouble. While the site as a whole is down, only probes are sent, and no call is given up
because of it (`sync.site.outage`). After a lost answer the call may still be running on the server,
so its time is waited out; if a read can show whether it was done, that is made before the call is sent again. The same
goes for a PUT that is answered with 404: Moodle gives that answer to some that it has carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from queue import Empty, SimpleQueue
from threading import Event
from typing import Final, cast

from sync.errors import Fault, SiteError, SiteRefused, SiteTrouble
from sync.model import Request, Response
from sync.site.outage import PROBES
from sync.site.responses import Classification
from sync.site.session import Connection, Latency, Session, open_session

CURABLE: Final = frozenset({"slow_down", "trouble", "maintenance", "lost"})
"""Kinds of response after which a call may be tried again."""

HALTING: Final = frozenset({"denied", "foreign"})
"""Kinds of response after which nothing more may be sent."""

OVERLOAD: Final = frozenset({429, 503, 504, 524, None})
"""Statuses of trouble after which fewer calls are sent at a time; None is a call that was not answered in time."""

PROBE: Final = object()
"""The tag of a call that only asks whether the site is there."""

TICK: Final = 0.2
"""Longest single wait in seconds, so that a request to stop is noticed soon."""

STOPPED: Final = "stopped by request"
"""Why nothing more is sent once somebody has asked for that."""


@dataclass(frozen=True, slots=True)
class Task:
    """A call to be made. `tag` is the caller's own.

    look:     after a lost answer, the read that shows whether the call was done
    check:    after a 404 to a PUT, the read that shows whether it was done nevertheless
    shows:    whether the data of such a read says so
    there:    whether they show at least that the object is there, even if it differs from what was sent
    repeats:  whether the call may be sent again after a lost answer although no read can show its outcome
    doubtful: an earlier run may have sent it: treated as if its answer had just been lost (needs `look` or `repeats`)
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
    """A final answer, or the last one of a call that was given up.

    attempts: how often the call itself was sent
    looked:   the answer is that of the task's `look` or `check`, and shows whether the call was done
    """

    task: Task
    response: Response
    classification: Classification
    attempts: int
    looked: bool = False


# -- reading ---------------------------------------------------------------------------------------------------------


def read_all(
    connection: Connection, requests: Sequence[Request], stop: Event | None = None
) -> Iterator[tuple[int, Response, Classification]]:
    """Make GETs, a bounded number at a time: each request's place, its answer and its meaning, as they arrive.

    Absent objects are facts; what was refused, or failed in all tries, is returned as such. Raises SiteRefused if
    something other than the API answers, the token is not accepted, the site stays down, at the deadline, or once
    `stop` is set: reads leave nothing to resume.
    """

    def stopped() -> str | None:
        return STOPPED if stop is not None and stop.is_set() else None

    tasks = (Task(place, request) for place, request in enumerate(requests))
    try:
        with open_session(connection) as session:
            for settled in exchange(session, lambda: next(tasks, None), stopped):
                connection.reporter.step()
                yield cast("int", settled.task.tag), settled.response, settled.classification
    except SiteTrouble as error:
        raise SiteRefused(*error.faults) from None


# -- the exchange ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Try:
    """A task in progress.

    reading: the read of the task that is made now, instead of its call
    missing: the 404 to its call that this read is to explain, and what it means
    misses:  how many of those there were
    doubt:   a call of it may have been done without our knowing
    since:   when its trouble began
    """

    task: Task
    reading: Request | None = None
    missing: tuple[Response, Classification] | None = None
    misses: int = 0
    doubt: bool = False
    sent: int = 0
    tries: int = 0
    started: float = 0.0
    since: float | None = None

    @property
    def request(self) -> Request:
        return self.reading or self.task.request


@dataclass(slots=True)
class _Traffic:
    """Calls on the wire, and calls that wait for their time: (when it is due, order, try)."""

    results: SimpleQueue[tuple[_Try, Future[Response]]] = field(default_factory=SimpleQueue)
    waiting: list[tuple[float, int, _Try]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=count)
    flying: int = 0

    def wait(self, due: float, attempt: _Try) -> None:
        heappush(self.waiting, (due, next(self.order), attempt))


def exchange(
    session: Session,
    next_task: Callable[[], Task | None],
    stop_reason: Callable[[], str | None],
    meanwhile: Callable[[], None] = lambda: None,
    unsent: Callable[[Task], None] = lambda task: None,
) -> Iterator[Settled]:
    """Send what `next_task` gives until it gives None and nothing is left in progress; yields final answers.

    `next_task` is asked again after every answer: None means "nothing may be sent now". `meanwhile` is called whenever
    all that may be sent is on its way: the time for work that would keep calls waiting. Once `stop_reason` gives a
    reason, nothing new is sent; calls in progress are waited for and returned, those that waited to be repeated are
    dropped, and the reason is raised as SiteTrouble; so at the deadline, and if the site stays down for too long.
    A call that is denied or answered by something other than the API ends the exchange in the same way, with
    SiteRefused. `unsent` is called with each task that was begun and certainly not carried out when it ends early.
    """
    traffic = _Traffic()
    session.throttle.latency = Latency()  # these calls may take longer than those of the exchange before
    halt: SiteError | None = None
    while True:
        halt = halt or _halt(session, stop_reason)
        if halt:
            _drop(traffic, unsent)
        else:
            _send_due(session, traffic, next_task)
            meanwhile()
        if traffic.flying:
            arrived = _await(traffic)
            if arrived is None:
                continue
            attempt, response = arrived
            classification = session.connection.meaning(attempt.request, response)
            if attempt.task.tag is PROBE and (classification.kind not in HALTING or attempt.request is PROBES[-1]):
                _probed(session, classification)
            elif classification.kind in HALTING:
                refusal = _refused(attempt, response, classification, unsent)
                halt = halt or refusal
            elif settled := _decide(session, traffic, attempt, response, classification):
                yield settled
        elif halt:
            raise halt
        elif traffic.waiting:
            halt = _idle(session, traffic)
        else:
            return


def _drop(traffic: _Traffic, unsent: Callable[[Task], None]) -> None:
    """Send nothing more of what was waiting to be repeated."""
    for _, _, attempt in traffic.waiting:
        if not attempt.doubt and attempt.missing is None:
            unsent(attempt.task)
    traffic.waiting.clear()


def _refused(
    attempt: _Try, response: Response, classification: Classification, unsent: Callable[[Task], None]
) -> SiteRefused:
    """The end of an exchange; with a status of success, the call may have been carried out although a page came."""
    succeeded = response.status is not None and 200 <= response.status < 300
    if not attempt.doubt and (classification.kind == "denied" or not succeeded):
        unsent(attempt.task)
    return SiteRefused(Fault(classification.message, where=_name(attempt.request)))


def _halt(session: Session, stop_reason: Callable[[], str | None]) -> SiteError | None:
    reason = stop_reason()
    if reason:
        return SiteTrouble(reason)
    if session.outage.exhausted(session.now):
        return SiteTrouble(f"no usable answer within {_minutes(session.limits.patience)}: {session.outage.message}")
    return SiteTrouble("the deadline has passed") if session.now >= session.until else None


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _name(request: Request) -> str:
    return f"{request.method} /{request.path}"


def _send_due(session: Session, traffic: _Traffic, next_task: Callable[[], Task | None]) -> None:
    while traffic.flying < int(session.throttle.allowed):
        now = session.now
        attempt = _next_try(session, traffic, next_task, now)
        if attempt is None:
            return
        attempt.started = now
        attempt.sent += attempt.reading is None
        traffic.flying += 1
        future = session.pool.submit(session.connection.site.send, attempt.request, session.limits.timeout)
        future.add_done_callback(partial(_arrived, traffic, attempt))


def _next_try(session: Session, traffic: _Traffic, next_task: Callable[[], Task | None], now: float) -> _Try | None:
    if session.outage.lasts and (probe := session.outage.probe(now)):
        return _Try(Task(PROBE, probe))
    quiet = session.outage.lasts or session.throttle.quiet > now
    if traffic.waiting and (quiet or traffic.waiting[0][0] <= now):
        return None if quiet else heappop(traffic.waiting)[2]
    while task := next_task():
        attempt = _Try(task, reading=task.look if task.doubtful else None, doubt=task.doubtful)
        if quiet:
            traffic.wait(now, attempt)
            return None
        if not task.doubtful:
            return attempt
        traffic.wait(now + _back_off(session, 1), attempt)
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


def _idle(session: Session, traffic: _Traffic) -> SiteTrouble | None:
    now = session.now
    due = session.outage.due if session.outage.lasts else max(traffic.waiting[0][0], session.throttle.quiet)
    if due > session.until and not session.outage.lasts:
        return SiteTrouble("Moodle asks for a longer pause than the deadline allows")
    session.connection.pause(min(TICK, max(0.001, due - now)))
    return None


# -- consequences of an answer -----------------------------------------------------------------------------------


def _decide(
    session: Session, traffic: _Traffic, attempt: _Try, response: Response, classification: Classification
) -> Settled | None:
    """The answer in its final form, or None if the call is sent again."""
    now = session.now
    if classification.kind in CURABLE:
        _slow(session, attempt, response, classification, now)
        return _repeat(session, traffic, attempt, response, classification, now)
    session.throttle.faster(now - attempt.started)
    session.outage.well(attempt.started)
    if attempt.missing is not None:
        return _decide_after_check(traffic, attempt, response, classification, now)
    if attempt.reading is None:
        if response.status != 404 or attempt.task.check is None:
            return Settled(attempt.task, response, classification, attempt.sent)
        attempt.reading, attempt.missing = attempt.task.check, (response, classification)
        attempt.misses += 1
        # Such a 404 comes from a cache, and a read a moment later bypasses it.
        traffic.wait(now + _back_off(session, 1), attempt)
        return None
    if classification.kind in ("refused", "unusable"):
        lost = Classification("lost", classification.message)
        return Settled(attempt.task, response, lost, attempt.sent, looked=True)
    if classification.kind == "done" and attempt.task.shows(response.data):
        return Settled(attempt.task, response, classification, attempt.sent, looked=True)
    if attempt.tries > session.limits.retries:
        message = "every answer was lost, and Moodle shows that nothing was done"
        return Settled(attempt.task, response, Classification("trouble", message), attempt.sent, looked=True)
    attempt.reading, attempt.doubt = None, False
    traffic.wait(now, attempt)
    return None


def _decide_after_check(
    traffic: _Traffic, attempt: _Try, response: Response, classification: Classification, now: float
) -> Settled | None:
    """What a read says after a 404: done, not done, or not as it was sent; then the call is sent a second time."""
    assert attempt.missing is not None
    task, (missing, refusal) = attempt.task, attempt.missing
    reason = refusal.message.removesuffix(".")
    if classification.kind == "done" and task.shows(response.data):
        return Settled(task, response, classification, attempt.sent, looked=True)
    if classification.kind == "absent" or (classification.kind == "done" and not task.there(response.data)):
        return Settled(task, missing, refusal, attempt.sent)
    if classification.kind != "done":
        message = f"{reason}; whether the change was made could not be checked: {classification.message}"
        return Settled(task, missing, Classification("lost", message), attempt.sent)
    if attempt.misses > 1:
        message = f"{reason}; it is in Moodle, but differs from what was sent"
        return Settled(task, missing, Classification(refusal.kind, message), attempt.sent)
    attempt.reading = attempt.missing = None
    traffic.wait(now, attempt)
    return None


def _slow(session: Session, attempt: _Try, response: Response, classification: Classification, now: float) -> None:
    kind, status = classification.kind, response.status
    if kind in ("slow_down", "maintenance") or status in OVERLOAD:
        session.throttle.slower(attempt.started, now)
    if response.retry_after and kind != "maintenance":
        session.throttle.quiet = max(session.throttle.quiet, now + response.retry_after)
    if kind != "slow_down":
        unreached = status is None and not response.lost
        session.outage.trouble(now, classification.message, certain=kind == "maintenance" or unreached)


def _probed(session: Session, classification: Classification) -> None:
    if classification.kind not in CURABLE:
        if session.outage.answers(session.now) and session.outage.failed:
            session.connection.reporter.say("Moodle is answering again")
    elif session.outage.still_down(session.now, classification.message):
        session.connection.reporter.say(f"{classification.message}; waiting until it answers again")


def _repeat(
    session: Session, traffic: _Traffic, attempt: _Try, response: Response, classification: Classification, now: float
) -> Settled | None:
    task = attempt.task
    lost = classification.kind == "lost"
    attempt.tries += 1
    attempt.doubt |= lost
    if lost:
        attempt.reading = task.look
    attempt.since = now if attempt.since is None else attempt.since
    hopeless = lost and task.look is None and not task.repeats
    # However often it was tried: after the last loss, a look still shows whether it was done.
    if not hopeless and attempt.tries > session.limits.retries and session.outage.answered < attempt.since:
        session.outage.begin(now, classification.message)
        traffic.wait(now, attempt)
        return None
    if hopeless or (attempt.tries > session.limits.retries and not (lost and task.look)):
        if attempt.missing is not None and response.status is not None and classification.kind == "trouble":
            return _decide_after_check(traffic, attempt, response, classification, now)
        last = Classification("lost", classification.message) if attempt.doubt else classification
        return Settled(task, response, last, attempt.sent)
    due = now + _back_off(session, attempt.tries)
    traffic.wait(max(due, attempt.started + session.limits.timeout) if lost else due, attempt)
    return None


def _back_off(session: Session, tries: int) -> float:
    longest = min(session.limits.longest_wait, session.limits.first_wait * 2.0 ** (tries - 1))
    return longest * (1 + session.connection.random()) / 2
