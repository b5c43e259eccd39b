"""The plan of a year: what lies in the inbox on each of its nights, and what is right, known before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Generic, TypeVar

from tests.proof.by_hand import NOTHING, ByHand, Edit
from tests.proof.damage import DAMAGES, Damage, Past
from tests.proof.damage.kinds import Wanted
from tests.proof.damage.unnoticed import unnoticed
from tests.proof.feeds import Feeds, Files, files_of
from tests.proof.honest import (
    ADD_DROP,
    EVENTS,
    INTAKE,
    QUIET,
    SCOPE_EDITED,
    Honest,
    Turn,
    half_term,
    term_ends,
    term_opens,
)
from tests.proof.objects import Objects
from tests.proof.university import University, exports, founded, truth
from tests.proof.university.calendar import current

START = date(2026, 8, 8)
"""The first night: two days before the registration of the autumn term opens."""

DAY = timedelta(days=1)

NEW_STUDENTS = (8, 20)
"""Month and day on which the students of the new year are entered."""

ROUND = 4
"""An event, an ordinary night, a damaged one, an ordinary one; then the next event."""

SETTLED = 8
"""Nights after which there is a past that can come back: another term's too."""

REMEMBERED = 10
"""Nights of which all exports are kept."""


ONE_NIGHT = [damage for damage in DAMAGES if not damage.before]
"""Kinds of damage that need no nights that lead up to them."""

Kind = TypeVar("Kind")


class Deck(Generic[Kind]):
    """Kinds in an order of chance; each has its turn before any has it again."""

    def __init__(self, kinds: Sequence[Kind], random: Random) -> None:
        self._kinds, self._random = kinds, random
        self._left: list[Kind] = []

    def drawn(self) -> Kind:
        """The next one."""
        self._left = self._left or self._random.sample(self._kinds, len(self._kinds))
        return self._left.pop()


@dataclass(frozen=True)
class Night:
    """One night.

    what:    what happens, for people
    files:   what lies in the inbox
    good:    the good exports of the night
    tonight: what the site should hold when the run has ended
    truth:   the same once an operator has approved what is on hold; None where nothing should be approved
    terms:   those for which the mappings are edited before the run, if they are
    edit:    what people have done in Moodle since the last run
    """

    day: date
    kind: str
    what: str
    wanted: Wanted
    files: Files
    good: Feeds
    tonight: Objects
    truth: Objects | None
    may_hold: bool = False
    terms: Sequence[str] = ()
    edit: Edit = NOTHING.edit


@dataclass
class Year:
    """A university on its way through a year.

    site:    what the site should hold
    past:    good exports, the last nights' and those of each last night before the terms changed
    after:   what people have done in Moodle since the last night
    before:  the kind of the last night, if it has an aftermath
    events, damages: what is still to come
    """

    random: Random
    sis: University
    events: Deck[Honest]
    damages: Deck[Damage]
    site: Objects = field(default_factory=dict)
    past: Sequence[Feeds] = ()
    after: ByHand = NOTHING
    before: str = ""


def nights(seed: int, count: int) -> Iterator[Night]:
    """The nights of a year, as many as are asked for. The same seed gives the same ones."""
    random = Random(seed)
    events, damages = Deck(EVENTS, Random(f"{seed} events")), Deck(ONE_NIGHT, Random(f"{seed} damages"))
    year = Year(random, founded(START, random), events, damages)
    for number in range(count):
        year.sis = replace(year.sis, day=START + number * DAY)
        yield _next(year, number)


def _next(year: Year, number: int) -> Night:
    """The next night; the year goes on by it."""
    year.site = year.after.objects(year.site)
    kind, turn = _turn(year, number)
    night = _honest(year, kind, turn)
    if kind in (QUIET, ADD_DROP) and number >= SETTLED and number % ROUND == 2:
        night = _damaged(year, night)
    year.sis, year.site, year.after = turn.sis, truth(turn.site, year.site), turn.after
    year.before = night.kind if night.truth is None or turn.after is not NOTHING else ""
    year.past = _remembered([*year.past, night.good])
    return night


def _honest(year: Year, kind: Honest, turn: Turn) -> Night:
    """A night of good exports."""
    good, stands = exports(turn.sis), truth(turn.site, year.site)
    aftermath = kind is QUIET and year.before
    return Night(
        day=year.sis.day,
        kind=f"after {year.before}" if aftermath else kind.name,
        what="an ordinary night after that" if aftermath else kind.what,
        wanted=kind.wanted,
        files=files_of(good),
        good=good,
        tonight={**year.site, **stands} if kind.wanted is Wanted.HELD else stands,
        truth=None if kind.wanted is Wanted.REPORTED else stands,
        may_hold=kind.may_hold,
        terms=_scope(year.sis.day) if kind is SCOPE_EDITED else (),
        edit=year.after.edit,
    )


def _damaged(year: Year, night: Night) -> Night:
    """The same night with the next kind of damage that changes any of its files."""
    past = Past([*year.past, night.good])
    while True:
        damage = year.damages.drawn()
        files = damage.make(past, Random(f"{damage.name} {night.day}"))
        if files != night.files:
            wanted = Wanted.UNNOTICED if unnoticed(past, files) else damage.wanted
            night = replace(night, kind=damage.name, what=damage.what, wanted=wanted)
            return replace(night, files=files, truth=None)


# -- which kind comes when -----------------------------------------------------------------------------------------


def _scope(day: date) -> Sequence[str]:
    """The terms of that day and of the next one."""
    return [*dict.fromkeys(term.code for each in (day, day + DAY) for term in current(each))]


def _turn(year: Year, number: int) -> tuple[Honest, Turn]:
    """The kind of a night, and what it brings: what the calendar says, or the next event, or nothing special."""
    for kind in _kinds(year, number):
        turn = kind.turn(year.sis, year.random)
        if turn is not None:
            return kind, turn
    raise AssertionError("an ordinary night is always possible")


def _kinds(year: Year, number: int) -> Iterator[Honest]:
    day = year.sis.day
    terms = current(day)
    yield from (SCOPE_EDITED for term in current(day + DAY) if term.opens == day + DAY)
    yield from (term_opens(term) for term in terms if term.opens == day)
    yield from (term_ends(term) for term in current(day - DAY) if term not in terms)
    yield from (half_term(term) for term in terms if term.half == day)
    if (day.month, day.day) == NEW_STUDENTS:
        yield INTAKE
    while number >= ROUND and number % ROUND == 0:
        yield year.events.drawn()
    yield ADD_DROP if any(term.adds_and_drops(day) for term in terms) else QUIET


def _remembered(past: Sequence[Feeds]) -> Sequence[Feeds]:
    turns = [night for night, following in pairwise(past) if _terms(night) != _terms(following)]
    recent = past[-REMEMBERED:]
    return [*(night for night in turns if not any(night is each for each in recent)), *recent]


def _terms(feeds: Feeds) -> set[str]:
    courses = feeds["courses.csv"]
    return {row[courses.at("TERM")] for row in courses.rows}
