"""What is missing gets values instead of being deleted: which rows, which values, and what shows that it has them."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from sync.diff.missing_set import deleted, field_names, not_deleted, set_before, unsettled, with_values
from sync.diff.sets import Sets, sets
from tests.diff.sides import CONVENTIONS, Row, aligned, ann, known, packed_of

SUSPENDED, AWAY = {"suspended": "1"}, {"suspended": "1", "city": "Ayr"}
NONE = pd.Series([""], dtype="str")


def leaving(*values: Row | None, **more: Any) -> pd.DataFrame:
    """Ledger rows that are to get these values, or to be deleted."""
    packed = [None if each is None else packed_of(each) for each in values]
    frame = pd.DataFrame({"object": range(len(values)), "claims": "people", **more})
    return frame.assign(to_set=pd.Series(packed, dtype="str"))


@pytest.mark.parametrize(
    ("claims", "stated", "expected"),
    [
        ("people", "", SUSPENDED),
        ("staff", "", {"city": "Ayr", "suspended": "0"}),
        ("staff people", "", {"city": "Ayr", "suspended": "1"}),
        ("others", "", None),
        ("people others", "", SUSPENDED),
        ("people", "people", None),
        ("staff people", "staff", SUSPENDED),
    ],
)
def test_the_gentlest_mapping_counts_and_the_first_value_wins(claims: str, stated: str, expected: Row | None) -> None:
    values = {"people": SUSPENDED, "staff": {"suspended": "0", "city": "Ayr"}}
    rows = pd.DataFrame({"claims": pd.Series([claims], dtype="str", index=[7])})
    (found,) = with_values(rows, pd.Series([stated], dtype="str"), values)["to_set"]
    assert (json.loads(found) if isinstance(found, str) else None) == expected
    assert field_names(values) == ["suspended", "city"]


def test_where_nothing_is_set_rows_are_deleted() -> None:
    rows = pd.DataFrame({"claims": ["people", "people"]}, dtype="str")
    assert with_values(rows, NONE, {}) is rows
    assert (len(deleted(rows)), len(not_deleted(rows)), unsettled(rows).tolist()) == (2, 0, [True, True])


def test_rows_are_deleted_or_get_values() -> None:
    rows = leaving(SUSPENDED, None, AWAY)
    assert (deleted(rows)["object"].tolist(), not_deleted(rows)["object"].tolist()) == ([1], [0, 2])


@pytest.mark.parametrize(
    ("values", "seen", "expected"),
    [
        (None, {}, True),
        (SUSPENDED, {"suspended": "1"}, False),
        (SUSPENDED, {"suspended": "0"}, True),
        (SUSPENDED, {}, True),
        (AWAY, {"suspended": "1"}, True),
        (AWAY, {"suspended": "1", "city": "Ayr"}, False),
    ],
)
def test_something_is_to_be_done_where_a_value_is_lacking(values: Row | None, seen: Row, expected: bool) -> None:
    other = packed_of({"suspended": "1", "city": "Ayr"})
    rows = leaving(values, sent=pd.Series([other], dtype="str"), seen=pd.Series([packed_of(seen)], dtype="str"))
    assert unsettled(rows).tolist() == [expected]
    assert unsettled(rows, "sent").tolist() == [values is None]


def test_what_has_the_values_already() -> None:
    rows = leaving(SUSPENDED, SUSPENDED, None, AWAY, SUSPENDED)
    site = pd.DataFrame({"object": [0, 1, 2, 3], "suspended": ["1", "0", "1", "1"]}).astype({"suspended": "str"})
    assert list(set_before(rows, site)) == [0]
    assert list(set_before(rows.iloc[:0], site)) == []


# -- compared with the site ----------------------------------------------------------------------------------------


def compared(*people: tuple[str, str | None, str | None, str], value: str = "1") -> Sets:
    """Sets for people: identifier, what was sent, what was seen, and what the site has now (`?`: it was not read)."""
    ledger, site, values = [], [], []
    for userid, sent, seen, now in people:
        state = {name: text for name, text in ann(userid).items() if name != "userid"}
        images = [None if each is None else state | {"suspended": each} for each in (sent, seen)]
        ledger.append(known("user", userid, sent=images[0] or state, seen=images[1]))
        source = "remembered" if now.endswith("?") else "read"
        site.append(ann(userid, suspended=now.rstrip("?") or None, source=source))
        values.append(packed_of({"suspended": value}))
    alignment = aligned("user", [ann("OTHER", suspended=None)], site, ledger)
    return sets(alignment, alignment.ledger.assign(to_set=pd.Series(values, dtype="str")), CONVENTIONS)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param([], [2], id="nobody has it"),
        pytest.param([("S2", "1", None, "1")], [1], id="somebody has it, who got it from us"),
        pytest.param([("S2", "1", "1", "1?")], [1], id="somebody was seen to have it"),
        pytest.param([("S2", "1", None, "1?")], [2], id="somebody is believed to have it"),
        pytest.param([("S2", None, None, "1")], [2], id="somebody has it otherwise"),
        pytest.param([("S2", "1", "1", "0")], [1, 1], id="somebody lost it again"),
    ],
)
def test_a_value_is_proven_where_a_read_shows_that_it_was_applied(
    others: list[tuple[str, str | None, str | None, str]], expected: list[int]
) -> None:
    proven = [("S3", "1", "1", "1")] if len(expected) > 1 else []
    found = compared(("S1", None, "0", "0"), *others, *proven)
    assert found.changes["set"].tolist() == expected
    assert found.changes["op"].tolist() == ["update"] * len(expected)
    state = {name: text for name, text in ann("S1").items() if name != "userid"}
    assert json.loads(found.changes["after"][0]) == state | {"suspended": "1"}
    assert found.issues == ()


@pytest.mark.parametrize(
    ("waiting", "message"),
    [(0, "1 user"), (1, "1 user"), (2, "2 users")],
)
def test_a_value_that_the_site_did_not_apply_is_set_for_nobody_else(waiting: int, message: str) -> None:
    found = compared(("S9", "1", "0", "0"), *((f"S{n}", None, "0", "0") for n in range(waiting)))
    assert len(found.changes) == 0
    assert [issue.code for issue in found.issues] == ["set-ignored"]
    assert found.issues[0].value == "1"
    assert (message in found.issues[0].message + found.issues[0].hint) or not waiting


def test_each_value_is_judged_by_itself() -> None:
    state = {name: text for name, text in ann("S1").items() if name != "userid"}
    both = packed_of({"suspended": "1", "city": "Ayr"})
    given, was = state | {"suspended": "1", "city": "Ayr"}, {"suspended": "0", "city": "Ayr"}
    ledger = [known("user", "S1", sent=given, seen=state | was), known("user", "S2", sent=state, seen=state)]
    site = [ann("S1", **was), ann("S2", suspended=None, city=None)]
    alignment = aligned("user", [], site, ledger)
    for values, expected in ((both, []), (packed_of({"city": "Ayr"}), [1]), (packed_of({"suspended": "1"}), [])):
        rows = alignment.ledger.assign(to_set=pd.Series([both, values], dtype="str"))
        found = sets(alignment, rows, CONVENTIONS)
        assert found.changes["set"].tolist() == expected
        assert [issue.value for issue in found.issues] == ["1"]


def test_each_value_that_was_not_applied_is_reported() -> None:
    state = {name: text for name, text in ann("S1").items() if name != "userid"}
    values, was = {"suspended": "1", "city": "Ayr"}, {"suspended": "0", "city": "York"}
    ledger = [known("user", "S1", sent=state | values, seen=state | was)]
    alignment = aligned("user", [], [ann("S1", **was)], ledger)
    found = sets(alignment, alignment.ledger.assign(to_set=packed_of(values)), CONVENTIONS)
    assert sorted(str(issue.value) for issue in found.issues) == ["1", "Ayr"]


def test_what_is_seen_to_have_the_value_is_remembered() -> None:
    found = compared(("S1", "1", "0", "1"), ("S2", "1", "1", "1"), ("S3", "1", "0", "1?"))
    assert found.learned["match"].tolist() == ["s1"]
    assert '"suspended":"1"' in found.learned["seen"][0]
    assert len(found.changes) == 0
