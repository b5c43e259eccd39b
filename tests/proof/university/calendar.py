"""The terms of the university."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Term:
    """A term is in the exports from the day its registration opens to the day it ends.

    half:     when its short courses end
    sections: how many it has
    """

    code: str
    opens: date
    starts: date
    half: date
    ends: date
    sections: int

    def adds_and_drops(self, day: date) -> bool:
        """Whether students are still choosing their courses."""
        return self.starts <= day < self.starts + 2 * WEEK


def terms(year: int) -> Iterator[Term]:
    """Those that open in a calendar year."""
    yield Term(f"{year}SU", date(year, 5, 10), date(year, 6, 7), date(year, 7, 9), date(year, 8, 14), 12)
    yield Term(f"{year}AU", date(year, 8, 10), date(year, 8, 30), date(year, 10, 29), date(year, 12, 17), 40)
    spring = year + 1
    yield Term(f"{spring}SP", date(year, 12, 6), date(spring, 1, 17), date(spring, 3, 18), date(spring, 5, 20), 40)


def current(day: date) -> tuple[Term, ...]:
    """The terms that are in the exports of a day."""
    return tuple(term for year in (day.year - 1, day.year) for term in terms(year) if term.opens <= day <= term.ends)
