"""A site and an inbox that is filled with sets of files, run by run; the real commands work on them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from sync.cli import run
from sync.sandbox import Sandbox, SandboxSettings, running

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples" / "oneroster"
KEPT = "2026-09-01"

Plan = Mapping[str, Any]


@dataclass
class School:
    """What an administrator has: a folder with an inbox, and the commands."""

    folder: Path
    sandbox: Sandbox
    capsys: pytest.CaptureFixture[str]
    _seen: int = field(default=0)

    @property
    def site(self) -> str:
        """The beginning of a site file."""
        return f"site:\n  url: {self.sandbox.url}\n  token: {{env: NEXSIS_TOKEN}}\n"

    def use(self, *mappings: str, guards: str = "{}") -> None:
        """List copies of the shipped mappings in the site file."""
        shutil.copytree(ROOT / "mappings", self.folder / "mappings", dirs_exist_ok=True)
        named = orjson.dumps([f"mappings/{name}" for name in mappings]).decode()
        (self.folder / "site.yaml").write_text(f"{self.site}mappings: {named}\nguards: {guards}\n", "utf-8")

    def receive(self, files: Path) -> None:
        """Put a set of files into the inbox, replacing its contents."""
        shutil.rmtree(self.folder / "inbox", ignore_errors=True)
        shutil.copytree(files, self.folder / "inbox", copy_function=shutil.copyfile)

    def keep(self, files: Path, *names: str) -> None:
        """Keep files of a full export in a folder of the inbox."""
        folder = self.folder / "inbox" / KEPT
        folder.mkdir()
        for name in names:
            shutil.copyfile(files / name, folder / name)

    def plan(self) -> tuple[int, Plan]:
        """A dry run: exit code and plan."""
        self.capsys.readouterr()
        code = run(["plan", "--json", "--site", str(self.folder / "site.yaml")])
        said = self.capsys.readouterr()
        assert code != 1, said.err
        return code, orjson.loads(said.out)

    def apply(self) -> list[str]:
        """Apply the newest plan, including what is on hold; the write calls, in alphabetical order."""
        _, runs = self._newest()
        if runs["held"]:
            assert run(["approve", runs["plan"], "--all", "--quiet", "--site", str(self.folder / "site.yaml")]) == 0
        assert run(["apply", "--quiet", "--site", str(self.folder / "site.yaml")]) == 0
        writes = [f"{each.method} {each.path.lstrip('/')}" for each in self.sandbox.requests if each.method != "GET"]
        new, self._seen = writes[self._seen :], len(writes)
        return sorted(new)

    def _newest(self) -> tuple[int, dict[str, Any]]:
        self.capsys.readouterr()
        code = run(["runs", "--json", "--site", str(self.folder / "site.yaml")])
        return code, orjson.loads(self.capsys.readouterr().out)["plans"][0]


@contextmanager
def schools(
    folder: Path, capsys: pytest.CaptureFixture[str], settings: SandboxSettings | None = None
) -> Iterator[School]:
    """A school whose site is empty."""
    with running(settings or SandboxSettings(timezone="UTC")) as sandbox:
        yield School(folder, sandbox, capsys)


def in_short(plan: Plan) -> list[str]:
    """A plan in short: a line for each change and each issue."""
    lines = []
    for change in plan["changes"]:
        before, after = change["before"] or {}, change["after"] or {}
        what = [f"{name} {value}" for name, value in after.items() if before.get(name) != value]
        head = f"{change['status']} {change['op']} {change['resource']} {' / '.join(change['key'].values())}"
        lines.append(f"{head}: {', '.join(what)}" if what and change["op"] != "delete" else head)
    lines += [f"{issue['severity']} {issue['code']} {issue['file']} {issue['row']}" for issue in plan["issues"]]
    return lines
