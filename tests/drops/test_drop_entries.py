"""Sets, and what lies in the inbox and leads elsewhere or cannot be read: none is kept waiting by what it needs not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.config.entries import Inbox
from sync.errors import SheetError
from sync.inbox import archive
from sync.inbox.stability import look

from .office import Office, people

SECRET = "ID,LOGIN,FIRST,LAST\ns7,xk2vault,xk2vault,xk2vault\n"

ENTRIES: dict[str, Callable[[Path], object]] = {
    "leads out": lambda path: path.symlink_to("../vault.csv"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "it is a pipe": os.mkfifo,
}


def laid(work: Office, name: str, make: Callable[[Path], object]) -> Path:
    """Something else than a file, in the inbox."""
    (work.folder / "vault.csv").write_text(SECRET)
    path = work.folder / "inbox" / name
    path.unlink(missing_ok=True)
    make(path)
    return path


def told(work: Office) -> str:
    """All that was said of the secret, or kept of it."""
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
    assert "xk2vault" not in told(work)


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
    assert ("follow_links" in said) == (kind == "leads out")
    assert f"{name} is not there yet" not in said
    assert "xk2vault" not in said + told(work)


def test_a_file_that_the_manifest_lists_is_needed(work: Office) -> None:
    work.set_up("{trigger: READY, manifest: {file: list.csv, name: FILE}}")
    work.put("list.csv", "FILE\npeople.csv\ncourses.csv\nnotes.csv\n")
    work.drop("s1")
    laid(work, "notes.csv", ENTRIES["leads out"])
    code, said = work.run("run")
    assert (code, work.sets) == (1, [])
    assert "notes.csv: this link leads out of the inbox" in said
    assert "notes.csv is not there yet" not in said


def test_a_folder_that_is_a_link_is_nothing_to_take_from(work: Office) -> None:
    """It may be for others too."""
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
    """The link came after the look."""
    at = archive.Folders(tmp_path / "inbox", tmp_path / "archive", tmp_path / "refused")
    for folder in (at.inbox, tmp_path / "outside"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("A\n")
    files = look(at.entries).files
    top = name.split("/", maxsplit=1)[0]
    (at.inbox / top).rename(tmp_path / "away")
    (at.inbox / top).symlink_to(f"../outside/{top}")
    os.utime(tmp_path / "outside" / name, ns=(0, files[name].modified))
    with pytest.raises(SheetError, match=r"the set cannot be taken: .*this link leads out of the inbox"):
        archive.take(at, files, [], "r-1", "2026-11-23")
    assert (tmp_path / "outside" / name).read_text() == "A\n"
    assert [path for path in at.archive.rglob("*") if path.is_file()] == []
    assert (at.inbox / top).is_symlink()


def test_what_is_put_back_is_put_nowhere_else(tmp_path: Path) -> None:
    """The folder it came from has become a link meanwhile."""
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
    archive.mend(at)
    assert [*(tmp_path / "outside").iterdir()] == []
    assert (at.refused / taken.name / "more" / "a.csv").read_text() == "A\n"
