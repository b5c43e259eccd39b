"""A fictional university: what its SIS exports on a day, and what the site should hold after that.

Everything follows from a seed: the same seed gives the same people, courses and days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from tests.proof.feeds import Feeds
from tests.proof.objects import Objects
from tests.proof.university.changes import quiet
from tests.proof.university.exports import exports
from tests.proof.university.state import University
from tests.proof.university.terms import founded
from tests.proof.university.truth import truth

MIDTERM = date(2026, 10, 5)
"""A day on which nothing but the ordinary happens, nor in the three weeks after it."""


@dataclass(frozen=True)
class Day:
    """A night of good exports: the truth is what the site should hold after it."""

    date: date
    feeds: Feeds
    truth: Objects


def days(seed: int, start: date = MIDTERM) -> Iterator[Day]:
    """Ordinary days, one after another, as many as are asked for."""
    random = Random(seed)
    university = founded(start, random)
    stands: Objects = {}
    while True:
        stands = truth(university, stands)
        yield Day(university.day, exports(university), stands)
        university = quiet(replace(university, day=university.day + timedelta(days=1)), random)


__all__ = ["MIDTERM", "Day", "University", "days", "exports", "founded", "truth"]
