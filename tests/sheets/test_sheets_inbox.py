"""Which file a mapping reads, and what is reported about it."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.errors import SheetError
from sync.sheets import digest, find, read, require


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for name in ("users-1.csv", "users-2.csv", "Enrolments.xlsx", "~$Enrolments.xlsx", ".hidden.csv"):
        (tmp_path / name).write_bytes(b"id,name\nS1,Ann\n")
    return tmp_path


def test_the_one_file_that_matches_is_found(inbox: Path) -> None:
    assert find(inbox, "users-1*") == inbox / "users-1.csv"


def test_lock_files_and_hidden_files_never_match(inbox: Path) -> None:
    assert find(inbox, "*.xlsx") == inbox / "Enrolments.xlsx"
    with pytest.raises(SheetError, match="no file matches"):
        find(inbox, ".hid*.csv")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("users*.csv", ["2 files match 'users*.csv': users-1.csv, users-2.csv"]),
        ("enrolments.xlsx", ["no file matches 'enrolments.xlsx'", "Did you mean 'Enrolments.xlsx'?"]),
        ("grades*.json", ["no file matches", "The inbox contains: Enrolments.xlsx, users-1.csv, users-2.csv"]),
        ("/etc/*.csv", ["'/etc/*.csv' is not a file pattern"]),
        ("", ["'' is not a file pattern"]),
    ],
)
def test_no_match_or_several_are_reported_with_what_there_is(inbox: Path, pattern: str, words: list[str]) -> None:
    with pytest.raises(SheetError) as refused:
        find(inbox, pattern)
    for each in words:
        assert each in str(refused.value)


def test_an_empty_or_missing_inbox_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="The inbox is empty"):
        find(tmp_path, "*.csv")
    with pytest.raises(SheetError, match="the inbox cannot be read: No such file or directory"):
        find(tmp_path / "inbox", "*.csv")


def test_a_sheet_says_which_bytes_it_was_made_of(inbox: Path) -> None:
    path = inbox / "users-1.csv"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    sheet = read(path)
    assert sheet.digest == digest(path) == hashlib.sha256(b"id,name\nS1,Ann\n").hexdigest()
    assert sheet.modified == datetime.fromtimestamp(1_700_000_000, UTC)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    for ask in (read, digest):
        with pytest.raises(SheetError, match=r"gone\.csv"):
            ask(tmp_path / "gone.csv")
        with pytest.raises(SheetError, match="cannot be read"):
            ask(tmp_path)


def test_every_missing_column_is_reported_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("STUDENT_ID,E_MAIL,email2\nS1,a@x.edu,\n")
    faults = require(read(path), ["STUDENT_ID", "EMAIL", "ZZZ", "EMAIL"])
    assert [fault.message for fault in faults] == ["column 'EMAIL' is missing", "column 'ZZZ' is missing"]
    assert faults[0].where == "users.csv, row 1"
    assert "'E_MAIL'" in faults[0].hint
    assert "'email2'" in faults[0].hint
    assert faults[1].hint == "The columns are: STUDENT_ID, E_MAIL, email2."


def test_a_missing_column_that_looks_like_a_value_may_be_meant_as_one(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("STUDENT_ID,ROOM\nS1,a\n")
    (fault,) = require(read(path), ["STUDENT_ID", "teacher"])
    assert fault.hint.endswith("For the same value in every row, write `{constant: teacher}`.")


@pytest.mark.parametrize("first", ["S1001,Ann", "Ann,ann@x.edu", "17,Ann", "Ann,2026-01-31"])
def test_data_where_the_header_should_be_is_reported(tmp_path: Path, first: str) -> None:
    path = tmp_path / "users.csv"
    path.write_text(f"{first}\n")
    (fault,) = require(read(path), ["ID", "NAME"])
    assert fault.message == f"row 1 looks like data, not a header: {first.replace(',', ', ')}"


def test_a_header_with_one_wanted_column_is_a_header(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("ID,T2026\n")
    assert [fault.message for fault in require(read(path), ["ID", "NAME"])] == ["column 'NAME' is missing"]


def test_a_sheet_that_has_all_columns_has_no_faults(inbox: Path) -> None:
    assert require(read(inbox / "users-1.csv"), ["name", "id"]) == ()
