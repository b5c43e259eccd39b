"""Fields and values as Moodle's own pages call them: `Role: Teacher`, not `roleid editingteacher`.

The short names stay in what programs read (JSON, mappings).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sync.model import Conventions, Field, Resource
from sync.report import phrasing

FLAGS: Final[Mapping[str, str]] = {"1": "Yes", "0": "No"}
INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)[+-]\d\d:\d\d")
"""A canonical instant. Page.js shows it in the same way."""


def field_label(resource: Resource, field: str) -> str:
    """What Moodle calls a field: `First name`. A field that the API reference does not name has only its name."""
    return resource.called(field)


def value_label(field: Field, value: str, conventions: Conventions) -> str:
    """What people read for a canonical value: a role's display name, `Yes`, `2026-09-01 08:00`; any other as it is."""
    match field.kind:
        case "role":
            return dict(conventions.roles).get(value, value)
        case "flag":
            return FLAGS.get(value, value)
        case "instant":
            return _day_and_time(value)
        case _:
            return value


def _day_and_time(instant: str) -> str:
    """`2026-09-01`, `2026-09-01 08:00`: a canonical instant without its offset, at midnight without the time."""
    found = INSTANT.fullmatch(instant)
    if found is None:
        return instant
    day, minutes, seconds = found.groups()
    time = minutes if seconds == ":00" else minutes + seconds
    return day if time == "00:00" else f"{day} {time}"


def shown_value(resource: Resource, field: str, value: str | None, conventions: Conventions) -> str:
    """A value of a field, safe to print: a known label as it is, any other text `quoted`; None is `nothing`."""
    if value is None:
        return phrasing.quoted(None)
    (known,) = resource.named([field])
    label = value_label(known, value, conventions)
    return phrasing.safe(label) if label != value else phrasing.quoted(value)


def labelled(resource: Resource, values: Mapping[str, str], conventions: Conventions) -> str:
    """Fields and their values in one line: `First name: Amy, Role: Teacher`."""
    return ", ".join(
        f"{phrasing.safe(field_label(resource, field))}: {shown_value(resource, field, value, conventions)}"
        for field, value in values.items()
    )


def labelled_changes(
    resource: Resource,
    changes: Mapping[str, tuple[str | None, str | None]],
    conventions: Conventions,
    arrow: str,
) -> str:
    """Fields that differ, each with what it was and what it will be: `Role: Student → Teacher`."""
    return ", ".join(
        f"{phrasing.safe(field_label(resource, field))}: "
        f"{arrow.join(shown_value(resource, field, side, conventions) for side in sides)}"
        for field, sides in changes.items()
    )
