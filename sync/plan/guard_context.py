"""What guards look at, and what they return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.config.settings import GradedRemovals, Guards
from sync.diff.contributions import Contribution
from sync.diff.field_diff import Alignment
from sync.model import Conventions, Input
from sync.plan.history import Past
from sync.plan.hold_texts import HoldText
from sync.plan.turnover import Turnover

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Positions = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True, slots=True)
class GuardContext:
    """All a guard may look at.

    changes: the working frame of the plan in its order, with what deletes remove automatically
    deletes: which changes are deletes, automatic ones included
    sent:    which changes are sent, not automatic
    own:     which changes are of a resource, by its name
    doubted: which changes a guard has stopped so far that casts doubt on the others too, unless that was approved
    inputs:  sheets and mappings of this plan; `history`: what they were in good plans, by mapping
    turnover: what was created and deleted in the past
    contributions: what the sheets of each mapping contribute, if they were read
    """

    changes: pd.DataFrame
    deletes: Mask
    sent: Mask
    own: Mapping[str, Mask]
    doubted: Mask
    alignments: Mapping[str, Alignment]
    mappings: Sequence[MappingFile]
    inputs: Sequence[Input]
    history: Mapping[str, Past]
    turnover: Turnover
    contributions: Mapping[str, Contribution]
    limits: Guards
    graded_removals: GradedRemovals
    conventions: Conventions
    now: datetime

    def past(self, mapping: MappingFile) -> Past:
        """What the files of a mapping were in good plans."""
        return self.history.get(mapping.name, Past())


@dataclass(frozen=True, slots=True)
class Stop:
    """One slice that a guard stops: which changes (by position), out of how many, and what to report.

    A stop that is `alone` says nothing about the other changes of the same mapping. Where there is nothing to stop,
    `which` is empty, and `about` says what an approval is for.
    """

    text: HoldText
    resource: str
    slice: Mapping[str, str]
    which: Positions
    population: int
    alone: bool = False
    about: str = ""

    @property
    def guard(self) -> str:
        """The code of the guard."""
        return self.text.guard

    @property
    def limit(self) -> str:
        """What was exceeded."""
        return self.text.limit

    @property
    def message(self) -> str:
        """What would happen, and what a person should check."""
        return self.text.message


Guard = Callable[[GuardContext], Iterator[Stop]]
