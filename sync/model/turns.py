"""What is done in turn: a share of all objects each day, until every object has had its turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Turns:
    """The day (an ordinal), and after how many days every object has had its turn."""

    day: int
    days: int

    def of(self, match: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which of these objects have their turn today."""
        numbers = pd.util.hash_array(match.to_numpy(dtype=object), categorize=False)
        return np.asarray(numbers % self.days == self.day % self.days, dtype=bool)
