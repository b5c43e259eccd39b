"""What frames of rows have in common: their fields, their parents, and their text as stored in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sync.model import Resource
from sync.model.index import Index, Numbers, Objects, parent_key, places
from sync.model.resources import ancestors
from sync.model.values import pack

ORIGIN_COLUMNS = ("claims", "file", "tab", "row", "also")


def fields_of(resource: Resource, frame: pd.DataFrame) -> list[str]:
    """The names of the fields besides the key in a desired or observed frame, unknown ones included."""
    other = {"match", "object", "source", *resource.key, *ORIGIN_COLUMNS}
    return [name for name in frame.columns if name not in other]


def unnamed(resource: Resource, frame: pd.DataFrame) -> tuple[str, ...]:
    """The fields of a frame that are not in the catalogue."""
    return tuple(name for name in fields_of(resource, frame) if resource.field(name) is None)


def records(frame: pd.DataFrame) -> list[Mapping[str, str]]:
    """The rows of a frame of text, for messages about single rows."""
    rows: list[Any] = frame.to_dict("records")
    return rows


def standing_on(resource: Resource, index: Index, root: str, objects: Objects, roots: Objects) -> Numbers:
    """Which of the `roots` (objects of another or the same resource) each object is or depends on, by position.

    -1: none. `index` is that of the objects.
    """
    ups = [index.part(objects, parent_key(name, on)) for name, on in ancestors(resource) if name == root]
    found = np.full(len(objects), -1, dtype=np.int64)
    for up in [objects] if resource.name == root else ups:
        found = np.where(found < 0, places(up, roots), found)
    return found


def seen_text(resource: Resource, rows: pd.DataFrame) -> pd.Series[Any]:
    """What was observed, packed as stored in the ledger."""
    names = [name for name in rows.columns if name not in {"match", "object", "source"}]
    return pack(rows, names)
