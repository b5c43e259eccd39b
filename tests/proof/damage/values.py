"""Columns whose values are wrong, all of them or some."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.proof.damage.kinds import Damage, Wanted
from tests.proof.damage.making import (
    COURSES,
    ENROLMENTS,
    GROUPS,
    MEMBERS,
    STAFF,
    STUDENTS,
    TEACHING,
    Change,
    cells,
    edited,
    short,
    some_cells,
)
from tests.proof.feeds import Table
from tests.proof.university.people import DOMAIN

Case = tuple[str, str, str, str, Change, Wanted]
"""Feed, column, what the kind is called and what it is, what is done to each cell, and what is wanted."""


def blank(_: str) -> str:
    return ""


def always(value: str) -> Change:
    return lambda _: value


def one_of(**values: str) -> Change:
    """Some values translated, others as they are."""
    return lambda value: values.get(value, value)


def mistyped(code: str) -> str:
    """With the letter O for a zero, or for the last digit where there is none."""
    return code.replace("0", "O", 1) if "0" in code else f"{code[:-1]}O"


def as_day_number(day: str) -> str:
    """The number of a day in a spreadsheet; that of one term's start will do."""
    return "46286" if day else day


WHOLE_COLUMNS: tuple[Case, ...] = (
    (ENROLMENTS, "ROLE", "blank", "roles are blank", blank, Wanted.HELD),
    (ENROLMENTS, "ROLE", "all-students", "all roles are S: assistants are students", always("S"), Wanted.HELD),
    (ENROLMENTS, "ROLE", "all-assistants", "all roles are A: students are assistants", always("A"), Wanted.HELD),
    (ENROLMENTS, "ROLE", "all-teachers", "all roles are T, which students never have", always("T"), Wanted.HELD),
    (ENROLMENTS, "ROLE", "exchanged", "the roles S and A are exchanged", one_of(S="A", A="S"), Wanted.HELD),
    (ENROLMENTS, "ROLE", "in-full", "roles are written in full", one_of(S="Student", A="Assistant"), Wanted.HELD),
    (TEACHING, "ROLE", "blank", "roles are blank", blank, Wanted.HELD),
    (TEACHING, "ROLE", "all-students", "all roles are S", always("S"), Wanted.HELD),
    (STUDENTS, "STATUS", "in-full", "STATUS is a word", one_of(A="ACTIVE", L="LEAVE"), Wanted.HELD),
    (STUDENTS, "STATUS", "blank", "STATUS is blank", blank, Wanted.HELD),
    (STUDENTS, "STATUS", "all-withdrawn", "everybody is withdrawn", always("W"), Wanted.HELD),
    (STUDENTS, "NETID", "blank", "usernames are blank", blank, Wanted.HELD),
    (STUDENTS, "NETID", "all-alike", "everybody has the same username", always("guest"), Wanted.HELD),
    (STUDENTS, "NETID", "with-domain", "usernames have the domain", lambda n: f"{n}@{DOMAIN}", Wanted.HELD),
    (STUDENTS, "NETID", "upper-case", "usernames are in capitals", str.upper, Wanted.REPORTED),
    (STUDENTS, "EMAIL", "blank", "email addresses are blank", blank, Wanted.HELD),
    (STUDENTS, "EMAIL", "all-alike", "all addresses are alike", always(f"noreply@{DOMAIN}"), Wanted.HELD),
    (STUDENTS, "EMAIL", "other-domain", "addresses are for testing", lambda e: e.replace("@", "@test."), Wanted.HELD),
    (STUDENTS, "EMAIL", "truncated", "addresses are cut after twelve characters", lambda e: e[:12], Wanted.HELD),
    (STUDENTS, "EMAIL", "upper-case", "addresses are in capitals", str.upper, Wanted.SENT),
    (STUDENTS, "LAST", "blank", "last names are blank", blank, Wanted.HELD),
    (STUDENTS, "LAST", "truncated", "last names are cut after four letters", lambda n: n[:4], Wanted.HELD),
    (STUDENTS, "LAST", "masked", "last names are masked for the test system", lambda n: f"{n[0]}***", Wanted.HELD),
    (STUDENTS, "FIRST", "initials", "first names are initials", lambda n: n[:1], Wanted.HELD),
    (STUDENTS, "FIRST", "capitals", "first names are in capitals", str.upper, Wanted.HELD),
    (STUDENTS, "FIRST", "null", "first names are the word NULL", always("NULL"), Wanted.REPORTED),
    (STUDENTS, "SCHOOL", "blank", "SCHOOL, which no mapping reads, is blank", blank, Wanted.SENT),
    (STAFF, "NETID", "blank", "usernames are blank", blank, Wanted.HELD),
    (STAFF, "EMAIL", "all-alike", "all addresses are alike", always(f"office@{DOMAIN}"), Wanted.HELD),
    (COURSES, "TITLE", "blank", "titles are blank", blank, Wanted.HELD),
    (COURSES, "TITLE", "all-alike", "all titles are the same", always("Untitled course"), Wanted.HELD),
    (COURSES, "SCHOOL", "blank", "schools, and so categories, are blank", blank, Wanted.HELD),
    (COURSES, "TERM", "renamed", "the term is FA, not AU", lambda t: t.replace("AU", "FA"), Wanted.HELD),
    (COURSES, "START", "blank", "start dates are blank", blank, Wanted.REPORTED),
    (COURSES, "START", "epoch", "start dates are 1 January 1970", always("1970-01-01"), Wanted.HELD),
    (COURSES, "START", "last-year", "courses start last year", lambda d: f"{int(d[:4]) - 1}{d[4:]}", Wanted.HELD),
    (COURSES, "START", "day-first", "start dates are day first", lambda d: "/".join(d.split("-")[::-1]), Wanted.HELD),
    (COURSES, "START", "day-numbers", "start dates are day numbers", as_day_number, Wanted.HELD),
    (GROUPS, "NAME", "blank", "names are blank", blank, Wanted.HELD),
    (MEMBERS, "GROUP", "blank", "groups are blank", blank, Wanted.HELD),
    (MEMBERS, "GROUP", "all-alike", "everybody is in group A", always("A"), Wanted.HELD),
    (ENROLMENTS, "TERM", "blank", "TERM, which no mapping reads, is blank", blank, Wanted.SENT),
)  # fmt: skip

SOME_CELLS: tuple[Case, ...] = (
    (STUDENTS, "STUDENT_ID", "some-blank", "some numbers are blank", blank, Wanted.REPORTED),
    (STUDENTS, "EMAIL", "some-blank", "some addresses are blank", blank, Wanted.REPORTED),
    (STUDENTS, "NETID", "some-blank", "some usernames are blank", blank, Wanted.REPORTED),
    (STUDENTS, "STATUS", "some-new", "some have a new STATUS", always("X"), Wanted.REPORTED),
    (COURSES, "START", "some-impossible", "some start on 30 February", always("2026-02-30"), Wanted.REPORTED),
    (ENROLMENTS, "STUDENT_ID", "some-blank", "some numbers are blank", blank, Wanted.REPORTED),
    (ENROLMENTS, "COURSE", "some-blank", "some courses are blank", blank, Wanted.REPORTED),
    (ENROLMENTS, "ROLE", "some-blank", "some roles are blank", blank, Wanted.REPORTED),
    (ENROLMENTS, "STUDENT_ID", "some-mistyped", "some numbers have O for zero", mistyped, Wanted.REPORTED),
    (ENROLMENTS, "COURSE", "some-mistyped", "some courses have O for zero", mistyped, Wanted.REPORTED),
    (TEACHING, "STAFF_ID", "some-blank", "some numbers are blank", blank, Wanted.REPORTED),
    (MEMBERS, "STUDENT_ID", "some-blank", "some numbers are blank", blank, Wanted.REPORTED),
    (MEMBERS, "GROUP", "some-unknown", "some are in a group that does not exist", always("Z"), Wanted.REPORTED),
)  # fmt: skip


def contradicted(table: Table, dice: Random) -> Table:
    """Some people listed a second time, with another last name."""
    at = table.at("LAST")
    again = [(*row[:at], f"{row[at]}-Smythe", *row[at + 1 :]) for row in dice.sample(table.rows, 5)]
    return replace(table, rows=(*table.rows, *again))


VALUES = (
    *(
        Damage(
            f"{short(feed)}-{column}-{name}".lower(), f"{feed}: {what}", wanted, edited({feed: cells(column, change)})
        )
        for feed, column, name, what, change, wanted in WHOLE_COLUMNS
    ),
    *(
        Damage(
            f"{short(feed)}-{column}-{name}".lower(),
            f"{feed}: {what}",
            wanted,
            edited({feed: some_cells(column, 0.02, change)}),
        )
        for feed, column, name, what, change, wanted in SOME_CELLS
    ),
    Damage(
        "students-contradicted",
        "students.csv lists five people twice, with different last names",
        Wanted.REPORTED,
        edited({STUDENTS: contradicted}),
    ),
)
