"""How damaged files are made of good ones: by changing tables, by changing bytes, or by taking another night's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from tests.proof.damage.kinds import Make, Past
from tests.proof.feeds import Feeds, Files, Table, files_of, written

Edit = Callable[[Table, Random], Table]
Rewrite = Callable[[bytes, Random], bytes]
Change = Callable[[str], str]

STUDENTS, STAFF, COURSES = "students.csv", "staff.csv", "courses.csv"
ENROLMENTS, TEACHING = "enrolments.csv", "teaching.csv"
GROUPS, MEMBERS = "groups.csv", "members.csv"
FEEDS = (STUDENTS, STAFF, COURSES, ENROLMENTS, TEACHING, GROUPS, MEMBERS)

PEOPLE = {STUDENTS: "STUDENT_ID", STAFF: "STAFF_ID"}
"""The lists of people, and the column that identifies them."""

LISTED = (STUDENTS, STAFF, COURSES)
"""The lists of those whose absence removes nothing."""

STUDENT_IDS = dict.fromkeys((STUDENTS, ENROLMENTS, MEMBERS), "STUDENT_ID")
"""Where students are identified."""

COURSE_IDS = dict.fromkeys((COURSES, ENROLMENTS, TEACHING, GROUPS, MEMBERS), "COURSE")
"""Where courses are identified."""


def short(feed: str) -> str:
    """A feed's name within the name of a kind."""
    return feed.removesuffix(".csv")


# -- tonight's exports, some of them otherwise ---------------------------------------------------------------------


def edited(edits: Mapping[str, Edit]) -> Make:
    """Tonight's files, the tables of these feeds edited."""

    def make(past: Past, dice: Random) -> Files:
        return files_of({**past.tonight, **{name: edit(past.tonight[name], dice) for name, edit in edits.items()}})

    return make


def rewritten(rewrite: Rewrite, *feeds: str) -> Make:
    """Tonight's files, the bytes of these rewritten."""

    def make(past: Past, dice: Random) -> Files:
        files = files_of(past.tonight)
        return {**files, **{name: rewrite(files[name], dice) for name in feeds}}

    return make


def without(*feeds: str) -> Make:
    """Tonight's files but these."""
    return lambda past, _: {name: data for name, data in files_of(past.tonight).items() if name not in feeds}


def taken_from(night: Callable[[Past], Feeds], *feeds: str) -> Make:
    """Tonight's files, but these as they were on another night."""

    def make(past: Past, _: Random) -> Files:
        return {**files_of(past.tonight), **{name: written(night(past)[name]) for name in feeds}}

    return make


def under_names(names: Mapping[str, str]) -> Make:
    """Tonight's files, each under the name of another one."""

    def make(past: Past, _: Random) -> Files:
        files = files_of(past.tonight)
        return {**files, **{name: files[other] for name, other in names.items()}}

    return make


# -- edits of tables -----------------------------------------------------------------------------------------------


def cells(column: str, change: Change) -> Edit:
    """Every cell of a column changed."""
    return lambda table, _: table.changed(column, change)


def some_cells(column: str, share: float, change: Change) -> Edit:
    """The cells of a column changed in a share of the rows, at least one, drawn by chance."""

    def edit(table: Table, dice: Random) -> Table:
        drawn = set(dice.sample(range(len(table.rows)), max(1, round(len(table.rows) * share))))
        changed = table.changed(column, change).rows
        return replace(table, rows=tuple(changed[n] if n in drawn else row for n, row in enumerate(table.rows)))

    return edit


def everywhere(columns: Mapping[str, str], change: Change) -> dict[str, Edit]:
    """The same change wherever an identifier occurs."""
    return {feed: cells(column, change) for feed, column in columns.items()}


def rows_where(keep: Callable[[Mapping[str, str]], bool]) -> Edit:
    """Only the rows of which this is true."""
    return lambda table, _: table.where(keep)


def shifted(column: str, begin: float) -> Edit:
    """From a place on (a share of the rows), each cell of a column is that of the next row; the last has the first."""

    def edit(table: Table, _: Random) -> Table:
        at, first = table.at(column), round(len(table.rows) * begin)
        values = [row[at] for row in table.rows[first:]]
        moved = [*values[1:], *values[:1]]
        changed = [(*row[:at], value, *row[at + 1 :]) for row, value in zip(table.rows[first:], moved, strict=True)]
        return replace(table, rows=(*table.rows[:first], *changed))

    return edit
