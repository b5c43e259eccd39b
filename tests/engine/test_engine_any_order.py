"""Whatever is done with an installation, in whatever order, its site is as the oracle allows.

Exports change, plans are made, approved and applied, runs are killed and resumed, answers are lost, runs are rolled
back and paused, and people change things in Moodle. Each rule says what it may make of the site; whatever else is to be
done in any order is one more rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import currently_in_test_context, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sync.errors import PlanError, Standstill
from sync.model import Approval, Plan, Request, Response, Signature
from sync.sandbox import Moodle
from sync.workflows.apply import apply_stored, resume
from sync.workflows.standstill import pause, unpause
from tests.engine.engine_world import FIELDS, OPEN, Nights, Rows, Setup, in_short, mapping, nights, said, to_do
from tests.engine.expected import Key, Ours, State, next_state, read_state
from tests.engine.strategies import Hand, hands, meddle, pasts, sheets, thoroughly
from tests.examples import LONG, examples

GUARDS = OPEN | {"delete": {"percent": 0, "count": 0}}
"""All removals are on hold, so that there is something to approve."""

MISSING = st.fixed_dictionaries({name: st.sampled_from(("delete", "delete", "keep")) for name in FIELDS})

Send = Callable[[Request, float], Response]


class Killed(BaseException):
    """The process dies here."""


def noted(plan: Plan) -> None:
    """Show a plan if the example fails."""
    if currently_in_test_context():
        note(f"{in_short(plan)}")


def between(now: State, *allowed: State) -> None:
    """Check that every object of the site is as in one of these states, field by field."""
    for name in FIELDS:
        here, there = getattr(now, name), [getattr(state, name) for state in allowed]
        for key in {*here}.union(*there):
            value, values = here.get(key), [state.get(key) for state in there]
            whole = [each for each in values if each is not None]
            mixed = value is not None and all(
                any(field == each[place] for each in whole) for place, field in enumerate(value)
            )
            assert value in values or (whole and mixed), (name, key, value, values)


def own(name: str, key: Key) -> Key | None:
    """The key by which an object could be ours; None if it is another plugin's."""
    if name != "enrolment":
        return key
    return key[:2] if key[2] == "nexsis" else None


def present(state: State) -> dict[str, set[Key]]:
    """The keys of what could be ours on the site."""
    return {name: {mine for key in getattr(state, name) if (mine := own(name, key))} for name in FIELDS}


@dataclass
class Promise:
    """What the newest plan may make of the site.

    before: the site when the plan was made
    ours:   what was certainly ours then, and what may have been
    least:  the site afterwards, and what is ours then, if only what is certainly ours counts as ours
    most:   the same if all that may be ours does
    sure:   whether the site can become nothing else, if nobody changes it and nothing is left on hold
    run:    the run that carries it out
    after:  the site as this run has left it so far
    """

    plan: str
    before: State
    ours: tuple[Ours, Ours]
    least: tuple[State, Ours]
    most: tuple[State, Ours]
    sure: bool = True
    run: str = ""
    after: State = field(default_factory=State)
    done: bool = False


def undone(now: State, run: Promise, *, created: bool) -> tuple[State, State]:
    """The site after the rollback of a run, at least and at most.

    What is as the run left it becomes what it was before; everything else stays as it is. What was not ours and went
    along with what the run deleted may be lost, and so are memberships of people who are not enrolled any more.
    """
    least, most = State(), State()
    for name in FIELDS:
        was, left, here = (getattr(state, name) for state in (run.before, run.after, now))
        back = {key: _back(was.get(key), left.get(key), here.get(key), created) for key in {*was, *left, *here}}
        found = {key: value for key, value in back.items() if value is not None}
        ours = run.ours[0][name]
        getattr(most, name).update(found)
        getattr(least, name).update(
            {key: value for key, value in found.items() if key in here or own(name, key) in ours}
        )
    least.group_member = {key: value for key, value in least.group_member.items() if least.enrolled(key[2], key[0])}
    return least, most


def changed(name: str, before: State, after: State) -> set[Key | None]:
    """The keys of what could be ours and differs."""
    was, now = getattr(before, name), getattr(after, name)
    return {own(name, key) for key in {*was, *now} if was.get(key) != now.get(key)}


Value = tuple[str, ...] | None


def _back(was: Value, left: Value, here: Value, created: bool) -> Value:
    """What a rollback makes of an object: as it was before the run, where it is as the run left it."""
    if left is None or here is None:
        return was if left is here else here
    if was is None:
        return None if created and here == left else here
    return tuple(old if now == then else now for old, then, now in zip(was, left, here, strict=True))


class Installation(RuleBasedStateMachine):
    """One installation and its site.

    Ours is what we wrote or adopted. Of what a run was writing when it was killed, that is not certain: `certain` is
    ours, `perhaps` may be as well.
    """

    world: Nights

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.rows: Mapping[str, Rows] = dict.fromkeys(FIELDS, ())
        self.certain: Ours = {name: set() for name in FIELDS}
        self.perhaps: Ours = {name: set() for name in FIELDS}
        self.promise: Promise | None = None
        self.runs: list[Promise] = []

    @initialize(past=pasts(), missing=MISSING, rows=sheets)
    def begin(self, past: Callable[[Moodle], None], missing: Mapping[str, str], rows: Mapping[str, Rows]) -> None:
        setup = Setup([mapping(name, missing=missing[name]) for name in FIELDS], guards=GUARDS, share=1)
        self.missing, self.rows = missing, rows
        self.world = self.opened.enter_context(nights(setup))
        past(self.world.moodle)
        self.plan("full", approved=True)
        self.apply_or_resume()

    def teardown(self) -> None:
        self.opened.close()

    @invariant()
    def no_two_calls_for_one_object(self) -> None:
        assert not hasattr(self, "world") or self.world.site.races == []

    # -- what happens elsewhere ------------------------------------------------------------------------------------

    @rule(rows=sheets)
    def new_exports(self, rows: Mapping[str, Rows]) -> None:
        self.rows = rows

    @rule(name=st.sampled_from(tuple(FIELDS)), at=st.integers(0, 6))
    def a_row_is_missing(self, name: str, at: int) -> None:
        rows = self.rows[name]
        self.rows = {**self.rows, name: [*rows[:at], *rows[at + 1 :]]}

    @rule(hands=hands)
    def changes_by_hand(self, hands: list[Hand]) -> None:
        before = read_state(self.world.moodle)
        for hand in hands:
            meddle(self.world.moodle, hand)
        if self.promise is not None and read_state(self.world.moodle) != before:
            self.promise.sure = False
        self._still_there()

    # -- what an operator does -------------------------------------------------------------------------------------

    @rule(read=st.sampled_from(("full", "share")), approved=st.booleans())
    def plan(self, read: str, approved: bool) -> None:
        before, day = read_state(self.world.moodle), self.world.tomorrow
        plan = self.world.plan(self.rows, read)
        least, most = (next_state(before, ours, self.rows, self.missing, day) for ours in (self.certain, self.perhaps))
        self._planned(plan, Promise(plan.id, before, (self.certain, self.perhaps), least, most), approved)

    @precondition(lambda self: self.runs)
    @rule(ago=st.sampled_from((0, 0, 0, 1, 2)), created=st.booleans(), at_once=st.booleans())
    def roll_back(self, ago: int, created: bool, at_once: bool) -> None:
        """Undo the last run, or an earlier one; at once, or as far as others get to it."""
        before, run = read_state(self.world.moodle), self.runs[-1 - ago % len(self.runs)]
        try:
            plan = self.world.undo(run.run, created=created)
        except PlanError:
            assert not self._changed(run)
            return
        least, most = undone(before, run, created=created)
        # What was written by the rollback is not certainly ours in the eyes of every mapping.
        self.certain = {name: self.certain[name] - changed(name, before, most) for name in FIELDS}
        perhaps = {name: self.perhaps[name] | run.ours[1][name] for name in FIELDS}
        last = run is self.runs[-1] and run.done and run.sure and run.after == before
        ours = (self.certain, self.perhaps)
        promise = Promise(plan.id, before, ours, (least, self.certain), (most, perhaps), last)
        self._planned(plan, promise, approved=at_once)
        if at_once:
            self.apply_or_resume()

    def _planned(self, plan: Plan, promise: Promise, approved: bool) -> None:
        noted(plan)
        assert read_state(self.world.moodle) == promise.before
        assert ("paused" in said(plan)) == self.paused
        self.promise = promise
        if approved:
            self.approve()

    @precondition(lambda self: self.left and not self.promise.run)
    @rule()
    def approve(self) -> None:
        plan, now = self.newest, self.world.clock.now()
        # To approve an empty file is to say that nobody is left; no rule is about that.
        holds = [hold.id for hold in plan.unapproved if hold.count]
        approvals = [Approval(each, "ada", now, now + timedelta(days=7)) for each in holds]
        self.world.store.approve(plan.id, approvals)

    @precondition(lambda self: not self.paused)
    @rule()
    def pause(self) -> None:
        pause(self.world.store, self.world.clock, Signature("ada", "ada"), "exams")

    @precondition(lambda self: self.paused)
    @rule()
    def unpause(self) -> None:
        assert unpause(self.world.store) is not None

    @precondition(lambda self: self.left)
    @rule()
    def apply_or_resume(self) -> None:
        self._send(self.world.site.send)

    @precondition(lambda self: self.left)
    @rule(at=st.integers(1, 12), arrives=st.booleans())
    def is_killed(self, at: int, arrives: bool) -> None:
        """At the call of that number, which may still have arrived at the site."""
        numbers = iter(range(10_000))

        def dies(call: Request, timeout: float) -> Response:
            number = next(numbers)
            answer = self.world.site.send(call, timeout) if number < at + arrives else None
            if answer is None or number == at:
                raise Killed
            return answer

        self._send(dies)

    @precondition(lambda self: self.left)
    @rule(at=st.integers(1, 12))
    def answers_are_lost(self, at: int) -> None:
        numbers = iter(range(10_000))

        def loses(call: Request, timeout: float) -> Response:
            answer = self.world.site.send(call, timeout)
            return Response(None, text="the connection was cut", lost=True) if next(numbers) == at else answer

        self._send(loses)

    # -- what comes of it ------------------------------------------------------------------------------------------

    @property
    def newest(self) -> Plan:
        """The newest plan as it is now."""
        assert self.promise is not None
        return self.world.store.plan(self.promise.plan)

    @property
    def left(self) -> bool:
        """Whether the newest plan has not been carried out yet, or not to the end."""
        return self.promise is not None and not self.promise.done

    @property
    def paused(self) -> bool:
        return hasattr(self, "world") and self.world.store.paused() is not None

    def _send(self, send: Send) -> None:
        """Send the newest plan, or go on with it, through something that may go wrong, and judge the site.

        Whoever is refused because of a pause ends it.
        """
        promise = self.promise
        assert promise is not None
        if self.paused:
            self._refused(promise)
            self.unpause()
        start = read_state(self.world.moodle)
        if not promise.run:
            promise.run = f"r{promise.plan[1:]}"
            self.runs.append(promise)
        self.world.through(send)
        with suppress(Killed):
            promise.done = self.world.apply(self.newest, run=promise.run).state == "done"
        self.world.through(self.world.site.send)
        promise.after, plan = read_state(self.world.moodle), self.newest
        noted(plan)
        if promise.done and promise.sure and not (plan.changes["status"] == "held").any():
            between(promise.after, promise.least[0], promise.most[0])
            self.certain, self.perhaps = promise.least[1], promise.most[1]
        else:
            between(promise.after, start, promise.before, promise.least[0], promise.most[0])
            self.perhaps = {name: self.perhaps[name] | promise.most[1][name] for name in FIELDS}
        self._still_there()

    def _refused(self, promise: Promise) -> None:
        """While runs are paused, nothing is sent."""
        sent = len(self.world.site.writes)
        with pytest.raises(Standstill, match="exams"):
            if promise.run:
                resume(self.world.world, Mock(), Mock())
            else:
                apply_stored(self.world.world, promise.plan, Mock(), Mock())
        assert len(self.world.site.writes) == sent

    def _changed(self, run: Promise) -> bool:
        """Whether a run has done anything to the site, as far as nobody else has changed it meanwhile."""
        return run.sure and run.done and run.before != run.after

    def _still_there(self) -> None:
        """What is not on the site any more is not ours."""
        there = present(read_state(self.world.moodle))
        self.certain = {name: self.certain[name] & there[name] for name in FIELDS}
        self.perhaps = {name: self.perhaps[name] & there[name] for name in FIELDS}


TestInAnyOrder: Any = Installation.TestCase
TestInAnyOrder.settings = settings(thoroughly, max_examples=examples(1), stateful_step_count=40 if LONG else 8)


# -- one order, in every run of the suite --------------------------------------------------------------------------

PEOPLE = [(f"S{n}", f"s{n}", "Ann", f"No. {n}", f"s{n}@uni.example") for n in range(1, 6)]
ROWS: Mapping[str, Rows] = {
    "course": [("C1", "One", "one", "", "/Arts"), ("C2", "Two", "two", "", "/Arts")],
    "user": PEOPLE,
    "enrolment": [(f"S{n}", "C1", "student") for n in range(1, 5)] + [("S5", "C2", "teacher")],
    "group": [("C1", "G1", "Mondays", "")],
    "group_member": [("C1", "G1", "S1"), ("C1", "G1", "S2")],
}


def test_in_one_order() -> None:
    one = Installation()
    try:
        one.begin(lambda moodle: None, dict.fromkeys(FIELDS, "delete"), ROWS)
        one.a_row_is_missing("enrolment", 1)
        one.a_row_is_missing("user", 4)
        one.a_row_is_missing("enrolment", 3)
        one.plan("share", approved=False)
        one.apply_or_resume()
        one.plan("full", approved=True)
        one.is_killed(2, arrives=True)
        assert one.left
        one.apply_or_resume()
        assert [name for name, *_ in one.world.moodle.users()] == ["S1", "S2", "S3", "S4"]
        one.changes_by_hand([("edit-user", "S1", "C1", "G1"), ("unenrol", "S3", "C1", "G1")])
        one.new_exports(ROWS)
        one.plan("share", approved=True)
        one.answers_are_lost(4)
        assert to_do(one.world.plan(ROWS)) == []
        one.a_row_is_missing("enrolment", 0)
        one.new_exports({**one.rows, "user": [*PEOPLE, ("S6", "s6", "Ann", "No. 6", "s6@uni.example")]})
        one.plan("share", approved=True)
        one.pause()
        one.is_killed(3, arrives=True)
        one.apply_or_resume()
        assert not one.left
        one.roll_back(0, created=True, at_once=True)
        assert [name for name, *_ in one.world.moodle.users()] == ["S1", "S2", "S3", "S4", "S5"]
        assert ("S1", "C1", "student") in one.world.moodle.enrolments("nexsis")
    finally:
        one.teardown()
