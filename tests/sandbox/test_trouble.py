"""What fails on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Event
from types import SimpleNamespace

import httpx
import pytest

from sync.sandbox import Fault, Sandbox, SandboxSettings

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
    """> While its database is down, every call is answered with 200 and an object that contains `error` and
    `errorcode`.
    > In maintenance, every call is answered with 503, an HTML page and `Retry-After: 300`, however short the
    maintenance is.
    """
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


def test_a_call_given_up_by_its_caller_is_still_under_way(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """> A call whose caller no longer waits is still carried out."""
    sandbox, client = serving()
    first_came, second_came = Event(), asyncio.Event()

    async def until_both_came(seconds: float) -> None:
        if first_came.is_set():
            second_came.set()
            while not sandbox.requests:
                await asyncio.sleep(0)
        else:
            first_came.set()
            await second_came.wait()

    monkeypatch.setattr("sync.sandbox.app.asyncio", SimpleNamespace(sleep=until_both_came))
    with pytest.raises(httpx.ReadTimeout):
        client.put("/user/S1", json=USER, timeout=httpx.Timeout(300, read=0.05))
    first_came.wait()
    assert client.put("/user/S1", json=USER, timeout=300).status_code == 200
    assert [(r.status, bool(r.race)) for r in sandbox.requests] == [(200, False), (200, True)]
