"""What frames of rows have in common: their fields, their parents, and their text as stored in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sync.model import Resource
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import pack, part_of, position

ORIGIN_COLUMNS = ("claims", "file", "tab", "row", "also")


def fields_of(resource: Resource, frame: pd.DataFrame) -> list[str]:
    """The names of the fields besides the key in a desired or observed frame, unknown ones included."""
    other = {"match", "source", *resource.key, *ORIGIN_COLUMNS}
    return [name for name in frame.columns if name not in other]


def unnamed(resource: Resource, frame: pd.DataFrame) -> tuple[str, ...]:
    """The fields of a frame that are not in the catalogue."""
    return tuple(name for name in fields_of(resource, frame) if resource.field(name) is None)


def records(frame: pd.DataFrame) -> list[Mapping[str, str]]:
    """The rows of a frame of text, for messages about single rows."""
    rows: list[Any] = frame.to_dict("records")
    return rows


def parent_match(
    parent: Resource, on: Mapping[str, str], match: pd.Series[Any], names: Sequence[str]
) -> pd.Series[Any]:
    """The matches of the parents that these matches of the fields `names` refer to; `on` as in a Ref."""
    here = {there: name for name, there in on.items()}
    return part_of(match, [list(names).index(here[name]) for name in parent.key])


def parents_of(resource: Resource, on: Mapping[str, str], parent: str, match: pd.Series[Any]) -> pd.Series[Any]:
    """The matches of the parents that rows of a resource depend on."""
    return parent_match(CATALOGUE[parent], on, match, resource.key)


def standing_on(
    resource: Resource, root: Resource, match: pd.Series[Any], roots: pd.Series[Any]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Which of the `roots` (matches of objects of `root`) each object is or depends on, by position; -1: none."""
    ups = [parents_of(resource, on, root.name, match) for name, on in ancestors(resource) if name == root.name]
    found = np.full(len(match), -1, dtype=np.int64)
    for up in [match] if resource.name == root.name else ups:
        found = np.where(found < 0, position(up, roots), found)
    return found


def seen_text(resource: Resource, rows: pd.DataFrame) -> pd.Series[Any]:
    """What was observed, packed as stored in the ledger."""
    names = [name for name in rows.columns if name not in {"match", "source"}]
    return pack(rows, names)
