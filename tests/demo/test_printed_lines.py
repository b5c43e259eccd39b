"""No command prints blanks at the ends of lines: what it prints goes into files and mails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.cli import COMMANDS, run
from sync.sandbox import SandboxSettings, running

from .playing import Played

PRINTING = (
    "check --rows 2",
    "plan",
    "plan --verbose",
    "apply",
    "resume",
    "run --verbose",
    "report --verbose",
    "runs",
    "explain 0064279 --verbose",
    "explain 0064279 BIO101-2026AU",
    "reconcile --verbose",
    "ping",
    "pull grade --to again.csv",
    *(f"{name} --help" for name in COMMANDS),
)


@pytest.fixture(scope="module")
def site(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that the demo left, with its site served again."""
    folder = shutil.copytree(played.folder, tmp_path_factory.mktemp("printed") / "demo")
    with running(SandboxSettings(db=folder / "sandbox.db", port=0)) as sandbox:
        file = folder / "site.yaml"
        address = next(line for line in file.read_text("utf-8").splitlines() if "url:" in line)
        file.write_text(file.read_text("utf-8").replace(address, f"  url: {sandbox.url}"), "utf-8")
        yield file


@pytest.mark.parametrize("command", PRINTING)
def test_no_line_ends_in_blanks(
    command: str, site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(site.parent)
    run(command.split())
    printed = capsys.readouterr()
    lines = [*printed.out.splitlines(), *printed.err.splitlines()]
    assert lines
    assert [line for line in lines if line != line.rstrip()] == []
