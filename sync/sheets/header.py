"""The header: which row it is, and the names of its columns, as found and as wanted."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice, pairwise, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from sync.config.scalars import as_regex
from sync.config.sheet_selection import SheetChoice
from sync.errors import Fault, SheetError
from sync.model import Origin
from sync.model.findings import listed, nearest
from sync.model.written import INVISIBLE, content_of
from sync.sheets.evidence import Known, nothing_known

if TYPE_CHECKING:
    from sync.model import Sheet

EDGE = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")
BLANKS = re.compile(rf"[\s{INVISIBLE}]+")
VALUE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[\d\s.,:/+TZ-]*\d[\d\s.,:/+TZ-]*|[A-Za-z]{0,3}\d{3,}")
"""What a cell of data looks like and a column's name does not: an address, a number, a date, an identifier."""

SEARCHED = 30
"""Number of records from the top among which the header is looked for."""

WIDEST = 16_384
"""No table has more columns: a worksheet cannot have more."""

SHOWN = 100
"""Number of characters of a header that are shown."""

LISTED = 10
"""Number of faults of a header that are reported one by one."""

NAME_IT = "Name each in the header, or remove it."
SET_ROW = "Set `header_row` to the row that holds the column names."

Cells = Sequence[str | None]
Record = tuple[int, Cells]
"""A row's number as a person sees it, and its cells; None where a cell has no value."""


Key = Sequence[Sequence[str]]
"""What identifies a row: for each field of a key, the columns it is made from, of which one must be filled."""


class Wanted(NamedTuple):
    """What a file is read for: columns, by name or pattern, and the keys of its rows.

    A row that fills all of one key is a record, even if it begins as a total does. `known` words decide between old
    encodings.
    """

    columns: Sequence[str] = ()
    keys: Sequence[Key] = ()
    known: Known = nothing_known


class Header(NamedTuple):
    """The columns' names, how many cells the header has with blank ones at its end, and its first and last row.

    `heads` are the cells of its rows as they are in the file, `renamed` pairs of a name in the file and the wanted
    name, if they differ. `keys` are those that may identify its rows; before the last `optional` columns rows may end.
    """

    names: list[str]
    width: int
    row: int
    end: int
    heads: Sequence[Cells]
    renamed: tuple[tuple[str, str], ...] = ()
    keys: Sequence[Key] = ()
    optional: int = 0

    @property
    def least(self) -> int:
        """The number of cells that a row must have."""
        return len(self.names) - self.optional

    def identifies(self, cells: Cells) -> bool:
        """Whether a row fills all of one of the keys."""
        there = {name for name, cell in zip(self.names, cells, strict=False) if cell and cell.strip()}
        return any(key and all(there.intersection(columns) for columns in key) for key in self.keys)

    @property
    def found(self) -> dict[str, str]:
        """What was detected, for people."""
        names = ", ".join(f"'{there}' as {wanted}" for there, wanted in self.renamed)
        rows = {"header rows": f"{self.row} and {self.end}"} if len(self.heads) > 1 else {}
        row = {"header row": str(self.row) if self.row else "none"}
        return {**row, **rows, **({"columns": names} if names else {})}


class Head(NamedTuple):
    """Which of the first records are the header: the position of the first one, and how many they are."""

    at: int
    rows: int = 1

    def of(self, records: Sequence[Record]) -> Sequence[Record]:
        """Those of the records that are the header."""
        return records[self.at : self.at + self.rows]


def locate(records: Sequence[Record], wanted: Sequence[str], rows: int | None = None) -> Head:
    """Which of the first records is the header: the first of those with the most wanted names.

    The first record of all if none holds any. If it is not known how many `rows` it has, two are joined only if that
    gives all of the wanted names, and no single one does.
    """
    first = records[:SEARCHED]
    alone = [count_wanted(cells, wanted) for _, cells in first]
    every = count_wanted(wanted, wanted)
    if rows == 1 or len(first) < 2 or (rows is None and max(alone) == every):
        return Head(alone.index(max(alone)))
    pairs = [count_wanted(joined([upper, lower], wanted), wanted) for (_, upper), (_, lower) in pairwise(first)]
    if rows == 2 or max(pairs) == every:
        return Head(pairs.index(max(pairs)), 2)
    return Head(alone.index(max(alone)))


def refuse_parted(
    records: Sequence[Record], head: Head, choice: SheetChoice, wanted: Sequence[str], origin: Origin
) -> None:
    """Refuse a table whose header seems to have two rows, if it is not declared and not all of its names are found."""
    if head.rows > 1 or choice.header_row is not None or choice.header_rows is not None:
        return
    alone = _found(records, head, wanted)
    if alone == count_wanted(wanted, wanted):
        return
    parted = locate(records, wanted, 2)
    if _found(records, parted, wanted) > alone:
        rows = [row for row, _ in parted.of(records)]
        message = f"the names of the columns seem to be in two rows, {rows[0]} and {rows[-1]}"
        hint = "If so, set `header_rows: 2`; the names are then those of both rows, such as `Student ID`."
        raise SheetError(Fault(message, str(origin), hint))


def _found(records: Sequence[Record], head: Head, wanted: Sequence[str]) -> int:
    """How many of the wanted names a header has."""
    return count_wanted(joined([cells for _, cells in head.of(records)], wanted), wanted)


def joined(heads: Sequence[Cells], wanted: Sequence[str]) -> list[str]:
    """The names in the rows of a header.

    Of two rows, the upper name comes first: `Student` above `ID` is `Student ID`. It holds for the blank cells that
    follow, except above a name that is wanted by itself.
    """
    upper, lower = heads[0], heads[-1]
    if len(heads) == 1:
        return [cell or "" for cell in upper]
    asked = {_folded(name) for name in wanted}
    found: list[str] = []
    above = ""
    for up, low in zip_longest(upper, lower, fillvalue=None):
        above = (up or "").strip() or above
        name = f"{above} {low}" if low and low.strip() else (up or "")
        alone = not up and low and _folded(low) in asked and _folded(name) not in asked
        found.append(str(low) if alone else name.strip())
    return found


def count_wanted(cells: Cells, wanted: Sequence[str]) -> int:
    """How many of the wanted names are in a record, ignoring case and blanks."""
    asked = {_folded(name) for name in wanted}
    return len(asked & {_folded(cell or "") for cell in cells}) if asked else 0


def header(records: Sequence[Record], wanted: Wanted, origin: Origin) -> Header:
    """The columns that a header names. A wanted name that differs only in case and blanks replaces the file's.

    Raises SheetError naming every column without a name, and every name given twice that may be wanted.
    """
    row, heads = records[0][0], [cells for _, cells in records]
    cells = joined(heads, wanted.columns)
    there = names(cells, wanted.columns, Origin(origin.file, origin.tab, row))
    by_fold: dict[str, list[str]] = {}
    for name in there:
        by_fold.setdefault(_folded(name), []).append(name)
    called: dict[str, list[str]] = {}
    for name in dict.fromkeys(wanted.columns):
        if name not in there and len(by_fold.get(_folded(name), ())) == 1:
            called.setdefault(by_fold[_folded(name)][0], []).append(name)
    # If a name is wanted in two spellings, or in the file's own as well, the caller decides.
    renamed = {name: new[0] for name, new in called.items() if len(new) == 1 and name not in wanted.columns}
    return Header(
        [renamed.get(name, name) for name in there],
        len(cells),
        row,
        records[-1][0],
        heads,
        tuple(renamed.items()),
        wanted.keys,
    )


def names(cells: Sequence[str], wanted: Sequence[str], origin: Origin) -> list[str]:
    """The column names in a header's cells, without superfluous blanks; empty cells at its end are not columns.

    A name given twice gets a number if it is not among the wanted ones: `NOTE`, `NOTE (2)`. Raises SheetError naming
    every column without a name and every other name given twice.
    """
    stripped = _without_note([_plain(cell) for cell in cells], wanted)
    while stripped and not stripped[-1]:
        stripped.pop()
    if not stripped:
        raise SheetError(Fault("the header row has no column names", str(origin), SET_ROW))
    if len(stripped) > WIDEST:
        message = f"the header has {len(stripped):,} columns; no table has more than {WIDEST:,}"
        raise SheetError(Fault(message, str(origin), "Check the delimiter, and set `delimiter` if it is wrong."))
    blank = [n for n, name in enumerate(stripped, 1) if not name]
    have = "has" if len(blank) == 1 else "have"
    faults = [Fault(f"{spans(blank)} {have} no name", str(origin), NAME_IT)] if blank else []
    unwanted = _unwanted(stripped, wanted)
    for name, count in Counter(filter(None, stripped)).items():
        if count > 1 and name not in unwanted:
            places = ", ".join(islice((str(n) for n, other in enumerate(stripped, 1) if other == name), LISTED))
            message = f"{count} columns are named '{name}' (columns {places})"
            faults.append(Fault(message, str(origin), "Give each column a different name."))
    if len(faults) > LISTED:
        more = len(faults) - LISTED
        what = "more column names have the same errors" if more > 1 else "more column name has the same error"
        faults[LISTED:] = [Fault(f"{more} {what}", str(origin))]
    if faults:
        raise SheetError(*faults)
    return _numbered(stripped)


def _without_note(names: list[str], wanted: Sequence[str]) -> list[str]:
    """The names up to a blank one, if a single text follows that is not wanted: it stands beside the table."""
    gap = names.index("") if "" in names else len(names)
    beside = [*filter(None, names[gap:])]
    return names[:gap] if gap and len(beside) == 1 and _unwanted(beside, wanted) else names


def _unwanted(names: Sequence[str], wanted: Sequence[str]) -> set[str]:
    """Those of the names that no wanted name or pattern matches; none if it is not known what is wanted."""
    patterns = [re.compile(as_regex([_folded(each)])) for each in wanted]
    return {name for name in names if patterns and not any(each.fullmatch(_folded(name)) for each in patterns)}


def _numbered(names: list[str]) -> list[str]:
    """The names; those that occur again with a number that makes them different from all others."""
    numbered: dict[str, None] = {}
    for name in names:
        new, n = name, 1
        while new in numbered or (n > 1 and new in names):
            n += 1
            new = f"{name} ({n})"
        numbered[new] = None
    return [*numbered]


def spans(numbers: Sequence[int]) -> str:
    """`column 3`, or `columns 2 to 36 and 40`."""
    there = set(numbers)
    firsts = (n for n in numbers if n - 1 not in there)
    lasts = (n for n in numbers if n + 1 not in there)
    parts = (str(one) if one == other else f"{one} to {other}" for one, other in zip(firsts, lasts, strict=True))
    return f"column{'s' * (len(numbers) > 1)} {listed(parts)}"


def require(sheet: Sheet, names: Iterable[str], mapping: str = "") -> tuple[Fault, ...]:
    """One fault for each wanted column the sheet lacks, with the nearest names it has, and the mapping that reads it.

    If it has none of them and the header row looks like data, that is the one fault.
    """
    wanted = list(dict.fromkeys(names))
    there = [str(name) for name in sheet.frame.columns]
    missing = [name for name in wanted if name not in there]
    where = str(Origin(sheet.file, sheet.tab, sheet.header_row or None))
    if missing and missing == wanted and any(VALUE.fullmatch(name) for name in there):
        cells = ", ".join(there[:LISTED] + ["..."] * (len(there) > LISTED))
        message = f"row {sheet.header_row} looks like data, not a header: {cells}"
        hint = f"The first row must name the columns ({', '.join(wanted)}); or set `header_row`."
        return (Fault(message, where, hint),)
    if missing and missing == wanted and len(there) == 1 and len(wanted) > 1:
        hint = "Set `delimiter` if something else separates the columns; or this may not be the right file."
        return (Fault(f"there is only one column, '{there[0][:SHOWN]}', and none of those needed", where, hint),)
    reader = f"; the mapping {mapping} reads it" if mapping else ""
    return tuple(Fault(f"column '{name}' is missing{reader}", where, _instead(name, there)) for name in missing)


def _plain(cell: str) -> str:
    # Invisible characters within a name may belong to its script; at the edges they never do.
    return re.sub(r"\s+", " ", EDGE.sub("", content_of(EDGE.sub("", cell))))


@lru_cache(1_000)
def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", content_of(BLANKS.sub("", name))).casefold()


def _instead(name: str, there: list[str]) -> str:
    similar = nearest(name, there)
    cut = [other for other in there if other.startswith(f"{name} #")]
    if cut:
        return f"Did you mean '{cut[0]}'? In a mapping, a name that contains ` #` must be in quotes."
    if similar:
        return f"Did you mean {' or '.join(repr(other) for other in similar)}?"
    columns = f"The columns are: {', '.join(there)}."
    if name.islower() and not any(other.islower() for other in there):
        return f"{columns} For the same value in every row, write `{{constant: {name}}}`."
    return columns
