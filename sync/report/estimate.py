"""About how long sending will take. The cost of calls is in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from sync.model.resources import CATALOGUE
from sync.report.phrasing import count, span

CORES: Final = 2
"""Calls the measured site works on at the same moment."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """How fast calls are sent: `permits` calls in flight at once, `round_trip` seconds to the site and back."""

    permits: int = 4
    round_trip: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Calls to send, and about how many seconds that takes."""

    calls: int
    seconds: float

    def __str__(self) -> str:
        return f"{count(self.calls, 'change')} to send, which takes about {span(self.seconds)}."


def estimate(calls: pd.Series[int], throughput: Throughput) -> Estimate:
    """The time of `calls`, numbers indexed by (resource, op)."""
    each = [_seconds(_rate(str(resource), str(op)), throughput) for resource, op in calls.index]
    return Estimate(int(calls.sum()), float((calls * each).sum()))


def _rate(resource: str, op: str) -> float:
    literal = CATALOGUE[resource]
    write = literal.delete if op == "delete" else literal.put
    return (write or literal.put).rate


def _seconds(rate: float, throughput: Throughput) -> float:
    # Either the site is busy all the time, or our few calls in progress spend it on the way.
    return max(1 / rate, (throughput.round_trip + CORES / rate) / throughput.permits)
