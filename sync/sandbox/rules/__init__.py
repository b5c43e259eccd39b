"""What the site does when asked: a function a route, from a connection, manners and an Ask to what is answered.

Each one raises Refused, and leaves rolling back to its caller.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sync.sandbox.manners import Manners, plain

Json = Mapping[str, object] | Sequence[Mapping[str, object]] | None
"""What is answered with 200; None is an empty body."""

Rule = Callable[[sqlite3.Connection, Manners, "Ask"], Json]


@dataclass(frozen=True)
class Ask:
    """What a call says: the identifiers in its path by name, its query, its body as texts."""

    at: Mapping[str, str]
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)

    def asked(self, name: str) -> str | None:
        """A parameter of the query; the last one given counts, as in PHP."""
        return self.query[name][-1] if self.query.get(name) else None


class Refused(Exception):
    """The API's own no. Answered as JSON `{"error": error, "message": message}`, the one shape of every 4xx."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.error, self.message = status, error, message


class WriteFailed(Exception):
    """A value the database won't take: Moodle finds out too late and answers 500."""


def bad(message: str) -> Refused:
    """The call makes no sense."""
    return Refused(400, "bad_request", message)


def missing(noun: str, key: str) -> Refused:
    """What the path speaks of isn't there."""
    return Refused(404, "not_found", f"{noun} {key} does not exist.")


@dataclass(frozen=True)
class Text:
    """A parameter of a body: its name, the most characters its column takes, and whether it may be empty."""

    name: str
    longest: int
    required: bool = True
    clean: Callable[[str], str] = plain


def merged(texts: Sequence[Text], body: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """The body's parameters, cleaned, over those from `before`; ones of neither are empty. Raises Refused."""
    values = {t.name: t.clean(body[t.name]) if t.name in body else before.get(t.name, "") for t in texts}
    absent = [t.name for t in texts if t.required and not values[t.name].strip()]
    if absent:
        raise bad(f"Missing required parameter: {', '.join(absent)}.")
    return values


def fitting(texts: Sequence[Text], values: Mapping[str, str]) -> None:
    """Raises WriteFailed if a value is longer than its column."""
    for text in texts:
        if len(values[text.name]) > text.longest:
            raise WriteFailed(text.name)
