"""What the university teaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from tests.proof.university.calendar import Term

SUBJECTS = {
    "ART": ("Arts", ("Drawing", "Sculpture", "Baroque Painting", "Photography")),
    "BIO": ("Science", ("Genetics", "Ecology", "Cell Biology", "Evolution")),
    "CHM": ("Science", ("Organic Chemistry", "Spectroscopy", "Catalysis", "Materials")),
    "ECO": ("Business", ("Microeconomics", "Trade", "Public Finance", "Game Theory")),
    "FIN": ("Business", ("Accounting", "Investment", "Risk", "Auditing")),
    "HIS": ("Society", ("Rome", "The Cold War", "Trade Routes", "Oral History")),
    "LAW": ("Society", ("Contracts", "Human Rights", "Evidence", "Tax Law")),
    "MAT": ("Science", ("Algebra", "Analysis", "Topology", "Statistics")),
    "MUS": ("Arts", ("Harmony", "Counterpoint", "Opera", "Jazz")),
    "SOC": ("Society", ("Cities", "Migration", "Family", "Methods")),
}
"""Subject: its school, and what it teaches, level by level."""

LEVELS = ("I", "II", "III", "IV")


@dataclass(frozen=True)
class Section:
    """One course as one teacher teaches it in one term; a `short` one ends with the first half of the term."""

    subject: str
    number: int
    section: int
    term: str
    title: str
    school: str
    start: date
    short: bool = False

    @property
    def code(self) -> str:
        return f"{self.subject}{self.number}-{self.section:02d}-{self.term}"


def sections(term: Term, random: Random) -> Iterator[Section]:
    """The sections of a term: most courses have one, some have two, and three in ten are short."""
    numbers = {(subject, level): 0 for subject in SUBJECTS for level in range(len(LEVELS))}
    short = {random.randrange(term.sections) for _ in range(term.sections // 3)}
    for at in range(term.sections):
        subject, level = random.choice([*numbers])
        numbers[subject, level] += 1
        if numbers[subject, level] == 2:
            del numbers[subject, level]
        school, titles = SUBJECTS[subject]
        taken = 1 if (subject, level) in numbers else 2
        title = f"{titles[level]} {LEVELS[level]}"
        yield Section(subject, 110 + 100 * level, taken, term.code, title, school, term.starts, at in short)
