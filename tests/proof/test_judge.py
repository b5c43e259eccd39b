"""The judge can fail: whatever is done to a site by hand is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sync.errors import Fault
from sync.model import Hold, Issue
from sync.sandbox import Moodle, SandboxSettings
from tests.proof.damage.kinds import Wanted
from tests.proof.judge import complaints, deeds, differing
from tests.proof.objects import Held, Key, Objects, held
from tests.proof.office import Outcome

ANN, BEN = ("enrolment", "0001", "C1"), ("enrolment", "0002", "C1")


@pytest.fixture
def moodle() -> Iterator[Moodle]:
    """Two students in a course, one of them graded, both in a group."""
    site = Moodle(SandboxSettings(db=":memory:"))
    site.add_course("C1", "Course One")
    site.add_group("C1", "A", "Seminar A")
    for number in ("0001", "0002"):
        site.add_user(number, f"u{number}")
        site.add_enrolment(number, "C1")
    site.add_grade("0001", "C1", 61)
    yield site
    site.close()


def sql(text: str, *values: str) -> Callable[[Moodle], None]:
    def carry_out(moodle: Moodle) -> None:
        with moodle.transaction() as db:
            db.execute(text, values)

    return carry_out


def unenrol(moodle: Moodle) -> None:
    sql("DELETE FROM enrolment WHERE user = (SELECT id FROM user WHERE same = '0001')")(moodle)


def enrol_again(moodle: Moodle) -> None:
    unenrol(moodle)
    moodle.add_enrolment("0001", "C1")


DONE: dict[str, tuple[Callable[[Moodle], None], dict[str, set[tuple[str, ...]]]]] = {
    "nothing": (lambda _: None, {}),
    "unenrolled": (unenrol, {"wrong_removals": {ANN, ("grade", "0001", "C1")}}),
    "unenrolled and enrolled again": (enrol_again, {"wrong_removals": {ANN, ("grade", "0001", "C1")}}),
    "another name": (
        sql("UPDATE user SET lastname = 'Other' WHERE same = ?", "0002"),
        {"wrong_updates": {("user", "0002")}},
    ),
    "another role": (sql("UPDATE enrolment SET role = 'teacher' WHERE user = 2"), {"wrong_updates": {BEN}}),
    "a new account": (lambda moodle: moodle.add_user("0003", "u3"), {"wrong_creates": {("user", "0003")}}),
    "a course under another code": (
        lambda moodle: moodle.add_course("C1-2027"),
        {"wrong_creates": {("course", "C1-2027")}},
    ),
    "the course deleted": (
        sql("DELETE FROM course"),
        {"wrong_removals": {("course", "C1"), ("group", "C1", "A"), ANN, BEN, ("grade", "0001", "C1")}},
    ),
}


@pytest.mark.parametrize("case", DONE)
def test_what_is_done_to_a_site_that_should_stay_as_it_is(case: str, moodle: Moodle) -> None:
    carry_out, expected = DONE[case]
    before = held(moodle)
    carry_out(moodle)
    found = deeds(before, held(moodle), before.objects)
    assert {name: {*keys} for name, keys in vars(found).items() if keys} == expected
    assert found.wrong == bool(expected)


def test_what_is_left_undone(moodle: Moodle) -> None:
    now = held(moodle)
    truth = {**now.objects, ("user", "0001"): ("other",), ("user", "0009"): ("new",)}
    del truth[BEN]
    found = deeds(now, now, truth)
    assert found.missed_removals == {BEN}
    assert found.undone == {("user", "0001"), ("user", "0009")}
    assert not found.wrong
    assert differing(now.objects, truth) == found.missed_removals | found.undone


def test_what_an_earlier_night_left_undone_is_not_counted_again_but_harm_is() -> None:
    truth: Objects = {ANN: ("student",)}
    left: frozenset[Key] = frozenset({BEN})
    night = outcome(after=SITE)
    assert complaints(night, truth, Wanted.SENT, ()) == ["1 missed removal"]
    assert complaints(night, truth, Wanted.SENT, (), left) == []
    assert complaints(outcome(after=LESS), SITE.objects, Wanted.SENT, (), left) == ["1 wrong removal"]


# -- what was wanted -----------------------------------------------------------------------------------------------

HOLD = Hold("h-1", "deletes", "enrolment", {}, 3, 9, "", "3 enrolments would be deleted")
ISSUE = Issue("bad-row", "error", "a row with an error", file="students.csv", row=3)
FAULT = Fault("not a table", "enrolments.csv")
SITE = Held({ANN: ("student",), BEN: ("student",)}, {})
LESS = Held({ANN: ("student",)}, {})


def outcome(
    holds: tuple[Hold, ...] = (), issues: tuple[Issue, ...] = (), faults: tuple[Fault, ...] = (), after: Held = SITE
) -> Outcome:
    return Outcome(0, holds, issues, faults, SITE, after)


RIGHT = [
    (Wanted.UNNOTICED, outcome()),
    (Wanted.SENT, outcome()),
    (Wanted.REPORTED, outcome(issues=(ISSUE,))),
    (Wanted.REPORTED, outcome(holds=(HOLD,))),
    (Wanted.HELD, outcome(holds=(HOLD,))),
    (Wanted.HELD, outcome(faults=(FAULT,))),
    (Wanted.REFUSED, outcome(faults=(FAULT,))),
]
SHORT = [
    (Wanted.SENT, outcome(holds=(HOLD,)), "on hold: deletes"),
    (Wanted.SENT, outcome(faults=(FAULT,)), "refused: not a table"),
    (Wanted.REPORTED, outcome(), "not reported"),
    (Wanted.HELD, outcome(issues=(ISSUE,)), "nothing is on hold"),
    (Wanted.REFUSED, outcome(), "not reported"),
    (Wanted.REFUSED, outcome(faults=(FAULT,), after=LESS), "something was sent"),
]


@pytest.mark.parametrize(("wanted", "night"), RIGHT)
def test_a_night_that_is_as_wanted(wanted: Wanted, night: Outcome) -> None:
    assert complaints(night, SITE.objects, wanted, {"students.csv"}) == []


@pytest.mark.parametrize(("wanted", "night", "complaint"), SHORT)
def test_a_night_that_falls_short(wanted: Wanted, night: Outcome, complaint: str) -> None:
    assert complaint in complaints(night, SITE.objects, wanted, {"students.csv"})


@pytest.mark.parametrize("wanted", Wanted)
def test_harm_is_wrong_whatever_is_wanted(wanted: Wanted) -> None:
    said = complaints(outcome(holds=(HOLD,), after=LESS), SITE.objects, wanted, ())
    assert "1 wrong removal" in said
