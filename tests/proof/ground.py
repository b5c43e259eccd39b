"""Where damage is tried: an installation after three honest nights, made once and copied for every kind.

week = nights()
with prepared(folder / "office", week, first_night(folder / "first", week)) as office:
    with tried(office, week, damage, folder / "copy") as trial:
        print(trial.complaints)
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tests.proof.damage import Damage, Past, Wanted
from tests.proof.damage.changes import with_changes
from tests.proof.feeds import Feeds, files_of
from tests.proof.judge import complaints
from tests.proof.office import MAPPINGS, Kept, Office, Outcome
from tests.proof.university import MIDTERM, Day, University, exports, founded, truth
from tests.proof.university.changes import quiet, renamed
from tests.proof.university.people import Student

SEED = 1
"""Of the university, and of what a damage draws by chance."""

OF_CHANGES = MAPPINGS / "of-changes"
"""The mapping files of a SIS that exports changes."""

SUMMER = date(2026, 7, 10)
"""A day of last term: none of its courses is listed any more in the week that follows `MIDTERM`."""

PLAYED = (0, 5, 6)
"""The days of the week on which the installation ran; on the one after them the damage comes."""


@dataclass(frozen=True)
class Nights:
    """The good exports around the damaged night.

    last_term: long ago, before this installation
    honest:    the nights before, all of which were run
    tonight:   what the exports would be without the damage
    tomorrow:  those of the next night, which are good again
    """

    last_term: Feeds
    honest: Sequence[Day]
    tonight: Day
    tomorrow: Day

    @property
    def past(self) -> Past:
        return Past([self.last_term, *(day.feeds for day in self.honest), self.tonight.feeds])


def nights(seed: int = SEED) -> Nights:
    """A week in the middle of a term, with the same people as last term; the damage comes on its last night."""
    days = [*_week(founded(MIDTERM, Random(seed)), Random(seed), PLAYED[-1] + 3)]
    tonight = PLAYED[-1] + 1
    last_term = exports(founded(SUMMER, Random(seed)))
    return Nights(last_term, [days[n] for n in PLAYED], days[tonight], days[tonight + 1])


def _week(university: University, random: Random, length: int) -> Iterator[Day]:
    """So many days, on each of which somebody has a new name, and somebody thinks better of yesterday's choice."""
    university = yesterday = university.with_students(_on_leave(university, random))
    stands = truth(university, {})
    for _ in range(length):
        yield Day(university.day, exports(university), stands)
        today = quiet(replace(university, day=university.day + timedelta(days=1)), random)
        today = renamed(_second_thoughts(today, university, yesterday), random)
        university, yesterday = today, university
        stands = truth(university, stands)


def _on_leave(university: University, random: Random) -> list[Student]:
    return [replace(student, status="L") for student in random.sample([*university.students.values()], 6)]


def _second_thoughts(university: University, today: University, yesterday: University) -> University:
    """One who chose a course a day ago gives it up, and one who gave it up takes it again."""
    joined = sorted(today.enrolments.keys() - yesterday.enrolments.keys())[:1]
    left = sorted(yesterday.enrolments.keys() - today.enrolments.keys())[:1]
    return university.dropped(joined).enrolled(left)


def of_changes(nights: Nights) -> Nights:
    """The same nights of a SIS that also exports who joined and left since the night before.

    Tomorrow it also says again what it said tonight, as far as that still holds.
    """
    days = [*nights.honest, nights.tonight, nights.tomorrow]
    before = [[], *([day] for day in days[:-2]), days[-3:-1]]
    told = [
        replace(day, feeds=with_changes(day.feeds, *(each.feeds for each in earlier)))
        for day, earlier in zip(days, before, strict=True)
    ]
    return replace(nights, honest=told[:-2], tonight=told[-2], tomorrow=told[-1])


# -- trying --------------------------------------------------------------------------------------------------------


def first_night(folder: Path, nights: Nights) -> Kept:
    """What the first honest night leaves behind, which has everything to send."""
    with Office.opened(folder, nights.honest[0].date) as office:
        return _after(office, nights.honest[:1]).kept


@contextmanager
def prepared(folder: Path, nights: Nights, begun: Kept) -> Iterator[Office]:
    """An installation after the honest nights, which has `begun` with the first one."""
    with Office.opened(folder, nights.honest[0].date + timedelta(days=1)) as office:
        office.put_back(begun)
        yield _after(office, nights.honest[1:])


@contextmanager
def prepared_for_changes(folder: Path, nights: Nights, begun: Kept) -> Iterator[Office]:
    """An installation that gets only changes of enrolments, after the honest nights.

    On the first one it finds on the site what another installation has `begun` with.
    """
    with Office.opened(folder, nights.honest[0].date) as office:
        shutil.copytree(OF_CHANGES, folder / "mappings", dirs_exist_ok=True)
        office.moodle.restore(begun.site)
        yield _after(office, nights.honest)


def _after(office: Office, honest: Sequence[Day]) -> Office:
    """The same after these nights."""
    for day in honest:
        _approved(office, office.night(files_of(day.feeds)))
    assert office.held.objects == honest[-1].truth
    return office


def _approved(office: Office, outcome: Outcome) -> Outcome:
    """What became of a night once an operator has approved what was on hold."""
    return office.approve_all() if outcome.holds else outcome


@dataclass(frozen=True)
class Trial:
    """A copy of the installation that has met a damage, and what was wrong with that night: nothing if all is right."""

    office: Office
    damage: Damage
    complaints: Sequence[str]

    def after(self, nights: Nights) -> Sequence[str]:
        """What is wrong with the honest night after it, which brings the site to the truth.

        Except after harmless damage, an operator may have to approve what is on hold.
        """
        outcome = self.office.night(files_of(nights.tomorrow.feeds))
        if self.damage.wanted is not Wanted.SENT:
            outcome = _approved(self.office, outcome)
        return complaints(outcome, nights.tomorrow.truth, Wanted.SENT, ())


@contextmanager
def tried(office: Office, nights: Nights, damage: Damage, folder: Path) -> Iterator[Trial]:
    """A damage, tried on a copy of the installation in a folder."""
    past, good = nights.past, files_of(nights.past.tonight)
    with office.copied(folder) as copy:
        for make in damage.before:
            copy.night(make(past, Random(SEED)))
        files = damage.make(past, Random(SEED))
        outcome = copy.night(files)
        damaged = {name for name in good if files.get(name) != good[name]}
        yield Trial(copy, damage, complaints(outcome, nights.tonight.truth, damage.wanted, damaged))
