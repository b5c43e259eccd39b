"""What every resource of the catalogue must do, by the commands, over HTTP, against the sandbox.

A new resource is covered by its literal alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync.cli import run
from sync.model import Resource
from sync.resources import CATALOGUE
from sync.sandbox import Sandbox, Settings, running
from tests.contract.made_rows import Row, below, mapping, rows, write

SITE = """
site: {{url: "{url}", token: {{file: token}}, timezone: Europe/London}}
mappings: [mappings.yaml]
guards: {{delete: off, roster: off, update: off, create: off, rows: off}}
"""
WRITES = ("PUT", "POST", "DELETE")


@dataclass
class Desk:
    """A folder with a site file, and the site."""

    folder: Path
    site: Sandbox
    capsys: pytest.CaptureFixture[str]

    def type(self, *words: str) -> int:
        """Type a command."""
        self.capsys.readouterr()
        return run([*words, "--site", str(self.folder / "site.yaml"), "--quiet"])

    def plan(self, *words: str) -> tuple[int, list[dict[str, object]]]:
        """Make a plan; its exit code and its changes."""
        code = self.type("plan", "--jsonl", *words)
        lines = self.capsys.readouterr().out.splitlines()
        return code, [json.loads(line) for line in lines[1:]]

    def export(self, resource: Resource, its: list[Row]) -> None:
        """Lay the rows, and all they stand on, into the inbox."""
        for parent, found in below(resource, its):
            write(self.folder / "inbox", parent, found)
        write(self.folder / "inbox", resource, its)

    def writes(self) -> int:
        """How many writes the site was sent so far."""
        return sum(request.method in WRITES for request in self.site.requests)


@pytest.fixture(params=list(CATALOGUE.values()), ids=list(CATALOGUE))
def resource(request: pytest.FixtureRequest) -> Resource:
    found = request.param
    assert isinstance(found, Resource)
    return found


@pytest.fixture
def desk(resource: Resource, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "token").write_text("sandbox")
    parents = [mapping(parent, {}) for parent, _ in below(resource, rows(resource, 1))]
    own = mapping(resource, {"missing": "delete"} if resource.delete else {})
    (tmp_path / "mappings.yaml").write_text("---\n".join([*parents, own]))
    with running(Settings()) as site:
        (tmp_path / "site.yaml").write_text(SITE.format(url=site.url))
        yield Desk(tmp_path, site, capsys)
        assert site.races == []


def settled(desk: Desk, resource: Resource, op: str, count: int) -> None:
    """The plan has just these changes of the resource; applied, they are as many writes, and nothing is left."""
    code, changes = desk.plan()
    own = [change["op"] for change in changes if change["resource"] == resource.name]
    assert (code, own) == (2, [op] * count)
    before = desk.writes()
    assert desk.type("apply") == 0
    assert desk.writes() - before == sum(change["status"] != "covered" for change in changes)
    assert desk.plan() == (0, [])
    assert desk.plan("--read", "full") == (0, [])


def test_create_update_delete_and_nothing_left_after_each(desk: Desk, resource: Resource) -> None:
    desk.export(resource, rows(resource, 4))
    settled(desk, resource, "create", 4)
    if resource.updatable:
        desk.export(resource, [*rows(resource, 3, 1), rows(resource, 4)[3]])
        settled(desk, resource, "update", 3)
    if resource.delete:
        last = rows(resource, 4, 1 if resource.updatable else 0)
        write(desk.folder / "inbox", resource, last[:2])
        settled(desk, resource, "delete", 2)


def test_row_order_does_not_matter(desk: Desk, resource: Resource) -> None:
    desk.export(resource, rows(resource, 5))
    _, there = desk.plan()
    desk.export(resource, rows(resource, 5)[::-1])
    _, back = desk.plan()

    def said(changes: list[dict[str, object]]) -> list[tuple[object, ...]]:
        return [(each["n"], each["op"], each["key"], each["after"]) for each in changes]

    assert said(there) == said(back)


def test_a_site_that_holds_it_all_already_is_sent_nothing(desk: Desk, resource: Resource) -> None:
    desk.export(resource, rows(resource, 3))
    assert desk.type("run") == 0
    before = desk.writes()
    for path in desk.folder.glob("state.db*"):
        path.unlink()
    code, changes = desk.plan()
    unreadable = not resource.reads
    assert (code, len(changes)) == ((2, 3) if unreadable else (0, 0))
    assert desk.type("apply") == 0
    assert desk.writes() - before == len(changes)


def test_what_a_sheet_no_longer_names_is_kept_by_default(desk: Desk, resource: Resource) -> None:
    text = (desk.folder / "mappings.yaml").read_text().replace("missing: delete\n", "")
    (desk.folder / "mappings.yaml").write_text(text)
    desk.export(resource, rows(resource, 4))
    assert desk.type("run") == 0
    write(desk.folder / "inbox", resource, rows(resource, 1))
    assert desk.plan("--read", "full") == (0, [])
