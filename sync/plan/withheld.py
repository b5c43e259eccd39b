"""Changes that the site file or the command line leaves out for now, such as all deletes: counted, never sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

import pandas as pd

from sync.model import Op

Withheld = Mapping[tuple[str, Op], int]
"""By resource and op, how many changes are withheld."""


def withhold(changes: pd.DataFrame, ops: Collection[Op]) -> tuple[pd.DataFrame, Withheld]:
    """The changes without those of some ops, and how many those are.

    What a withheld delete would free is not free, so this comes before unique values and cascades.
    """
    if not ops:
        return changes, {}
    left_out = changes["op"].isin([*ops])
    rows = changes[left_out]
    counts = Counter[tuple[str, Op]](zip(rows["resource"], rows["op"], strict=True))
    return changes[~left_out].reset_index(drop=True), counts
