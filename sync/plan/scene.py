"""What guards look at, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from sync.comparing import Sides
from sync.mapping.models import Mapping as MappingFile
from sync.model import Input, Manners
from sync.settings import Guards

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Positions = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True, slots=True)
class Scene:
    """All a guard may look at.

    changes: the plan's changes, covered ones included; beside the columns of the plan `at`, each one's slice, folded,
             and `coverer`, the position of the delete that takes it along (-1: it is sent itself)
    free:    which changes no guard has stopped so far
    inputs:  sheets and mappings of this plan; `before`: of the last good plan, by mapping
    """

    changes: pd.DataFrame
    free: Mask
    sides: Mapping[str, Sides]
    mappings: Sequence[MappingFile]
    inputs: Sequence[Input]
    before: Mapping[str, Sequence[Input]]
    limits: Guards
    manners: Manners
    now: datetime

    @property
    def deletes(self) -> Mask:
        """Which changes are deletes, covered ones included."""
        return (self.changes["op"] == "delete").to_numpy()

    @property
    def sent(self) -> Mask:
        """Which changes are sent and not taken along."""
        return (self.changes["coverer"] < 0).to_numpy()

    def of(self, resource: str) -> Mask:
        """Which changes are of a resource."""
        return (self.changes["resource"] == resource).to_numpy()


@dataclass(frozen=True, slots=True)
class Stop:
    """One slice that a guard stops: which changes (by position), out of how many, and what to tell."""

    guard: str
    resource: str
    slice: Mapping[str, str]
    which: Positions
    population: int
    limit: str
    message: str


Guard = Callable[[Scene], Iterator[Stop]]
