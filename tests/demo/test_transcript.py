"""The dry run in the docs is what `plan` prints on the second day of the demo."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sync.cli import run
from sync.cli.commands import demo

CHANGING = {
    r"[pr]-\d{8}T\d{6}-[0-9a-f]+": "ID",
    r"\d{4}-\d\d-\d\d \d\d:\d\d": "TIME",
    r"127\.0\.0\.1:\d+": "ADDRESS",
    r" +$": "",
}


def _settled(text: str) -> str:
    for pattern, word in CHANGING.items():
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text


@pytest.fixture
def dry_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """All that the plan of the second day prints."""
    first, second, *_ = demo.STORY
    sent = [step for step in first.steps if step.command in ("plan", "apply")][:2]
    whole = [replace(second.steps[0], shows=())]
    monkeypatch.setattr(demo, "STORY", (replace(first, steps=sent), replace(second, steps=whole)))
    monkeypatch.setattr(demo, "PORT", 0)
    assert run(["demo", "--folder", str(tmp_path / "demo")]) == 0
    printed = capsys.readouterr().out.partition("\nDay 2")[2]
    return _settled(printed.partition("\n$ nexsis-sync plan\n")[2].partition("\n(exit code")[0] + "\n")


def test_what_the_page_shows_is_what_is_said(dry_run: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reports" / "terminal.md").read_text("utf-8")
    shown = _settled(page.partition('```text title="nexsis-sync plan"\n')[2].partition("```")[0])
    at = 0
    for piece in shown.split("...\n"):
        assert piece in dry_run[at:]
        at = dry_run.index(piece, at) + len(piece)
