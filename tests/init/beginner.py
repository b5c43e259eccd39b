"""Somebody who sets up a site: a folder with exports, a terminal or none, and the real command."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson
import pytest

from sync.cli import run
from sync.config.site import load
from sync.sandbox import Sandbox


@dataclass
class Terminal:
    """A terminal at which lines are typed. When they are used up, Ctrl-C is pressed."""

    typed: list[str]

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise io.UnsupportedOperation

    def readline(self, size: int = -1) -> str:
        if not self.typed:
            raise KeyboardInterrupt
        return f"{self.typed.pop(0)}\n"


@dataclass
class Beginner:
    """A folder in which `exports` are put, and what the last command printed."""

    folder: Path
    sandbox: Sandbox
    capsys: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    out: str = ""
    err: str = ""

    def receive(self, files: Mapping[str, str]) -> None:
        """Put exports into the folder."""
        for name, text in files.items():
            path = self.folder / "exports" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def init(self, *words: str, url: str | None = None) -> int:
        """Run `init` without a terminal; its exit code."""
        site = ("--url", url or self.sandbox.url, "--exports", str(self.folder / "exports"), "--timezone", "UTC")
        self.patch.setattr("sys.stdin", io.StringIO())
        return self._run([*site, *words])

    def init_at_terminal(self, typed: Sequence[str], *words: str) -> int:
        """Run `init`, and type lines whenever it asks; its exit code."""
        terminal = Terminal([*typed])
        self.patch.setattr("sys.stdin", terminal)
        self.patch.setattr(click.termui, "hidden_prompt_func", lambda prompt: terminal.readline().rstrip("\n"))
        code = self._run(words)
        assert terminal.typed == []
        return code

    def _run(self, words: Sequence[str]) -> int:
        self.capsys.readouterr()
        code = run(["init", *words, "--site", str(self.folder / "site.yaml")])
        self.out, self.err = self.capsys.readouterr()
        return code

    def plan(self) -> Mapping[str, Any]:
        """The plan of what was set up."""
        self.capsys.readouterr()
        run(["plan", "--json", "--site", str(self.folder / "site.yaml")])
        plan: Mapping[str, Any] = orjson.loads(self.capsys.readouterr().out)
        return plan

    @property
    def deletes(self) -> list[str]:
        """The mappings that delete what is missing."""
        return [mapping.name for mapping in load(self.folder / "site.yaml").mappings if mapping.deletes]

    @property
    def files(self) -> set[str]:
        """What is in the folder besides the exports."""
        every = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return {path.as_posix() for path in every if path.parts[0] != "exports"}
