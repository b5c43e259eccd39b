"""What guards look at, and what they return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from sync.config.guards import GradedRemovals, Guards
from sync.config.mappings import Mapping as MappingFile
from sync.diff.contributions import Contribution
from sync.diff.field_diff import Alignment
from sync.diff.removals import claimed_by
from sync.model import Conventions, Hold, Input
from sync.model.columns import rows_where
from sync.model.index import Objects, among
from sync.observe.unmanaged import Unmanaged
from sync.plan.history import Past, together
from sync.plan.hold_texts import HoldText
from sync.plan.turnover import Turnover

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Positions = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True, slots=True)
class GuardContext:
    """All a guard may look at.

    changes: the working frame of the plan in its order, with what deletes remove automatically
    refused: what is not in it because it asks for a value that stays with another object
    deletes: which changes remove something: deletes, automatic ones included, and what is set instead of one
    removed: by resource, objects on the site that were removed before by setting values, and still are
    sent:    which changes are sent, not automatic
    own:     which changes are of a resource, by its name
    holds:   those so far
    doubts:  by change, which of them (counted from 0) casts doubt on the mapping's other changes too, unless that was
             approved; -1: none
    free:    which changes no guard has stopped so far
    inputs:  sheets and mappings of this plan; `history`: what they were in good plans, by mapping
    turnover: what was created and deleted in the past
    contributions: what the sheets of each mapping contribute, if they were read
    undone:  changes that a rollback has undone (`sync.plan.undone`)
    unmanaged: by a resource that is deleted and one that goes with it, what no list shows of the latter
    """

    changes: pd.DataFrame
    refused: pd.DataFrame
    deletes: Mask
    removed: Mapping[str, Objects]
    sent: Mask
    own: Mapping[str, Mask]
    holds: Sequence[Hold]
    doubts: Positions
    free: Mask
    alignments: Mapping[str, Alignment]
    mappings: Sequence[MappingFile]
    inputs: Sequence[Input]
    history: Mapping[str, Past]
    turnover: Turnover
    contributions: Mapping[str, Contribution]
    undone: pd.DataFrame
    unmanaged: Mapping[tuple[str, str], Unmanaged]
    limits: Guards
    graded_removals: GradedRemovals
    conventions: Conventions
    now: datetime

    def there(self, alignment: Alignment) -> pd.DataFrame:
        """What the site has of a resource, without what was removed before by setting values."""
        rows, removed = alignment.observed.rows, self.removed.get(alignment.resource.name)
        return rows if removed is None else rows_where(rows, ~among(rows["object"], removed))

    def past(self, mapping: MappingFile) -> Past:
        """What the files of a mapping were in good plans."""
        return self.history.get(mapping.name, Past())

    def sheets(self) -> Iterator[tuple[MappingFile, Input]]:
        """Each mapping that was read, and its sheets as one."""
        for mapping in self.mappings:
            sheet = together([entry for entry in self.inputs if entry.mapping == mapping.name])
            if sheet is not None:
                yield mapping, sheet

    def asked_by(self, mapping: MappingFile) -> Positions:
        """What a mapping asks to be sent."""
        claimed = claimed_by(self.changes["claims"], frozenset({mapping.name})).to_numpy()
        return np.flatnonzero(claimed & self.own[mapping.resource] & self.sent)


@dataclass(frozen=True, slots=True)
class Stop:
    """One slice that a guard stops: which changes (by position), out of how many, and what to report.

    A stop that is `alone` says nothing about the other changes of the same mapping. Where there is nothing to stop,
    `which` is empty, and `about` says what an approval is for. Holds so far that have the same cause are its `parts`.
    """

    text: HoldText
    resource: str
    slice: Mapping[str, str]
    which: Positions
    population: int
    alone: bool = False
    about: str = ""
    parts: frozenset[int] = frozenset()

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
