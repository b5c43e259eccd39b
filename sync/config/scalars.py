"""Kinds of values in site and mapping files, each made from text as it was typed.

The loader passes every scalar as text (`NO`, `007` and `1e5` are what they look like), so a kind here reads text. An
editor that checks a file against the JSON Schema sees numbers and booleans too: each kind lists what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

SCALAR = {"type": ["string", "number", "boolean", "null"]}
"""JSON Schema of a value that is taken as typed."""

SHOWN = {"type": ["string", "number", "boolean"]}
"""The same of a value that cannot be blank."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Strict(BaseModel):
    """A part of a file: frozen once read, and without room for unknown keys."""

    # Models are built when they are first used, most as part of the one that contains them: it takes half the time.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def as_regex(patterns: Sequence[str]) -> str:
    """One regular expression for a full match with any of the patterns: `*` is any text, `?` one character."""
    special = {"*": ".*", "?": "."}
    each = ("".join(special.get(char) or re.escape(char) for char in pattern) for pattern in patterns)
    return f"(?s:{'|'.join(each)})"


def one_or_many(value: Any) -> Any:
    """A single value counts as a list of one."""
    return [value] if isinstance(value, str) else value


def short_for(key: str, many: str | None = None) -> Callable[[Any], Any]:
    """A bare text stands for a mapping with only `key`; a list, if `many` is given, for one with only `many`."""

    def whole(value: Any) -> Any:
        if isinstance(value, str):
            return {key: value}
        return {many: value} if many is not None and isinstance(value, list) else value

    return whole


def _duration(text: Any) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})\s*([smhd])", text) if isinstance(text, str) else None
    if not found or not int(found[1]):
        raise ValueError("write a length of time as a whole number with its unit: 90s, 15m, 12h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _day(text: Any) -> date:
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError("write a date as year, month and day: 2026-12-18")
    return date.fromisoformat(text)


def _time_of_day(text: Any) -> time:
    if not isinstance(text, str) or not re.fullmatch(r"\d\d:\d\d", text):
        raise ValueError("write a time of day as hours and minutes: 06:00")
    return time.fromisoformat(text)


def time_zone(name: str) -> str:
    """The name itself, if it is a time zone of the IANA database. Raises ValueError."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"`{name}` is not a time zone; write it like Europe/London or UTC") from None
    return name


Text = Annotated[str, WithJsonSchema(SCALAR)]
"""Any text, the empty one included."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), WithJsonSchema(SHOWN)]
"""The name of something: a column, a file, a tab."""

Patterns = Annotated[
    tuple[Text, ...],
    BeforeValidator(one_or_many),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}]}),
]
"""Values or shell-style patterns; a single one needs no list."""

Count = Annotated[
    int,
    Field(ge=1),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^0*[1-9][0-9]*$"}]}),
]
"""A whole number from 1."""

Whole = Annotated[
    int,
    Field(ge=0),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+$"}]}),
]
"""A whole number from 0."""

Percent = Annotated[
    int,
    Field(ge=0, le=100),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 100},
                {"type": "string", "pattern": "^(100|[0-9]{1,2})$"},
            ]
        }
    ),
]
"""A percentage as a whole number."""

Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^0*[1-9][0-9]{0,5} *[smhd]$"}),
]
"""A length of time with its unit: 90s, 15m, 12h, 7d."""

Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
]
"""A date: 2026-12-18."""

TimeOfDay = Annotated[
    time, BeforeValidator(_time_of_day), WithJsonSchema({"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"})
]
"""A time of day: 06:00."""

TimeZone = Annotated[str, AfterValidator(time_zone), WithJsonSchema({"type": "string", "minLength": 1})]
"""A name of the IANA time zone database."""

Names = Annotated[tuple[Name, ...], BeforeValidator(one_or_many, json_schema_input_type=Name | tuple[Name, ...])]
"""One name or several."""
