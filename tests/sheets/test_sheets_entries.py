"""The contents of the inbox: what is read of it, and that nothing else ever is."""

from __future__ import annotations

import os
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync.config import entries
from sync.config.entries import Inbox
from sync.errors import SheetError, conceal
from sync.sheets import read
from sync.sheets.patterns import matching, meant

TEXT = "id,name\nS1,Ann\n"
SECRET = "id,name\nthe,secret\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An inbox with a file and a folder, next to another folder with the same names in it."""
    for name, text in (("inbox", TEXT), ("outside", SECRET)):
        (tmp_path / name / "more").mkdir(parents=True)
        (tmp_path / name / "real.csv").write_text(text)
        (tmp_path / name / "more" / "real.csv").write_text(text)
    return tmp_path / "inbox"


def text(inbox: Inbox, name: str) -> str:
    with inbox.open(inbox.folder / name) as stream:
        return stream.read().decode()


def refusal(inbox: Inbox, name: str) -> str:
    with pytest.raises(SheetError) as error:
        inbox.open(inbox.folder / name)
    return str(error.value)


def unusable(inbox: Inbox) -> dict[str, str]:
    """What cannot be read, and why."""
    return {each.name: each.why for each in inbox.look().unusable}


# -- links that are fine ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "target", "name"),
    [
        ("link.csv", "real.csv", "link.csv"),
        ("link.csv", "more/../real.csv", "link.csv"),
        ("link.csv", "../inbox/real.csv", "link.csv"),
        ("more/link.csv", "../real.csv", "more/link.csv"),
        ("link", "more", "link/real.csv"),
        ("more/link", "../other", "more/link/real.csv"),
    ],
)
def test_a_link_within_the_inbox_is_as_good_as_what_it_leads_to(
    folder: Path, link: str, target: str, name: str
) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "real.csv").write_text(TEXT)
    (folder / link).symlink_to(target)
    inbox = Inbox(folder)
    assert name in inbox.look().files
    assert text(inbox, name) == TEXT
    assert unusable(inbox) == {}


def test_the_inbox_may_be_a_link_itself(folder: Path, tmp_path: Path) -> None:
    (folder / "link.csv").symlink_to(folder / "real.csv")
    (tmp_path / "exports").symlink_to(folder)
    inbox = Inbox(tmp_path / "exports")
    assert [*inbox.look().files] == ["link.csv", "more/real.csv", "real.csv"]
    assert text(inbox, "link.csv") == text(inbox, "more/real.csv") == TEXT


def test_links_in_a_linked_folder_are_not_looked_into(folder: Path) -> None:
    """Otherwise a few folders that lead to each other would make millions of names."""
    for n in range(30):
        (folder / f"d{n}").mkdir()
        for way in "abc":
            (folder / f"d{n}" / way).symlink_to(f"../d{n + 1}" if n < 29 else "../more")
    assert len(Inbox(folder).look().files) == 2 + 3


# -- links that are not ----------------------------------------------------------------------------------------

LEADING_OUT = [
    ("users.csv", "../outside/real.csv", "users.csv"),
    ("users.csv", "more/../../outside/real.csv", "users.csv"),
    ("users.csv", "../outside/none.csv", "users.csv"),
    ("more/users.csv", "../../outside/real.csv", "more/users.csv"),
    ("exports", "../outside", "exports/real.csv"),
    ("exports", "..", "exports/outside/real.csv"),
    ("users.csv", "/dev/zero", "users.csv"),
]


@pytest.mark.parametrize(("link", "target", "name"), LEADING_OUT)
def test_a_link_that_leads_out_is_not_followed(folder: Path, link: str, target: str, name: str) -> None:
    """Nor is it shown whether there is anything out there."""
    (folder / link).symlink_to(target)
    inbox = Inbox(folder)
    assert [*inbox.look().files] == ["more/real.csv", "real.csv"]
    assert unusable(inbox) == {link: "this link points outside the inbox"}
    said = refusal(inbox, name)
    assert said.startswith(f"{name}: this link points outside the inbox\n")
    assert "`follow_links: true`" in said


def test_a_link_to_a_link_that_leads_out_is_not_followed_either(folder: Path) -> None:
    (folder / "a.csv").symlink_to("b.csv")
    (folder / "b.csv").symlink_to("../outside/real.csv")
    assert [*unusable(Inbox(folder))] == ["a.csv", "b.csv"]


def test_where_links_are_followed_they_may_lead_anywhere(folder: Path) -> None:
    (folder / "users.csv").symlink_to("../outside/real.csv")
    (folder / "exports").symlink_to("../outside")
    inbox = Inbox(folder, follow_links=True)
    assert {"users.csv", "exports/real.csv", "exports/more/real.csv"} < {*inbox.look().files}
    assert text(inbox, "users.csv") == text(inbox, "exports/real.csv") == SECRET
    assert unusable(inbox) == {}


# -- changed between checking and opening ----------------------------------------------------------------------


def to_a_link(path: Path, target: str) -> None:
    """Replace a file or folder by a link."""
    path.rename(path.with_name(f"{path.name}.old"))
    path.symlink_to(target)


@pytest.mark.parametrize(
    ("path", "target", "name"),
    [("real.csv", "../outside/real.csv", "real.csv"), ("more", "../outside/more", "more/real.csv")],
)
def test_what_has_become_a_link_since_it_was_listed_is_checked_anew(
    folder: Path, path: str, target: str, name: str
) -> None:
    inbox = Inbox(folder)
    assert name in inbox.look().files
    to_a_link(folder / path, target)
    assert "this link points outside the inbox" in refusal(inbox, name)


@pytest.mark.parametrize("stepwise", [True, False], ids=["step-by-step", "as-on-windows"])
@pytest.mark.parametrize(
    ("path", "target", "name"),
    [("real.csv", "../outside/real.csv", "real.csv"), ("more", "../outside/more", "more/real.csv")],
)
def test_what_becomes_a_link_between_the_check_and_the_opening_is_not_followed(
    folder: Path, path: str, target: str, name: str, stepwise: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = Inbox._resolve, [path]

    def checked(self: Inbox, *of: Any) -> Any:
        found = real(self, *of)
        if left:
            to_a_link(folder / left.pop(), target)
        return found

    monkeypatch.setattr(Inbox, "_resolve", checked)
    monkeypatch.setattr(entries, "STEPWISE", stepwise)
    assert f"{name}: this file was replaced by a link while it was being opened" in refusal(Inbox(folder), name)


def test_a_file_of_a_folder_that_has_become_a_link_is_neither_moved_nor_removed(folder: Path) -> None:
    outside = folder.parent / "outside" / "more" / "real.csv"
    to_a_link(folder / "more", "../outside/more")
    inbox = Inbox(folder)
    with pytest.raises(SheetError, match="points outside the inbox"):
        inbox.move(folder / "more" / "real.csv", folder.parent / "taken.csv")
    with pytest.raises(SheetError, match="points outside the inbox"):
        inbox.remove(folder / "more" / "real.csv")
    assert outside.read_text() == SECRET
    assert not inbox.holds(folder / "more" / "real.csv")


# -- other things ----------------------------------------------------------------------------------------------


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(path.parent)  # the path of a socket is short
        made.bind(path.name)


def a_circle(path: Path) -> None:
    path.symlink_to("round.csv")
    path.with_name("round.csv").symlink_to(path.name)


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (os.mkfifo, "this cannot be read: it is a pipe, not a file"),
    "socket": (a_socket, "this cannot be read: it is a socket, not a file"),
    "self-link": (lambda path: path.symlink_to(path.name), "this link points to itself"),
    "self-link-by-its-path": (lambda path: path.symlink_to(path), "this link points to itself"),
    "circle": (a_circle, "this link is part of a loop"),
    "dangling": (lambda path: path.symlink_to("none.csv"), "this link points to a file that does not exist"),
    "back": (lambda path: path.symlink_to("."), "this link points back to a folder that contains it"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_named_and_never_waited_for(
    folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    make, why = KINDS[kind]
    make(folder / "users.csv")
    inbox = Inbox(folder)
    assert unusable(inbox)["users.csv"] == why
    assert [*inbox.look().files] == ["more/real.csv", "real.csv"]
    if kind != "back":
        assert refusal(inbox, "users.csv").startswith(f"users.csv: {why}")


def test_a_device_is_not_opened_where_links_are_followed(folder: Path) -> None:
    (folder / "users.csv").symlink_to("/dev/zero")
    inbox = Inbox(folder, follow_links=True)
    assert unusable(inbox) == {"users.csv": "this cannot be read: it is a device, not a file"}
    assert "it is a device" in refusal(inbox, "users.csv")


def test_a_file_that_becomes_a_pipe_does_not_hang_what_opens_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = entries._special

    def swapped(*of: Any) -> Any:
        found = real(*of)
        if (folder / "real.csv").is_file():
            (folder / "real.csv").unlink()
            os.mkfifo(folder / "real.csv")
        return found

    monkeypatch.setattr(entries, "_special", swapped)
    assert "it is a pipe" in refusal(Inbox(folder), "real.csv")


def test_what_may_not_be_read_is_reported_as_such(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account that runs the tests may be allowed to read everything, so the system's answers are faked."""

    def denied(*of: Any, **more: Any) -> Any:
        if str(of[0]).endswith(("real.csv", "more")) and (not more or more.get("dir_fd")):
            raise PermissionError(13, "Permission denied", of[0])
        return opening(*of, **more)

    opening, listing = os.open, os.scandir
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("real.csv"))
    monkeypatch.setattr(os, "scandir", lambda path: denied(path) if str(path).endswith("more") else listing(path))
    inbox = Inbox(folder)
    assert unusable(inbox) == {
        "more": "this folder cannot be read: Permission denied",
        "real.csv": "this file cannot be read: Permission denied",
    }
    monkeypatch.setattr(os, "open", denied)
    assert refusal(inbox, "real.csv").startswith("real.csv: this file cannot be read: Permission denied")


def test_a_file_whose_name_contains_a_secret_is_not_read(folder: Path) -> None:
    conceal("a0secret0of0this0test")
    (folder / "a0secret0of0this0test.csv").write_text(TEXT)
    (bad,) = Inbox(folder).look().unusable
    assert bad.fault.message == "the name of this file contains one of this site's secrets"
    assert bad.fault.where == bad.issue.file == "***.csv"


# -- patterns --------------------------------------------------------------------------------------------------

NAMES = ["users.csv", "users-2.csv", "north/users.csv", "north/deep/users.csv", "a[1].csv"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("users.csv", ["users.csv"]),
        ("./users.csv", ["users.csv"]),
        ("users*.csv", ["users.csv", "users-2.csv"]),
        ("users-?.csv", ["users-2.csv"]),
        ("*/users.csv", ["north/users.csv"]),
        ("**/users.csv", ["users.csv", "north/users.csv", "north/deep/users.csv"]),
        ("north/**/users.csv", ["north/users.csv", "north/deep/users.csv"]),
        ("north", []),
        ("a[[]1].csv", ["a[1].csv"]),
    ],
)
def test_patterns_are_of_names_below_the_inbox(pattern: str, found: list[str]) -> None:
    assert sorted(matching([pattern], NAMES)) == sorted(found)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("../outside/*.csv", "`..` would lead outside the inbox"),
        ("more/../../outside/*.csv", "`..` would lead outside the inbox"),
        ("/etc/*", "it does not start in the inbox"),
        ("", "it does not name a file"),
    ],
)
def test_a_pattern_that_leads_out_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(SheetError, match="is not a file pattern") as error:
        matching([pattern], NAMES)
    assert why in str(error.value)


@pytest.mark.parametrize(
    ("pattern", "name", "means"),
    [
        ("users*.csv", "users-2.csv", True),
        ("users*.csv", "courses.csv", False),
        ("north/users.csv", "north", True),
        ("*/users.csv", "north", True),
        ("south/users.csv", "north", False),
        ("north/users.csv", "north/users.csv/x", False),
        ("**/users.csv", "north", False),
        ("**/users.csv", "north/users.csv", True),
    ],
)
def test_a_pattern_means_what_it_matches_and_the_folders_on_its_way(pattern: str, name: str, means: bool) -> None:
    assert meant(pattern, name) == means


# -- archives --------------------------------------------------------------------------------------------------


def test_an_archive_with_a_link_in_it_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("users.csv")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "users.zip", "w") as archive:
        archive.writestr(link, "../outside/real.csv")
    with pytest.raises(SheetError, match="the archive contains a link, not a file"):
        read(tmp_path / "users.zip")


@pytest.mark.parametrize("name", ["/var/export/users.csv", "./users.csv", "export//users.csv", "C:\\export\\users.csv"])
def test_only_the_file_counts_and_not_where_an_archive_has_it(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "users.zip", "w") as archive:
        archive.writestr(name, TEXT)
    read(tmp_path / "users.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["users.zip"]


@pytest.mark.parametrize("name", ["../users.csv", "/../users.csv"])
def test_nothing_of_an_archive_is_ever_written(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "users.zip", "w") as archive:
        archive.writestr(name, TEXT)
    with pytest.raises(SheetError, match=f"names a file outside itself: {name}"):
        read(tmp_path / "users.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["users.zip"]
    assert not (tmp_path.parent / "users.csv").exists()
