"""Files laid out otherwise: delimiters, line ends, quotes, headers, columns, the order of rows. Much is harmless."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from random import Random

from tests.proof.damage.kinds import Damage, Make, Wanted
from tests.proof.damage.making import (
    COURSES,
    ENROLMENTS,
    GROUPS,
    MEMBERS,
    STUDENTS,
    TEACHING,
    Edit,
    edited,
    rewritten,
    short,
)
from tests.proof.feeds import Cells, Table, written

Respell = Callable[[Table], bytes]

# -- how a file is written -----------------------------------------------------------------------------------------


def laid_out(feed: str, lay_out: Respell) -> Make:
    """Tonight's files, this one written in another way."""
    return rewritten(lambda data, _: lay_out(_read(data)), feed)


def _read(data: bytes) -> Table:
    header, *rows = csv.reader(StringIO(data.decode(), newline=""))
    return Table(tuple(header), tuple(map(tuple, rows)))


def dialect(**options: object) -> Respell:
    """The records in another dialect of CSV."""

    def lay_out(table: Table) -> bytes:
        out = StringIO()
        csv.writer(out, **{"lineterminator": "\n", **options}).writerows([table.header, *table.rows])  # type: ignore[arg-type]
        return out.getvalue().encode()

    return lay_out


def lines(change: Callable[[list[bytes]], list[bytes]]) -> Respell:
    """The lines of the file changed, the header first."""
    return lambda table: b"".join(line + b"\n" for line in change(written(table).splitlines()))


def halfway(change: Callable[[bytes], bytes]) -> Callable[[list[bytes]], list[bytes]]:
    """The lines of the second half changed."""
    return lambda all_lines: [change(line) if n > len(all_lines) // 2 else line for n, line in enumerate(all_lines)]


def at(place: float, change: Callable[[bytes], bytes]) -> Callable[[list[bytes]], list[bytes]]:
    """One line changed, at this place in the file."""
    return lambda all_lines: [
        change(line) if n == round(len(all_lines) * place) else line for n, line in enumerate(all_lines)
    ]


def in_cell(n: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """One cell of a line changed."""
    return lambda line: b",".join(change(cell) if k == n else cell for k, cell in enumerate(line.split(b",")))


HARMLESS: dict[str, tuple[str, Respell]] = {
    "semicolons": ("has semicolons between its cells", dialect(delimiter=";")),
    "tabs": ("has tabs between its cells", dialect(delimiter="\t")),
    "crlf": ("has a carriage return in every line", dialect(lineterminator="\r\n")),
    "all-quoted": ("has quotes around every cell", dialect(quoting=csv.QUOTE_ALL)),
    "blank-lines-below": ("ends with blank lines", lines(lambda all_lines: [*all_lines, b"", b"", b""])),
    "blank-lines-between": (
        "has a blank line below every row",
        lines(lambda all_lines: [part for line in all_lines for part in (line, b"")]),
    ),
    "trailing-delimiters": (
        "has a delimiter at the end of every row",
        lines(lambda all_lines: [all_lines[0], *(line + b"," for line in all_lines[1:])]),
    ),
    "title-above": (
        "has a title above its header",
        lines(lambda all_lines: [b"Northmoor University: nightly export", b"", *all_lines]),
    ),
    "ruler": (
        "has a line of dashes below its header",
        lines(lambda all_lines: [all_lines[0], b",".join(b"-" * 8 for _ in all_lines[0].split(b",")), *all_lines[1:]]),
    ),
    "count-below": (
        "ends with the number of rows, as a database says it",
        lines(lambda all_lines: [*all_lines, b"", b"%d rows selected." % (len(all_lines) - 1)]),
    ),
    "twice": ("holds everything twice, the header too", lines(lambda all_lines: all_lines * 2)),
    "header-lower-case": (
        "has its header in lower case",
        lines(lambda all_lines: [all_lines[0].lower(), *all_lines[1:]]),
    ),
    "header-spaced": (
        "has blanks around the names in its header",
        lines(lambda all_lines: [all_lines[0].replace(b",", b" , "), *all_lines[1:]]),
    ),
}

# -- columns and rows ----------------------------------------------------------------------------------------------


def lacking(column: str) -> Edit:
    def edit(table: Table, _: Random) -> Table:
        gone = table.at(column)
        return Table(*_each(table, lambda row: row[:gone] + row[gone + 1 :]))

    return edit


def doubled(column: str) -> Edit:
    def edit(table: Table, _: Random) -> Table:
        twice = table.at(column)
        return Table(*_each(table, lambda row: (*row, row[twice])))

    return edit


def _each(table: Table, change: Callable[[Cells], Cells]) -> tuple[Cells, tuple[Cells, ...]]:
    return change(table.header), tuple(map(change, table.rows))


def renamed(column: str, name: str) -> Edit:
    return lambda table, _: replace(table, header=tuple(name if each == column else each for each in table.header))


def with_a_new_column(table: Table, _: Random) -> Table:
    return Table((*table.header, "CAMPUS"), tuple((*row, "North") for row in table.rows))


def rows_twice(table: Table, _: Random) -> Table:
    return replace(table, rows=tuple(row for row in table.rows for _ in range(2)))


def shuffled(table: Table, dice: Random) -> Table:
    return replace(table, rows=tuple(dice.sample(table.rows, len(table.rows))))


def backwards(table: Table, _: Random) -> Table:
    return replace(table, rows=table.rows[::-1])


def by_column(column: str) -> Edit:
    def edit(table: Table, _: Random) -> Table:
        return replace(table, rows=tuple(sorted(table.rows, key=lambda row: row[table.at(column)])))

    return edit


COLUMNS_AND_ROWS = (
    (STUDENTS, "lacks-email", "lacks the column EMAIL", lacking("EMAIL"), Wanted.REFUSED),
    (STUDENTS, "lacks-status", "lacks STATUS, by which rows are chosen", lacking("STATUS"), Wanted.REFUSED),
    (COURSES, "lacks-start", "lacks the column START", lacking("START"), Wanted.REFUSED),
    (ENROLMENTS, "lacks-role", "lacks the column ROLE", lacking("ROLE"), Wanted.REFUSED),
    (TEACHING, "lacks-course", "lacks the column COURSE", lacking("COURSE"), Wanted.REFUSED),
    (MEMBERS, "lacks-student-id", "lacks the column STUDENT_ID", lacking("STUDENT_ID"), Wanted.REFUSED),
    (ENROLMENTS, "lacks-term", "lacks the column TERM, which no mapping reads", lacking("TERM"), Wanted.SENT),
    (STUDENTS, "student-id-renamed", "calls STUDENT_ID by another name", renamed("STUDENT_ID", "SID"), Wanted.REFUSED),
    (ENROLMENTS, "course-renamed", "calls COURSE by another name", renamed("COURSE", "CRSE_CDE"), Wanted.REFUSED),
    (GROUPS, "name-renamed", "calls NAME by another name", renamed("NAME", "DESCR"), Wanted.REFUSED),
    (STUDENTS, "school-doubled", "has SCHOOL, which no mapping reads, twice", doubled("SCHOOL"), Wanted.SENT),
    (STUDENTS, "email-doubled", "has EMAIL twice, with the same values", doubled("EMAIL"), Wanted.REPORTED),
    (STUDENTS, "new-column", "has a new column", with_a_new_column, Wanted.SENT),
    (STUDENTS, "rows-twice", "has every row twice", rows_twice, Wanted.SENT),
    (ENROLMENTS, "rows-twice", "has every row twice", rows_twice, Wanted.SENT),
    (STUDENTS, "shuffled", "is in no order", shuffled, Wanted.SENT),
    (ENROLMENTS, "shuffled", "is in no order", shuffled, Wanted.SENT),
    (ENROLMENTS, "by-student", "is sorted by student", by_column("STUDENT_ID"), Wanted.SENT),
    (COURSES, "backwards", "is sorted backwards", backwards, Wanted.SENT),
    (MEMBERS, "backwards", "is sorted backwards", backwards, Wanted.SENT),
)  # fmt: skip

BROKEN: tuple[tuple[str, str, str, Respell, Wanted], ...] = (
    (STUDENTS, "header-lost", "lacks its header", lines(lambda all_lines: all_lines[1:]), Wanted.REFUSED),
    (ENROLMENTS, "header-lost", "lacks its header", lines(lambda all_lines: all_lines[1:]), Wanted.REFUSED),
    (
        STUDENTS,
        "delimiter-changes",
        "has semicolons from halfway down",
        lines(halfway(lambda line: line.replace(b",", b";"))),
        Wanted.REPORTED,
    ),
    (
        ENROLMENTS,
        "delimiter-changes",
        "has semicolons from halfway down",
        lines(halfway(lambda line: line.replace(b",", b";"))),
        Wanted.REPORTED,
    ),
    (
        STUDENTS,
        "quote-unbalanced",
        "has a quote in one name that is never closed",
        lines(at(0.6, in_cell(3, lambda cell: b'"' + cell))),
        Wanted.REPORTED,
    ),
    (
        ENROLMENTS,
        "quote-unbalanced",
        "has a quote in one cell that is never closed",
        lines(at(0.6, in_cell(0, lambda cell: b'"' + cell))),
        Wanted.HELD,
    ),
    (
        STUDENTS,
        "line-feed-in-cell",
        "has a line feed in a name, without quotes",
        lines(at(0.5, in_cell(3, lambda cell: cell[:2] + b"\n" + cell[2:]))),
        Wanted.REPORTED,
    ),
    (
        ENROLMENTS,
        "line-feed-in-cell",
        "has a line feed in a course, without quotes",
        lines(at(0.5, in_cell(1, lambda cell: cell[:6] + b"\n" + cell[6:]))),
        Wanted.REPORTED,
    ),
    (
        STUDENTS,
        "delimiter-in-cell",
        "has a comma in a name, without quotes",
        lines(at(0.5, in_cell(3, lambda cell: cell + b", Jr."))),
        Wanted.REPORTED,
    ),
    (
        STUDENTS,
        "spreadsheet",
        "was opened and saved in a spreadsheet: semicolons, Windows-1252, zeros lost",
        lambda table: dialect(delimiter=";", lineterminator="\r\n")(
            table.changed("STUDENT_ID", lambda number: number.lstrip("0"))
        ).decode().encode("cp1252"),
        Wanted.REPORTED,
    ),
)  # fmt: skip

LAYOUT = (
    *(
        Damage(f"{short(feed)}-{name}", f"{feed} {what}", Wanted.SENT, laid_out(feed, lay_out))
        for name, (what, lay_out) in HARMLESS.items()
        for feed in (STUDENTS, ENROLMENTS)
    ),
    *(
        Damage(f"{short(feed)}-{name}", f"{feed} {what}", wanted, edited({feed: edit}))
        for feed, name, what, edit, wanted in COLUMNS_AND_ROWS
    ),
    *(
        Damage(f"{short(feed)}-{name}", f"{feed} {what}", wanted, laid_out(feed, lay_out))
        for feed, name, what, lay_out, wanted in BROKEN
    ),
)
