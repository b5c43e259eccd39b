"""How long the proofs take that try many cases: `suite` by default, `full` with NEXSIS_SYNC_PROOFS=full."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

FULL = os.environ.get("NEXSIS_SYNC_PROOFS") == "full"
PROOFS: Literal["suite", "full"] = "full" if FULL else "suite"


def examples(suite: int, full: int) -> int:
    """How many examples to try where each costs more than most, such as a story of several nights."""
    return full if FULL else suite


def share(cases: Sequence[int], part: int, of: int) -> Sequence[int]:
    """All cases; in the suite only every `of`-th, so that tests with other parts try the others."""
    return cases if FULL else cases[part::of]
