"""Whatever bytes are in the inbox: the result is a sheet, or an error in words."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import Fault, SheetError
from tests.sheets import dialects, good_export
from tests.sheets.reading import read_as

ROUNDS = 6
TOKENS = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\\",
    b";" * 9,
]


def look(path: Path, data: bytes) -> None:
    """Read it; the only possible error is a SheetError, and it has a message."""
    path.write_bytes(data)
    try:
        sheet = read_as(path, wanted=good_export.COLUMNS)
    except SheetError as error:
        faults = error.faults
    else:
        faults = (Fault("none", "nowhere"),)
        assert sheet.frame.index.is_monotonic_increasing
        assert sheet.frame.index.is_unique
        assert set(sheet.frame.dtypes.astype(str)) == {"str"}
    assert faults
    assert all(fault.message and fault.where for fault in faults)


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The data with some of it changed, left out, doubled or inserted."""
    result = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(result) + 1)
        end = min(len(result), at + dice.choice([1, 1, 2, 9, 200]))
        change = dice.randrange(4)
        if change == 0 and at < end:
            result[at] = dice.randrange(256)
        elif change == 1:
            del result[at:end]
        elif change == 2:
            result[at:at] = result[at:end]
        else:
            result[at:at] = dice.choice(TOKENS)
    return bytes(result)


@given(st.binary(max_size=300) | st.lists(st.sampled_from([*TOKENS, b"a", b"EMAIL", b" "]), max_size=30).map(b"".join))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    look(tmp_path_factory.getbasetemp() / "any.csv", data)


@pytest.mark.parametrize("name", [name for name in dialects.DIALECTS if name != "a bomb"])
def test_a_spoilt_file_is_read_or_refused_in_words(name: str, tmp_path: Path) -> None:
    dice = random.Random(name)
    file = dialects.rewritten(name)
    for _ in range(ROUNDS):
        look(tmp_path / file.name, mutated(file.data, dice))
