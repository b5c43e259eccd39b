"""What a plan writes to the ledger before anything is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync.diff.field_diff import Alignment, compare
from sync.diff.ledger_updates import forgotten, learned
from tests.diff.sides import CONVENTIONS, Row, aligned, ann, known

DAY = 740_000
STATE = {name: value for name, value in ann("S1").items() if name != "userid"}
OTHER = STATE | {"lastname": "Other"}


def news(alignment: Alignment) -> list[dict[str, Any]]:
    """The rows to be written, unpacked; what they all have is checked here."""
    found = learned(alignment, compare(alignment, CONVENTIONS), DAY)
    assert set(found["checked"]) <= {DAY}
    rows = found.drop(columns=["checked", "key"]).to_dict("records")
    return [{str(name): _unpacked(value) for name, value in row.items()} for row in rows]


def _unpacked(value: Any) -> Any:
    if isinstance(value, str):
        return json.loads(value) if value.startswith("{") else value
    return value if isinstance(value, int) else None


def written(match: str, sent: Row | None, seen: Row | None, claims: str = "people", owned: int = 1) -> dict[str, Any]:
    return {"match": match, "sent": sent, "seen": seen, "claims": claims, "owned": owned}


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        pytest.param({"sent": STATE, "seen": STATE}, [], id="all is known"),
        pytest.param({"sent": STATE, "seen": OTHER}, [written("s1", STATE, STATE)], id="seen to have changed"),
        pytest.param({"sent": STATE, "seen": None}, [written("s1", STATE, STATE)], id="seen for the first time"),
        pytest.param({"sent": OTHER, "seen": STATE}, [written("s1", STATE, STATE)], id="both have changed alike"),
        pytest.param(
            {"sent": STATE, "seen": STATE, "claims": "staff"}, [written("s1", STATE, STATE)], id="another mapping"
        ),
        pytest.param(
            {"sent": OTHER, "seen": OTHER, "claims": "staff"}, [written("s1", STATE, STATE)], id="all is another"
        ),
        pytest.param(
            {"sent": OTHER, "seen": STATE, "owned": 0}, [], id="what was sent does not matter if it is not ours"
        ),
        pytest.param(
            {"sent": OTHER, "seen": OTHER, "owned": 0}, [written("s1", OTHER, STATE, owned=0)], id="seen, and not ours"
        ),
    ],
)
def test_of_what_is_as_it_should_be_only_the_news_is_written(
    memory: dict[str, Any], expected: list[dict[str, Any]]
) -> None:
    assert news(aligned("user", [ann("S1")], [ann("S1")], [known("user", "S1", **memory)])) == expected


def test_what_is_found_as_it_should_be_is_remembered_as_seen_and_not_as_ours() -> None:
    assert news(aligned("user", [ann("S1")], [ann("S1")])) == [written("s1", None, STATE, owned=0)]


def test_what_differs_is_not_news() -> None:
    memory = [known("user", "S1", sent=OTHER, seen=OTHER)]
    assert news(aligned("user", [ann("S1"), ann("S2")], [ann("S1", lastname="By hand"), ann("S2")], memory)) == [
        written("s2", None, {**STATE, "username": "s2", "email": "s2@uni.example"}, owned=0)
    ]


@pytest.mark.parametrize(("source", "seen"), [("read", STATE), ("remembered", OTHER)])
def test_what_was_not_read_is_not_seen(source: str, seen: Row) -> None:
    memory = [known("user", "S1", sent=STATE, seen=OTHER, claims="staff")]
    assert news(aligned("user", [ann("S1")], [ann("S1", source=source)], memory)) == [written("s1", STATE, seen)]


def test_what_was_not_read_is_no_news_either() -> None:
    memory = [known("user", "S1", sent=STATE, seen=OTHER)]
    assert news(aligned("user", [ann("S1")], [ann("S1", source="remembered")], memory)) == []


def test_what_a_sheet_does_not_say_is_still_what_was_sent() -> None:
    rows = [ann("S1", lastname="New", firstname=None)]
    memory = [known("user", "S1", sent=STATE, seen=STATE)]
    sent = STATE | {"lastname": "New"}
    assert news(aligned("user", rows, [ann("S1", lastname="New")], memory)) == [written("s1", sent, sent)]


@pytest.mark.parametrize(
    ("claims", "complete", "expected"),
    [
        ("people staff", ["people"], "people staff"),
        ("people staff", ["people", "staff"], "people"),
        ("staff people", ["people"], "people staff"),
        ("people gone", ["people"], "people"),
        ("people staff staff2", ["people", "staff2"], "people staff"),
    ],
)
def test_a_claim_lasts_until_its_mapping_is_read_in_full(claims: str, complete: list[str], expected: str) -> None:
    memory = [known("user", "S1", sent=STATE, seen=OTHER, claims=claims)]
    alignment = aligned(
        "user", [ann("S1")], [ann("S1")], memory,
        mappings=["people", "staff", "staff2"], complete=frozenset(complete),
    )  # fmt: skip
    assert [row["claims"] for row in news(alignment)] == [expected]


def test_a_claim_that_lasts_is_no_news() -> None:
    memory = [known("user", "S1", sent=STATE, seen=STATE, claims="people staff")]
    assert news(aligned("user", [ann("S1")], [ann("S1")], memory, mappings=["people", "staff"])) == []


def test_what_others_refer_to_is_remembered_once() -> None:
    memory = [known("user", "S1", sent=None, seen=OTHER, claims="", owned=0)]
    alignment = aligned(
        "user", site=[ann("S2"), ann("S1")], ledger=memory, wanted=[{"userid": each} for each in ("S1", "S2", "S3")]
    )
    seen = {"username": "s2", "firstname": "Ann", "lastname": "Lee", "email": "s2@uni.example"}
    assert news(alignment) == [written("s2", None, seen, claims="", owned=0)]


@pytest.mark.parametrize(
    ("row", "absent", "expected"),
    [
        pytest.param({"sent": STATE, "seen": STATE}, True, [written("s1", None, None)], id="known"),
        pytest.param({"sent": STATE, "seen": None}, True, [written("s1", None, None)], id="sent"),
        pytest.param({"sent": None, "seen": STATE}, True, [written("s1", None, None)], id="seen"),
        pytest.param({"sent": None, "seen": None}, True, [], id="noticed before"),
        pytest.param({"sent": STATE, "seen": STATE}, False, [], id="not asked for"),
    ],
)
def test_what_is_wanted_and_has_vanished_is_forgotten_as_sent(
    row: dict[str, Any], absent: bool, expected: list[dict[str, Any]]
) -> None:
    memory = [known("user", "S1", **row), known("user", "S2", sent=STATE, seen=STATE)]
    gone = [["S1"], ["S2"]] if absent else [["S2"]]
    assert news(aligned("user", [ann("S1")], [], memory, absent=gone)) == expected


@pytest.mark.parametrize(
    ("row", "absent", "listed", "expected"),
    [
        pytest.param({}, True, False, ["s1"], id="gone"),
        pytest.param({}, True, True, [], id="gone, and asked for"),
        pytest.param({}, False, False, [], id="ours, and still there"),
        pytest.param({"owned": 0}, False, False, ["s1"], id="only ever seen"),
        pytest.param({"owned": 0}, False, True, [], id="only ever seen, and asked for"),
        pytest.param({"owned": 0, "claims": ""}, False, False, [], id="others refer to it"),
    ],
)
def test_what_no_sheet_asks_for_is_forgotten_if_it_is_gone_or_never_was_ours(
    row: dict[str, Any], absent: bool, listed: bool, expected: list[str]
) -> None:
    memory = [known("user", "S1", sent=STATE, seen=STATE, **row)]
    alignment = aligned("user", [ann("S1")] * listed, [], memory, absent=[["S1"]] * absent)
    assert forgotten(alignment).tolist() == expected
