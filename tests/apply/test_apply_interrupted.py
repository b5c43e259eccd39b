"""Runs that are interrupted by a refusal, a crash or Ctrl-C, and resumed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import Interrupted, PlanError, SiteRefused, StoreError
from sync.model import Field, Read, Resource, Response, Run, Take, Write
from tests.apply.apply_world import (
    LOST,
    PAGE,
    UNREACHED,
    Crash,
    Late,
    World,
    change,
    course,
    enrolment,
    group,
    member,
    plan_of,
    refused,
    user,
)
from tests.examples import examples, share

MakeWorld = Callable[..., World]


REFUSALS = [Response(401, {"message": "invalid token"}, json=True), Response(404, text="Not Found")]


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refusal_before_anything_was_done_is_an_error_and_no_run(world: MakeWorld, answer: Response) -> None:
    w = world(user("S1"), user("S2"), user("S3"), permits=1)
    w.site.script["PUT user/S1"].append(answer)
    with pytest.raises(SiteRefused):
        w.run()
    assert w.site.sent == ["PUT user/S1"]
    assert w.store.runs() == []
    assert w.statuses == ["planned", "planned", "planned"]
    assert w.memory("user") == {}


def test_a_page_instead_of_the_first_answer_leaves_the_change_in_doubt(world: MakeWorld) -> None:
    w = world(user("S1"), user("S2"), permits=1)
    w.site.script["PUT user/S1"].append(Late(PAGE))
    assert w.run().run.state == "cut"
    assert w.statuses == ["sending", "planned"]
    assert w.run().counts == {"done": 2}
    assert sorted(w.site.writes) == ["PUT user/S1", "PUT user/S2"]


@pytest.mark.parametrize(("answer", "doubt"), [*((each, False) for each in REFUSALS), (PAGE, True)])
def test_a_refusal_in_the_middle_cuts_the_run(world: MakeWorld, answer: Response, doubt: bool) -> None:
    w = world(user("S1"), user("S2"), user("S3"), permits=1)
    w.site.script["PUT user/S2"].append(answer)
    result = w.run()
    assert result.run.state == "cut"
    assert w.statuses == ["done", "sending" if doubt else "planned", "planned"]
    assert result.run.reason == w.store.run("r-1").reason != ""
    assert w.memory("user").keys() == {"s1"}


def test_a_stop_before_anything_was_sent_leaves_no_run(world: MakeWorld) -> None:
    w = world(user("S1"), enrolment("S2", "C1", "delete"))
    w.stop.set()
    with pytest.raises(Interrupted):
        w.run()
    assert (w.store.runs(), w.site.sent, w.statuses) == ([], [], ["planned", "planned"])


def test_a_stop_during_the_last_call_cuts_nothing_off(world: MakeWorld) -> None:
    w = world(user("S1"), user("S2"), permits=1)
    w.site.before = lambda call, number: w.stop.set() if number == 2 else None
    assert (w.run().run.state, w.statuses) == ("done", ["done", "done"])


def test_a_limit_of_failures_reached_at_the_end_cuts_nothing_off(world: MakeWorld) -> None:
    w = world(user("S1"), max_failures=1)
    w.site.script["PUT user/S1"].append(refused("no"))
    assert (w.run().run.state, w.statuses) == ("done", ["failed"])


# -- a store that fails ----------------------------------------------------------------------------------------

FULL = StoreError("database or disk is full")


def test_a_store_that_fails_in_the_middle_cuts_the_run(world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    w = world(*(user(f"S{i}") for i in range(9)), permits=1, batch=2)
    real = type(w.store).settle

    def settle(self: Any, *arguments: Any) -> None:
        if len(w.site.writes) >= 3:
            raise FULL
        real(self, *arguments)

    monkeypatch.setattr(type(w.store), "settle", settle)
    w.clock.pause(1)
    w.site.after = lambda call, number: w.clock.pause(1)
    result = w.run()
    assert (result.run.state, result.run.reason) == ("cut", "database or disk is full")
    monkeypatch.undo()
    assert w.run().counts == {"done": 9}
    assert len(w.site.writes) == 9


def test_a_store_that_fails_for_a_moment_at_the_end_cuts_nothing_off(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = world(user("S1"), user("S2"))
    real, failures = type(w.store).settle, iter([FULL])

    def settle(self: Any, plan: str, outcomes: Any, *rest: Any) -> None:
        if len(w.site.writes) == 2 and outcomes and (failure := next(failures, None)):
            raise failure
        real(self, plan, outcomes, *rest)

    monkeypatch.setattr(type(w.store), "settle", settle)
    result = w.run()
    assert next(failures, None) is None
    assert (result.run.state, result.counts, w.store.runs()[-1].state) == ("done", {"done": 2}, "done")
    with pytest.raises(PlanError, match="nothing to resume"):
        w.run()


def test_a_store_that_fails_before_anything_was_sent_is_an_error(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = world(user("S1"))

    def intend(self: Any, *arguments: Any) -> None:
        raise FULL

    monkeypatch.setattr(type(w.store), "intend", intend)
    with pytest.raises(StoreError, match="full"):
        w.run()
    assert (w.site.sent, w.store.runs()) == ([], [])


# -- what is repeated ------------------------------------------------------------------------------------------


BROKEN = Response(500, {"message": "Error writing to database"}, json=True)
DB_DOWN = Response(200, {"error": "Database connection failed", "errorcode": "dbconnectionfailed"}, json=True)


def test_what_failed_because_of_trouble_is_repeated_and_what_was_refused_is_not(world: MakeWorld) -> None:
    rows = [user(f"S{i}") for i in range(5)]
    w = world(*rows, enrolment("S0", "C1"), permits=1, retries=0).holding("course/C1")
    w.site.script["PUT user/S0"] += [BROKEN] * 2
    w.site.script["PUT user/S1"] += [DB_DOWN] * 2
    w.site.script["PUT user/S2"] += [refused("user name taken")] * 2
    w.site.script["PUT user/S3"] += [LOST] * 2
    first = w.run()
    assert first.counts == {"failed": 4, "done": 1, "skipped": 1}
    assert first.run.state == "done"
    w.site.log.clear()
    w.site.script.clear()
    assert w.run().counts == {"failed": 1, "done": 5}
    assert set(w.site.writes) == {f"PUT user/S{i}" for i in (0, 1, 3)} | {"PUT user/S0/enrol/C1"}
    with pytest.raises(PlanError, match="nothing to resume"):
        w.run()


def test_a_result_that_stayed_unknown_is_looked_at_first(world: MakeWorld) -> None:
    w = world(enrolment("S1", "C1"), retries=0).holding("user/S1", "course/C1")
    w.site.script["PUT user/S1/enrol/C1"].append(Late(LOST))
    w.site.script["GET user/S1/enrol"].append(refused("not now"))
    assert w.run().counts == {"unknown": 1}
    assert w.run().counts == {"done": 1}
    assert w.site.writes == ["PUT user/S1/enrol/C1"]


def test_what_was_done_to_somebody_else_is_not_repeated(world: MakeWorld) -> None:
    w = world(user("S1"))
    w.site.script["PUT user/S1"].append(Response(200, {"userid": "S2"}, json=True))
    assert w.run().counts == {"failed": 1}
    with pytest.raises(PlanError, match="nothing to resume"):
        w.run()


def test_too_many_failures_cut_the_run(world: MakeWorld) -> None:
    w = world(*(user(f"S{i:02}") for i in range(40)), max_failures=5, permits=2)
    for i in range(40):
        w.site.script[f"PUT user/S{i:02}"].append(refused("no"))
    result = w.run()
    assert result.run.state == "cut"
    assert "5 changes failed" in result.run.reason or "6 changes failed" in result.run.reason
    assert len(w.site.log) <= 6
    assert result.counts["planned"] == 40 - len(w.site.log)


def test_the_first_failure_cuts_the_run_if_one_is_the_limit(world: MakeWorld) -> None:
    w = world(user("S1"), user("S2"), max_failures=1, permits=1)
    w.site.script["PUT user/S1"].append(refused("no"))
    assert w.run().run.reason.startswith("1 change failed, the limit")


@pytest.mark.parametrize("answer", [UNREACHED, Response(503, text="Maintenance", retry_after=300.0), BROKEN])
def test_a_site_that_stays_down_cuts_the_run_and_fails_no_change(world: MakeWorld, answer: Response) -> None:
    w = world(user("S1"), user("S2"), user("S3"), permits=1, patience=60.0)
    for call in ("PUT user/S2", "PUT user/S3", "GET ping", "GET user/nexsis-sync-probe"):
        w.site.script[call] += [answer] * 99
    result = w.run()
    assert (result.run.state, result.counts) == ("cut", {"done": 1, "planned": 2})
    assert result.run.reason.startswith("no usable answer within 60 seconds: ")
    assert 60 <= w.clock.time < 90


def test_the_deadline_cuts_the_run(world: MakeWorld) -> None:
    w = world(*(user(f"S{i}") for i in range(9)), permits=1, deadline=30.0)
    w.site.before = lambda call, number: w.clock.pause(10)
    result = w.run()
    assert (result.run.state, result.counts) == ("cut", {"done": 3, "planned": 6})
    assert "deadline" in result.run.reason


def test_a_run_that_is_done_cannot_be_resumed(world: MakeWorld) -> None:
    w = world(user("S1"))
    w.run()
    with pytest.raises(PlanError, match="done"):
        w.run()


def test_a_run_belongs_to_its_plan(world: MakeWorld) -> None:
    w = world(user("S1"))
    w.store.save_plan(plan_of(user("S2"), id="p-0"))
    w.store.start_run(Run("r-1", "p-0", w.clock.now(), None, "running"))
    with pytest.raises(PlanError, match="p-0"):
        w.run()
    assert w.site.sent == []


def test_what_a_crash_left_and_nothing_reads_is_sent_again(world: MakeWorld) -> None:
    w = world(member("C1", "G", "S1")).holding("course/C1/group/G", "user/S1/enrol/C1")
    w.store.intend("p-1", "r-0", [1])
    assert w.run().counts == {"done": 1}
    assert w.site.sent == ["PUT course/C1/group/G/user/S1"]


BADGE = Resource(
    "badge", ("userid",), (Field("userid", "identifier"), Field("colour")), Write("POST", "badge/{userid}")
)
READ = Read("badge/{userid}", by=("userid",), take={"colour": Take("colour")})


@pytest.fixture(params=[BADGE, replace(BADGE, reads=(READ,))], ids=["unreadable", "readable"])
def badge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Resource:
    """A resource whose write must not be repeated blindly."""
    kind: Resource = request.param
    for module in ("run", "schedule"):
        monkeypatch.setattr(f"sync.apply.{module}.CATALOGUE", {"badge": kind})
    monkeypatch.setattr("tests.apply.apply_world.CATALOGUE", {"badge": kind})
    monkeypatch.setattr("tests.apply.apply_world.put_stage", lambda resource: 1)
    return kind


def test_a_lost_post_is_looked_for_or_unknown_but_never_sent_twice(world: MakeWorld, badge: Resource) -> None:
    w = world(change("create", "badge", "S1", after={"colour": "red"}))
    w.site.script["POST badge/S1"].append(LOST)
    w.site.objects["badge/S1"] = {"colour": "green"}
    w.run()
    assert w.site.writes == ["POST badge/S1"]
    assert w.statuses == ["done" if badge.reads else "unknown"]


def test_a_post_that_a_crash_left_is_looked_for_or_unknown(world: MakeWorld, badge: Resource) -> None:
    w = world(change("create", "badge", "S1", after={"colour": "red"}))
    w.store.intend("p-1", "r-0", [1])
    w.run()
    assert w.site.sent == (["GET badge/S1", "POST badge/S1"] if badge.reads else [])
    assert w.statuses == ["done" if badge.reads else "unknown"]


def night(stack: ExitStack) -> World:
    """A plan with something of everything."""
    w = World(
        stack,
        course("C1", gate="/x"),
        course("C2", gate="/x"),
        course("C3", "update", before={"fullname": "Old"}, gate="/x"),
        *(user(f"S{i}") for i in range(4)),
        user("S4", chain="a"),
        user("S5", "update", chain="a"),
        *(enrolment(f"S{i}", f"C{i % 3 + 1}", gate=f"C{i % 3 + 1}") for i in range(5)),
        enrolment("NOBODY", "C1"),
        group("C1", "G"),
        member("C1", "G", "S0"),
        enrolment("S5", "C0", "delete"),
        enrolment("S6", "C0", "delete"),
        user("S7", "delete"),
        user("S8", "delete"),
        permits=3,
        batch=4,
        max_failures=99,
    )
    w.holding("user/S5", "user/S6", "course/C0", "course/C3")
    w.site.objects |= {
        "user/S5/enrol/C0": {"roleid": "student"},
        "user/S6/enrol/C0": {"roleid": "editingteacher"},
        "user/S7": {"username": "s7"},
    }
    for name, match in (("enrolment", "s5\x1fc0"), ("enrolment", "s6\x1fc0"), ("user", "s7"), ("user", "s8")):
        w.remembering(name, match=match, sent="{}")
    return w


def end_of(w: World) -> object:
    """Everything a run leaves behind that must not depend on how often it was interrupted."""
    ledgers = {
        name: {match: (row["sent"], row["owned"]) for match, row in w.memory(name).items()}
        for name in ("course", "user", "enrolment", "group", "group_member")
    }
    return w.site.objects, w.statuses, ledgers


@pytest.fixture(scope="module")
def uninterrupted() -> object:
    with ExitStack() as stack:
        w = night(stack)
        w.run()
        return end_of(w)


def resumed(w: World) -> object:
    w.stop.clear()
    w.site.before = w.site.after = lambda call, number: None
    if w.store.run("r-1").state != "done":
        assert w.run().run.state == "done"
    return end_of(w)


@settings(deadline=None, max_examples=examples(12))
@given(cuts=st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["stop", "before", "after"])), max_size=4))
def test_however_often_a_run_is_cut_off_resuming_ends_as_if_it_had_not_been(
    uninterrupted: object, cuts: list[tuple[int, str]]
) -> None:
    with ExitStack() as stack:
        w = night(stack)
        w.store.start_run(Run("r-1", "p-1", w.clock.now(), None, "running"))
        for calls, how in cuts:
            last = len(w.site.log) + calls

            def interrupt(call: str, number: int, last: int = last, how: str = how) -> None:
                if number >= last and how == "stop":
                    w.stop.set()
                elif number >= last:
                    raise Crash

            w.stop.clear()
            w.site.before = interrupt if how != "after" else lambda call, number: None
            w.site.after = interrupt if how == "after" else lambda call, number: None
            try:
                if w.run().run.state == "done":
                    break
            except Crash:
                assert w.store.run("r-1").state in ("running", "cut")
        assert resumed(w) == uninterrupted


@pytest.mark.parametrize(("moment", "part"), [("before", 0), ("after", 1)])
def test_a_crash_at_any_call_creates_nothing_twice(moment: str, part: int, uninterrupted: object) -> None:
    crashed = True
    calls = iter(share(range(1, 1_000), part, 2))
    while crashed:
        call, crashed = next(calls), False
        with ExitStack() as stack:
            w = night(stack)
            w.settings["permits"] = 1

            def crash(name: str, number: int, last: int = call) -> None:
                if number == last:
                    raise Crash

            setattr(w.site, moment, crash)
            try:
                w.run()
            except Crash:
                crashed = True
            assert resumed(w) == uninterrupted
            worked = w.site.writes if moment == "after" else [n for i, n in enumerate(w.site.sent, 1) if i != call]
            readable = [name for name in worked if name.startswith("PUT") and "/group/G/" not in name]
            again = {name for name in readable if readable.count(name) > 1}
            assert again <= {"PUT course/C3", "PUT user/S5", "PUT user/NOBODY/enrol/C1"}
    assert call > 20
