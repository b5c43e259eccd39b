"""Cells as the text a person sees, or nearly so."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

Value = int | float | str | bool | date | time | timedelta

EXACT = 10**15
"""From here on a spreadsheet no longer keeps all digits of a number."""


@lru_cache(maxsize=1 << 14, typed=True)
def text(value: Value) -> str | None:
    """A value's text; None if it is a number that may have lost digits.

    Whole numbers have neither point nor exponent; others have the fifteen digits that a spreadsheet shows. Instants
    are ISO 8601, without the time of day at midnight; truth values are TRUE and FALSE; durations are hours, minutes
    and seconds.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, datetime):
        return _instant(value)
    return value.isoformat()


def _number(value: float) -> str | None:
    if not abs(value) < EXACT:
        return None
    if value == int(value):
        return str(int(value))
    return f"{Decimal(f'{value:.15g}'):f}"


def _instant(value: datetime) -> str:
    # Days are stored as fractions, which are off a second by some microseconds.
    similar = value.replace(microsecond=0) + timedelta(seconds=round(value.microsecond / 1_000_000))
    if abs(similar - value) < timedelta(milliseconds=1):
        value = similar
    return value.date().isoformat() if value.time() == time() else value.isoformat()
