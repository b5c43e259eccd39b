"""What guards look at, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from sync.comparing import Sides
from sync.contributions import Contribution
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
    deletes: which changes are deletes, covered ones included
    sent:    which changes are sent and not taken along
    own:     which changes are of a resource, by its name
    free:    which changes no guard has stopped so far
    inputs:  sheets and mappings of this plan; `before`: of the last good plan, by mapping
    contributions: what the sheets of each mapping come to, if they were read
    """

    changes: pd.DataFrame
    deletes: Mask
    sent: Mask
    own: Mapping[str, Mask]
    free: Mask
    sides: Mapping[str, Sides]
    mappings: Sequence[MappingFile]
    inputs: Sequence[Input]
    before: Mapping[str, Sequence[Input]]
    contributions: Mapping[str, Contribution]
    limits: Guards
    manners: Manners
    now: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """One slice that a guard stops: which changes (by position), out of how many, and what to tell.

    Where there is nothing to stop, `which` is empty, and `about` says what an approval is for.
    """

    guard: str
    resource: str
    slice: Mapping[str, str]
    which: Positions
    population: int
    limit: str
    message: str
    about: str = ""


Guard = Callable[[Scene], Iterator[Stop]]
