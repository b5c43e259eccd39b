"""Objects packed into one text and back, whether a column repeats few values or not."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sync.model.values import SAMPLE, pack, unpack

texts = st.none() | st.text(st.characters(codec="utf-8"), max_size=6)


@given(st.lists(texts, min_size=1, max_size=6), st.lists(texts, min_size=1, max_size=6))
def test_what_was_packed_is_unpacked(one: list[str | None], other: list[str | None]) -> None:
    frame = pd.DataFrame({"one": one[: len(other)], "other": other[: len(one)]}, dtype="str")
    pd.testing.assert_frame_equal(unpack(pack(frame, ["one", "other"]), ["one", "other"]), frame)


@given(st.lists(texts, min_size=1, max_size=6), st.sampled_from(["one", "unknown"]))
def test_a_long_column_of_few_values_is_packed_as_a_short_one(values: list[str | None], name: str) -> None:
    short = pd.DataFrame({"one": values}, dtype="str")
    times = SAMPLE // len(values) + 2
    long = pd.concat([short] * times, ignore_index=True)
    packed = pack(long, ["one"])
    assert packed.tolist() == pack(short, ["one"]).tolist() * times
    expected = pd.concat([unpack(pack(short, ["one"]), [name])] * times, ignore_index=True)
    pd.testing.assert_frame_equal(unpack(packed, [name]), expected)
