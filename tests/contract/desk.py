"""Where a test works: a folder with a site file, mappings and an inbox, and a sandbox that is running."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sync.cli import run
from sync.model import Conventions, Op, Resource
from sync.model.resources import CATALOGUE
from sync.sandbox import BASE, Sandbox, SandboxSettings, running
from sync.site import connect
from sync.site.requests import write_request
from tests.contract.made_rows import Row, below, mapping, rows, write

ZONE = "Europe/London"
SITE = """
site: {{url: "{url}", token: {{file: token}}, timezone: {zone}}}
mappings: [mappings.yaml]
allow: [{allow}]
guards: {{delete: off, roster: off, update: off, create: off, rows: off, used_before: off}}
"""
WRITES = ("PUT", "POST", "DELETE")
OPT_IN = [resource.name for resource in CATALOGUE.values() if resource.opt_in]


@dataclass
class Desk:
    """A folder with a site file, and the site."""

    folder: Path
    site: Sandbox
    capsys: pytest.CaptureFixture[str]

    def type(self, *words: str) -> int:
        """Run a command."""
        self.capsys.readouterr()
        return run([*words, "--site", str(self.folder / "site.yaml"), "--quiet"])

    def plan(self, *words: str) -> tuple[int, list[dict[str, object]]]:
        """Make a plan; its exit code and its changes."""
        code = self.type("plan", "--jsonl", *words)
        lines = self.capsys.readouterr().out.splitlines()
        return code, [json.loads(line) for line in lines[1:]]

    def json(self, *words: str) -> tuple[int, Any]:
        """Run a command; its exit code and its JSON."""
        code = self.type(*words, "--json")
        return code, json.loads(self.capsys.readouterr().out)

    def export(self, resource: Resource, its: list[Row]) -> None:
        """Put the rows, and everything they depend on, into the inbox."""
        for parent, found in below(resource, its):
            write(self.folder / "inbox", parent, found)
        write(self.folder / "inbox", resource, its)

    def export_all(self, its: Mapping[str, list[Row]]) -> None:
        """Put these rows of several resources into the inbox, by name."""
        for name, own in its.items():
            write(self.folder / "inbox", CATALOGUE[name], own)

    def writes(self) -> int:
        """How many writes the site has received so far."""
        return sum(request.method in WRITES for request in self.site.requests)

    def by_hand(self, resource: Resource, op: Op, its: list[Row]) -> None:
        """Write to the site directly, without the engine."""
        with connect(f"{self.site.url}{BASE}", self.site.token) as site:
            for row in its:
                key = {name: row[name] for name in resource.key}
                after = {name: value for name, value in row.items() if name not in key}
                call = write_request(resource, op, key, after, Conventions(timezone=ZONE))
                assert site.send(call, timeout=10).status == 200


@contextmanager
def desk_for(
    resources: Sequence[Resource], folder: Path, capsys: pytest.CaptureFixture[str], settings: SandboxSettings
) -> Iterator[Desk]:
    """A desk with mappings for the resources and all they depend on; what these do not list any more is deleted."""
    (folder / "inbox").mkdir()
    (folder / "token").write_text("sandbox")
    own = {each.name: mapping(each, {"missing": "delete"} if each.delete else {}) for each in resources}
    parents = {parent.name: mapping(parent, {}) for each in resources for parent, _ in below(each, rows(each, 1))}
    documents = parents | own
    (folder / "mappings.yaml").write_text("---\n".join(documents[name] for name in CATALOGUE if name in documents))
    with running(settings) as site:
        (folder / "site.yaml").write_text(SITE.format(url=site.url, zone=ZONE, allow=", ".join(OPT_IN)))
        yield Desk(folder, site, capsys)
        assert site.races == []
