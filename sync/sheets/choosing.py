"""Which of the files in the inbox a mapping means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sync.config.entries import Look
from sync.config.sheet_selection import SheetChoice
from sync.errors import Fault, SheetError
from sync.model.findings import listed
from sync.sheets.inbox import matching, single

DATED = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?:[-_.T ]?(\d\d)[-_.:]?(\d\d)(?:[-_.:]?(\d\d))?)?(?!\d)")
"""A date in a file's name, year first, with or without a time of day."""


def chosen(there: Look, choice: SheetChoice) -> list[Path]:
    """The files that are read, in order. Raises SheetError if there is none, or none can be chosen."""
    found, inbox = matching(there, choice.file) if choice.take != "one" else [], there.folder
    if len(found) < 2:
        return [single(there, choice.file)]
    if choice.take == "all":
        return found
    if choice.take == "last_modified":
        times = [there.files[path.relative_to(inbox).as_posix()].modified for path in found]
        return [_single(found, times, "were written last", inbox)]
    dates = [_dated(path.name) for path in found]
    if None in dates:
        names = [path.name for path, date in zip(found, dates, strict=True) if date is None]
        hint = "Write the date with the year first, such as 2026-09-01, or make the pattern narrower."
        raise SheetError(Fault(f"there is no date in the name of {listed(names)}", str(inbox), hint))
    return [_single(found, dates, "have the latest date in their names", inbox)]


def _single(paths: list[Path], order: Sequence[object], says: str, inbox: Path) -> Path:
    last = max(order)  # type: ignore[type-var]  # all of one kind
    found = [path for path, each in zip(paths, order, strict=True) if each == last]
    if len(found) > 1:
        message = f"{listed(path.name for path in found)} {says}"
        raise SheetError(Fault(message, str(inbox), "Leave one of them there, or make the pattern narrower."))
    return found[0]


def _dated(name: str) -> datetime | None:
    for found in DATED.finditer(name):
        parts = (found[1], found[3], found[4], found[5], found[6], found[7])
        try:
            return datetime(*(int(part or 0) for part in parts))  # type: ignore[arg-type]  # noqa: DTZ001 - only compared
        except ValueError:
            continue
    return None
