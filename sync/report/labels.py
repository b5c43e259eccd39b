"""Fields and values as Moodle's own pages call them: `Role: Teacher`, not `roleid editingteacher`.

The short names stay in what programs read (JSON, mappings).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.model import Conventions, Field, Resource
from sync.report import phrasing

FLAGS: Final[Mapping[str, str]] = {"1": "Yes", "0": "No"}


def field_label(resource: Resource, field: str) -> str:
    """What Moodle calls a field: `First name`. A field that the API reference does not name has only its name."""
    known = resource.field(field)
    return (known.label if known else "") or field


def value_label(field: Field, value: str, conventions: Conventions) -> str:
    """What Moodle shows for a canonical value: the display name of a role, `Yes` or `No`; any other as it is."""
    match field.kind:
        case "role":
            return dict(conventions.roles).get(value, value)
        case "flag":
            return FLAGS.get(value, value)
        case _:
            return value


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
