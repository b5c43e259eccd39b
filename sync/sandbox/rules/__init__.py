"""What the site does when called: a function for each route, from a connection, conventions and arguments.

Each one raises Refused, and leaves rolling back to its caller.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sync.sandbox.conventions import LATEST, SiteConventions, epoch_of, plain
from sync.sandbox.shapes import Shape

Json = Mapping[str, object] | Sequence[Mapping[str, object]] | None
"""What is answered with 200; None is an empty body."""

Rule = Callable[[sqlite3.Connection, SiteConventions, "Arguments"], "Json | ApiRefusal"]
"""If a Refused is returned, not raised, it is answered too, but what was done stays done."""


@dataclass(frozen=True)
class Arguments:
    """The contents of a call: the identifiers in its path by name, its query, its body as texts."""

    at: Mapping[str, str]
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)

    def asked(self, name: str) -> str | None:
        """A parameter of the query; the last one given counts, as in PHP."""
        return self.query[name][-1] if self.query.get(name) else None


class ApiRefusal(Exception):
    """The API's own refusal. Answered as JSON `{"error": error, "message": message}`, the one shape of every 4xx."""

    def __init__(self, status: int, error: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.headers = status, error, message, headers or {}


class WriteFailed(Exception):
    """A value the database doesn't accept: Moodle finds out too late and answers 500."""


def bad(message: str) -> ApiRefusal:
    """The call makes no sense."""
    return ApiRefusal(400, "bad_request", message)


def missing(noun: str, key: str) -> ApiRefusal:
    """What the path refers to doesn't exist."""
    return ApiRefusal(404, "not_found", f"{noun} {key} does not exist.")


@dataclass(frozen=True)
class Text:
    """A parameter with text: its name, the most characters its column takes, and whether it may be empty.

    A required one that was given before may be left out, unless it is needed `always`.
    """

    name: str
    longest: int
    required: bool = True
    clean: Callable[[str], str] = plain
    always: bool = False

    @property
    def shape(self) -> Shape:
        return {"type": "string", "minLength": int(self.required), "maxLength": self.longest}


@dataclass(frozen=True)
class Instant:
    """A parameter with an instant: seconds since 1970, or a date as `epoch_of` reads it; 0 and empty mean none."""

    name: str
    always: bool = False

    @property
    def shape(self) -> Shape:
        description = "ISO 8601, in the site's time zone if it has no offset, or seconds since 1970; 0 is none."
        return {"description": description, "type": ["string", "integer"], "minimum": 0, "maximum": LATEST}

    def read(self, conventions: SiteConventions, body: Mapping[str, str], before: int = 0) -> int:
        """Seconds since 1970; by default those from `before`. Refused (400) if it is not a date."""
        text = body.get(self.name)
        if text is None:
            return before
        if text in ("", "0"):
            return 0
        # Eight digits are a date without its dashes.
        epoch = int(text) if re.fullmatch(r"\d{1,7}|\d{9,12}", text) else epoch_of(text, conventions.zone)
        if epoch is None or epoch > LATEST:
            raise bad(f"{self.name} {text} is not a date.")
        return epoch


@dataclass(frozen=True)
class Flag:
    """A parameter that is 0 or 1."""

    name: str
    always: bool = False

    @property
    def shape(self) -> Shape:
        return {"type": ["string", "integer"], "enum": ["0", "1", 0, 1]}

    def read(self, body: Mapping[str, str], before: int = 0) -> int:
        """0 or 1, by default that from `before`. Refused (400) if it is anything else."""
        text = body.get(self.name, str(before))
        if text not in ("0", "1"):
            raise bad(f"{self.name} must be 0 or 1, not {text}.")
        return int(text)


class Parameter(Protocol):
    """One parameter of a body or a query, by name: what it may contain, and whether it is needed `always`."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> Shape: ...

    @property
    def always(self) -> bool: ...


def merged(texts: Sequence[Text], body: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """The body's parameters, cleaned, over those from `before`; missing ones are empty. Raises Refused."""
    values = {t.name: t.clean(body[t.name]) if t.name in body else before.get(t.name, "") for t in texts}
    absent = [t.name for t in texts if t.required and not values[t.name].strip()]
    if absent:
        raise bad(f"Missing required parameter: {', '.join(absent)}.")
    return values


def fitting(texts: Sequence[Text], values: Mapping[str, str]) -> None:
    """Raise WriteFailed if a value is longer than its column."""
    for text in texts:
        if len(values[text.name]) > text.longest:
            raise WriteFailed(text.name)


def in_order(dates: Mapping[str, int], first: str, last: str) -> None:
    """Raise Refused (400) if both are given and the first is the later one."""
    if dates[last] and dates[first] > dates[last]:
        raise bad(f"{first} must not be after {last}.")


def as_php(row: sqlite3.Row, numbers: Sequence[str] = ()) -> dict[str, object]:
    """A row as PHP sends it: numbers in quotes, as the database gives them, except those it has just computed."""
    return {name: row[name] if name in numbers or row[name] is None else str(row[name]) for name in row.keys()}  # noqa: SIM118
