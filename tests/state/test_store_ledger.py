"""What the ledger remembers, forgets and takes over."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model import LEDGER, Clock, Store
from sync.state import open_store

Frames = Callable[..., pd.DataFrame]

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["", "'\"", "a\x1fb", "x\r\ny", "1,2", "-1", "null", "🎓", "Ś1 ", "\x1e", "a\x1eb", "\x15"]
)


@pytest.fixture
def store(either_store: Store) -> Store:
    return either_store


def same(store: Store, resource: str, frame: pd.DataFrame) -> None:
    found = store.ledger(resource).sort_values("match", ignore_index=True)
    pd.testing.assert_frame_equal(found, frame.sort_values("match", ignore_index=True))


def test_a_resource_never_seen_has_an_empty_frame_of_the_right_types(store: Store, make_ledger: Frames) -> None:
    same(store, "user", make_ledger())


def test_what_is_remembered_comes_back_resource_by_resource(store: Store, make_ledger: Frames) -> None:
    users = make_ledger({"match": "s1", "sent": '{"email":""}'}, {"match": "s2", "seen": "{}", "owned": 1})
    courses = make_ledger({"match": "s1", "claims": ""})
    store.remember("user", users)
    store.remember("course", courses)
    same(store, "user", users)
    same(store, "course", courses)


def test_a_second_memory_replaces_the_first_whole(store: Store, make_ledger: Frames) -> None:
    store.remember("user", make_ledger({"match": "s1", "sent": "{}", "owned": 1}, {"match": "s2"}))
    store.remember("user", make_ledger({"match": "s1", "seen": "{}", "claims": "staff"}))
    same(store, "user", make_ledger({"match": "s1", "seen": "{}", "claims": "staff"}, {"match": "s2"}))


def test_frames_of_looser_types_are_taken_too(store: Store, make_ledger: Frames) -> None:
    loose = make_ledger({"match": "s1", "owned": 1}).astype({"owned": bool, "match": object, "sent": object})
    store.remember("user", loose)
    same(store, "user", make_ledger({"match": "s1", "owned": 1}))


def test_forgetting_drops_those_named_and_minds_no_strangers(store: Store, make_ledger: Frames) -> None:
    store.remember("user", make_ledger({"match": "s1"}, {"match": "s2"}))
    store.remember("course", make_ledger({"match": "s1"}))
    store.forget("user", ["s1", "s9"])
    store.forget("course", [])
    same(store, "user", make_ledger({"match": "s2"}))
    same(store, "course", make_ledger({"match": "s1"}))


def test_adoption_takes_what_is_claimed_and_was_seen(store: Store, make_ledger: Frames) -> None:
    before: list[dict[str, object]] = [
        {"match": "seen", "seen": "{1}"},
        {"match": "sent and seen", "sent": "{2}", "seen": "{3}"},
        {"match": "unseen"},
        {"match": "unclaimed", "seen": "{4}", "claims": ""},
        {"match": "ours", "sent": "{5}", "seen": "{6}", "owned": 1},
    ]
    store.remember("enrolment", make_ledger(*before))
    store.remember("group", make_ledger(*before))
    store.adopt(["enrolment"])
    after = [before[0] | {"sent": "{1}", "owned": 1}, before[1] | {"owned": 1}, *before[2:]]
    same(store, "enrolment", make_ledger(*after))
    same(store, "group", make_ledger(*before))


def test_marks_begin_and_end_kind_by_kind_and_resource_by_resource(store: Store) -> None:
    def absent() -> list[tuple[str, ...]]:
        return sorted(store.marks("absent").itertuples(index=False, name=None))

    first, second = "2026-11-24T02:00:00.000000+00:00", "2026-11-25T02:00:00.000000+00:00"
    rows = pd.DataFrame({"match": ["s1", "s2"], "since": first}, dtype="str")
    assert absent() == []
    store.mark("absent", "user", rows, [])
    store.mark("absent", "enrolment", rows.head(1), ["s9"])
    assert absent() == [("enrolment", "s1", first), ("user", "s1", first), ("user", "s2", first)]
    store.mark("asked-otherwise", "user", rows.tail(1), ["s1"])
    assert len(absent()) == 3
    store.mark("absent", "user", rows.head(1).assign(since=second), ["s1", "s2"])
    assert absent() == [("enrolment", "s1", first), ("user", "s1", second)]
    assert [*store.marks("asked-otherwise")["match"]] == ["s2"]


@given(
    rows=st.lists(
        st.tuples(TEXT, TEXT, st.none() | TEXT, st.none() | TEXT, TEXT, st.integers(0, 1), st.integers(-1, 10**6)),
        max_size=6,
        unique_by=lambda row: row[0],
    )
)
def test_any_text_comes_back_as_it_went_in(clock: Clock, make_ledger: Frames, rows: list[tuple[object, ...]]) -> None:
    frame = make_ledger(*(dict(zip(LEDGER, row, strict=True)) for row in rows))
    with open_store("sqlite://", clock) as store:
        store.remember("user", frame)
        same(store, "user", frame)
