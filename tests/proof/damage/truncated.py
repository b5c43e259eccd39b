"""Files that end too early, or lack a part elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.proof.damage.kinds import Damage, Wanted
from tests.proof.damage.making import (
    COURSES,
    ENROLMENTS,
    FEEDS,
    LISTED,
    MEMBERS,
    STAFF,
    STUDENTS,
    TEACHING,
    Edit,
    Rewrite,
    edited,
    rewritten,
    short,
)
from tests.proof.feeds import Table

SHARES = (1, 5, 10, 12, 30, 60)
"""Per cent of a file's rows that are lost."""

REMOVING = tuple(feed for feed in FEEDS if feed not in LISTED)
"""The exports whose missing rows are removals."""


UNSEEN = {(STAFF, 1)}
"""Losses of a list that nobody can tell from somebody's leaving: who is lost is in no course."""


def wanted(feed: str, share: int = 100) -> Wanted:
    """Where a missing row removes nothing, a person has to know of it; elsewhere nothing may be removed."""
    if (feed, share) in UNSEEN:
        return Wanted.SENT
    return Wanted.REPORTED if feed in LISTED else Wanted.HELD


def _lines(data: bytes, share: int) -> tuple[list[bytes], list[bytes]]:
    """The lines of a file, the header first: those before a cut that loses this share of the rows, and the rest."""
    lines = data.splitlines(keepends=True)
    kept = len(lines) - max(1, round((len(lines) - 1) * share / 100))
    return lines[:kept], lines[kept:]


def at_line_end(share: int) -> Rewrite:
    """Cut after a whole line."""
    return lambda data, _: b"".join(_lines(data, share)[0])


def within_row(share: int, part: Callable[[bytes], int]) -> Rewrite:
    """Cut within a row: `part` says how many bytes of it are left."""

    def rewrite(data: bytes, _: Random) -> bytes:
        kept, lost = _lines(data, share)
        return b"".join(kept) + lost[0][: part(lost[0])]

    return rewrite


def at_course_end(share: int) -> Edit:
    """The last courses lost, sorted by course, until this share of the rows is gone."""

    def edit(table: Table, _: Random) -> Table:
        rows = sorted(table.rows, key=lambda row: row[table.at("COURSE")])
        last = rows[-max(1, round(len(rows) * share / 100))][table.at("COURSE")]
        return replace(table, rows=tuple(row for row in rows if row[table.at("COURSE")] < last))

    return edit


def hole(begin: float, end: float) -> Edit:
    """A block of rows lost: from one place to another, as shares of the rows."""

    def edit(table: Table, _: Random) -> Table:
        count = len(table.rows)
        return replace(table, rows=table.rows[: round(count * begin)] + table.rows[round(count * end) :])

    return edit


PLACES: dict[str, tuple[str, Callable[[bytes], int]]] = {
    "within-a-row": ("in the middle of a row", lambda row: len(row) // 2),
    "in-first-cell": ("within the first cell of a row", lambda row: row.index(b",") // 2 + 1),
    "in-last-cell": ("before the last cell of a row", lambda row: row.rindex(b",") + 1),
    "before-line-feed": ("after a row, before its line feed", lambda row: len(row) - 1),
}

TRUNCATED = (
    *(
        Damage(
            f"{short(feed)}-cut-at-line-end-{share}",
            f"{feed} ends at a line end, with {share}% of its rows lost",
            wanted(feed, share),
            rewritten(at_line_end(share), feed),
        )
        for feed in FEEDS
        for share in SHARES
    ),
    *(
        Damage(
            f"{short(feed)}-cut-{place}",
            f"{feed} ends {where}, with 10% of its rows lost",
            Wanted.HELD if place == "before-line-feed" else Wanted.REPORTED,
            rewritten(within_row(10, part), feed),
        )
        for feed, places in (
            (STUDENTS, ("within-a-row", "in-first-cell", "in-last-cell")),
            (COURSES, ("within-a-row", "in-first-cell")),
            (ENROLMENTS, tuple(PLACES)),
            (TEACHING, ("within-a-row",)),
            (MEMBERS, ("within-a-row", "in-last-cell")),
        )
        for place, (where, part) in PLACES.items()
        if place in places
    ),
    *(
        Damage(
            f"{short(feed)}-cut-at-course-end-{share}",
            f"{feed}, sorted by course, lacks the last courses: {share}% of its rows",
            Wanted.HELD,
            edited({feed: at_course_end(share)}),
        )
        for feed in (ENROLMENTS, TEACHING, MEMBERS)
        for share in (1, 12)
    ),
    *(
        Damage(
            f"{short(feed)}-lost-{name}",
            f"{feed} lacks {what}",
            wanted(feed),
            edited({feed: hole(begin, end)}),
        )
        for feed in (STUDENTS, ENROLMENTS, MEMBERS)
        for name, what, begin, end in (
            ("head", "the first 12% of its rows", 0.0, 0.12),
            ("middle", "a block of 12% of its rows in the middle", 0.4, 0.52),
        )
    ),
)
