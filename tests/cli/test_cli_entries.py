"""Commands, and entries of the inbox that lead elsewhere or cannot be read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.drops.office import Office, office, people

SECRET = "ID,LOGIN,FIRST,LAST\ns7,xk2vault,xk2vault,xk2vault\n"


@pytest.fixture
def work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    """An office whose exports stay in the inbox, next to a file that must stay private."""
    with office(tmp_path / "office", capsys) as made:
        made.set_up("")
        made.drop("s1")
        (made.folder / "vault.csv").write_text(SECRET)
        yield made


def instead(work: Office, name: str, make: Callable[[Path], object]) -> None:
    """Replace an export by something else."""
    path = work.folder / "inbox" / name
    path.unlink(missing_ok=True)
    make(path)


def planned_by(work: Office, *words: str) -> tuple[int, dict[str, Any]]:
    """A command's exit code, and what it says as JSON."""
    work.capsys.readouterr()
    from sync.cli import run

    code = run([*words, "--json", "--site", str(work.folder / "site.yaml")])
    return code, json.loads(work.capsys.readouterr().out)


def stored(work: Office) -> str:
    """Everything that was stored of what was read."""
    kept = [path for path in work.folder.rglob("*") if path.is_file() and path.name != "vault.csv"]
    return "".join(path.read_bytes().decode(errors="replace") for path in kept if not path.is_symlink())


NEEDED: dict[str, tuple[Callable[[Path], object], str]] = {
    "leads-out": (lambda path: path.symlink_to("../vault.csv"), "people.csv: this link points outside the inbox"),
    "to-itself": (lambda path: path.symlink_to(path.name), "people.csv: this link points to itself"),
    "dangling": (lambda path: path.symlink_to("x.csv"), "people.csv: this link points to a file that does not exist"),
    "pipe": (os.mkfifo, "people.csv: this cannot be read: it is a pipe, not a file"),
}


@pytest.mark.parametrize("command", [("check",), ("check", "--rows", "3"), ("plan",), ("run",), ("reconcile",)])
@pytest.mark.parametrize("kind", NEEDED)
def test_what_a_mapping_needs_and_cannot_be_read_stops_the_command(
    work: Office, kind: str, command: tuple[str, ...]
) -> None:
    make, says = NEEDED[kind]
    instead(work, "people.csv", make)
    code, said = work.run(*command)
    assert (code, work.writes) == (1, [])
    assert says in said
    assert "o such file" not in said
    assert "xk2vault" not in said + stored(work)
    assert ("`follow_links: true`" in said) == (kind == "leads-out")


def test_one_of_several_that_may_be_meant_stops_it_too(work: Office) -> None:
    """It is unknown whether that one is newer."""
    instead(work, "people-2.csv", lambda path: path.symlink_to("../vault.csv"))
    code, said = work.run("run")
    assert (code, work.writes) == (1, [])
    assert "people-2.csv: this link points outside the inbox" in said


OTHERS: dict[str, Callable[[Path], object]] = {
    "notes.csv": lambda path: path.symlink_to("../vault.csv"),
    "loop": lambda path: path.symlink_to("loop"),
    "feed": os.mkfifo,
    "old": lambda path: path.symlink_to(".."),
}


@pytest.mark.parametrize("command", ["plan", "run", "reconcile"])
def test_what_no_mapping_needs_is_named_and_left_out(work: Office, command: str) -> None:
    for name, make in OTHERS.items():
        instead(work, name, make)
    code, document = planned_by(work, command)
    assert code == (0 if command == "run" else 2)
    issues = [issue for issue in document["issues"] if issue["code"] == "unusable-entry"]
    assert {issue["file"]: issue["severity"] for issue in issues} == dict.fromkeys(OTHERS, "warning")
    assert {issue["file"]: issue["message"] for issue in issues}["loop"] == "this link points to itself; it is ignored"
    assert work.writes == (["PUT course/C1", "PUT user/s1"] if command == "run" else [])
    assert "xk2vault" not in stored(work)


def test_check_names_it_too_also_where_there_are_no_exports_yet(work: Office) -> None:
    instead(work, "loop", OTHERS["loop"])
    code, said = work.run("check")
    assert code == 0
    assert "loop: this link points to itself" in said
    for name in ("people.csv", "courses.csv", "READY"):
        (work.folder / "inbox" / name).unlink()
    code, said = work.run("check")
    assert code == 0
    assert "no exports there yet" in said
    assert "loop: this link points to itself" in said
    instead(work, "people.csv", NEEDED["leads-out"][0])
    code, said = work.run("check")
    assert code == 1
    assert "people.csv: this link points outside the inbox" in said


def test_a_site_may_allow_links_that_lead_out(work: Office) -> None:
    instead(work, "people.csv", NEEDED["leads-out"][0])
    site = work.folder / "site.yaml"
    site.write_text(f"{site.read_text()}follow_links: true\n")
    code, said = work.run("run")
    assert code == 0, said
    assert "PUT user/s7" in work.writes


def test_links_within_the_inbox_and_an_inbox_that_is_one_are_not_worth_a_word(work: Office) -> None:
    (work.folder / "inbox").rename(work.folder / "exports")
    (work.folder / "inbox").symlink_to("exports")
    work.put("all/2026-11-23.csv", people("s2"))
    instead(work, "people.csv", lambda path: path.symlink_to("all/2026-11-23.csv"))
    code, document = planned_by(work, "run")
    assert (code, document["issues"]) == (0, [])
    assert "PUT user/s2" in work.writes


def test_a_plan_is_stale_if_its_file_leads_elsewhere_by_now(work: Office) -> None:
    """Even if the new target contains the very same text."""
    assert work.run("plan")[0] == 2
    (work.folder / "inbox" / "people.csv").rename(work.folder / "people.csv")
    instead(work, "people.csv", lambda path: path.symlink_to("../people.csv"))
    code, said = work.run("apply")
    assert (code, work.writes) == (1, [])
    assert "the export people.csv has been removed since" in said


def test_a_mapping_leads_nowhere_else_either(work: Office) -> None:
    mapping = work.folder / "mappings" / "all.yaml"
    mapping.write_text(mapping.read_text().replace("people*.csv", "../vault*.csv"))
    code, said = work.run("run")
    assert (code, work.writes) == (1, [])
    assert "'../vault*.csv' is not a file pattern: `..` would lead outside the inbox" in said
