"""What is remembered of the last rows of a file: marks of those of one mapping, in the order of the file."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from sync.model import Input
from sync.plan.end_guards import with_ends

MARK = 4
"""Stores have marks of this length: with others, no row would be recognised in the first night of a release."""


def tails(rows: Sequence[tuple[str, int, str]], deletes: bool = True, **sheet: Any) -> list[str]:
    """The marks of each input after one sheet whose rows name an object, with their lines and their mappings."""
    frame = pd.DataFrame(rows, columns=["match", "row", "claims"]).assign(file="users.csv")
    frame["row"] = frame["row"].astype("Int64")
    # Of both, only these attributes matter.
    alignments = cast("Any", {"user": SimpleNamespace(desired=SimpleNamespace(rows=frame))})
    mapping = cast("Any", SimpleNamespace(name="users", resource="user", deletes=deletes))
    given = {"kind": "sheet", "name": "users.csv", "digest": "", "path": "", "mapping": "users"} | sheet
    return [each.tail for each in with_ends([Input(**given)], alignments, [mapping])]


def users(first: int, last: int, mapping: str = "users") -> list[tuple[str, int, str]]:
    return [(f"s{n}", n, mapping) for n in range(first, last + 1)]


def mark(name: str) -> str:
    (found,) = tails([(name, 1, "users")])
    assert len(found) == MARK
    return found


def test_rows_are_marked_in_the_order_of_the_file() -> None:
    assert tails([("b", 3, "users"), ("a", 2, "users staff"), ("c", 4, "staff")]) == [mark("a") + mark("b")]


@pytest.mark.parametrize(("rows", "remembered"), [(49, 49), (50, 50), (51, 50), (300, 50)])
def test_the_last_fifty_are_remembered(rows: int, remembered: int) -> None:
    (tail,) = tails(users(1, rows)[::-1])
    assert len(tail) == remembered * MARK
    assert tail.endswith(mark(f"s{rows}"))
    assert tail.startswith(mark(f"s{rows - remembered + 1}"))


@pytest.mark.parametrize(("others", "found"), [(199, "s9"), (200, "")])
def test_they_are_sought_among_the_last_two_hundred(others: int, found: str) -> None:
    (tail,) = tails([*users(1, 9), *users(10, 9 + others, "staff")])
    assert tail == (mark(found) if found else "")


@pytest.mark.parametrize(
    ("deletes", "sheet"),
    [(False, {}), (True, {"delta": True}), (True, {"kind": "mapping"}), (True, {"mapping": None})],
)
def test_nothing_is_remembered_that_no_delete_depends_on(deletes: bool, sheet: dict[str, Any]) -> None:
    assert tails(users(1, 9), deletes, **sheet) == [""]
