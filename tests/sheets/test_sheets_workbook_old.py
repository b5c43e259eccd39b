"""xls files that claim or swell to more than they are: refused in words, before they fill the memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from struct import pack, pack_into, unpack_from

import pytest
from xlwt.CompoundDoc import XlsDoc

from sync.errors import SheetError
from sync.sheets import read
from sync.sheets.workbook.panics import hushed

BEGIN, END, SHEET, TEXTS, CONTINUED, TEXT, SHARED, FORMULA = 0x809, 0x0A, 0x85, 0xFC, 0x3C, 0x204, 0xFD, 0x06


def record(kind: int, data: bytes = b"") -> bytes:
    return pack("<HH", kind, len(data)) + data


def text(characters: bytes) -> bytes:
    return pack("<HB", len(characters), 0) + characters


def texts(*each: bytes, count: int | None = None) -> bytes:
    return record(TEXTS, pack("<II", 0, len(each) if count is None else count) + b"".join(each))


def shared(row: int, index: int, column: int = 0) -> bytes:
    return record(SHARED, pack("<HHHI", row, column, 0, index))


def xls(table: bytes, cells: Sequence[bytes], tabs: int = 1) -> bytes:
    """A workbook whose tabs all begin at the same cells; with a single tab, a normal one."""

    def start(kind: int) -> bytes:
        return record(BEGIN, pack("<HHHHII", 0x600, kind, 0, 0, 0, 0))

    def sheets(at: int) -> bytes:
        names = (b"T%d" % n for n in range(tabs))
        return b"".join(record(SHEET, pack("<IBBBB", at, 0, 0, len(name), 0) + name) for name in names)

    at = len(start(5) + sheets(0) + table + record(END))
    stream = BytesIO()
    XlsDoc().save(stream, start(5) + sheets(at) + table + record(END) + start(0x10) + b"".join(cells) + record(END))
    return stream.getvalue()


ROWS = [shared(0, 0), shared(1, 1)]
GOOD = xls(texts(text(b"id"), text(b"S1")), ROWS)


def altered(at: int, number: int) -> bytes:
    """The good one, with another number at that place."""
    data = bytearray(GOOD)
    pack_into("<I", data, at, number)
    return bytes(data)


DIRECTORY = 512 * (unpack_from("<I", GOOD, 48)[0] + 1)
WORKBOOK = DIRECTORY + 128
TABLE = 512 * (unpack_from("<I", GOOD, 76)[0] + 1)
FIRST = unpack_from("<I", GOOD, WORKBOOK + 116)[0]


def rows(data: bytes, folder: Path) -> list[list[str]]:
    path = folder / "book.xls"
    path.write_bytes(data)
    records: list[list[str]] = read(path).frame.to_numpy().tolist()
    return records


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(xls(texts(text(b"x"), count=0x7FFFFFFF), ROWS), "damaged", id="texts that are not there"),
        pytest.param(xls(texts(text(b"id")), ROWS), "damaged", id="a text that is not there"),
        pytest.param(
            xls(texts(text(b"x" * 30_000)), [shared(n, 0) for n in range(9_000)]),
            "some cells share text so long that it would use up all the memory",
            id="a long text in many cells",
        ),
        pytest.param(xls(texts(text(b"id"), text(b"S1")), ROWS, 200), "its tabs overlap", id="one tab many times"),
        pytest.param(altered(WORKBOOK + 120, 0x7FFFFFFF), "shorter than declared", id="a long stream"),
        pytest.param(altered(WORKBOOK + 116, 0x00FFFFFF), "sectors are missing", id="a far sector"),
        pytest.param(altered(TABLE + 4 * FIRST, FIRST), "form a loop", id="a circle of sectors"),
        pytest.param(altered(48, 0x00FFFFFF), "sectors are missing", id="a directory that is not there"),
        pytest.param(altered(28, 0x0014FFFE), "sectors have an unknown size", id="large sectors"),
    ],
)
def test_what_claims_more_than_there_is_is_refused(data: bytes, words: str, tmp_path: Path) -> None:
    assert len(data) < 1 << 20
    with pytest.raises(SheetError, match=words) as refused:
        rows(data, tmp_path)
    assert len(refused.value.faults) == 1


@pytest.mark.parametrize("at", [40, 44, 64, 72, DIRECTORY + 120], ids=["folders", "table", "small", "more", "root"])
def test_sizes_in_the_header_are_not_believed(at: int, tmp_path: Path) -> None:
    assert rows(altered(at, 0x7FFFFFFF), tmp_path) == [["S1"]]


def test_the_list_of_tables_may_run_in_a_circle(tmp_path: Path) -> None:
    assert rows(altered(68, 0), tmp_path) == [["S1"]]


def test_texts_go_on_in_further_records(tmp_path: Path) -> None:
    """In the middle of a text, where the width of its characters is given again, and within what follows a text."""
    rich = pack("<HBHI", 4, 8 | 4, 1, 5) + b"na"
    table = texts(text(b"id"), rich, count=4)
    table += record(CONTINUED, b"\1" + "me".encode("utf-16-le") + b"....") + record(CONTINUED, b"....." + text(b"S1"))
    table += record(CONTINUED, pack("<HB", 3, 1) + "Zoë".encode("utf-16-le"))
    cells = [shared(row, 2 * row + column, column) for row in (0, 1) for column in (0, 1)]
    assert rows(xls(table, cells), tmp_path) == [["S1", "Zoë"]]


def test_nothing_is_said_on_standard_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A formula that is longer than its record makes the reader of values panic."""
    formula = record(FORMULA, pack("<HHHdHIH", 1, 0, 0, 1.0, 0, 0, 0x800) + b"\x1e\1\0")
    with pytest.raises(SheetError, match="damaged or incomplete"):
        rows(xls(texts(text(b"id")), [shared(0, 0), formula]), tmp_path)
    assert capfd.readouterr() == ("", "")


def test_what_others_say_meanwhile_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with hushed():
        os.write(2, b"12 of 40 rows\n")
    assert capfd.readouterr().err == "12 of 40 rows\n"
