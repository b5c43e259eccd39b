"""Where a report may be written: a file is replaced, a link is followed, and anything else stays what it is."""

from __future__ import annotations

import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from sync.errors import NexsisSyncError
from sync.export import ENDINGS, open_table
from sync.sheets.output import written


def write(path: Path, text: str = "new") -> None:
    with written(path) as stream:
        stream.write(text.encode())


def test_a_file_is_replaced_by_one_that_its_owner_alone_can_read(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    for text in ("first", "second"):
        write(path, text)
        assert path.read_text() == text
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), written(path) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert [each.read_text() for each in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_the_file_it_leads_to_is_another_one(tmp_path: Path, there: bool) -> None:
    (tmp_path / "www").mkdir()
    file, link = tmp_path / "www" / "report-7.html", tmp_path / "report.html"
    if there:
        file.write_text("old")
    link.symlink_to("www/report-7.html")
    write(link)
    assert (str(link.readlink()), file.is_symlink(), file.read_text()) == ("www/report-7.html", False, "new")
    assert {each.name for each in tmp_path.rglob("*")} == {"www", "report-7.html", "report.html"}


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "report.html"
    link.symlink_to("report.html")
    with pytest.raises(NexsisSyncError, match=r"report\.html: this file cannot be written"):
        write(link)
    assert link.is_symlink()


@pytest.mark.parametrize("linked", [False, True])
def test_what_is_written_to_a_pipe_goes_through_it_and_the_pipe_stays(tmp_path: Path, linked: bool) -> None:
    pipe = path = tmp_path / "pipe"
    os.mkfifo(pipe)
    if linked:
        path = tmp_path / "link"
        path.symlink_to(pipe)
    with ThreadPoolExecutor(1) as other:
        read = other.submit(pipe.read_text)
        write(path)
        assert read.result() == "new"
    assert pipe.is_fifo()


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_of_every_kind_goes_through_a_pipe(tmp_path: Path, ending: str) -> None:
    pipe, file = tmp_path / f"pipe{ending}", tmp_path / f"file{ending}"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as other:
        read = other.submit(pipe.read_bytes)
        for path in (pipe, file):
            with open_table(path, ["a"]) as table:
                table.write(pd.DataFrame({"a": ["1"]}))
        assert len(read.result()) == len(file.read_bytes())
    assert pipe.is_fifo()


def test_a_terminal_stays_one(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    try:
        name = Path(os.ttyname(theirs))
        write(name)
        assert os.read(ours, 10) == b"new"
        assert name.is_char_device()
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_cannot_be_written_into_is_reported_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(NexsisSyncError, match=r"socket: this file cannot be written: No such device or address"):
            write(Path("socket"))
    assert Path("socket").is_socket()


def test_a_folder_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with (
        pytest.raises(NexsisSyncError, match=r"this file cannot be written: a folder has that name"),
        written(tmp_path),
    ):
        pytest.fail("there is nothing to write to")


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(NexsisSyncError, match=r"a\.html: this file cannot be written: No such file or directory"):
        write(tmp_path / "none" / "a.html")
