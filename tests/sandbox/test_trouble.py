"""What fails on purpose, and what would fail on a real Moodle if calls raced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from sync.sandbox import BASE, Fault, Sandbox, SandboxSettings, running

Serving = Callable[..., tuple[Sandbox, httpx.Client]]
USER = {"username": "u", "firstname": "f", "lastname": "l", "email": "e@example.com"}


@pytest.mark.parametrize(
    ("fault", "status", "kind", "retry_after", "said", "done"),
    [
        ("error", 500, "application/json", None, '"errorcode":"dmlwriteexception"', False),
        ("db_down", 200, "application/json", None, '"errorcode":"dbconnectionfailed"', False),
        ("slow_down", 429, "application/json", "1", "too_many_requests", False),
        ("maintenance", 503, "text/html", "300", "maintenance", False),
        ("login", 303, "text/html", None, "redirect", False),
        ("notice", 200, "text/html", None, "<b>Notice</b>", True),
    ],
)
def test_a_fault_answers_instead(
    serving: Serving, fault: Fault, status: int, kind: str, retry_after: str | None, said: str, done: bool
) -> None:
    sandbox, client = serving(faults=lambda method, path, count: fault)
    answer = client.put("/user/S1", json=USER)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert answer.headers.get("Retry-After") == retry_after
    assert said in answer.text
    assert bool(sandbox.moodle.users()) == done
    assert [(r.status, r.fault) for r in sandbox.requests] == [(status, fault)]


@pytest.mark.parametrize(("fault", "done"), [("cut_before", False), ("cut_after", True)])
def test_a_cut_connection_gives_no_answer_and_the_next_one_does(serving: Serving, fault: Fault, done: bool) -> None:
    sandbox, client = serving(faults=lambda method, path, count: fault if count == 1 else None)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.put("/user/S1", json=USER)
    assert bool(sandbox.moodle.users()) == done
    assert client.put("/user/S1", json=USER).status_code == 200
    assert [(r.status, r.fault) for r in sandbox.requests] == [(None, fault), (200, None)]


def test_maintenance_is_a_switch(serving: Serving) -> None:
    _, client = serving(maintenance=True)
    assert client.get("/ping").status_code == 503


def test_the_same_seed_has_the_same_faults_in_any_order(serving: Serving) -> None:
    rates = {f"{name}_rate": 0.1 for name in ("error", "db_down", "slow_down", "cut_before", "cut_after")}

    def met(seed: int, order: int) -> dict[str, Fault | None]:
        sandbox, client = serving(seed=seed, **rates)
        for n in list(range(60))[::order]:
            try:
                client.get(f"/user/S{n}")
            except httpx.TransportError:
                continue
        return {request.path: request.fault for request in sandbox.requests}

    first = met(1, 1)
    assert first == met(1, -1) != met(2, 1)
    assert {None, "error", "db_down", "slow_down", "cut_before", "cut_after"} == set(first.values())


@pytest.mark.parametrize("wrong", [{"error_rate": 1.5}, {"error_rate": 0.6, "cut_after_rate": 0.6}, {"timezone": "X"}])
def test_settings_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1|no time zone"):
        SandboxSettings(**wrong)  # type: ignore[arg-type]


Call = tuple[str, str, dict[str, str] | None]
ENROL = {"roleid": "student"}


def course(name: str, path: str) -> Call:
    return "PUT", f"/course/{name}", {"fullname": name, "shortname": name, "categorypath": path}


def linked(parent: str, course: str, groupid: str = "M1", spelt: str = "course") -> Call:
    return "PUT", f"/{spelt}/{parent}/metalink/{course}", {"group": "new", "groupid": groupid}


DONE = "/course/C1/user/S1/completion"


def job(position: str, user: str = "S1") -> Call:
    return "PUT", f"/organisation/user/{user}", {"departmentid": "D5", "positionid": position}


def group(course: str, id: str) -> Call:
    return "PUT", f"/course/{course}/group/{id}", {"name": id}


@pytest.mark.parametrize(
    ("one", "other", "race"),
    [
        (("PUT", "/user/S1", {}), ("PUT", "/user/s1", {}), "two calls in flight for /user/s1"),
        (("PUT", "/user/S1", {}), ("GET", "/user/S1", None), "two calls in flight for /user/s1"),
        (("GET", "/user/S1", None), ("GET", "/user/S1", None), None),
        (("PUT", "/user/S1", {}), ("PUT", "/user/S2", {}), None),
        (course("N1", "/A/B"), course("N2", "/a/C"), "new category /a "),
        (course("N1", "/There/B"), course("N2", "/There/B"), "new category /there/b "),
        (course("N1", "/There/B"), course("N2", "/There/C"), None),
        (course("N1", "/There"), course("N2", "/There"), None),
        (("PUT", "/user/S1/enrol/C1", ENROL), ("PUT", "/user/S2/enrol/C1", ENROL), "first enrolments of course c1 "),
        (("PUT", "/user/S1/enrol/C1", ENROL), ("PUT", "/user/S2/enrol/C2", ENROL), None),
        (("PUT", "/user/S1/enrol/C3", ENROL), ("PUT", "/user/S2/enrol/C3", ENROL), None),
        (linked("C1", "C2"), linked("C1", "C3"), "first writes of the new group M1 of course c1 "),
        (linked("C1", "C2"), linked("C2", "C3"), None),
        (linked("C1", "C2", "m1"), linked("C1", "C2", "m1", "metalink"), "for /course/c1/metalink/c2"),
        (linked("C1", "C2", ""), linked("C1", "C3", ""), None),
        (("POST", f"{DONE}/1793520000", None), ("POST", f"{DONE}/1793520001", None), "/course/c1/user/s1/completion"),
        (job("P4"), job("p4 "), "two calls in flight for /organisation/user/s1/department/d5/position/p4"),
        (job("P4"), ("DELETE", "/organisation/user/S1/department/D5/position/P4", None), "/position/p4"),
        (job("P4"), job("P5"), None),
        (group("C1", "G1"), group("c1", "G2"), "two writes of groups in course c1"),
        (group("C1", "1"), group("C1", "01"), "two calls in flight for /course/c1/group/1"),
        (group("C1", "G1"), ("DELETE", "/course/C1/group/G2", None), "two writes of groups in course c1"),
        (group("C1", "G1"), group("C2", "G1"), None),
        (group("C1", "G1"), ("GET", "/course/C1/group", None), None),
        (job("P4"), job("P4", "S2"), None),
    ],
)
def test_races_are_seen(slow: Sandbox, one: Call, other: Call, race: str | None) -> None:
    sandbox, barrier = slow, Barrier(2)

    def send(call: Call) -> None:
        method, path, body = call
        with httpx.Client() as client:  # created before they meet: that takes longer than an answer
            barrier.wait()
            client.request(method, f"{sandbox.url}{BASE}{path}?token={sandbox.token}", json=body)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, [one, other]))
    assert [race in (request.race or "") for request in sandbox.races if race] == ([True] if race else [])
    assert len(sandbox.races) == bool(race)


def statuses(sandbox: Sandbox, calls: list[Call]) -> list[int]:
    """Sent at once, each by its own client."""
    barrier = Barrier(len(calls))

    def send(call: Call) -> int:
        method, path, body = call
        with httpx.Client() as client:
            barrier.wait()
            return client.request(method, f"{sandbox.url}{BASE}{path}?token={sandbox.token}", json=body).status_code

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(send, calls))


def test_groups_put_at_once_in_one_course_are_made_and_all_but_the_first_answered_with_404(slow: Sandbox) -> None:
    calls = [group(course, f"G{n}") for course in ("C1", "C2") for n in range(3)]
    assert sorted(statuses(slow, calls)) == [200, 200, 404, 404, 404, 404]
    assert len(slow.moodle.groups()) == 6
    assert statuses(slow, [("GET", "/course/C1/group/G2", None)]) == [200]


def test_a_site_may_see_its_groups_however_they_are_put() -> None:
    with running(SandboxSettings(latency_ms=200, stale_groups=False)) as sandbox:
        sandbox.moodle.add_course("C1")
        assert statuses(sandbox, [group("C1", "G1"), group("C1", "G2")]) == [200, 200]
        assert len(sandbox.races) == 1


@pytest.fixture(scope="module")
def slow_server() -> Iterator[Sandbox]:
    """Slow enough that two calls sent together are in progress together."""
    with running(SandboxSettings(latency_ms=200)) as sandbox:
        yield sandbox


@pytest.fixture
def slow(slow_server: Sandbox) -> Sandbox:
    moodle = slow_server.moodle
    with moodle.transaction() as db:
        for table in ("user", "course", "category"):
            db.execute(f"DELETE FROM {table}")
        for n in (1, 2):
            moodle.add_user(f"S{n}", f"s{n}")
        for n in (1, 2, 3):
            moodle.add_course(f"C{n}", categorypath="/There")
        moodle.add_enrolment("S1", "C3")
        moodle.add_enrolment("S2", "C1", plugin="manual")
    slow_server.requests.clear()
    return slow_server


def test_calls_one_after_another_never_race(sandbox: Sandbox, client: httpx.Client) -> None:
    for number in range(50):
        client.put("/user/S1", json={"lastname": f"N{number}"})
        client.put("/user/S1/enrol/C1", json=ENROL)
    assert len(sandbox.requests) == 100
    assert sandbox.races == []


def test_a_call_given_up_by_its_caller_is_still_under_way(serving: Serving) -> None:
    sandbox, client = serving(latency_ms=300)
    with pytest.raises(httpx.ReadTimeout):
        client.put("/user/S1", json=USER, timeout=0.05)
    assert client.put("/user/S1", json=USER).status_code == 200
    assert [(r.status, bool(r.race)) for r in sandbox.requests] == [(200, False), (200, True)]
