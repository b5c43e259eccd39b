"""Files, and whole parts of the university, that are missing; files that are something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from tests.proof.damage.kinds import Damage, Make, Past, Wanted
from tests.proof.damage.making import (
    COURSES,
    ENROLMENTS,
    FEEDS,
    GROUPS,
    MEMBERS,
    STUDENTS,
    TEACHING,
    edited,
    rewritten,
    rows_where,
    short,
    without,
)
from tests.proof.damage.truncated import wanted
from tests.proof.feeds import Files

LOGIN_PAGE = b"""<!DOCTYPE html>
<html><head><title>Sign in</title></head>
<body><form action="/login" method="post"><input name="user"><input name="password"></form></body></html>
"""
DATABASE_ERROR = b'ORA-01555: snapshot too old: rollback segment number 9 with name "_SYSSMU9$" too small\n'
NOT_FOUND = b'{"status": 404, "error": "Not Found", "path": "/exports/latest"}\n'


def lacking(column: str, *feeds: str) -> Make:
    """One school or course, drawn by chance from those with rows in all of these feeds, missing from them."""

    def make(past: Past, dice: Random) -> Files:
        courses = past.tonight[COURSES]
        at, code = courses.at(column), courses.at("COURSE")
        tables = [table for name in feeds if "COURSE" in (table := past.tonight[name]).header]
        listed = [row for row in courses.rows if all(row[code] in table.column("COURSE") for table in tables)]
        lost = dice.choice(sorted({row[at] for row in listed}))
        gone = {row[code] for row in courses.rows if row[at] == lost}

        def keep(row: Mapping[str, str]) -> bool:
            return row["COURSE"] not in gone if "COURSE" in row else row[column] != lost

        return edited(dict.fromkeys(feeds, rows_where(keep)))(past, dice)

    return make


def nothing_but_header(*feeds: str) -> Make:
    return edited(dict.fromkeys(feeds, lambda table, _: replace(table, rows=())))


def contents(data: bytes, *feeds: str) -> Make:
    """These feeds are something else."""
    return rewritten(lambda *_: data, *feeds)


def broken_off(message: bytes, feed: str) -> Make:
    """A message of the database instead of the second half of a file."""

    def rewrite(data: bytes, _: Random) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join(lines[: len(lines) // 2]) + message

    return rewritten(rewrite, feed)


def preallocated(data: bytes, _: Random) -> bytes:
    """A file whose second half was reserved on disk and never written."""
    half = len(data) // 2
    return data[:half] + bytes(len(data) - half)


FAILED: dict[str, tuple[str, Callable[..., Make]]] = {
    "header-alone": ("is its header alone", nothing_but_header),
    "zero-bytes": ("has no bytes", lambda *feeds: contents(b"", *feeds)),
    "login-page": ("is the HTML of a login page", lambda *feeds: contents(LOGIN_PAGE, *feeds)),
}

MISSING = (
    *(Damage(f"{short(feed)}-missing", f"{feed} is not there", Wanted.REFUSED, without(feed)) for feed in FEEDS),
    Damage("all-missing", "the inbox is empty", Wanted.REFUSED, without(*FEEDS)),
    *(
        Damage(f"{short(feed)}-{name}", f"{feed} {what}", Wanted.HELD, make(feed))
        for name, (what, make) in FAILED.items()
        for feed in (FEEDS if name == "header-alone" else (STUDENTS, ENROLMENTS))
    ),
    Damage("all-header-alone", "each file is its header alone", Wanted.HELD, nothing_but_header(*FEEDS)),
    Damage("all-zero-bytes", "no file has any bytes", Wanted.HELD, contents(b"", *FEEDS)),
    Damage(
        "courses-database-error",
        "courses.csv is an error of the database",
        Wanted.HELD,
        contents(DATABASE_ERROR, COURSES),
    ),
    Damage(
        "enrolments-json-error",
        "enrolments.csv is an error of a web service",
        Wanted.HELD,
        contents(NOT_FOUND, ENROLMENTS),
    ),
    *(
        Damage(
            f"{short(feed)}-database-error-halfway",
            f"an error of the database instead of the second half of {feed}",
            Wanted.REPORTED,
            broken_off(DATABASE_ERROR, feed),
        )
        for feed in (STUDENTS, ENROLMENTS, MEMBERS)
    ),
    *(
        Damage(
            f"{short(feed)}-half-never-written",
            f"the second half of {feed} is zero bytes",
            wanted(feed),
            rewritten(preallocated, feed),
        )
        for feed in (STUDENTS, ENROLMENTS)
    ),
    *(
        Damage(
            f"{short(feed)}-lack-a-{column.lower()}",
            f"{feed} lacks all rows of one {column.lower()}",
            wanted(feed),
            lacking(column, feed),
        )
        for column, feeds in (
            ("SCHOOL", (STUDENTS, COURSES, ENROLMENTS, TEACHING, GROUPS, MEMBERS)),
            ("COURSE", (COURSES, ENROLMENTS, TEACHING, GROUPS, MEMBERS)),
        )
        for feed in feeds
    ),
    Damage(
        "all-lack-a-school",
        "no file has anything of one school: its courses are no longer listed, and keep their people",
        Wanted.REPORTED,
        lacking("SCHOOL", *FEEDS),
    ),
)
