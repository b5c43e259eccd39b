"""What earlier plans make of a file: what is usual, what was used before, and whether it was not written again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync.model import AppliedPlan, Hold, Input
from sync.plan.history import Past, doubted_by, good_inputs, pasts, together

NIGHT, DAY = datetime(2026, 11, 23, 2, tzinfo=UTC), timedelta(days=1)

REPEATED = [
    ("it changed every night", "abcd", 24, True),
    ("three nights are enough", "abc", 24, True),
    ("two are not", "ab", 24, False),
    ("it is the same for the third night", "aabbcd", 24, True),
    ("it often stays the same", "abbccd", 24, False),
    ("it changed in two nights of three", "abcc", 24, False),
    ("it changed in three nights of four", "abcdd", 24, True),
    ("it has been the same for a week", "aaaaaaabcd", 24, False),
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


def sheet(digest: str, rows: int, **columns: Any) -> Input:
    return Input("sheet", f"{digest}.csv", digest, f"/inbox/{digest}.csv", "users", rows, **columns)


def applied(rows: Sequence[int], accepted: int | None = None) -> list[AppliedPlan]:
    """A plan a night with so many rows, the newest first; what looked wrong in the one `accepted` was approved."""
    hold = Hold("h-1", "fewer-rows", "user", {"mapping": "users"}, 1, 9, "", "", approved_by="ada")
    return [
        AppliedPlan(f"p-{n}", NIGHT - n * DAY, (sheet(f"d{n}", count),), (hold,) if n == accepted else (), {})
        for n, count in enumerate(rows)
    ]


MAPPING = Input("mapping", "mappings.yaml", "m", "/mappings.yaml", "users")
OPEN = Hold("h-1", "fewer-rows", "user", {"mapping": "users"}, 1, 9, "", "")
APPROVED = replace(OPEN, approved_by="ada")


def plan(age: int, *inputs: Input, holds: Sequence[Hold] = (), **counts: int) -> AppliedPlan:
    """A plan of so many days ago that created, updated, deleted or held so many users."""
    usual = {"create": 0, "update": 0, "delete": 0, "held": 0}
    return AppliedPlan(f"p-{age}", NIGHT - age * DAY, (MAPPING, *inputs), tuple(holds), {"user": usual | counts})


def past(plans: Sequence[AppliedPlan]) -> Past:
    return pasts(plans, {"users": "user", "staff": "user", "courses": "course"}).get("users", Past())


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


def test_a_file_used_twice_was_last_used_the_second_time() -> None:
    nights = [plan(0, sheet("a", 1)), plan(1, sheet("b", 1)), plan(2, sheet("c", 1)), plan(3, sheet("b", 1))]
    assert past(nights).used == {"b": NIGHT - DAY, "c": NIGHT - 2 * DAY}


def test_two_files_of_a_mapping_are_one() -> None:
    old, new = sheet("a", 3, modified=NIGHT, filled={"A": 0, "B": 20}), sheet("b", 4, modified=NIGHT + DAY)
    whole = together([MAPPING, old, new, sheet("c", 2, filled={"B": 30, "C": 1}), replace(old, rows=None)])
    assert whole is not None
    assert (whole.name, whole.rows, whole.modified) == ("b.csv (and 3 more)", 9, NIGHT + DAY)
    assert whole.filled == {"A": 0, "B": 30, "C": 1}


def test_one_file_is_itself_and_none_is_none() -> None:
    assert together([MAPPING, sheet("a", 3)]) == sheet("a", 3)
    assert together([MAPPING]) is None


# -- which plans are a measure ---------------------------------------------------------------------------------

DOUBTS = [
    ("of a mapping", OPEN, {"users"}),
    ("of a mapping, approved", APPROVED, set()),
    ("of a resource", replace(OPEN, slice={}), {"users", "staff"}),
    ("of a course", replace(OPEN, slice={"courseid": "C1"}), set()),
    ("of a part of a mapping", replace(OPEN, slice={"mapping": "users", "city": "Ayr"}), {"users"}),
    *((f"by {guard}", replace(OPEN, guard=guard), set()) for guard in ("rolled-back", "graded-removals")),
]


@pytest.mark.parametrize(("hold", "doubted"), [case[1:] for case in DOUBTS], ids=[case[0] for case in DOUBTS])
def test_what_an_open_hold_casts_doubt_on(hold: Hold, doubted: set[str]) -> None:
    assert doubted_by([hold], {"users": "user", "staff": "user", "courses": "course"}) == doubted
    nights = [plan(1, sheet("new", 10), holds=[hold]), plan(2, sheet("old", 100))]
    assert past(nights).last[-1].digest == ("old" if "users" in doubted else "new")


@pytest.mark.parametrize(("age", "holds", "rows"), [(6, [], 100), (7, [], 10), (1, [APPROVED], 10)])
def test_a_doubtful_file_is_a_measure_after_a_week_or_once_it_is_approved(
    age: int, holds: list[Hold], rows: int
) -> None:
    short = plan(age, sheet("short", 10, doubtful=True), holds=holds)
    nights = [plan(0), short, *(plan(age + n, sheet(f"d{n}", 100)) for n in (1, 2, 3))]
    usual = past(nights).usual
    assert usual is not None
    assert usual.rows == rows


def test_of_other_mappings_nothing_is_a_measure() -> None:
    theirs = replace(sheet("a", 1), mapping="courses")
    assert past([AppliedPlan("p-1", NIGHT, (theirs, Input("site", "site.yaml", "s", "/site.yaml")), (), {})]) == Past()


# -- what they are a measure of --------------------------------------------------------------------------------


def test_what_is_usual_of_columns_and_records_is_in_the_middle_too() -> None:
    nights = [
        plan(0, sheet("a", 9, usable=7, filled={"A": 50, "B": 90})),
        plan(1, sheet("b", 9, usable=9, filled={"B": 10, "C": 1})),
        plan(2, sheet("c", 9, filled={"B": 20})),
    ]
    usual = past(nights).usual
    assert usual is not None
    assert (usual.digest, usual.usable, usual.filled) == ("a", 7, {"A": 0, "B": 20})


def test_a_file_without_known_rows_has_none() -> None:
    usual = past([plan(0, sheet("a", 5)), *(plan(n, replace(sheet(f"d{n}", 0), rows=None)) for n in (1, 2))]).usual
    assert usual is not None
    assert usual.rows == 0


@pytest.mark.parametrize(
    ("counts", "holds", "sent"),
    [
        ({"create": 1}, [], True),
        ({"update": 2, "held": 1}, [], True),
        ({"create": 1, "update": 1, "delete": 1, "held": 3}, [], False),
        ({"delete": 3, "held": 3}, [APPROVED], True),
        ({}, [], False),
    ],
)
def test_what_a_plan_has_sent(counts: dict[str, int], holds: list[Hold], sent: bool) -> None:
    assert past([plan(0, sheet("a", 1), holds=holds, **counts)]).sent == ({"user"} if sent else set())


def test_nothing_was_sent_before_the_mapping_changed_or_while_removals_were_put_off() -> None:
    changed = replace(MAPPING, digest="other")
    before = AppliedPlan("p-2", NIGHT - 2 * DAY, (changed, sheet("b", 1)), (), plan(2, create=1).summary)
    assert past([plan(0, sheet("a", 1)), before]).sent == set()
    assert past([plan(0, sheet("a", 1)), plan(1, sheet("b", 1), create=1)]).sent == {"user"}
    assert past([plan(0, sheet("a", 1, postponed=True), create=1)]).sent == set()


def test_before_deltas_the_last_list_is_among_the_last_files() -> None:
    nights = [plan(0, sheet("d", 1, delta=True)), plan(1, sheet("b", 9)), plan(2, sheet("c", 9))]
    assert [each.digest for each in past(nights).last] == ["m", "d", "b"]
    assert [each.digest for each in past(nights[1:]).last] == ["m", "b"]
    assert good_inputs(pasts(nights, {"users": "user"})) == {"users": past(nights).last}


def test_what_stood_for_additions_is_known_of_all_deltas() -> None:
    nights = [
        plan(n, sheet(f"d{n}", 1, delta=True, additions=each)) for n, each in enumerate(({"A": ["I"]}, {"A": ["U"]}))
    ]
    assert past(nights).additions == {"A": {"I", "U"}}


def test_only_lists_are_compared_with_those_of_the_last_nights() -> None:
    nights = [plan(0, sheet("d", 1, delta=True)), *(plan(n, sheet(f"d{n}", 1)) for n in range(1, 10))]
    assert past(nights).when == NIGHT
    assert len(past(nights).snapshots) == 9
    assert past(nights).recent == tuple(frozenset({f"d{n}"}) for n in range(1, 8))


@pytest.mark.parametrize(
    ("modified", "holds", "written"),
    [
        ([NIGHT - DAY, NIGHT - 3 * DAY], [], NIGHT - DAY),
        ([NIGHT - 3 * DAY, NIGHT - 2 * DAY], [], NIGHT - 2 * DAY),
        ([NIGHT - 3 * DAY, NIGHT - 2 * DAY], [APPROVED], NIGHT - 3 * DAY),
        ([NIGHT + DAY, None], [], NIGHT),
        ([None, None], [], None),
    ],
)
def test_when_the_newest_file_was_written(
    modified: list[datetime | None], holds: list[Hold], written: datetime | None
) -> None:
    first, second = (sheet(f"d{n}", 1, modified=each) for n, each in enumerate(modified))
    assert past([plan(0, first, holds=holds), plan(1, second)]).written == written


@pytest.mark.parametrize(
    ("names", "dated"),
    [
        (["2026-11-20", "2026-11-21"], "21 November, 00:00"),
        (["2026-11-20", "users"], "20 November, 00:00"),
        (["2026-11-20", "2026-11-24-0200"], "24 November, 02:00"),
        (["2026-11-20", "2026-11-24-0201"], "20 November, 00:00"),
        (["users", "users"], None),
    ],
)
def test_the_newest_date_in_a_name(names: list[str], dated: str | None) -> None:
    files = [replace(sheet(f"d{n}", 1), name=f"{name}.csv") for n, name in enumerate(names)]
    mapping = replace(MAPPING, name="2026-11-22.yaml")
    found = past([AppliedPlan("p-1", NIGHT, (mapping, *files), (), {})]).dated
    assert (found and f"{found:%d %B, %H:%M}") == dated
