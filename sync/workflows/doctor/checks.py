"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sync.errors import scrub

Status = Literal["ok", "warn", "fail"]
"""ok: nothing to do; warn: works, but somebody should look; fail: runs cannot work until somebody has done something"""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was examined: what it is called, how it is, and what to do about it (blank: nothing).

    Known secrets are masked.
    """

    check: str
    status: Status
    message: str
    hint: str = ""

    def __post_init__(self) -> None:
        scrub(self)


def warned(check: str, says: str, hint: str, *, good: bool) -> Diagnosis:
    """A finding that is ok if all is `good`, otherwise a warning with what to do."""
    return Diagnosis(check, "ok", says) if good else Diagnosis(check, "warn", says, hint)


def size_text(size: float) -> str:
    """`812 KB`, `1.4 GB`."""
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:,.0f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"


def age_text(seconds: float) -> str:
    """`40 minutes`, `3 hours`, `12 days`: roughly."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}s"
    return "a minute" if seconds >= 60 else "less than a minute"
