"""The units on the page about schedulers are valid, and its commands are understood."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from sync.cli import program
from tests.docs.pages import ROOT, Block, sections

PAGE = ROOT / "docs" / "get-started" / "nightly.md"
BLOCKS = [block for section in sections(PAGE) for block in section.blocks]
UNITS = [block for block in BLOCKS if block.kind == "ini"]
PROGRAM = "/srv/nexsis/.venv/bin/nexsis-sync"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze on this system")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: Block, tmp_path: Path) -> None:
    for each in UNITS:
        # systemd-analyze checks that the program exists.
        (tmp_path / each.name).write_text(each.text.replace(PROGRAM, sys.executable))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_there_is_a_unit_of_each_kind() -> None:
    assert [unit.name for unit in UNITS] == ["nexsis-sync.service", "nexsis-sync.timer", "nexsis-sync-watch.service"]


def test_every_command_line_of_a_scheduler_would_be_understood() -> None:
    lines = [found for block in BLOCKS for found in re.findall(r"[\\/]nexsis-sync (.*)", block.text)]
    assert len(lines) == 4
    for words in lines:
        name, *rest = shlex.split(words.split(">>")[0])
        command = program.get_command(click.Context(program), name)
        assert command is not None
        command.make_context(name, rest)
