"""What guards say when they put changes on hold, by their codes: the texts of `hold_texts.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
"""Units of a length of time, in seconds."""


OF_SETS = {
    "would be deleted": "would be changed",
    "would be removed": "would be changed",
    "would delete": "would change",
    "deleting": "changing",
    "Removals on hold": "Changes on hold",
}
"""What is said instead of a removal where values are set instead of one."""


@dataclass(frozen=True, slots=True)
class HoldText:
    """The texts of a hold: what was exceeded, what would happen, and what a person should check."""

    guard: str
    limit: str
    says: str
    check: str

    @property
    def message(self) -> str:
        """What would happen, and what to check."""
        return f"{self.says} {self.check}"


def hold_text(guard: str, *variants: str, **values: object) -> HoldText:
    """The texts of a guard, filled in; the texts of a variant replace those of the variants to its left.

    A blank variant is ignored. Raises KeyError if a text needs a value that is not given.
    """
    own = _texts()[guard]
    texts = dict(own)
    for variant in filter(None, variants):
        texts |= own[variant]
    return HoldText(guard, *(texts[name].format(**values) for name in ("limit", "says", "check")))


def said_of_sets(says: str, sets: int, removals: int) -> str:
    """What a guard says of some removals, of which `sets` only set values instead of deleting something."""
    if not sets:
        return says
    if sets < removals:
        return f"{says} {sets:,} of these {removals:,} records would only be changed (`missing: set`), not deleted."
    for deleted, changed in OF_SETS.items():
        says = says.replace(deleted, changed)
    return f"{says} Nothing would be deleted: `missing: set` only changes values."


def span(length: timedelta) -> str:
    """`7 days`, `36 hours`, `90 minutes`: in the largest unit of which there are at least two."""
    seconds = length.total_seconds()
    unit, size = next((each for each in UNITS if seconds >= 2 * each[1]), UNITS[-1])
    n = round(seconds / size)
    return f"{n:,} {unit}{'s' * (n != 1)}"


@cache
def _texts() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("hold_texts.toml").read_text("utf-8"))
