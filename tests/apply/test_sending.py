"""How calls are repeated, slowed down and given up, on a clock that advances only by waiting."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest

from sync.errors import SiteRefused, SiteTrouble
from sync.model import Request, Response
from sync.site.dispatch import Settled, Task, exchange, read_all
from sync.site.responses import ResponseKind
from sync.site.session import Throttle, open_session
from tests.apply.apply_world import LOST, NOT_THERE, PAGE, UNREACHED, Late, MemorySite, Watcher, connection, refused
from tests.clock import Clock

BUSY = Response(503, {"message": "overloaded"}, json=True)
PUT = Request("PUT", "user/S1", body={"username": "s1"})
GET = Request("GET", "user/S1")
DELETE = Request("DELETE", "user/S1", empty=True)


def sent(site: MemorySite, *tasks: Task, random: float = 1.0, **settings: Any) -> list[Settled]:
    left = iter(tasks)
    with open_session(connection(site, Watcher(), random, **settings)) as session:
        return list(exchange(session, lambda: next(left, None), lambda: None))


def scripted(call: str, *answers: Response | Late) -> MemorySite:
    site = MemorySite(Clock())
    site.script[call] += answers
    return site


def test_back_off_doubles_up_to_its_cap() -> None:
    site = scripted("PUT user/S1", *[BUSY] * 6)
    (settled,) = sent(site, Task("x", PUT), retries=6, first_wait=1.0, longest_wait=5.0)
    assert settled.classification.kind == "done"
    assert settled.attempts == 7
    assert site.times("PUT user/S1") == pytest.approx([0, 1, 3, 7, 12, 17, 22], abs=0.1)


def test_jitter_takes_up_to_half_of_the_wait() -> None:
    site = scripted("PUT user/S1", BUSY)
    sent(site, Task("x", PUT), random=0.0, first_wait=1.0)
    assert site.times("PUT user/S1") == pytest.approx([0, 0.5], abs=0.1)


def test_a_pause_the_site_asks_for_holds_for_all_calls() -> None:
    site = scripted("PUT user/S1", Response(429, {}, json=True, retry_after=30.0))
    other = Task("y", Request("PUT", "user/S2"))
    assert len(sent(site, Task("x", PUT), other, permits=1)) == 2
    assert site.times("PUT user/S2") == pytest.approx([30], abs=0.1)
    assert site.times("PUT user/S1") == pytest.approx([0, 30], abs=0.1)


def down(site: MemorySite, answer: Response, seconds: float) -> None:
    """Every call is answered like this until then."""

    def before(call: str, number: int) -> None:
        site.script[call] = [answer] if site.clock.time < seconds else []

    site.before = before


MAINTENANCE = Response(503, text="Maintenance", retry_after=300.0)
DB_READ = Response(500, {"message": "Error reading from database"}, json=True)


@pytest.mark.parametrize(
    ("answer", "seconds", "soon"),
    [(MAINTENANCE, 18.0, 25.0), (UNREACHED, 30.0, 38.0), (DB_READ, 30.0, 38.0), (BUSY, 30.0, 38.0)],
)
def test_an_outage_is_waited_out_by_probing_and_reported_once(answer: Response, seconds: float, soon: float) -> None:
    site, watcher = MemorySite(Clock()), Watcher()
    down(site, answer, seconds)
    with open_session(connection(site, watcher, permits=4)) as session:
        tasks = (Task(n, Request("PUT", f"user/S{n}")) for n in range(200))
        settled = list(exchange(session, lambda: next(tasks, None), lambda: None))
    assert {each.classification.kind for each in settled} == {"done"}
    assert seconds <= site.clock.time <= soon
    assert len(site.writes) <= 200 + 12
    assert [line for line in watcher.said if "waiting until it answers again" in line] == watcher.said[:1]
    assert watcher.said[1:] == ["Moodle is answering again"]


def test_one_call_that_fails_holds_up_no_other() -> None:
    site = scripted("PUT user/S0", *[BUSY] * 99)
    settled = sent(site, *(Task(n, Request("PUT", f"user/S{n}")) for n in range(99)), permits=2)
    assert [each.task.tag for each in settled if each.classification.kind != "done"] == [0]


GIVEN_UP: list[tuple[Response, Request, ResponseKind]] = [
    (BUSY, PUT, "trouble"),
    (UNREACHED, PUT, "trouble"),
    (LOST, PUT, "lost"),
    (LOST, GET, "trouble"),
    (Response(429, {}, json=True), DELETE, "slow_down"),
]


@pytest.mark.parametrize(("answer", "call", "kind"), GIVEN_UP)
def test_a_call_is_given_up_after_its_retries(answer: Response, call: Request, kind: ResponseKind) -> None:
    site = scripted(f"{call.method} user/S1", *[answer] * 9)
    (settled,) = sent(site, Task("x", call), retries=2)
    assert settled.classification.kind == kind
    assert settled.attempts == (3 if answer is UNREACHED else 4)  # once more after the site was found well
    assert site.sent[-3:-1] == ["GET ping", "GET user/nexsis-sync-probe"]


def test_what_may_have_been_done_once_stays_lost_whatever_comes_after() -> None:
    site = scripted("PUT user/S1", LOST, UNREACHED, UNREACHED)
    (settled,) = sent(site, Task("x", PUT), retries=2)
    assert settled.classification.kind == "lost"


FINAL: list[tuple[Request, Response, ResponseKind]] = [
    (PUT, refused("no"), "refused"),
    (GET, NOT_THERE, "absent"),
    (DELETE, NOT_THERE, "gone"),
]


@pytest.mark.parametrize(("call", "answer", "kind"), FINAL)
def test_an_answer_that_stands_is_not_asked_for_again(call: Request, answer: Response, kind: ResponseKind) -> None:
    site = scripted(f"{call.method} user/S1", answer)
    (settled,) = sent(site, Task("x", call))
    assert (settled.classification.kind, len(site.log)) == (kind, 1)


# -- lost answers ----------------------------------------------------------------------------------------------


def creating(**said: Any) -> Task:
    return Task("x", PUT, look=GET, shows=lambda data: data == {"userid": "S1", "username": "s1"}, **said)


def test_a_lost_create_is_looked_for_once_its_time_is_over_and_not_sent_again_if_found() -> None:
    site = scripted("PUT user/S1", Late(LOST))
    (settled,) = sent(site, creating(), timeout=60.0)
    assert (settled.classification.kind, settled.looked, settled.attempts) == ("done", True, 1)
    assert [call for _, call in site.log] == ["PUT user/S1", "GET user/S1"]
    assert site.times("GET user/S1") == pytest.approx([60], abs=0.1)


def test_a_lost_create_is_sent_again_if_it_is_not_there() -> None:
    site = scripted("PUT user/S1", LOST)
    (settled,) = sent(site, creating())
    assert (settled.classification.kind, settled.looked, settled.attempts) == ("done", False, 2)
    assert site.sent == ["PUT user/S1", "GET user/S1", "PUT user/S1"]


def test_a_doubtful_create_is_looked_for_before_anything_is_sent() -> None:
    site = MemorySite(Clock(), objects={"user/S1": {"username": "s1"}})
    (settled,) = sent(site, creating(doubtful=True))
    assert (settled.looked, settled.attempts, site.sent) == (True, 0, ["GET user/S1"])


def test_if_nobody_can_look_the_call_goes_again_or_stays_lost() -> None:
    for repeats, calls in ((True, 2), (False, 1)):
        site = scripted("PUT user/S1", Late(LOST))
        (settled,) = sent(site, Task("x", PUT, repeats=repeats))
        assert settled.classification.kind == ("done" if repeats else "lost")
        assert len(site.log) == calls


def test_a_look_that_is_refused_leaves_the_call_lost() -> None:
    site = scripted("PUT user/S1", Late(LOST))
    site.script["GET user/S1"].append(refused("not now"))
    (settled,) = sent(site, creating())
    assert (settled.classification.kind, settled.classification.message) == ("lost", "not now")


def test_a_look_whose_answer_cannot_be_used_leaves_the_call_lost() -> None:
    site = scripted("PUT user/S1", Late(LOST))
    site.script["GET user/S1"].append(Response(206, {}, json=True))
    (settled,) = sent(site, creating())
    assert (settled.classification.kind, settled.attempts) == ("lost", 1)


def test_a_create_whose_every_answer_is_lost_is_looked_for_at_last() -> None:
    site = scripted("PUT user/S1", *[LOST] * 9)
    (settled,) = sent(site, creating(), retries=2)
    assert settled.classification.kind == "trouble"
    assert site.sent[-1] == "GET user/S1"
    assert settled.attempts == 3


# -- pace ------------------------------------------------------------------------------------------------------


def test_as_many_calls_as_permitted_fly_together() -> None:
    site = MemorySite(Clock())
    meeting = Barrier(4, timeout=300)
    site.before = lambda call, number: meeting.wait()
    assert len(sent(site, *(Task(i, Request("PUT", f"user/S{i}")) for i in range(8)), permits=4)) == 8
    assert max(len(flying) for flying in site.together) == 4


def test_a_burst_of_429_halves_the_calls_in_flight_once() -> None:
    site = MemorySite(Clock())
    meeting = Barrier(4, timeout=300)
    for i in range(4):
        site.script[f"PUT user/S{i}"].append(Response(429, {}, json=True))
    pair = Barrier(2, timeout=300)
    site.before = lambda call, number: (meeting if number <= 4 else pair).wait() if number <= 6 else None
    sent(site, *(Task(i, Request("PUT", f"user/S{i}")) for i in range(4)), permits=4)
    assert [len(flying) for flying in site.together[4:6]] == [1, 2]
    assert max(len(flying) for flying in site.together[4:]) <= 3


def test_pace_recovers_slowly_and_never_stops() -> None:
    pace = Throttle(8)
    for now in range(9):
        pace.slower(started=now + 0.5, now=float(now + 1))
    assert pace.allowed == 1.0
    rounds = 0
    while pace.allowed < 8:
        pace.faster(0.05)
        rounds += 1
    assert 20 < rounds < 60


def test_pace_doubles_at_first_up_to_the_limit() -> None:
    pace, rounds = Throttle(100), 0
    while pace.allowed < 100:
        for _ in range(int(pace.allowed)):
            pace.faster(0.05)
        rounds += 1
    assert rounds == 5
    pace.faster(0.05)
    assert pace.allowed == 100


def test_pace_rises_no_further_once_calls_wait_for_each_other_on_the_site() -> None:
    pace, workers = Throttle(100), 8
    for _ in range(2_000):
        pace.faster(0.05 * max(1.0, pace.allowed / workers))
    assert workers <= pace.allowed < 5 * workers


# -- the end ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [Response(401, {"message": "no token"}, json=True), PAGE, Response(302, text="redirect")]
)
def test_a_refusal_of_the_whole_site_ends_everything(answer: Response) -> None:
    site = scripted("PUT user/S1", answer)
    with pytest.raises(SiteRefused):
        sent(site, Task("x", PUT), *(Task(i, Request("PUT", f"user/A{i}")) for i in range(50)), permits=1)
    assert site.sent == ["PUT user/S1"]


def test_a_pause_longer_than_the_deadline_is_not_waited_for() -> None:
    site = scripted("PUT user/S1", Response(429, {}, json=True, retry_after=300.0))
    with pytest.raises(SiteTrouble, match="deadline"):
        sent(site, Task("x", PUT), deadline=100.0)
    assert site.clock.time < 100


def test_at_the_deadline_nothing_new_is_sent() -> None:
    site = MemorySite(Clock())
    site.before = lambda call, number: site.clock.pause(10)
    with pytest.raises(SiteTrouble, match="deadline"):
        sent(site, *(Task(i, Request("PUT", f"user/S{i}")) for i in range(50)), permits=1, deadline=35.0)
    assert len(site.log) == 4


def test_a_reason_to_stop_lets_what_is_in_flight_come_home() -> None:
    site = MemorySite(Clock())
    tasks = (Task(i, Request("PUT", f"user/S{i}")) for i in range(50))
    home: list[object] = []
    with open_session(connection(site, Watcher())) as session:
        talk = exchange(session, lambda: next(tasks, None), lambda: "enough" if len(site.log) >= 10 else None)
        with pytest.raises(SiteTrouble, match="enough"):
            home += (settled.task.tag for settled in talk)
    assert len(home) == len(site.log) < 50


def test_a_fault_of_ours_comes_to_light() -> None:
    site = MemorySite(Clock())

    def fail(call: str, number: int) -> None:
        raise ZeroDivisionError

    site.before = fail
    with pytest.raises(ZeroDivisionError):
        sent(site, Task("x", PUT))


# -- reading ---------------------------------------------------------------------------------------------------


@pytest.fixture
def site() -> MemorySite:
    return MemorySite(Clock(), objects={"user/S0": {"username": "s0"}, "user/S2": {"username": "s2"}})


Reading = Callable[..., dict[int, tuple[ResponseKind, object]]]


@pytest.fixture
def reading(site: MemorySite) -> Reading:
    def read(count: int, watcher: Watcher, **settings: Any) -> dict[int, tuple[ResponseKind, object]]:
        calls = [Request("GET", f"user/S{i}") for i in range(count)]
        answers = read_all(connection(site, watcher, **settings), calls)
        return {place: (classification.kind, answer.data) for place, answer, classification in answers}

    return read


def test_reads_come_back_with_their_place_whatever_became_of_them(site: MemorySite, reading: Reading) -> None:
    site.script["GET user/S2"].append(BUSY)
    site.script["GET user/S3"].append(refused("not you"))
    site.script["GET user/S4"] += [BUSY] * 9
    watcher = Watcher()
    found = reading(5, watcher, retries=2)
    assert found[0] == ("done", {"userid": "S0", "username": "s0"})
    assert found[1][0] == "absent"
    assert found[2] == ("done", {"userid": "S2", "username": "s2"})
    assert [found[3][0], found[4][0]] == ["refused", "trouble"]
    assert watcher.steps == 5


def test_reading_stops_at_a_page_that_is_not_the_api(site: MemorySite, reading: Reading) -> None:
    site.script["GET user/S1"].append(Response(404, text="Not Found"))
    with pytest.raises(SiteRefused, match="GET /user/S1"):
        reading(40, Watcher(), permits=1)
    assert len(site.log) == 2
