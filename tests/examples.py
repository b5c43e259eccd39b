"""How long a property test looks: at a few examples in the ordinary suite, at many in the long proofs."""

from __future__ import annotations

from typing import Final

from hypothesis import settings

LONG: Final = settings.get_current_profile_name() == "full"
"""Whether the long proofs are running (`pytest --full`)."""


def examples(few: int) -> int:
    """How many examples to try of a property of which the ordinary suite tries a few."""
    return max(few, settings().max_examples) if LONG else few
