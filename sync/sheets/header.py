"""The header: names of columns, as found and as wanted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sync.errors import Fault, SheetError
from sync.model import Origin
from sync.sheets.nearest import nearest

if TYPE_CHECKING:
    from sync.model import Sheet

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
EDGE = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")
VALUE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[\d\s.,:/+TZ-]*\d[\d\s.,:/+TZ-]*|[A-Za-z]{0,3}\d{3,}")
"""What a cell of data looks like and a column's name does not: an address, a number, a date, an identifier."""


def names(cells: Sequence[str], origin: Origin) -> list[str]:
    """The column names in a header's cells, stripped; empty cells at its end are no columns.

    Raises SheetError naming every column without a name and every name given twice.
    """
    stripped = [EDGE.sub("", cell) for cell in cells]
    while stripped and not stripped[-1]:
        stripped.pop()
    if not stripped:
        hint = "Set `header_row` to the row that holds the column names."
        raise SheetError(Fault("the header row has no column names", str(origin), hint))
    faults = [
        Fault(f"column {n} has no name", str(origin), "Name it in the header, or remove the column.")
        for n, name in enumerate(stripped, 1)
        if not name
    ]
    for name, count in Counter(filter(None, stripped)).items():
        if count > 1:
            places = ", ".join(str(n) for n, other in enumerate(stripped, 1) if other == name)
            message = f"{count} columns are named '{name}' (columns {places})"
            faults.append(Fault(message, str(origin), "Give each column a name of its own."))
    if faults:
        raise SheetError(*faults)
    return stripped


def require(sheet: Sheet, names: Iterable[str]) -> tuple[Fault, ...]:
    """One fault for each wanted column the sheet lacks, with the nearest names it has.

    If it has none of them and the header row looks like data, that is the one fault.
    """
    wanted = list(dict.fromkeys(names))
    there = [str(name) for name in sheet.frame.columns]
    missing = [name for name in wanted if name not in there]
    where = str(Origin(sheet.file, sheet.tab, sheet.header_row))
    if missing and missing == wanted and any(VALUE.fullmatch(name) for name in there):
        message = f"row {sheet.header_row} looks like data, not a header: {', '.join(there)}"
        hint = f"The first row must name the columns ({', '.join(wanted)}); or set `header_row`."
        return (Fault(message, where, hint),)
    return tuple(Fault(f"column '{name}' is missing", where, _instead(name, there)) for name in missing)


def _instead(name: str, there: list[str]) -> str:
    near = nearest(name, there)
    if near:
        return f"Did you mean {' or '.join(repr(other) for other in near)}?"
    return f"The columns are: {', '.join(there)}."
