"""Exports of formats that are not known: what is typed, what is said, and the files that are written."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from .beginner import Beginner

FOLDER = Path(__file__).parent / "transcripts"
MOST = 10
"""Lines that may have to be typed until the first preview."""


@pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("*.yaml"))])
def test_a_transcript(name: str, beginner: Beginner) -> None:
    case = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    beginner.receive(case["exports"])
    typed = [line.replace("URL", beginner.sandbox.url) for line in case.get("typed", ())]
    assert len(typed) <= MOST
    if "typed" in case:
        code = beginner.init_at_terminal(typed, *case.get("options", ()))
    else:
        code = beginner.init(*case.get("options", ()))
    said = [line.replace(beginner.folder.as_posix(), "FOLDER") for line in (beginner.out + beginner.err).splitlines()]
    assert (code, [line for line in case["says"] if line not in said]) == (case["code"], [])
    mappings = {path.name: path.read_text("utf-8") for path in sorted((beginner.folder / "mappings").glob("*.yaml"))}
    expected = {path.name: path.read_text("utf-8") for path in sorted((FOLDER / name).glob("*.yaml"))}
    assert mappings == expected
    assert beginner.deletes == []
