"""The program and the sandbox as processes that can be killed."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sync.cli import COMMANDS, main, program
from sync.sandbox import Faults, SandboxSettings, serve

LATENCY = 4.0
"""Milliseconds that every request takes."""

LONG = 600.0
"""Seconds after which a process is taken for stuck."""


def warm_up() -> None:
    """Import all that the processes need, so that forking is all it takes to start one."""
    for name in COMMANDS:
        import_module(f"sync.cli.commands.{name}")
    for name in (
        "sync.sandbox.serving",
        "sync.state",
        "sync.site",
        "sync.report.terminal",
        "sync.report.plan_report",
        "sync.report.progress",
        "sync.workflows.apply",
        "sync.workflows.nightly",
        "sync.workflows.plan",
        "sync.workflows.sources",
        "sync.workflows.notifications",
        "pyarrow.csv",
    ):
        import_module(name)


@dataclass
class Process:
    """A forked process; `output` is the file that has what it printed, `life` a pipe that ends with it."""

    pid: int
    output: Path
    life: int
    _code: int | None = None

    def send(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.code is None:
            os.kill(self.pid, number)

    @property
    def code(self) -> int | None:
        """Its exit code, minus the signal that killed it; None while it runs."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def wait(self) -> int:
        """Wait for its end; a stuck one is killed."""
        if self._code is None:
            stuck = not select.select([self.life], [], [], LONG)[0]
            if stuck:
                os.kill(self.pid, signal.SIGKILL)
            _, status = os.waitpid(self.pid, 0)
            self._code = os.waitstatus_to_exitcode(status)
            os.close(self.life)
            assert not stuck, f"stuck for {LONG:.0f} s: {self.said}"
        return self._code

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.output.read_text("utf-8", "replace")


def forked(output: Path, work: Callable[[], object]) -> Process:
    """Do this in a process of its own."""
    sys.stdout.flush()
    sys.stderr.flush()
    life, held = os.pipe()
    pid = os.fork()
    if pid:
        os.close(held)
        return Process(pid, output, life)
    code = 70
    try:
        with output.open("wb", buffering=0) as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        work()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - what the interpreter would do
        import traceback

        traceback.print_exc()
        code = 1
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(code)


def engine(folder: Path, output: Path, command: Sequence[str], prepare: Callable[[], object] | None = None) -> Process:
    """Start a command, and wait until it has begun; `prepare` is called in its process first.

    Earlier, a signal would find a process that is not the program yet.
    """
    reader, writer = os.pipe()
    carry_out = program.main

    def begin(*arguments: Any, **named: Any) -> Any:
        os.write(writer, b".")
        return carry_out(*arguments, **named)

    def work() -> None:
        os.chdir(folder)
        if prepare:
            prepare()
        with patch.object(program, "main", begin):
            main(command)

    process = forked(output, work)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    return process


def sandbox(folder: Path, port: int, faults: Faults | None = None) -> Process:
    """Start a sandbox with what it has kept in a folder, and wait until it answers."""
    reader, writer = os.pipe()
    settings = SandboxSettings(
        db=folder / "site.db", port=port, log=folder / "requests.jsonl", latency_ms=LATENCY, faults=faults
    )

    def announce(_: str) -> None:
        os.write(writer, b".")

    process = forked(folder / "sandbox.txt", lambda: serve(settings, announce))
    os.close(writer)
    ready = os.read(reader, 1)
    os.close(reader)
    assert ready, process.said
    return process
