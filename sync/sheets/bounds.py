"""Limits of text files: endless lines are refused, and more lines than can be checked one by one."""

from __future__ import annotations

from typing import Final

from sync.errors import Fault, SheetError

LONGEST_LINE: Final = 4 << 20
"""Bytes of the longest line among the first ones, where the header is looked for."""

FIRST: Final = 1000
"""Number of those lines."""

MOST_LINES: Final = 5_000_000
"""Lines of the longest file that is read line by line, because there are faults in it."""

MOST_RAGGED: Final = 100_000
"""Rows with too few or too many cells that are reported one by one."""

PART: Final = 1 << 18


def refuse_endless_lines(name: str, data: memoryview) -> None:
    """Raise SheetError if one of the first lines is too long for a row of a table."""
    count, begin, at = 0, 0, 0
    while count < FIRST and at < len(data):
        part = bytes(data[at : at + PART])
        last = max(part.rfind(b"\n"), part.rfind(b"\r"))
        count += part.count(b"\n") or part.count(b"\r")
        at += len(part)
        begin = at - len(part) + last + 1 if last >= 0 else begin
        if at - begin > LONGEST_LINE:
            message = f"one of the first lines is longer than {LONGEST_LINE >> 20} MiB; no table has such rows"
            raise SheetError(Fault(message, name, "Check how the file was exported."))


def refuse_many_lines(name: str, data: memoryview) -> None:
    """Raise SheetError if a file with faults has too many lines to find them."""
    if len(data) > MOST_LINES and bytes(data).count(b"\n") > MOST_LINES:
        message = f"the file has errors and more than {MOST_LINES:,} lines, too many to check one by one"
        raise SheetError(Fault(message, name, "Check the delimiter and the quotes, or export the data in parts."))


def refuse_ragged(name: str, count: int, width: int) -> None:
    """Raise SheetError if this many rows are ragged: then the file as a whole is not what it seems."""
    if count > MOST_RAGGED:
        message = f"more than {MOST_RAGGED:,} rows have more or fewer cells than the header ({width})"
        raise SheetError(Fault(message, name, "Check the delimiter and the header, and export the file again."))
