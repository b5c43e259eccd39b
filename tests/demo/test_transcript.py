"""The dry run in the docs is what the demo prints on its second day."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .playing import Played

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
def dry_run(played: Played) -> str:
    second = played.said.partition("\nDay 2")[2]
    return _settled(second.partition("\n$ nexsis-sync plan\n")[2].partition("\n(exit code")[0] + "\n")


def test_what_the_page_shows_is_what_is_said(dry_run: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reports" / "terminal.md").read_text("utf-8")
    shown = _settled(page.partition('```text title="nexsis-sync plan"\n')[2].partition("```")[0])
    at = 0
    for piece in shown.split("...\n"):
        assert piece in dry_run[at:]
        at = dry_run.index(piece, at) + len(piece)
