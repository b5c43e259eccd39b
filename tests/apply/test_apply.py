"""Runs of plans against a site in memory and a store that is real."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import PlanError, SiteRefused
from sync.model import Answer, Field, Outcome, Read, Resource, Run, Take, Write
from tests.apply.apply_world import (
    LOST,
    NOT_THERE,
    PAGE,
    TODAY,
    UNREACHED,
    Crash,
    Late,
    World,
    change,
    course,
    enrolment,
    plan_of,
    refused,
    user,
)

MakeWorld = Callable[..., World]


def member(course: str, group: str, user: str, op: str = "create", **said: Any) -> dict[str, Any]:
    return change(op, "group_member", course, group, user, **({"after": {}} if op == "create" else {}) | said)


def group(course: str, id: str, op: str = "create", **said: Any) -> dict[str, Any]:
    image = {"name": id}
    return change(op, "group", course, id, **({"before" if op == "delete" else "after": image} | said))


# -- order -----------------------------------------------------------------------------------------------------


def test_stages_go_one_after_another(world: MakeWorld) -> None:
    users = [f"S{i}" for i in range(9)]
    w = world(
        course("C1"),
        *(user(each) for each in users),
        *(enrolment(each, "C1") for each in users),
        user("OLD", "delete"),
        enrolment("OLD", "C0", "delete"),
    ).holding("user/OLD", "course/C0")
    w.site.objects["user/OLD/enrol/C0"] = {"roleid": "student"}
    result = w.run()
    assert (result.run.state, result.counts) == ("done", {"done": 21})
    kinds = [call.count("/") + 10 * call.startswith("DELETE") for call in w.site.writes]
    assert kinds == [1] * 10 + [3] * 9 + [13, 11]
    for flying in w.site.together:
        assert len({call.count("/") for call in flying if not call.startswith("GET")}) <= 1
    assert (w.watcher.total, w.watcher.steps, w.watcher.ended) == (21, 21, True)


def test_the_first_enrolment_of_a_course_goes_alone(world: MakeWorld) -> None:
    rows = [enrolment(f"S{i}", f"C{i % 3}", gate=f"C{i % 3}") for i in range(30)]
    w = world(*rows).holding(*(f"user/S{i}" for i in range(30)), "course/C0", "course/C1", "course/C2")
    assert w.run().counts == {"done": 30}
    seen: dict[str, set[str]] = {}
    for flying in w.site.together:
        for where in {call.rsplit("/", 1)[1] for call in flying}:
            calls = {call for call in flying if call.endswith(f"/{where}")}
            seen.setdefault(where, calls)
            assert len(calls) == 1 or not calls & seen[where]


def test_a_chain_breaks_at_its_first_failure(world: MakeWorld) -> None:
    w = world(*(user(each, chain="names") for each in "ABCD"), user("E"))
    w.site.script["PUT user/B"].append(refused("username taken"))
    assert w.run().counts == {"done": 2, "failed": 1, "skipped": 2}
    assert w.statuses == ["done", "failed", "skipped", "skipped", "done"]
    assert w.outcomes[3].error == "the change of user B must come first, and was not done: username taken"
    assert "PUT user/C" not in w.site.sent


def test_dependants_of_what_was_not_created_are_skipped_and_told_why(world: MakeWorld) -> None:
    w = world(
        user("S1"),
        user("S2", status="held", hold="h-7"),
        course("C1"),
        enrolment("S1", "C1"),
        enrolment("S2", "C1"),
        group("C1", "G"),
        member("C1", "G", "S1"),
    )
    w.site.script["PUT user/S1"].append(refused("bad email"))
    w.run()
    assert w.site.writes == ["PUT course/C1", "PUT user/S1", "PUT course/C1/group/G"]
    assert w.statuses == ["done", "failed", "held", "skipped", "skipped", "done", "skipped"]
    assert w.outcomes[3] == Outcome(4, "skipped", error="it needs its user, which was not created: bad email")
    assert (w.outcomes[4].error or "").startswith("waits for hold h-7")
    assert "its enrolment, which was not created: it needs its user" in (w.outcomes[6].error or "")


# -- outcomes and ledger ---------------------------------------------------------------------------------------


def test_a_create_teaches_what_was_sent_and_what_the_answer_says(world: MakeWorld) -> None:
    w = world(user("S1", after={"username": "s1", "firstname": "a<b", "nick": "x"}))
    w.site.script["PUT user/S1"].append(Answer(200, {"username": "s1", "firstname": "a", "id": 7}, json=True))
    w.run()
    assert w.outcomes == [Outcome(1, "done", 1, 200, None)]
    row = w.memory("user")["s1"]
    assert row["sent"] == {"username": "s1", "firstname": "a<b", "nick": "x"}
    assert row["seen"] == {"username": "s1", "firstname": "a"}
    assert (row["claims"], row["owned"], row["checked"]) == ("students", 1, TODAY)


def test_an_update_adds_to_what_was_sent_and_to_what_was_there(world: MakeWorld) -> None:
    w = world(course("C1", "update", before={"fullname": "old", "shortname": "s"}, after={"fullname": "new"}))
    w.holding("course/C1").remembering("course", match="c1", sent='{"fullname":"old","categorypath":"/x"}')
    w.run()
    row = w.memory("course")["c1"]
    assert row["sent"] == {"fullname": "new", "categorypath": "/x"}
    assert row["seen"] == {"fullname": "new", "shortname": "s"}


def test_without_an_answer_nothing_new_was_seen(world: MakeWorld) -> None:
    w = world(
        enrolment("S1", "C1"),
        enrolment("S2", "C1", "update", before={"roleid": "student"}, after={"roleid": "editingteacher"}),
    ).holding("user/S1", "user/S2", "course/C1")
    w.run()
    created, updated = w.memory("enrolment")["s1\x1fc1"], w.memory("enrolment")["s2\x1fc1"]
    assert (created["sent"], created["seen"], created["checked"]) == ({"roleid": "student"}, None, 0)
    assert (updated["sent"], updated["seen"]) == ({"roleid": "editingteacher"}, {"roleid": "student"})
    assert updated["checked"] == 0


def test_what_nothing_reads_counts_as_seen(world: MakeWorld) -> None:
    w = world(member("C1", "G", "S1")).holding("course/C1/group/G", "user/S1/enrol/C1")
    w.run()
    assert w.memory("group_member")["c1\x1fg\x1fs1"]["seen"] == {}


def test_after_a_failure_what_was_sent_is_no_longer_sure(world: MakeWorld) -> None:
    w = world(user("S1", "update"), enrolment("S9", "C9")).holding("user/S1")
    w.remembering("user", match="s1", sent='{"username":"x"}')
    w.site.script["PUT user/S1"].append(refused("username taken", 409))
    assert w.run().counts == {"failed": 2}
    assert w.memory("user")["s1"]["sent"] is None
    assert w.memory("enrolment") == {}
    assert w.outcomes == [
        Outcome(1, "failed", 1, 409, "username taken"),
        Outcome(2, "failed", 1, 404, "no user/S9"),
    ]


def test_what_is_unknown_is_looked_at_by_the_next_plan(world: MakeWorld) -> None:
    w = world(user("S1", "update"), retries=1).holding("user/S1")
    w.remembering("user", match="s1", sent='{"username":"x"}', seen='{"username":"x"}', checked=TODAY)
    w.site.script["PUT user/S1"] += [LOST] * 2
    assert w.run().counts == {"unknown": 1}
    row = w.memory("user")["s1"]
    assert (row["sent"], row["seen"], row["checked"], row["owned"]) == (None, None, 0, 1)


def test_applying_adopts_what_the_approved_plan_saw(world: MakeWorld) -> None:
    w = world(user("S2"))
    w.remembering("user", match="s1", seen='{"username":"x"}', owned=0)
    w.run()
    assert (w.memory("user")["s1"]["owned"], w.memory("user")["s1"]["sent"]) == (1, {"username": "x"})


def test_a_lost_create_found_by_looking_is_done_and_seen(world: MakeWorld) -> None:
    w = world(enrolment("S1", "C1")).holding("user/S1", "course/C1")
    w.site.script["PUT user/S1/enrol/C1"].append(Late(LOST))
    w.run()
    assert w.site.sent == ["PUT user/S1/enrol/C1", "GET user/S1/enrol"]
    assert w.outcomes == [Outcome(1, "done", 1, None, None)]
    assert w.memory("enrolment")["s1\x1fc1"]["seen"] == {"roleid": "student"}


def test_a_lost_create_that_is_there_but_not_as_sent_is_sent_again(world: MakeWorld) -> None:
    w = world(course("C1", after={"fullname": "New"}))
    w.site.objects["course/C1"] = {"fullname": "Half"}
    w.site.script["PUT course/C1"].append(LOST)
    w.run()
    assert w.site.sent == ["PUT course/C1", "GET course/C1", "PUT course/C1"]
    assert w.outcomes == [Outcome(1, "done", 2, 200, None)]


# -- deletes ---------------------------------------------------------------------------------------------------


def test_deletes_are_read_again_with_the_fewest_reads(world: MakeWorld) -> None:
    w = world(*(enrolment(f"S{i}", "C1", "delete") for i in range(9))).holding("course/C1")
    for i in range(9):
        w.site.objects |= {f"user/S{i}": {}, f"user/S{i}/enrol/C1": {"roleid": "student"}}
    assert w.run().counts == {"done": 9}
    assert [call for call in w.site.sent if call.startswith("GET")] == ["GET course/C1/enrol"]
    one = world(*(enrolment("S1", f"C{i}", "delete") for i in range(9))).holding("user/S1")
    one.run()
    assert one.site.sent == ["GET user/S1/enrol"]


def test_what_became_of_an_object_since_the_plan_decides_its_delete(world: MakeWorld) -> None:
    w = world(*(enrolment(each, "C1", "delete") for each in ("GONE", "OTHER", "RISEN", "SAME"))).holding("course/C1")
    w.site.objects |= {
        "user/OTHER/enrol/C1": {"roleid": "student"},
        "user/RISEN/enrol/C1": {"roleid": "editingteacher"},
        "user/SAME/enrol/C1": {"roleid": "student"},
    }
    w.site.other_plugins.add("user/OTHER/enrol/C1")
    for each in ("gone", "other", "risen", "same"):
        w.remembering("enrolment", match=f"{each}\x1fc1", sent='{"roleid":"student"}')
    w.run()
    assert w.site.writes == ["DELETE user/SAME/enrol/C1"]
    gone, other, risen, same = w.outcomes
    assert gone == Outcome(1, "done", 0, None, None)
    assert (other.status, risen.status) == ("skipped", "skipped")
    assert "another plugin" in (other.error or "")
    assert "changed on the site since" in (risen.error or "")
    assert same == Outcome(4, "done", 1, 200, None)
    assert w.memory("enrolment").keys() == {"other\x1fc1", "risen\x1fc1"}


def test_a_whole_course_that_is_gone_took_its_enrolments_along(world: MakeWorld) -> None:
    w = world(enrolment("S1", "C1", "delete"), enrolment("S2", "C1", "delete"))
    assert w.run().counts == {"done": 2}
    assert w.site.sent == ["GET course/C1/enrol"]


def test_what_cannot_be_read_again_is_not_deleted(world: MakeWorld) -> None:
    w = world(user("S1", "delete"), user("S2", "delete"), retries=1).holding("user/S1")
    w.site.objects["user/S2"] = {"username": "s2"}
    w.site.script["GET user/S1"] += [Answer(500, {"message": "out of memory"}, json=True)] * 2
    w.run()
    assert w.site.writes == ["DELETE user/S2"]
    assert (w.outcomes[0].status, w.outcomes[0].attempts) == ("failed", 0)
    assert "out of memory" in (w.outcomes[0].error or "")


def test_a_delete_that_comes_too_late_is_done(world: MakeWorld) -> None:
    w = world(user("S1", "delete"))
    w.site.objects["user/S1"] = {"username": "s1"}
    w.site.script["DELETE user/S1"].append(NOT_THERE)
    w.run()
    assert w.outcomes == [Outcome(1, "done", 1, 404, None)]


def test_members_cannot_be_read_and_are_deleted_at_once(world: MakeWorld) -> None:
    w = world(member("C1", "G", "S1", "delete"))
    w.site.objects["course/C1/group/G/user/S1"] = {}
    w.run()
    assert w.site.sent == ["DELETE course/C1/group/G/user/S1"]


def test_what_a_delete_takes_along_stays_covered_and_is_forgotten(world: MakeWorld) -> None:
    covered = enrolment("S1", "C1", "delete", status="covered", covered_by=2, stage=99)
    kept = enrolment("S2", "C1", "delete", status="covered", covered_by=1, stage=99)
    w = world(user("S2", "delete"), user("S1", "delete"), covered, kept)
    w.site.objects |= {"user/S1": {"username": "s1"}, "user/S2": {"username": "somebody"}}
    for match in ("s1\x1fc1", "s2\x1fc1"):
        w.remembering("enrolment", match=match, sent="{}")
    w.run()
    assert w.statuses == ["skipped", "done", "covered", "covered"]
    assert w.memory("enrolment").keys() == {"s2\x1fc1"}
    assert w.memory("user") == {}


# -- cut off ---------------------------------------------------------------------------------------------------

REFUSALS = [Answer(401, {"message": "invalid token"}, json=True), PAGE, Answer(404, text="Not Found")]


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refusal_before_anything_was_done_is_an_error(world: MakeWorld, answer: Answer) -> None:
    w = world(user("S1"), user("S2"), user("S3"), permits=1)
    w.site.script["PUT user/S1"].append(answer)
    with pytest.raises(SiteRefused):
        w.run()
    assert w.site.sent == ["PUT user/S1"]
    assert w.store.run("r-1").state == "cut"
    assert w.statuses == ["sending", "planned", "planned"]
    assert w.memory("user") == {}


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refusal_in_the_middle_cuts_the_run(world: MakeWorld, answer: Answer) -> None:
    w = world(user("S1"), user("S2"), user("S3"), permits=1)
    w.site.script["PUT user/S2"].append(answer)
    result = w.run()
    assert (result.run.state, result.counts) == ("cut", {"done": 1, "sending": 1, "planned": 1})
    assert result.run.reason == w.store.run("r-1").reason != ""
    assert w.memory("user").keys() == {"s1"}


def test_too_many_failures_cut_the_run(world: MakeWorld) -> None:
    w = world(*(user(f"S{i:02}") for i in range(40)), max_failures=5, permits=2)
    for i in range(40):
        w.site.script[f"PUT user/S{i:02}"].append(refused("no"))
    result = w.run()
    assert result.run.state == "cut"
    assert "5 changes failed" in result.run.reason or "6 changes failed" in result.run.reason
    assert len(w.site.log) <= 6
    assert result.counts["planned"] == 40 - len(w.site.log)


@pytest.mark.parametrize("answer", [UNREACHED, Answer(503, text="Maintenance", retry_after=300.0)])
def test_a_site_that_is_gone_cuts_the_run_and_fails_no_change(world: MakeWorld, answer: Answer) -> None:
    w = world(user("S1"), user("S2"), user("S3"), permits=1, retries=2)
    w.site.script["PUT user/S2"] += [answer] * 3
    result = w.run()
    assert result.run.state == "cut"
    assert result.counts["sending"] == 1
    assert "failed" not in result.counts


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
    for module in ("apply", "schedule"):
        monkeypatch.setattr(f"sync.{module}.CATALOGUE", {"badge": kind})
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
    """A night with something of everything."""
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
    """All that a run leaves behind and that must not depend on how often it was cut off."""
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


@settings(deadline=None, max_examples=12)
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


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_at_any_call_creates_nothing_twice(moment: str, uninterrupted: object) -> None:
    call = 0
    crashed = True
    while crashed:
        call, crashed = call + 1, False
        with ExitStack() as stack:
            w = night(stack)
            w.settings = replace(w.settings, permits=1)

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
