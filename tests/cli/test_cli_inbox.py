"""What `check` and `run` report about an unusable inbox, and about names and cells with control characters."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.drops.office import TRIGGERED, Office, office, people

KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "leads-nowhere": (lambda path: path.symlink_to("nowhere"), "it is a link to a folder that does not exist"),
    "circle": (lambda path: path.symlink_to(path.name), "it is a link that is part of a loop"),
    "file": (lambda path: path.write_text("A\n"), "it is not a folder"),
    "pipe": (os.mkfifo, "it is not a folder"),
}


@pytest.fixture
def work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    with office(tmp_path / "office", capsys) as made:
        made.set_up("")
        yield made


ESCAPES = "\x1b]0;OWNED\x07\x1b[31m\npeople"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("drop", ["", TRIGGERED])
@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_an_inbox_that_is_no_folder_is_a_fault_with_its_cause(work: Office, kind: str, drop: str, command: str) -> None:
    work.set_up(drop)
    inbox = work.folder / "inbox"
    shutil.rmtree(inbox)
    make, says = KINDS[kind]
    make(inbox)
    code, said = work.run(command)
    assert code == 1
    assert f"{inbox}: the inbox cannot be read: {says}" in said
    assert "no exports there yet" not in said


@pytest.mark.parametrize("drop", ["", TRIGGERED])
def test_an_inbox_that_is_not_there_yet_or_a_link_to_a_folder_is_fine(work: Office, drop: str) -> None:
    work.set_up(drop)
    inbox = work.folder / "inbox"
    inbox.rename(work.folder / "exports")
    code, said = work.run("check")
    assert (code, "no exports there yet" in said) == (0, True)
    inbox.symlink_to("exports")
    code, said = work.run("check")
    assert (code, "no exports there yet" in said) == (0, True)
    work.drop("s1")
    assert work.run("check")[0] == 0


def packed(*names: str) -> bytes:
    with io.BytesIO() as made:
        with zipfile.ZipFile(made, "w") as archive:
            for name in names:
                archive.writestr(name, people("s1"))
        return made.getvalue()


@pytest.mark.parametrize("names", [(f"{ESCAPES}.csv",), (f"{ESCAPES}.csv", "b.csv")], ids=["shown", "refused"])
def test_names_in_archives_do_nothing_to_the_terminal(work: Office, names: tuple[str, ...]) -> None:
    mappings = work.folder / "mappings" / "all.yaml"
    mappings.write_text(mappings.read_text().replace("people*.csv", "people*.zip"))
    work.drop("s1")
    (work.folder / "inbox" / "people.zip").write_bytes(packed(*names))
    code, said = work.run("check")
    assert code == (len(names) > 1)
    assert r"\x1b]0;OWNED\x07\x1b[31m\npeople" in said
    assert "\x1b" not in said


def test_names_of_files_and_cells_do_nothing_to_it_either(work: Office) -> None:
    work.drop("s1", courses="ID,NAME\nC1,One \x1b[31mred\n")
    code, said = work.run("check", "--rows", "2")
    assert code == 0
    assert r"One \x1b[31mred" in said
    assert "\x1b" not in said
    (work.folder / "inbox" / f"people{ESCAPES}.csv").symlink_to("/etc/passwd")
    code, said = work.run("check")
    assert code == 1
    assert r"people\x1b]0;OWNED\x07\x1b[31m\npeople.csv: this link points outside the inbox" in said
    assert "\x1b" not in said
