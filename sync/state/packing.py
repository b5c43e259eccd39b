"""Values of the model as text in a column: instants as ISO 8601 in UTC, the rest as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from sync.model import Hold, Input, Issue


def instant_text(instant: datetime) -> str:
    """An instant in UTC, always of one length: the order of the texts is that of the instants."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant(text: str | None) -> datetime | None:
    """The instant a text says, in UTC."""
    return None if text is None else datetime.fromisoformat(text)


def pack(value: object) -> str:
    """JSON of mappings, sequences and the model's values."""
    options = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_SERIALIZE_NUMPY
    return orjson.dumps(value, default=_plain, option=options).decode()


def unpack(text: str) -> Any:
    """What `pack` made text of, in plain JSON values."""
    return orjson.loads(text)


def holds(text: str) -> tuple[Hold, ...]:
    """Packed holds as the model's values."""
    return tuple(Hold(**(hold | {"approved_at": instant(hold["approved_at"])})) for hold in unpack(text))


def issues(text: str) -> tuple[Issue, ...]:
    """Packed issues as the model's values."""
    return tuple(Issue(**issue) for issue in unpack(text))


def inputs(text: str) -> tuple[Input, ...]:
    """Packed inputs as the model's values."""
    return tuple(Input(**(each | {"modified": instant(each["modified"])})) for each in unpack(text))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in the store")
