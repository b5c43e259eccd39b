"""What becomes of a file that mentions a person, whatever it is packed in."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

import pytest

from sync.inbox.erasing import fate, possible, without
from sync.model import Conventions
from sync.model.forgetting import mentions

WHO = mentions(["S1042"], ["qzonne"], [("Quirina", "Zonneveld")], Conventions())


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
    who = mentions(["0010042"], [], [], Conventions())
    assert without(b"10042,x\n00010042,x\n110042,x\n100420,x\n", who) == b"110042,x\n100420,x\n"


def test_a_number_that_is_long_by_its_zeros_means_its_person_as_it_is_written() -> None:
    who = mentions(["0007919"], [], [], Conventions())
    text = b'{"0007919":"x"}\nlog: user 0007919 done\n7919,x\n00007919,x\n0007919-B\n'
    assert without(text, who) == b"7919,x\n00007919,x\n0007919-B\n"
    assert possible(text, who) == 2


ROLES = Conventions(roles=(("student", "Student"),))


@pytest.mark.parametrize(
    ("identifier", "others", "perhaps"),
    [
        ("2026", "S2,2026-09-01\nS3,2026\n", 1),
        ("10423", "10423-B\nAB-10423\nx 10423 y\n", 1),
        ("104231", "104231-B\nAB-104231\n12:104231\n", 0),
        ("li", "Li,Ping,li.ping@uni.example\nli.ping@uni.example\n", 1),
        ("student", "S2,C1,student\n", 1),
        ("suspended", "S2,suspended\n", 1),
        ("quirina", "Quirina,Moe\n", 1),
    ],
)
def test_what_may_be_anything_else_stays_and_is_counted(identifier: str, others: str, perhaps: int) -> None:
    who = mentions([identifier], [], [("Quirina", "Zonneveld")], ROLES)
    assert fate(others.encode(), who) == "untouched"
    assert possible(others.encode(), who) == perhaps


def test_records_of_others_in_a_file_that_mappings_read_are_theirs() -> None:
    who = mentions(["S1042"], ["martin", "m@uni.example"], [], ROLES)
    content = b"S2,Martin\nS3,m@uni.example\nS4,S1042\nS1042,x\n"
    assert without(content, who, rows={4}) == b"S2,Martin\nS4,S1042\n"
    assert possible(content, who, rows={4}) == 2


def test_where_capitals_count_another_spelling_is_somebody_else() -> None:
    exact = mentions(["S1042"], [], [], Conventions(identifiers="exact"))
    assert without(b"S1042\ns1042\n", exact) == b"s1042\n"
    assert not exact.is_theirs("s1042")


def test_a_short_number_is_no_mention_but_its_rows_are_known() -> None:
    assert without(b"ID,AGE\n7,20\n8,7\n", mentions(["7"], [], [], Conventions()), rows={2}) == b"ID,AGE\n8,7\n"


def test_stray_quotes_around_a_known_row_take_no_other() -> None:
    content = b'ID,NOTE\n1,"x\n7,y\n8,z\n9,x"\n'
    assert without(content, mentions(["7"], [], [], Conventions()), rows={3}) == content.replace(b"7,y\n", b"")


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
