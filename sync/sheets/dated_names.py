"""The date in a file's name."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

DATED = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?:[-_.T ]?(\d\d)[-_.:]?(\d\d)(?:[-_.:]?(\d\d))?)?(?!\d)")
"""A date, year first, with or without a time of day."""


@cache
def date_in(name: str) -> datetime | None:
    """The first date in a name, at midnight if it has no time of day; None if there is none. It is in no time zone."""
    for found in DATED.finditer(name):
        parts = (found[1], found[3], found[4], found[5], found[6], found[7])
        try:
            return datetime(*(int(part or 0) for part in parts))  # type: ignore[arg-type]  # noqa: DTZ001 - only compared
        except ValueError:
            continue
    return None


def undated(name: str) -> str | None:
    """A pattern for a name that has a date, whatever the date; None if there is none."""
    return DATED.sub("*", name, count=1) if date_in(name) is not None else None
