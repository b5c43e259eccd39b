"""What happens to a run, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sync.sandbox import Fault

KINDS: Final = (
    "engine killed",
    "engine interrupted",
    "engine interrupted twice",
    "sandbox killed",
    "outage",
    "failing calls",
    "disk full",
    "store locked",
)
"""What happens, as people say it."""

OUTAGES: Final[tuple[Fault, ...]] = ("maintenance", "error", "db_down", "slow_down", "cut_before")
FAILURES: Final[tuple[Fault, ...]] = ("error", "db_down", "slow_down", "cut_before", "cut_after")


@dataclass(frozen=True)
class Case:
    """One case: `command` is disturbed `at` this share of its usual time; `again`, if it is resumed, at that share.

    fault:   what the site answers, where it fails
    seconds: how long the outage or the lock lasts, or how long the site is away
    share:   which share of the calls fails, or which share of the disk's spare room is left
    signal:  the signal's number
    """

    number: int
    kind: str
    command: str
    at: float
    again: float | None
    fault: Fault
    seconds: float
    share: float
    signal: int

    def __str__(self) -> str:
        again = "" if self.again is None else f", then at {self.again:.0%} of `resume`"
        facts = {
            "engine interrupted": f"signal {self.signal}",
            "engine interrupted twice": f"signal {self.signal}",
            "sandbox killed": f"away for {self.seconds:.1f} s",
            "outage": f"{self.fault} for {self.seconds:.1f} s",
            "failing calls": f"{self.share:.0%} of them",
            "disk full": f"{self.share:.0%} of the spare room",
            "store locked": f"for {self.seconds:.1f} s",
        }.get(self.kind, "")
        return f"{self.number}: {self.kind}{', ' * bool(facts)}{facts}, at {self.at:.0%} of `{self.command}`{again}"


def cases(seed: int, count: int) -> Iterator[Case]:
    """The cases of a seed; all kinds take turns."""
    for number in range(1, count + 1):
        luck = random.Random(f"{seed} {number}")
        kind = KINDS[(number - 1) % len(KINDS)]
        signals = kind.startswith("engine")
        yield Case(
            number=number,
            kind=kind,
            command=luck.choice(("apply", "apply", "run")),
            at=luck.uniform(0, 1.1),
            again=luck.uniform(0, 1.1) if signals and luck.random() < 0.4 else None,
            fault=luck.choice(OUTAGES),
            seconds=luck.choice((0.3, 1.0, 2.0, 6.0)),
            share=luck.uniform(0.0, 0.6),
            signal=luck.choice((2, 15)),
        )
