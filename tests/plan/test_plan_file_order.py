"""Where rows are in their file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from sync.plan.file_order import in_file_order, next_to, together

ROWS = pd.DataFrame(
    [
        ("a.xlsx", "One", 2),
        ("a.xlsx", "Two", 3),
        ("a.xlsx", "One", 4),
        ("a.xlsx", "One", 3),
        ("b.csv", None, 3),
        ("b.csv", None, 2),
    ],
    columns=["file", "tab", "row"],
)


def test_the_next_row_is_in_the_same_tab_of_the_same_file() -> None:
    every = np.arange(len(ROWS))
    assert next_to(ROWS, every, 1).tolist() == [3, -1, -1, 2, -1, 4]
    assert next_to(ROWS, every, -1).tolist() == [-1, -1, 3, 0, 5, -1]


def test_rows_in_the_order_of_their_files() -> None:
    assert in_file_order(ROWS, np.array([5, 2, 1, 0])).tolist() == [0, 2, 1, 5]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([1, 1, 1, 1, 1], True),
        ([1, 1, 1, 1], False),
        ([0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0], True),
        ([0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1], False),
        ([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1], True),
        ([1, 0, 1, 0, 1, 0, 1, 0, 0, 1], False),
    ],
)
def test_rows_are_together_if_most_between_the_first_and_the_last_are_among_them(
    flags: Sequence[int], expected: bool
) -> None:
    assert together(np.array(flags, dtype=bool)) == expected
