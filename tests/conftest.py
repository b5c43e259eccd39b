"""What all tests share: how long Hypothesis looks, and a collector of garbage that does not look at the libraries."""

from __future__ import annotations

import gc

from hypothesis import settings

from tests.proofs import PROOFS

settings.register_profile("suite", max_examples=50, deadline=None)
settings.register_profile("full", max_examples=1_000, deadline=None)
settings.load_profile(PROOFS)


def pytest_collection_finish() -> None:
    """All that is there by now stays: a tenth of the suite's time was spent on looking through it again and again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
