"""Which removals wait, for how many files and until which day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from sync.config.missing import Wait
from sync.diff.countdown import Countdown, MappingWait, Waits, day_of, split
from sync.model.index import guarding, indexes, numbered
from tests.diff.sides import ann, known, objects, remembered, stated

NOW = datetime(2026, 9, 10, 2, tzinfo=UTC)
TODAY = day_of(NOW, "Europe/London")


def days(count: int) -> datetime:
    """So many days before."""
    return NOW - timedelta(days=count)


def wait(files: int = 0, after: int = 0, good: Sequence[tuple[datetime, str]] = (), now: str = "new") -> MappingWait:
    said = Wait.model_validate({"after_files": max(files, 1), "after_days": after})
    return MappingWait(said, [(when, frozenset({digest})) for when, digest in good], frozenset({now}))


def waits(**mappings: MappingWait) -> Waits:
    return Waits(mappings, NOW, "Europe/London")


THREE_FILES = wait(3, good=[(days(2), "two"), (days(1), "one")])


@pytest.mark.parametrize(
    ("mapping", "since", "expected"),
    [
        pytest.param(THREE_FILES, days(2), (0, TODAY - 2), id="missing from all three"),
        pytest.param(THREE_FILES, days(1), (1, TODAY - 1), id="missing from two"),
        pytest.param(THREE_FILES, NOW, (2, TODAY), id="missing today"),
        pytest.param(wait(2, good=[(days(1), "new")]), days(1), (1, TODAY - 1), id="the same file twice"),
        pytest.param(wait(1, 5, good=[(days(3), "old")]), days(4), (0, TODAY + 2), id="five days from the first file"),
        pytest.param(wait(1, 5), days(9), (0, TODAY + 5), id="five days from today"),
    ],
)
def test_files_count_from_the_day_something_was_missing(
    mapping: MappingWait, since: datetime, expected: tuple[int, int]
) -> None:
    assert waits(people=mapping).left("people", since) == expected


def test_a_day_is_one_of_the_site() -> None:
    late = datetime(2026, 9, 10, 23, 30, tzinfo=UTC)
    assert day_of(late, "Europe/London") == day_of(late, "UTC") + 1


class School:
    """Users that are missing, and who noticed that before."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.index = indexes()["user"]
        self.ledger = remembered("user", self.index, rows)
        self.noticed: list[tuple[str, datetime]] = []
        self.desired = stated("user", self.index, [])

    def since(self, *noticed: tuple[str, datetime]) -> School:
        self.noticed = [*noticed]
        return self

    def split(self, waits: Waits, leaving: Sequence[str]) -> tuple[pd.DataFrame, Countdown]:
        marks = pd.DataFrame(
            {
                "match": pd.Series([match for match, _ in self.noticed], dtype="str"),
                "since": pd.Series([when.isoformat(timespec="microseconds") for _, when in self.noticed], dtype="str"),
            }
        )
        (marks,) = numbered(self.index, marks)
        rows = self.ledger[self.ledger["match"].isin(leaving)].reset_index(drop=True)
        return split(rows, self.desired, self.ledger, marks, waits)


def missing(userid: str, claims: str = "people", **more: Any) -> dict[str, Any]:
    return known("user", userid, sent={}, seen={}, claims=claims, **more)


def test_what_is_due_goes_and_the_rest_waits() -> None:
    school = School(missing("S1"), missing("S2"), missing("S3")).since(("s1", days(2)), ("s2", days(1)))
    due, found = school.split(waits(people=THREE_FILES), ["s1", "s2", "s3"])
    assert due["match"].tolist() == ["s1"]
    assert found.waiting[["match", "files", "day"]].values.tolist() == [["s2", 1, TODAY - 1], ["s3", 2, TODAY]]
    assert found.begun.values.tolist() == [["s3", NOW.isoformat(timespec="microseconds")]]
    assert [*found.ended] == []


@pytest.mark.parametrize(("after", "due"), [(0, ["s1"]), (1, [])])
def test_it_goes_on_the_day_itself(after: int, due: list[str]) -> None:
    assert School(missing("S1")).split(waits(people=wait(1, after)), ["s1"])[0]["match"].tolist() == due


@pytest.mark.parametrize(
    ("claims", "mappings", "files"),
    [
        ("people", {"people": wait(3)}, [2]),
        ("people staff", {"people": wait(3), "staff": wait(5)}, [4]),
        ("people staff", {"people": wait(5), "staff": wait(3)}, [4]),
        ("people", {"staff": wait(5)}, []),
        ("people", {}, []),
    ],
)
def test_the_mapping_that_waits_longest_decides(
    claims: str, mappings: dict[str, MappingWait], files: list[int]
) -> None:
    due, found = School(missing("S1", claims)).split(waits(**mappings), ["s1"])
    assert found.waiting["files"].tolist() == files
    assert len(due) == (not files)
    assert len(found.begun) == len(files)


@pytest.mark.parametrize(("claims", "waiting"), [("people", 0), ("people staff", 1)])
def test_what_an_export_of_changes_says_is_gone_waits_for_nothing_there(claims: str, waiting: int) -> None:
    school = School(missing("S1", claims))
    school.desired = stated("user", school.index, [], removals=[{"userid": "S1", "claims": "people"}])
    _, found = school.split(waits(people=wait(3), staff=wait(3)), ["s1"])
    assert len(found.waiting) == waiting


@pytest.mark.parametrize(
    ("row", "listed", "bad", "ended"),
    [
        pytest.param({}, [], [], [], id="still missing"),
        pytest.param({}, ["S1"], [], ["s1"], id="listed again"),
        pytest.param({}, [], ["S1"], ["s1"], id="a bad row names it"),
        pytest.param({"owned": 0}, [], [], ["s1"], id="not ours any more"),
        pytest.param({"claims": "staff"}, [], [], ["s1"], id="of a mapping that does not wait"),
        pytest.param(None, [], [], ["s1"], id="deleted"),
    ],
)
def test_an_absence_ends(row: dict[str, Any] | None, listed: list[str], bad: list[str], ended: list[str]) -> None:
    school = School(*([] if row is None else [missing("S1", **row)]), missing("S2")).since(("s1", days(1)))
    school.desired = stated("user", school.index, [ann(each) for each in listed])
    at = objects("user", school.index, *([each] for each in bad))
    shut = guarding(school.index, school.desired.guarded, pd.DataFrame({"object": at, "claims": "people"}))
    school.desired = replace(school.desired, guarded=shut)
    for leaving in [], ["s2"]:
        assert [*school.split(waits(people=wait(3)), leaving)[1].ended] == ended
