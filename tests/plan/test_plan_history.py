"""What earlier plans make of a file: what is usual, what was used before, and whether it was not written again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from sync.model import AppliedPlan, Hold, Input
from sync.plan.history import Past, pasts, together

NIGHT, DAY = datetime(2026, 11, 23, 2, tzinfo=UTC), timedelta(days=1)

REPEATED = [
    ("it changed every night", "abcd", 24, True),
    ("three nights are enough", "abc", 24, True),
    ("two are not", "ab", 24, False),
    ("it is the same for the third night", "aabbcd", 24, True),
    ("it often stays the same", "abbccd", 24, False),
    ("another one was last", "bacd", 24, False),
    ("somebody plans again in the morning", "abcd", 11, False),
    ("half a day later", "abcd", 12, True),
]


@pytest.mark.parametrize(("nights", "hours", "expected"), [case[1:] for case in REPEATED], ids=[c[0] for c in REPEATED])
def test_a_file_that_was_not_written_again(nights: str, hours: float, expected: bool) -> None:
    """`nights` has the digest of the file in each of the last good plans, the newest first; now it is `a`."""
    snapshots = tuple((NIGHT - number * DAY, frozenset({digest})) for number, digest in enumerate(nights))
    past = Past(snapshots=snapshots, when=NIGHT)
    assert past.repeats(frozenset({"a"}), NIGHT + timedelta(hours=hours)) is expected


def test_nothing_repeats_what_was_never_there() -> None:
    assert not Past().repeats(frozenset({"a"}), NIGHT)


def sheet(digest: str, rows: int) -> Input:
    return Input("sheet", f"{digest}.csv", digest, f"/inbox/{digest}.csv", "users", rows)


def applied(rows: Sequence[int], accepted: int | None = None) -> list[AppliedPlan]:
    """A plan a night with so many rows, the newest first; what looked wrong in the one `accepted` was approved."""
    hold = Hold("h-1", "fewer-rows", "user", {"mapping": "users"}, 1, 9, "", "", approved_by="ada")
    return [
        AppliedPlan(f"p-{n}", NIGHT - n * DAY, (sheet(f"d{n}", count),), (hold,) if n == accepted else (), {})
        for n, count in enumerate(rows)
    ]


USUAL = [
    ("the last of two nights", [10, 100], None, 10),
    ("the middle of three", [10, 100, 90], None, 90),
    ("the higher of the two in the middle", [10, 100, 90, 95], None, 95),
    ("nothing before what somebody has accepted", [10, 10, 100, 100, 100], 1, 10),
    ("no more than a week", [1, 1, 1, 1, 9, 9, 9, 9, 9, 9], None, 1),
]


@pytest.mark.parametrize(("rows", "accepted", "usual"), [case[1:] for case in USUAL], ids=[case[0] for case in USUAL])
def test_how_many_rows_are_usual(rows: Sequence[int], accepted: int | None, usual: int) -> None:
    measure = pasts(applied(rows, accepted), {"users": "user"})["users"].usual
    assert measure is not None
    assert measure.rows == usual


def test_files_were_used_before_unless_they_are_the_last_ones() -> None:
    past = pasts(applied([1, 1, 1]), {"users": "user"})["users"]
    assert past.used == {"d1": NIGHT - DAY, "d2": NIGHT - 2 * DAY}


def test_two_files_of_a_mapping_are_one() -> None:
    whole = together([sheet("a", 3), sheet("b", 4)])
    assert whole is not None
    assert (whole.name, whole.rows) == ("a.csv (and 1 more)", 7)
