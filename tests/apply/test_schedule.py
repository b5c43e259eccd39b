"""Which changes may be in progress at the same time, whatever the plan and whatever the answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.apply.schedule import Change, Schedule, batches, schedule_of
from tests.apply.apply_world import course, enrolment, group, plan_of, user


def changes_of(*rows: dict[str, Any]) -> list[Change]:
    frame = plan_of(*rows).changes.assign(sent=None)
    return next(batches(frame, len(rows)), [])


def root(gate: str) -> str:
    return "/".join(gate.split("/")[:2]) if gate.startswith("/") else gate


ROWS = st.lists(
    st.builds(
        lambda name, gate, chain: course(name, "update", after={"fullname": "x"}, gate=gate, chain=chain),
        st.sampled_from("ABCDEFGH"),
        st.sampled_from([None, "/stem/2013", "/stem/2014", "/stem", "/arts/2013", "C1", "C2"]),
        st.sampled_from([None, None, None, "one", "two"]),
    ),
    min_size=1,
    max_size=12,
)


@given(ROWS, st.data())
def test_nothing_flies_together_that_must_not(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    schedule = Schedule()
    for each in changes_of(*rows):
        assert schedule.admit(each, unread=False) is None
    flying: list[Change] = []
    opened: set[str] = set()
    taken: list[Change] = []
    skipped: set[int] = set()
    failed: dict[str, int] = {}
    while schedule.pending or flying:
        change = schedule.next() if data.draw(st.booleans()) or not flying else None
        if change is None:
            assert flying, "changes are left, and none may go"
            over = flying.pop(data.draw(st.integers(0, len(flying) - 1)))
            done = data.draw(st.booleans())
            rest = schedule.settle(over, "done" if done else "failed", None if done else "no")
            if done and over.gate:
                opened.add(over.gate)
            if not done and over.chain:
                failed.setdefault(over.chain, over.n)
            for each, why in rest:
                assert over.name in why
                assert schedule.settle(each, "skipped", why) == []
                skipped.add(each.n)
            continue
        for other in flying:
            assert change.match != other.match
            assert change.chain is None or change.chain != other.chain
            unopened = [each.gate for each in (change, other) if each.gate and each.gate not in opened]
            assert len(unopened) < 2 or root(unopened[0]) != root(unopened[1])
        assert change.n < failed.get(change.chain or "", change.n + 1)
        flying.append(change)
        taken.append(change)
    for rule in ("match", "chain"):
        for token in {getattr(each, rule) for each in taken} - {None}:
            order = [each.n for each in taken if getattr(each, rule) == token]
            assert order == sorted(order)
    assert {each.n for each in taken} | skipped == set(range(1, len(rows) + 1))


def test_free_changes_all_go_at_once() -> None:
    schedule = Schedule()
    for each in changes_of(*(course(f"C{i}") for i in range(9))):
        schedule.admit(each, unread=False)
    assert [each.n for each in iter(schedule.next, None)] == list(range(1, 10))


def test_a_failed_leader_hands_its_role_on_and_an_opened_gate_lets_all_through() -> None:
    schedule = Schedule()
    for each in changes_of(*(course(f"C{i}", gate="/stem/2013/october") for i in range(4))):
        schedule.admit(each, unread=False)
    first = schedule.next()
    assert first is not None
    assert schedule.next() is None
    schedule.settle(first, "failed", "no")
    second = schedule.next()
    assert second is not None
    assert schedule.next() is None
    schedule.settle(second, "done", None)
    assert len(list(iter(schedule.next, None))) == 2


def test_what_waits_to_be_read_again_keeps_its_place_in_its_chain() -> None:
    freeing, taking = changes_of(user("A", "delete", stage=2, chain="x"), user("B", chain="x"))
    schedule = Schedule()
    schedule.admit(freeing, unread=True)
    schedule.admit(taking, unread=False)
    assert schedule.next() is None
    schedule.cleared(freeing)
    assert schedule.next() is freeing
    assert schedule.next() is None
    schedule.settle(freeing, "done", None)
    assert schedule.next() is taking


@given(
    st.lists(st.tuples(st.sampled_from(["C1", "c1", "C2", "C3"]), st.booleans()), min_size=1, max_size=12), st.data()
)
def test_groups_of_one_course_are_written_one_at_a_time_whatever_becomes_of_them(
    rows: list[tuple[str, bool]], data: st.DataObject
) -> None:
    schedule = Schedule()
    changes = [group(at, f"G{n}", "update" if old else "create") for n, (at, old) in enumerate(rows)]
    for each in changes_of(*changes):
        schedule.admit(each, unread=False)
    flying: list[Change] = []
    sent = 0
    while schedule.pending or flying:
        change = schedule.next()
        if change is not None:
            flying.append(change)
            sent += 1
            courses = [each.key["courseid"].lower() for each in flying]
            assert len(courses) == len(set(courses))
            continue
        # Everything that may go does: others wait only for a call in progress in the same course.
        assert {each.key["courseid"].lower() for each in schedule.pending.values()} <= {*courses}
        over = flying.pop(data.draw(st.integers(0, len(flying) - 1)))
        assert schedule.settle(over, data.draw(st.sampled_from(["done", "failed", "unknown"])), "no") == []
        courses = [each.key["courseid"].lower() for each in flying]
    assert sent == len(rows)


STUCK = [
    ({"status": "held", "hold": "h-1"}, "needs approval of hold h-1: its user is on hold"),
    ({"status": "failed", "error": "bad email"}, "its user was not created: bad email"),
    ({"status": "skipped", "error": "too late"}, "its user was not created: too late"),
    ({"status": "unknown"}, "its user may not exist: it is not known whether it was created"),
    ({"status": "done"}, None),
    ({"status": "planned"}, None),
]


@pytest.mark.parametrize(("parent", "why"), STUCK)
def test_a_plan_that_was_partly_applied_lists_what_cannot_be_sent(parent: dict[str, Any], why: str | None) -> None:
    plan = plan_of(user("S1", **parent), enrolment("S1", "C1"), enrolment("S2", "C1"), enrolment("S1", "C2", "delete"))
    schedule = schedule_of(plan.changes)
    children = batches(plan.changes.iloc[1:].assign(sent=None), 9)
    assert [schedule.admit(each, unread=False) for each in next(children)] == [why, None, None]


def test_a_held_link_stops_the_chain_behind_it_alone() -> None:
    plan = plan_of(user("A", chain="x"), user("B", chain="x", status="held", hold="h-2"), user("C", chain="x"))
    schedule = schedule_of(plan.changes)
    first, _, last = next(batches(plan.changes.assign(sent=None), 9))
    assert schedule.admit(first, unread=False) is None
    assert (
        schedule.admit(last, unread=False)
        == "needs approval of hold h-2: the change to user B must come first, but is on hold"
    )


def test_gates_opened_by_an_earlier_run_stay_open() -> None:
    plan = plan_of(course("A", gate="/x", status="done"), course("B", gate="/x"), course("C", gate="/x"))
    schedule = schedule_of(plan.changes)
    for each in next(batches(plan.changes.iloc[1:].assign(sent=None), 9)):
        schedule.admit(each, unread=False)
    assert len(list(iter(schedule.next, None))) == 2
