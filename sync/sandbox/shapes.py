"""The parts of bodies and answers in JSON Schema: the vocabulary of the routes table."""

from __future__ import annotations

from collections.abc import Mapping

Shape = Mapping[str, object]
"""A JSON Schema."""

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer"}
NUMERAL: Shape = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
"""A number in quotes, as PHP passes on what its database returns."""
SWITCH: Shape = {"type": "string", "enum": ["0", "1"]}
MOMENT: Shape = {"type": "string", "format": "date-time"}
"""ISO 8601 with the offset of the site's time zone, no fraction."""


def maybe(shape: Shape) -> Shape:
    """That, or null."""
    return either(shape, {"type": "null"})


def either(*shapes: Shape) -> Shape:
    """One of those."""
    return {"anyOf": list(shapes)}


def constant(value: object) -> Shape:
    """Always the same."""
    return {"const": value}


def record(**fields: Shape) -> Shape:
    """An object of exactly these, all required."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def listed(shape: Shape) -> Shape:
    """Any number of those."""
    return {"type": "array", "items": shape}
