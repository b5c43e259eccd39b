"""Sets, and entries of the inbox that lead elsewhere or cannot be read: they delay only sets that need them."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync.config.entries import Inbox
from sync.errors import SheetError
from sync.inbox import archive
from sync.inbox.stability import look

from .office import Office, people

SECRET = "ID,LOGIN,FIRST,LAST\ns7,xk2vault,xk2vault,xk2vault\n"

ENTRIES: dict[str, Callable[[Path], object]] = {
    "points outside": lambda path: path.symlink_to("../vault.csv"),
    "points to itself": lambda path: path.symlink_to(path.name),
    "it is a pipe": os.mkfifo,
}


def laid(work: Office, name: str, make: Callable[[Path], object]) -> Path:
    """Something other than a file, in the inbox."""
    (work.folder / "vault.csv").write_text(SECRET)
    path = work.folder / "inbox" / name
    path.unlink(missing_ok=True)
    make(path)
    return path


def shown(work: Office) -> str:
    """Everything that was printed or stored of the secret."""
    files = [path for path in work.folder.rglob("*") if path.is_file() and path.name != "vault.csv"]
    return "".join(path.read_bytes().decode(errors="replace") for path in files if not path.is_symlink())


@pytest.mark.parametrize("kind", ENTRIES)
def test_what_no_set_needs_stays_in_the_inbox_and_is_named(work: Office, kind: str) -> None:
    work.drop("s1")
    path = laid(work, "notes.csv", ENTRIES[kind])
    for command, expected in (("plan", 2), ("run", 0), ("plan", 0)):
        work.capsys.readouterr()
        from sync.cli import run

        assert run([command, "--json", "--site", str(work.folder / "site.yaml")]) == expected
        issues = json.loads(work.capsys.readouterr().out)["issues"]
        assert [(issue["code"], issue["file"]) for issue in issues] == [("unusable-entry", "notes.csv")]
        assert kind in issues[0]["message"]
    assert os.path.lexists(path)
    assert [sorted(each) for each in work.sets] == [["READY", "courses.csv", "people.csv"]]
    assert (work.refused, work.inbox.keys() - {"notes.csv"}) == ([], set())
    assert "xk2vault" not in shown(work)


@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize("name", ["people.csv", "READY", "list.csv"])
def test_a_set_that_needs_it_waits_and_says_why(work: Office, kind: str, name: str) -> None:
    work.set_up("{trigger: READY, required: list.csv}")
    work.put("list.csv", "A\n")
    work.drop("s1")
    laid(work, name, ENTRIES[kind])
    code, said = work.run("run")
    assert (code, work.writes, work.sets, work.refused) == (1, [], [], [])
    assert f"{name}: this" in said
    assert kind in said
    assert ("follow_links" in said) == (kind == "points outside")
    assert f"{name} has not arrived yet" not in said
    assert "xk2vault" not in said + shown(work)


def test_a_file_that_the_manifest_lists_is_needed(work: Office) -> None:
    work.set_up("{trigger: READY, manifest: {file: list.csv, name: FILE}}")
    work.put("list.csv", "FILE\npeople.csv\ncourses.csv\nnotes.csv\n")
    work.drop("s1")
    laid(work, "notes.csv", ENTRIES["points outside"])
    code, said = work.run("run")
    assert (code, work.sets) == (1, [])
    assert "notes.csv: this link points outside the inbox" in said
    assert "notes.csv has not arrived yet" not in said


def test_a_folder_that_is_a_link_is_nothing_to_take_from(work: Office) -> None:
    """Others may use it too."""
    (work.folder / "theirs").mkdir()
    (work.folder / "theirs" / "people-2.csv").write_text(people("s2"))
    site = work.folder / "site.yaml"
    site.write_text(f"{site.read_text()}follow_links: true\n")
    work.drop("s1")
    (work.folder / "inbox" / "theirs").symlink_to("../theirs")
    assert work.run("run")[0] == 0
    assert [sorted(each) for each in work.sets] == [["READY", "courses.csv", "people.csv"]]
    assert (work.folder / "theirs" / "people-2.csv").exists()


@pytest.mark.parametrize("name", ["a.csv", "more/a.csv"])
def test_what_leads_out_once_it_is_taken_is_not_taken(tmp_path: Path, name: str) -> None:
    """The link was put there after the check."""
    at = archive.Folders(tmp_path / "inbox", tmp_path / "archive", tmp_path / "refused")
    for folder in (at.inbox, tmp_path / "outside"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("A\n")
    files = look(at.entries).files
    top = name.split("/", maxsplit=1)[0]
    (at.inbox / top).rename(tmp_path / "away")
    (at.inbox / top).symlink_to(f"../outside/{top}")
    os.utime(tmp_path / "outside" / name, ns=(0, files[name].modified))
    with pytest.raises(SheetError, match=r"the set cannot be moved: .*this link points outside the inbox"):
        archive.take(at, files, [], "r-1", "2026-11-23")
    assert (tmp_path / "outside" / name).read_text() == "A\n"
    assert [path for path in at.archive.rglob("*") if path.is_file()] == []
    assert (at.inbox / top).is_symlink()


def test_what_is_put_back_is_put_nowhere_else(tmp_path: Path) -> None:
    """Its original folder has become a link in the meantime."""
    at = archive.Folders(tmp_path / "inbox", tmp_path / "archive", tmp_path / "refused")
    (at.inbox / "more").mkdir(parents=True)
    (at.inbox / "more" / "a.csv").write_text("A\n")
    taken = archive.take(at, look(Inbox(at.inbox)).files, [], "r-1", "2026-11-23")
    archive.cut(at, taken)
    journal = at.archive / archive.JOURNAL
    journal.write_text(journal.read_text().replace('"cut"', '"taking"'))
    (tmp_path / "outside").mkdir()
    (at.inbox / "more").rmdir()
    (at.inbox / "more").symlink_to("../outside")
    archive.recover(at)
    assert [*(tmp_path / "outside").iterdir()] == []
    assert (at.refused / taken.name / "more" / "a.csv").read_text() == "A\n"


# -- what cannot be moved --------------------------------------------------------------------------------------


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder `old` that can be read but not written: the account that runs the tests may write everywhere."""
    access = os.access

    def may(path: Any, mode: int, **of: Any) -> bool:
        return not (mode & os.W_OK and Path(path).name == "old") and access(path, mode, **of)

    monkeypatch.setattr(os, "access", may)


def deep(folder: Path) -> str:
    """Make the file `x.csv` in so many nested folders that its path is as long as possible; its name in the inbox."""
    at = os.open(folder, os.O_RDONLY)
    parts = list[str]()
    while len(str(folder.joinpath(*parts))) < 3850:
        parts.append("d" * 120)
        os.mkdir(parts[-1], dir_fd=at)
        below = os.open(parts[-1], os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    last = "f" * (4080 - len(str(folder.joinpath(*parts))))
    os.close(os.open(last, os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)
    return "/".join([*parts, last])


def issues_of(work: Office) -> list[tuple[str, str]]:
    work.capsys.readouterr()
    from sync.cli import run

    assert run(["run", "--json", "--site", str(work.folder / "site.yaml")]) == 0
    issues = json.loads(work.capsys.readouterr().out)["issues"]
    return [(issue["file"], issue["message"]) for issue in issues if issue["code"] == "unusable-entry"]


@pytest.mark.usefixtures("closed")
def test_a_folder_that_cannot_be_written_keeps_what_is_in_it_and_no_set_waits(work: Office) -> None:
    work.put("old/x.csv", "1")
    work.drop("s1")
    ((file, message),) = issues_of(work)
    assert file == "old/x.csv"
    assert message == "this file cannot be moved out of its folder: the folder is not writable; it is ignored"
    assert (work.inbox, work.writes) == ({"old/x.csv": "1"}, ["PUT course/C1", "PUT user/s1"])


@pytest.mark.usefixtures("closed")
def test_a_set_that_needs_a_file_of_such_a_folder_waits_and_names_it(work: Office) -> None:
    work.set_up("{trigger: READY, required: old/x.csv}")
    work.put("old/x.csv", "1")
    work.drop("s1")
    code, said = work.run("run")
    assert (code, work.sets, work.writes) == (1, [], [])
    assert "old/x.csv: this file cannot be moved out of its folder" in said
    assert "write to the folder, or remove it" in said


@pytest.mark.usefixtures("closed")
def test_what_stays_in_the_inbox_may_lie_in_such_a_folder(work: Office) -> None:
    work.set_up("{trigger: READY, keep: 'old/*'}")
    work.put("old/x.csv", "1")
    work.drop("s1")
    assert issues_of(work) == []
    assert work.sets[0]["old/x.csv"] == work.inbox["old/x.csv"] == "1"


def test_in_a_folder_that_everybody_writes_to_a_file_of_another_stays(
    work: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in /tmp: only the owner of a file can move it."""
    inbox = work.folder / "inbox"
    theirs = work.put("theirs.csv", "1")
    work.drop("s1")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    for path in inbox.iterdir():
        if path != theirs:
            os.chown(path, 4711, -1)
    assert issues_of(work) == []
    work.drop("s1", "s2")
    work.put("theirs.csv", "2")
    for name in ("READY", "courses.csv", "people.csv"):
        os.chown(inbox / name, 4711, -1)
    inbox.chmod(0o1777)
    os.chown(inbox, 4712, -1)
    os.chown(theirs, 4712, -1)
    assert [file for file, _ in issues_of(work)] == ["theirs.csv"]
    assert work.inbox == {"theirs.csv": "2"}


def test_a_file_too_deep_for_the_archive_stays_and_is_named(work: Office) -> None:
    name = deep(work.folder / "inbox")
    work.drop("s1")
    ((file, message),) = issues_of(work)
    assert file == name
    assert "is nested so deeply that its path in the archive would be too long" in message
    assert work.sets[0].keys() == {"READY", "courses.csv", "people.csv"}


def test_a_name_as_long_as_names_may_be_is_taken_also_of_a_link_and_what_stays(work: Office) -> None:
    work.set_up("{trigger: READY, keep: 'k*'}")
    for name in ("k" * 255, "l" * 255, "people.csv"):
        work.put(name, people("s1"))
    (work.folder / "inbox" / ("m" * 255)).symlink_to("people.csv")
    work.put("courses.csv", "ID,NAME\nC1,One\n")
    work.put("READY", "")
    code, said = work.run("run")
    assert code == 0, said
    assert {"k" * 255, "l" * 255, "m" * 255} < work.sets[0].keys()
    assert work.inbox.keys() == {"k" * 255}


def test_what_cannot_be_moved_after_all_is_named_with_its_whole_path(
    work: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder was closed after the check."""
    work.put("more/a.csv", "A\n")
    work.drop("s1")
    replace = os.replace

    def refuse(source: Any, target: Any, **of: Any) -> None:
        if source == "a.csv":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), source)
        replace(source, target, **of)

    monkeypatch.setattr(os, "replace", refuse)
    code, said = work.run("run")
    assert code == 1
    assert "inbox/more/a.csv: the set cannot be moved: Permission denied" in "".join(said.splitlines(keepends=True))
    assert "write to that folder" in said
    assert work.inbox.keys() == {"more/a.csv", "READY", "courses.csv", "people.csv"}
