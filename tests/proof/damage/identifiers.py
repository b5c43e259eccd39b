"""Identifiers that are written otherwise, in one feed or in all: the people and courses are the same."""

from __future__ import annotations

from collections.abc import Mapping

from tests.proof.damage.kinds import Damage, Wanted
from tests.proof.damage.making import (
    COURSE_IDS,
    COURSES,
    ENROLMENTS,
    GROUPS,
    MEMBERS,
    STAFF,
    STUDENT_IDS,
    STUDENTS,
    TEACHING,
    Change,
    edited,
    everywhere,
    short,
)

ARABIC = {ord("0") + digit: chr(0x0660 + digit) for digit in range(10)}
FULL_WIDTH = {ord("0") + digit: chr(0xFF10 + digit) for digit in range(10)}
STAFF_IDS = dict.fromkeys((STAFF, TEACHING), "STAFF_ID")
GROUP_IDS = dict.fromkeys((GROUPS, MEMBERS), "GROUP")


def stripped(number: str) -> str:
    """Without the zeros in front."""
    return number.lstrip("0")


def another_number(number: str) -> str:
    """Another number of seven digits: no two become the same."""
    return f"{(int(number) * 6_700_417 + 4_242_421) % 10_000_000:07d}"


def only_some(change: Change) -> Change:
    """A change to every tenth number or so, the same ones in all feeds."""
    return lambda number: change(number) if int(number) // 7919 % 10 == 3 else number


def another_code(course: str) -> str:
    """A code of another system: `HIS210-01-2026AU` is `K-01-AU62-012SIH`."""
    return f"K-{course[::-1]}"


def alone(columns: Mapping[str, str], feed: str) -> dict[str, str]:
    return {feed: columns[feed]}


def but(columns: Mapping[str, str], feed: str) -> dict[str, str]:
    return {name: column for name, column in columns.items() if name != feed}


Written = tuple[str, Change, Wanted]
"""What is done to an identifier, how, and what is wanted of it."""

NUMBERS: dict[str, Written] = {
    "zeros-stripped": ("have lost their zeros", stripped, Wanted.REPORTED),
    "zeros-padded": ("have nine digits", lambda n: n.zfill(9), Wanted.REPORTED),
    "apostrophe": ("begin with an apostrophe", lambda n: f"'{n}", Wanted.SENT),
    "formula": ('are formulas: ="0012345"', lambda n: f'="{n}"', Wanted.SENT),
    "decimal": ("are decimals: 12345.0", lambda n: f"{int(n)}.0", Wanted.REPORTED),
    "thousands": ("have thousands separators", lambda n: f"{int(n):,}", Wanted.REPORTED),
    "marks-within": ("have an invisible mark within", lambda n: f"{n[:3]}\u200b{n[3:]}", Wanted.REPORTED),
    "arabic": ("have Arabic digits", lambda n: n.translate(ARABIC), Wanted.REPORTED),
    "full-width": ("have full-width digits", lambda n: n.translate(FULL_WIDTH), Wanted.SENT),
    "prefixed": ("begin with S", lambda n: f"S{n}", Wanted.HELD),
    "suffixed": ("end with the name of the institution", lambda n: f"{n}@northmoor", Wanted.HELD),
    "scientific": ("are rounded: 1.23E+06", lambda n: f"{int(n):.2E}", Wanted.HELD),
    "re-keyed": ("are other numbers", another_number, Wanted.HELD),
    "a-few-re-keyed": ("are other numbers for a tenth of the students", only_some(another_number), Wanted.HELD),
    "a-few-zeros-stripped": (
        "have lost their zeros for a tenth of the students",
        only_some(stripped),
        Wanted.REPORTED,
    ),
    "marks-at-end": ("end with an invisible mark", lambda n: f"{n}\u200e", Wanted.SENT),
    "blanks": ("have blanks around them", lambda n: f" {n}  ", Wanted.SENT),
    "no-break-space": ("end with a non-breaking space", lambda n: f"{n}\u00a0", Wanted.SENT),
}

ALONE = {
    STUDENTS: ("zeros-stripped", "decimal", "prefixed", "re-keyed", "a-few-re-keyed"),
    ENROLMENTS: ("zeros-stripped", "apostrophe", "thousands", "marks-within", "prefixed", "re-keyed"),
    MEMBERS: ("zeros-stripped", "arabic", "re-keyed"),
}
"""What is done to numbers in one feed only."""

CODES: dict[str, Written] = {
    "term-renamed": ("end with FA for autumn", lambda c: c.replace("AU", "FA"), Wanted.HELD),
    "term-lost": ("lack the term", lambda c: c.rpartition("-")[0], Wanted.HELD),
    "section-zeros-lost": ("have lost the zero of the section", lambda c: c.replace("-0", "-"), Wanted.HELD),
    "underscored": ("have underscores for hyphens", lambda c: c.replace("-", "_"), Wanted.HELD),
    "re-coded": ("are those of another system", another_code, Wanted.HELD),
}

OTHERS: tuple[tuple[str, str, Mapping[str, str], Change, Wanted], ...] = (
    (
        "enrolments-ids-a-few-re-keyed",
        "in enrolments.csv alone, student numbers are other numbers for a tenth of the students",
        alone(STUDENT_IDS, ENROLMENTS),
        only_some(another_number),
        Wanted.REPORTED,
    ),
    ("staff-ids-without-letter", "staff numbers lack their T", STAFF_IDS, lambda n: n[1:], Wanted.HELD),
    (
        "staff-ids-zeros-padded",
        "staff numbers have seven digits: T0012345",
        STAFF_IDS,
        lambda n: f"T{n[1:].zfill(7)}",
        Wanted.REPORTED,
    ),
    ("staff-ids-lower-case", "staff numbers begin with t", STAFF_IDS, str.lower, Wanted.SENT),
    (
        "teaching-ids-without-letter",
        "staff numbers lack their T in teaching.csv",
        alone(STAFF_IDS, TEACHING),
        lambda n: n[1:],
        Wanted.HELD,
    ),
    ("groups-renamed", "groups A and B are 1 and 2", GROUP_IDS, lambda g: str(ord(g) - 64), Wanted.HELD),
    (
        "members-groups-renamed",
        "groups A and B are 1 and 2 in members.csv",
        alone(GROUP_IDS, MEMBERS),
        lambda g: str(ord(g) - 64),
        Wanted.HELD,
    ),
    (
        "members-groups-lower-case",
        "groups A and B are a and b in members.csv",
        alone(GROUP_IDS, MEMBERS),
        str.lower,
        Wanted.HELD,
    ),
    (
        "course-codes-lower-case",
        "course codes are in lower case except in courses.csv",
        but(COURSE_IDS, COURSES),
        str.lower,
        Wanted.SENT,
    ),
)

IDENTIFIERS = (
    *(
        Damage(f"student-ids-{name}", f"student numbers {what}", wanted, edited(everywhere(STUDENT_IDS, change)))
        for name, (what, change, wanted) in NUMBERS.items()
    ),
    *(
        Damage(
            f"{short(feed)}-ids-{name}",
            f"in {feed} alone, student numbers {NUMBERS[name][0]}",
            NUMBERS[name][2],
            edited(everywhere(alone(STUDENT_IDS, feed), NUMBERS[name][1])),
        )
        for feed, names in ALONE.items()
        for name in names
    ),
    *(
        Damage(f"course-codes-{name}", f"course codes {what}", wanted, edited(everywhere(COURSE_IDS, change)))
        for name, (what, change, wanted) in CODES.items()
    ),
    *(
        Damage(
            f"{short(feed)}-codes-{name}",
            f"in {feed} alone, course codes {CODES[name][0]}",
            CODES[name][2],
            edited(everywhere(alone(COURSE_IDS, feed), CODES[name][1])),
        )
        for feed in (COURSES, ENROLMENTS)
        for name in ("term-renamed", "term-lost", "section-zeros-lost")
    ),
    *(
        Damage(name, what, wanted, edited(everywhere(columns, change)))
        for name, what, columns, change, wanted in OTHERS
    ),
)
