"""The index answers with numbers what comparing texts would answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sync.model import SEPARATOR
from sync.model.index import Slices, among, firsts, guarding, indexes, no_objects, numbered, parent_key, places
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import part_of, position

PARTS = st.sampled_from(["a", "b", "0", "", "é", "a b"])
PAIRS = st.lists(st.none() | st.tuples(PARTS, PARTS).map(SEPARATOR.join), max_size=12)


def column(matches: list[str | None]) -> pd.Series[str]:
    return pd.Series(matches, dtype="str")


@given(st.lists(PAIRS, min_size=1, max_size=4))
def test_a_number_stands_for_one_text_for_ever(batches: list[list[str | None]]) -> None:
    index = indexes()["enrolment"]
    given_numbers: dict[str | None, int] = {}
    for matches in batches:
        numbers = index.numbers(column(matches))
        for match, number in zip(matches, numbers.tolist(), strict=True):
            assert given_numbers.setdefault(match, number) == number
        assert index.texts(numbers).astype(object).where(numbers >= 0, None).tolist() == matches
    assert given_numbers.get(None, -1) == -1
    assert sorted(number for number in given_numbers.values() if number >= 0) == [*range(len(index))]


@given(st.lists(PAIRS, min_size=1, max_size=3))
def test_parts_have_the_numbers_of_their_texts(batches: list[list[str | None]]) -> None:
    index = indexes()["enrolment"]
    for matches in batches:
        numbers = index.numbers(column(matches))
        for at, name in enumerate(index.key):
            part = index.part(numbers, [name])
            expected = part_of(column(matches), [at]).astype(object)
            assert index.space([name]).texts(part).astype(object).equals(expected)
            assert ((part < 0) == (numbers < 0)).all()


@given(PAIRS, PAIRS)
def test_one_frame_in_another_is_found_as_by_text(left: list[str | None], right: list[str | None]) -> None:
    here, there = (pd.DataFrame({"match": column(each)}) for each in (left, right))
    one, other = numbered(indexes()["enrolment"], here, there)
    at = position(here["match"], there["match"])
    assert places(one["object"], other["object"]).tolist() == at.tolist()
    assert among(one["object"], other["object"]).tolist() == (at >= 0).tolist()
    known = here["match"].notna().to_numpy()
    assert (firsts(one["object"]) & known).tolist() == (~here["match"].duplicated().to_numpy() & known).tolist()


@given(PAIRS, PAIRS, st.sampled_from([["userid"], ["courseid"], ["userid", "courseid"]]))
def test_what_lies_in_some_slices_is_found_as_in_all(
    known: list[str | None], asked: list[str | None], names: list[str]
) -> None:
    index = indexes()["enrolment"]
    index.numbers(column(known))
    sought = column([match for match in asked if match is not None])
    slices = index.space(names).numbers(part_of(sought, [index.key.index(name) for name in names]))
    found = Slices(index, names).numbers(sought, np.unique(slices))
    assert found.tolist() == position(sought, index.texts(np.arange(len(index)))).tolist()


def test_every_parent_and_all_that_a_delete_removes_share_their_parents_numbers() -> None:
    numbers = indexes()
    for name, resource in CATALOGUE.items():
        for above, on in ancestors(resource):
            assert numbers[name].space(parent_key(above, on)) is numbers[above], (name, above)
        for takes in resource.takes:
            on = {here: there for there, here in takes.on.items()}
            assert numbers[takes.resource].space(parent_key(name, on)) is numbers[name], (name, takes.resource)


def test_a_guarded_object_is_named_once_in_text_and_number() -> None:
    index = indexes()["user"]
    (rows,) = numbered(index, pd.DataFrame({"match": column(["s1", "s2"]), "claims": "people"}))
    guarded = guarding(index, no_objects("match", "slice", "claims").assign(within=np.empty(0, np.int64)), rows)
    assert guarding(index, guarded, rows[:1])["match"].tolist() == ["s1", "s2"]
