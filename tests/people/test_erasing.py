"""What becomes of a file that mentions a person, whatever it is packed in."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

import pytest

from sync.inbox.erasing import fate, without
from sync.model.forgetting import mentions

WHO = mentions(["S1042"], ["qzonne"], [("Quirina", "Zonneveld")])
NUMBER = mentions(["0042"], [], [])


def packed(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("inside", content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ID,NAME\nS1042,x\nS2,y\n", "ID,NAME\nS2,y\n"),
        ("ID,NAME\r\ns1042,x\r\nS2,y", "ID,NAME\r\nS2,y"),
        ('ID,NOTE\nS1042,"two\nlines"\nS2,"two\nmore"\n', 'ID,NOTE\nS2,"two\nmore"\n'),
        ("Zonneveld;Quirina\nZonneveld;Jan\n", "Zonneveld;Jan\n"),
        ('a,"never closed\nS1042,x\nS2,y\n', 'a,"never closed\nS2,y\n'),
        ('S3,5" disk\nS1042,x\nS2,6" disk\n', 'S3,5" disk\nS2,6" disk\n'),
        ("S10421,S1042a,xS1042\n", "S10421,S1042a,xS1042\n"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_loses_the_records_that_mention_them(before: str, after: str, encoding: str) -> None:
    assert without(f"é\n{before}".encode(encoding), WHO) == f"é\n{after}".encode(encoding)
    big_endian = [b"\xfe\xff" + f"é\n{text}".encode("utf-16-be") for text in (before, after)]
    assert without(big_endian[0], WHO) == big_endian[1]


def test_a_number_may_have_lost_its_zeros() -> None:
    assert without(b"42,x\n000042,x\n142,x\n420,x\n", mentions(["004200"], [], [])) == b"42,x\n000042,x\n142,x\n420,x\n"
    assert without(b"42,x\n000042,x\n142,x\n420,x\n", NUMBER) == b"142,x\n420,x\n"


def test_a_short_number_is_no_mention_but_its_rows_are_known() -> None:
    assert without(b"ID,AGE\n7,20\n8,7\n", mentions(["7"], [], []), rows={2}) == b"ID,AGE\n8,7\n"


def test_stray_quotes_around_a_known_row_take_no_other() -> None:
    content = b'ID,NOTE\n1,"x\n7,y\n8,z\n9,x"\n'
    assert without(content, mentions(["7"], [], []), rows={3}) == content.replace(b"7,y\n", b"")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "compressed"])
def test_a_compressed_text_is_one(pack: Callable[[bytes], bytes]) -> None:
    assert fate(pack(b"ID\nS1042\n"), WHO) == "records"
    assert fate(pack(b"ID\nS2\n"), WHO) == "untouched"


OTHERS = {
    "a workbook about them": (packed(b"<v>S1042</v>"), "file"),
    "a workbook about others": (packed(b"<v>S2</v>"), "untouched"),
    "an archive in an archive": (packed(packed(b"S1042")), "file"),
    "too many archives in each other": (packed(packed(packed(packed(b"S2")))), "file"),
    "a damaged archive": (packed(b"x")[:-30], "file"),
    "a damaged compressed file": (gzip.compress(b"x")[:-9], "file"),
    "an old workbook about them": (b"\0\x05" + "S1042".encode("utf-16-le") + b"\0", "file"),
    "an old workbook about others": (b"\0\x05S2\0", "untouched"),
    "a page about them": (b"<html>\nS1042", "file"),
    "a page about others": (b"<html>\nS2", "untouched"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_any_other_file_is_removed_if_it_mentions_them_or_cannot_be_looked_into(name: str) -> None:
    content, becomes = OTHERS[name]
    assert fate(content, WHO) == becomes
