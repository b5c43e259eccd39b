"""A mapping and what it is read from."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field

from sync.mapping.choice import SheetChoice
from sync.mapping.models import Mapping
from sync.model import Sheet


@dataclass(frozen=True, slots=True)
class Feed:
    """A mapping, the sheets it reads, in order, and those its rules look into. Each has the columns it needs."""

    mapping: Mapping
    sheets: tuple[Sheet, ...]
    others: abc.Mapping[SheetChoice, tuple[Sheet, ...]] = field(default_factory=dict)
