"""Words in large data: found wherever bytes.find finds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.sheets.workbook import scan


def found(data: bytes, word: bytes) -> list[int]:
    return [at for at in range(len(data)) if data.startswith(word, at)]


@given(st.lists(st.sampled_from([b"<", b"c", b"<c", b"v"])).map(b"".join), st.sampled_from([b"<c", b"<v", b"<c<c"]))
def test_words_are_found_wherever_they_begin(data: bytes, word: bytes) -> None:
    assert sorted(scan.places(data, word).tolist()) == found(data, word)
    assert scan.count(data, word) == len(found(data, word))


@pytest.mark.parametrize("word", [b"<c", b"<c r"])
def test_words_are_found_where_blocks_meet(word: bytes) -> None:
    starts = [scan.BLOCK * n + shift for n, shift in ((0, 0), (1, -3), (2, -2), (3, -1), (4, 0), (5, 1))]
    data = bytearray(scan.BLOCK * 5 + 10)
    for at in starts:
        data[at : at + len(word)] = word
    assert sorted(scan.places(bytes(data), word).tolist()) == starts
    assert scan.count(bytes(data), word) == len(starts)
    assert scan.pieces(bytes(data), scan.places(bytes(data), word), 2).tobytes() == b"<c" * len(starts)
