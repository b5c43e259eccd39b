"""Lists of the API as columns: what is decoded at once is what the decoded objects hold."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model import Request, Response
from sync.site.listing import ABSENT, Listing, decode, joined, listing
from sync.site.responses import classify

NAMES = ("idnumber", "role", "f0", "a b")
values = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.lists(st.text(), max_size=2)
objects = st.lists(st.dictionaries(st.sampled_from([*NAMES, "email", ""]), values))
LIST = Request("GET", "course/C1/enrol", many=True, takes=NAMES)


def cells(of: Listing) -> dict[str, list[object]]:
    """The values of each property, whatever they are kept in."""
    return {name: [*column] if isinstance(column, list) else column.to_pylist() for name, column in of.columns.items()}


@given(objects)
def test_a_list_is_decoded_to_what_its_objects_hold(given: list[dict[str, Any]]) -> None:
    found = decode(orjson.dumps(given), NAMES)
    assert cells(found) == cells(listing(given, NAMES))
    assert len(found) == len(given)


@given(objects, objects)
def test_lists_are_joined_in_order(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    both = joined([decode(orjson.dumps(each), NAMES) for each in (one, other)], NAMES)
    assert cells(both) == cells(listing(one + other, NAMES))
    assert len(both) == len(one + other)


def test_a_property_that_is_null_is_not_one_that_is_absent() -> None:
    assert cells(decode(b'[{"role": null}, {}]', ("role",))) == {"role": [None, ABSENT]}


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"[null]", b'[["a"]]', b"", b"<html>", b'[{"role": "\xff"}]', b"[{}"])
def test_anything_but_a_list_of_objects_is_refused(body: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)):
        decode(body, ("role",))


@pytest.mark.parametrize("entry", [None, 1, "a", ["a"]])
def test_a_list_with_entries_that_are_no_objects_is_no_success(entry: object) -> None:
    assert classify(LIST, Response(200, [{"role": "Student"}, entry], json=True)).kind == "trouble"
    assert classify(LIST, Response(200, [{"role": "Student"}], json=True)).kind == "done"
