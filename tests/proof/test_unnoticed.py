"""What nobody could tell from a good export, and what somebody could."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.proof.damage import Past
from tests.proof.damage.unnoticed import unnoticed
from tests.proof.feeds import Feeds, Table, written

CHANGING = "abcdefgh"
"""A letter for each night's members: no two nights have the same ones."""

CASES = [
    ("yesterday's, of a file that changes every night", CHANGING, "g", False),
    ("yesterday's, of a file that stayed the same once", "aabcdefg", "f", False),
    ("yesterday's, of a file that stayed the same twice", "aabbcdef", "e", True),
    ("last night but one's", "aabbcdef", "d", False),
    ("without the row that came tonight", ["1", "12"], "1", True),
    ("without the row that came tonight and another one", ["12", "123"], "1", False),
    ("without a row of yesterday", ["12", "123"], "13", False),
    ("with the other rows in another order", ["12", "123"], "21", False),
]


def feeds(letters: str) -> Feeds:
    """One row for each letter."""
    return {"members.csv": Table(("ID",), tuple((letter,) for letter in letters))}


@pytest.mark.parametrize(
    ("nights", "tonight", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_file_that_could_be_a_good_one(nights: Sequence[str], tonight: str, expected: bool) -> None:
    past = Past([feeds(each) for each in nights])
    assert unnoticed(past, {"members.csv": written(feeds(tonight)["members.csv"])}) is expected


def test_a_list_of_people_without_whoever_came_tonight_lacks_somebody() -> None:
    lists = [{"students.csv": feeds(each)["members.csv"]} for each in ("1", "12")]
    assert not unnoticed(Past(lists), {"students.csv": written(lists[0]["students.csv"])})


def test_a_file_that_is_not_there_is_noticed() -> None:
    assert not unnoticed(Past([feeds("1"), feeds("12")]), {})
