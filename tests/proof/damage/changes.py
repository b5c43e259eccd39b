"""Exports of changes: `changes.csv` lists who joined (`A`) or left (`D`) a course since the night before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from tests.proof.damage.identifiers import another_number, stripped
from tests.proof.damage.kinds import Damage, Make, Past, Wanted
from tests.proof.damage.layout import lacking, rows_twice, shuffled
from tests.proof.damage.making import ENROLMENTS, cells, edited, rewritten, taken_from, under_names, without
from tests.proof.damage.swapped import swapped
from tests.proof.damage.truncated import within_row
from tests.proof.damage.values import blank, one_of
from tests.proof.feeds import Cells, Feeds, Files, Table, files_of

FEED = "changes.csv"


def since(nights: Sequence[Feeds], tonight: Feeds) -> Table:
    """Tonight's word on every enrolment that was otherwise on any of these nights; all of them if there are none."""
    table = tonight[ENROLMENTS]
    before: list[set[Cells]] = [{*night[ENROLMENTS].rows} for night in nights] or [set()]
    listed = {row[:2] for row in table.rows}
    joined = [row for row in table.rows if not all(row in rows for rows in before)]
    left = [row for row in set[Cells]().union(*before) if row[:2] not in listed]
    return Table(
        ("ACTION", *table.header), (*(("A", *row) for row in sorted(joined)), *(("D", *row) for row in sorted(left)))
    )


def with_changes(feeds: Feeds, *before: Feeds) -> Feeds:
    """The exports of a night, with what has changed since these nights."""
    return {**feeds, FEED: since(before, feeds)}


def of_two_nights(past: Past, _: Random) -> Files:
    """Yesterday's changes, and today's with them."""
    return files_of(with_changes(past.tonight, past.ago(2), past.ago(1)))


def good(past: Past, _: Random) -> Files:
    return files_of(past.tonight)


def everything(action: str) -> Make:
    """All enrolments, each with this action."""

    def make(past: Past, _: Random) -> Files:
        header, rows = past.tonight[FEED].header, past.tonight[ENROLMENTS].rows
        return files_of({**past.tonight, FEED: Table(header, tuple((action, *row) for row in rows))})

    return make


def half(first: bool) -> Make:
    """Tonight's changes come as two exports, the later of which takes back what the earlier says of one student.

    Their names say when they were made: otherwise nobody could know which is the later one.
    """

    def make(past: Past, _: Random) -> Files:
        table = past.tonight[FEED]
        again = table.rows[0]
        rows = table.rows[1:] if first else (again,)
        undone = (("D", *again[1:]),) if first else ()
        others = {name: feed for name, feed in past.tonight.items() if name != FEED}
        name = FEED.replace(".", f"-2026-01-01-{'0100' if first else '0200'}.")
        return files_of({**others, name: replace(table, rows=(*undone, *rows))})

    return make


CHANGES = (
    Damage(
        "changes-again",
        "yesterday's changes come again instead of today's, after which they are out of date",
        Wanted.HELD,
        taken_from(lambda past: past.ago(1), FEED),
        before=(good,),
    ),
    Damage("changes-twice", "today's changes come twice", Wanted.SENT, good, before=(good,)),
    Damage(
        "changes-of-the-first-night",
        "the first export, which listed everybody, comes again: those who have left since would be back",
        Wanted.HELD,
        taken_from(lambda past: past.ago(3), FEED),
    ),
    Damage(
        "changes-out-of-order",
        "today's changes come in two parts, the later one first; their names say when they were made",
        Wanted.HELD,
        half(first=True),
        before=(half(first=False),),
    ),
    Damage("changes-of-two-nights", "changes.csv has yesterday's changes too", Wanted.SENT, of_two_nights),
    Damage("changes-all-deleted", "everybody is listed, and leaves", Wanted.HELD, everything("D")),
    Damage("changes-missing", "changes.csv is not there", Wanted.REFUSED, without(FEED)),
    Damage(
        "changes-are-a-snapshot",
        "changes.csv is a list of all enrolments, which says nothing of joining and leaving",
        Wanted.REFUSED,
        under_names({FEED: ENROLMENTS}),
    ),
    *(
        Damage(f"changes-{name}", f"changes.csv {what}", wanted, edited({FEED: edit}))
        for name, what, edit, wanted in (
            ("lack-action", "lacks the column ACTION", lacking("ACTION"), Wanted.REFUSED),
            ("action-blank", "has ACTION blank in every row", cells("ACTION", blank), Wanted.REPORTED),
            ("action-in-full", "says DELETE instead of D", cells("ACTION", one_of(D="DELETE")), Wanted.REPORTED),
            ("ids-re-keyed", "has other student numbers", cells("STUDENT_ID", another_number), Wanted.REPORTED),
            (
                "ids-zeros-stripped",
                "has lost the zeros of student numbers",
                cells("STUDENT_ID", stripped),
                Wanted.REPORTED,
            ),
            (
                "columns-swapped",
                "has students and courses below each other's headers",
                swapped("STUDENT_ID", "COURSE"),
                Wanted.REPORTED,
            ),
            ("rows-twice", "has every row twice", rows_twice, Wanted.SENT),
            ("shuffled", "is in no order", shuffled, Wanted.SENT),
        )
    ),
    Damage(
        "changes-cut-within-a-row",
        "changes.csv ends in the middle of its last row",
        Wanted.REPORTED,
        rewritten(within_row(1, lambda row: len(row) // 2), FEED),
    ),
)
