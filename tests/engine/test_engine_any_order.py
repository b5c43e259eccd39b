"""Whatever is done with an installation, in whatever order, its site is as the oracle allows.

Exports change, plans are made, approved and applied, runs are killed and resumed, answers are lost, and people change
things in Moodle. Each rule says what it may make of the site; whatever else is to be done in any order, such as a
rollback or a pause, is one more rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hypothesis import currently_in_test_context, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sync.model import Approval, Plan, Request, Response
from sync.sandbox import Moodle
from tests.engine.engine_world import FIELDS, OPEN, Nights, Rows, Setup, in_short, mapping, nights, to_do
from tests.engine.expected import Ours, State, next_state, read_state
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
    """Check that every object of the site is as in one of these states."""
    for name in FIELDS:
        here, there = getattr(now, name), [getattr(state, name) for state in allowed]
        for key in {*here}.union(*there):
            values = [state.get(key) for state in there]
            assert here.get(key) in values, (name, key, here.get(key), values)


def present(state: State) -> dict[str, set[tuple[str, ...]]]:
    """The keys of what could be ours on the site."""
    found = {name: {*getattr(state, name)} for name in FIELDS}
    return found | {"enrolment": {key[:2] for key in state.enrolment if key[2] == "nexsis"}}


@dataclass
class Promise:
    """What the newest plan may make of the site.

    least, most: the site afterwards, and what is ours then, if only what is certainly ours counts as ours before, or
    all that may be; before: the site when the plan was made; run: the run that carries it out; touched: whether
    somebody has changed the site since
    """

    plan: str
    before: State
    least: tuple[State, Ours]
    most: tuple[State, Ours]
    run: str = ""
    touched: bool = False


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
        self.done = True

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
            self.promise.touched = True
        self._still_there()

    # -- what an operator does -------------------------------------------------------------------------------------

    @rule(read=st.sampled_from(("full", "share")), approved=st.booleans())
    def plan(self, read: str, approved: bool) -> None:
        before, day = read_state(self.world.moodle), self.world.tomorrow
        plan = self.world.plan(self.rows, read)
        noted(plan)
        assert read_state(self.world.moodle) == before
        least, most = (next_state(before, ours, self.rows, self.missing, day) for ours in (self.certain, self.perhaps))
        self.promise, self.done = Promise(plan.id, before, least, most), False
        if approved:
            self.approve()

    @precondition(lambda self: self.promise is not None and not self.done and not self.promise.run)
    @rule()
    def approve(self) -> None:
        plan, now = self.newest, self.world.clock.now()
        # To approve an empty file is to say that nobody is left; no rule is about that.
        holds = [hold.id for hold in plan.unapproved if hold.count]
        approvals = [Approval(each, "ada", now, now + timedelta(days=7)) for each in holds]
        self.world.store.approve(plan.id, approvals)

    @precondition(lambda self: self.promise is not None and not self.done)
    @rule()
    def apply_or_resume(self) -> None:
        self._send(self.world.site.send)

    @precondition(lambda self: self.promise is not None and not self.done)
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

    @precondition(lambda self: self.promise is not None and not self.done)
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

    def _send(self, send: Send) -> None:
        """Send the newest plan, or go on with it, through something that may go wrong, and judge the site."""
        promise = self.promise
        assert promise is not None
        start, promise.run = read_state(self.world.moodle), f"r{promise.plan[1:]}"
        self.world.through(send)
        with suppress(Killed):
            self.done = self.world.apply(self.newest, run=promise.run).state == "done"
        self.world.through(self.world.site.send)
        now, plan = read_state(self.world.moodle), self.newest
        noted(plan)
        if self.done and not promise.touched and not (plan.changes["status"] == "held").any():
            between(now, promise.least[0], promise.most[0])
            self.certain, self.perhaps = promise.least[1], promise.most[1]
        else:
            between(now, start, promise.least[0], promise.most[0])
            self.perhaps = {name: self.perhaps[name] | promise.most[1][name] for name in FIELDS}
        self._still_there()

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
        assert not one.done
        one.apply_or_resume()
        assert [name for name, *_ in one.world.moodle.users()] == ["S1", "S2", "S3", "S4"]
        one.changes_by_hand([("edit-user", "S1", "C1", "G1"), ("unenrol", "S3", "C1", "G1")])
        one.new_exports(ROWS)
        one.plan("share", approved=True)
        one.answers_are_lost(4)
        assert to_do(one.world.plan(ROWS)) == []
    finally:
        one.teardown()
