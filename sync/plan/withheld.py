"""Changes that the site file or the command line leaves out for now, such as all deletes: counted, never sent."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from sync.model import Op


def withhold(changes: pd.DataFrame, ops: Collection[Op]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The changes without those of some ops, and those.

    What is set instead of a delete is withheld with the deletes. What a withheld delete would free is not free, so this
    comes before unique values and cascades.
    """
    if not ops:
        return changes, changes.iloc[:0]
    left_out = changes["op"].isin([*ops]) | ((changes["set"] > 0) & ("delete" in ops))
    return changes[~left_out].reset_index(drop=True), changes[left_out].reset_index(drop=True)
