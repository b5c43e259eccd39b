"""What people are notified of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Final

from sync.errors import Fault
from sync.mapping.source import Source
from sync.model import Plan, Run
from sync.notify.delivery_log import Entry
from sync.report.display_names import LedgerReader

LASTING: Final = "w-"
"""How the ids of troubles begin."""


@dataclass(frozen=True, slots=True)
class PlanEvent:
    """A run of a plan, or just a plan, and what else is known. `sources` reads the sheets again when it is called."""

    id: str
    at: datetime
    plan: Plan
    run: Run | None
    past: LedgerReader
    sources: Callable[[], Iterable[Source]] = tuple


@dataclass(frozen=True, slots=True)
class Refusal:
    """A run that could not be done, and why."""

    id: str
    at: datetime
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps exports from being taken, for as long as it lasts. One of the same `kind` is the same trouble."""

    kind: str
    at: datetime
    faults: tuple[Fault, ...]

    @property
    def id(self) -> str:
        """The same for the same trouble."""
        return LASTING + hashlib.sha256(self.kind.encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class Recovery:
    """No trouble is left, and no run has reported that."""

    at: datetime

    @property
    def id(self) -> str:
        """Its own."""
        return f"o-{self.at:%Y%m%dT%H%M%S}"


Event = PlanEvent | Refusal | Trouble | Recovery


def lasting(before: Sequence[Entry]) -> list[Entry]:
    """The troubles that last, as far as an audience was notified: it got nothing else since."""
    return list(takewhile(lambda entry: entry.run.startswith(LASTING), reversed(before)))
