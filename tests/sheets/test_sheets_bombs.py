"""Files made to do harm are refused, or read, within bounds of memory and time."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sync.errors import SheetError
from sync.sheets import read
from tests.sheets.bombs import BOMBS, packed

MEMORY, TIME = 600, 30
"""In MiB, and in seconds of a processor."""

READS = """
import resource, sys
from pathlib import Path
from sync.errors import SheetError
from sync.sheets import read
try:
    read(Path(sys.argv[1]))
    print("read")
except SheetError as error:
    print(error)
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_maxrss // 1024)
print(used.ru_utime + used.ru_stime)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_bomb_is_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    file, made, small, words = BOMBS[name]
    path = tmp_path / file
    path.write_bytes(made(small))
    try:
        read(path)
    except SheetError as error:
        (fault,) = error.faults
        assert re.search(words, fault.message)
        assert str(fault).replace("\n", "").isprintable()
    else:
        assert not words


@pytest.mark.parametrize("name", BOMBS)
def test_a_whole_bomb_stays_within_bounds(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("full"):
        return
    file, made, _, words = BOMBS[name]
    path = tmp_path / file
    path.write_bytes(made(1))
    # A shell in between: a process that is started straight from here begins with the memory of this one.
    command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", READS, str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    said, memory, time = done.stdout.rsplit("\n", 3)[:3]
    assert done.stderr == ""
    assert re.search(words, said)
    assert (int(memory) < MEMORY, float(time) < TIME) == (True, True)


@pytest.mark.parametrize("name", ["../people.csv", "/etc/../people.csv", "a/../../people.csv", "..\\people.csv"])
def test_a_member_outside_of_the_archive_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / "people.zip"
    path.write_bytes(packed({name: "ID\nS1\n"}))
    with pytest.raises(SheetError, match=rf"names a file outside itself: {re.escape(name)}"):
        read(path)


def test_what_is_hidden_in_an_archive_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "people.zip"
    path.write_bytes(packed({".DS_Store": "x", "__MACOSX/._people.csv": "x", "a/people.csv": "ID\nS1\n"}))
    assert read(path).found["unpacked"] == "a/people.csv"


@pytest.mark.parametrize("files", [["a\x1b[2J.csv"], ["a\x1b[2J.csv", "b\x07.csv"], ["../\x1b[2J.csv"]])
def test_control_characters_of_names_reach_no_terminal(files: list[str], tmp_path: Path) -> None:
    path = tmp_path / "people.zip"
    path.write_bytes(packed(dict.fromkeys(files, "ID\nS1\n")))
    try:
        said = read(path).found["unpacked"]
    except SheetError as error:
        said = str(error)
    assert "\x1b" not in said
    assert "\\x1b[2J" in said


def test_a_gzip_may_have_several_streams(tmp_path: Path) -> None:
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress(b"ID\nS1\n") + gzip.compress(b"") + gzip.compress(b"S2\n") + bytes(99))
    assert read(path).frame["ID"].tolist() == ["S1", "S2"]


def test_a_zip_may_be_stored(tmp_path: Path) -> None:
    path = tmp_path / "people.zip"
    path.write_bytes(packed({"people.csv": "ID\nS1\n"}, zipfile.ZIP_STORED))
    assert read(path).frame["ID"].tolist() == ["S1"]
