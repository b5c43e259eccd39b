"""Every program in the docs is run, and prints what is shown."""

from __future__ import annotations

import pytest

from sync.site import Client

from .pages import Section, everything
from .stage import Stage

PROGRAMS = [section for section in everything() if section.of("python")]


@pytest.mark.parametrize("section", PROGRAMS, ids=str)
def test_a_program_prints_what_is_shown(section: Section, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    with Client(stage.sandbox.url, stage.sandbox.token) as nexsis:
        named: dict[str, object] = {"nexsis": nexsis}
        for block in section.blocks:
            if block.kind == "python":
                exec(compile(block.text, str(section), "exec"), named)
            elif (block.kind, block.name) == ("text", "Output"):
                assert capsys.readouterr().out == block.text
    assert capsys.readouterr().out == ""
