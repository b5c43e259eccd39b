"""Help that gets a person going: examples, near names, what to do without a site file, completion in a shell."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sync.cli import COMMANDS, program, run
from sync.cli.help import WithExamples

ROOT = Path(__file__).parents[2]


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """All commands, those below others too, by what is typed."""
    context = click.Context(group)
    for name in group.list_commands(context) if isinstance(group, click.Group) else ():
        command = group.get_command(context, name) if isinstance(group, click.Group) else None
        assert command
        yield " ".join((*path, name)), command
        yield from commands(command, (*path, name))


ALL = dict(commands(program))


@pytest.mark.parametrize("name", ALL)
def test_every_command_shows_examples_that_can_be_typed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ALL[name]
    assert isinstance(command, WithExamples)
    assert run([*name.split(), "--help"]) == 0
    shown = capsys.readouterr().out.partition("\nExamples:\n")[2].splitlines()
    assert shown == [f"  nexsis-sync {each}" for each in command.examples]
    for example in command.examples:
        words = shlex.split(example.partition(" > ")[0])
        assert words[: len(name.split())] == name.split()
        command.make_context(name, words[len(name.split()) :])


@pytest.mark.parametrize(("typed", "meant"), [("pln", "plan"), ("reconsile", "reconcile"), ("recon", "reconcile")])
def test_a_mistyped_command_is_recognised(typed: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([typed]) == 64
    assert f"Did you mean `nexsis-sync {meant}`?" in capsys.readouterr().err


def test_a_command_like_no_other_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["xyzzy"]) == 64
    assert "Did you mean" not in capsys.readouterr().err


def test_a_mistyped_option_is_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--verbos"]) == 64
    assert "--verbose" in capsys.readouterr().err


def test_without_a_site_file_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["plan"]) == 1
    said = capsys.readouterr().err
    assert "site.yaml: this file does not exist" in said
    named = re.findall(r"`nexsis-sync (\w+)`", said)
    assert named == ["init", "demo"]
    assert {*named} <= {*COMMANDS}


def lines() -> dict[str, str]:
    """The line that sets up each shell, as the docs give it."""
    page = (ROOT / "docs/reference/commands.md").read_text("utf-8").partition("## Shell completion")[2]
    return dict(re.findall(r"^\| (bash|zsh|fish) \| `[^`]+` \| `([^`]+)` \|$", page, re.MULTILINE))


def environment(folder: Path) -> dict[str, str]:
    """An environment in which the program can be typed."""
    script = folder / "nexsis-sync"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sync "$@"\n')
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize(
    ("words", "completed"),
    [(["re"], ["resume", "reconcile", "report"]), (["plan", "--re"], ["--read", "--retry-kept", "--resource"])],
)
def test_bash_completes_commands_and_options(words: list[str], completed: list[str], tmp_path: Path) -> None:
    script = (
        f"{lines()['bash']}\n"
        f"COMP_WORDS=(nexsis-sync {shlex.join(words)}) COMP_CWORD={len(words)}\n"
        '_nexsis_sync_completion nexsis-sync && echo "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script], env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (completed, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_documented_shell_gets_its_script(shell: str, tmp_path: Path) -> None:
    setting = re.findall(r"(_NEXSIS_SYNC_COMPLETE)=(\w+)", lines()[shell])
    done = subprocess.run(
        ["nexsis-sync"], env=environment(tmp_path) | dict(setting), capture_output=True, text=True, check=False
    )
    assert "_nexsis_sync_completion" in done.stdout


def test_help_says_how_to_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert lines()["bash"] in capsys.readouterr().out


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_cannot_exist_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sandbox", "--port", port]) == 64
    assert "'--port'" in capsys.readouterr().err
