"""Plays a case: disturbs a command, does what an operator is told, and checks how it ends."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sync.sandbox import Fault, Faults
from sync.state import database
from tests.faults.cases import FAILURES, Case
from tests.faults.ground import Ground
from tests.faults.processes import Process, engine, sandbox

PATIENCE = 1.0
"""Seconds that the program waits for another process's transaction, instead of half a minute."""

SPARE = 200_000
"""Bytes that a disk has left, at most, before it is full."""

DONE_BEFORE = "has already been carried out"
"""What `apply` says if the program was killed after the end of the run."""

MOUNTS = os.geteuid() == 0 and shutil.which("mount") is not None
"""Whether there can be a file system that is too small; otherwise the size of files is limited."""

STEPS = 8
"""Commands after which a case must have ended."""


@dataclass(frozen=True)
class Whole:
    """An undisturbed run: what it leaves, what it removes, and how many seconds each command takes."""

    site: object
    ledger: object
    removals: frozenset[str]
    seconds: dict[str, float]


@dataclass
class Verdict:
    """How a case ended: the commands with their exit codes, and what is wrong."""

    case: Case
    codes: list[tuple[str, int]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    said: str = ""

    def __str__(self) -> str:
        went = ", ".join(f"{command} {code}" for command, code in self.codes)
        return f"{self.case}: {went}" + "".join(f"\n    {each}" for each in self.wrong)


def undisturbed(ground: Ground, folder: Path) -> Whole:
    """Run without trouble, in a copy for each command; both end the same."""
    ends, seconds = [], {}
    for command in ("run", "apply"):
        here = ground.copy(folder / command)
        site = sandbox(here.moodle, here.port)
        begun = time.monotonic()
        process = engine(here.engine, here.folder / "out.txt", [command])
        assert process.wait() == 0, process.said
        seconds[command] = time.monotonic() - begun
        assert engine(here.engine, here.folder / "out.txt", ["plan", "--read", "full"]).wait() == 0
        _end(site)
        ends.append((here.state, here.ledger, frozenset(here.gone)))
    assert ends[0] == ends[1]
    return Whole(*ends[0], seconds | {"resume": seconds["apply"]})


def play(case: Case, ground: Ground, whole: Whole, folder: Path) -> Verdict:
    """One case, in a folder of its own."""
    verdict = Verdict(case)
    with ExitStack() as stack:
        here = ground.copy(folder)
        if case.kind == "disk full":
            stack.enter_context(_small_disk(here, case.share))
        stage = _Stage(case, here, whole, verdict)
        try:
            stage.disturbed(case.command, case.at)
            if case.again is not None and verdict.codes[-1][1] in (5, -signal.SIGKILL):
                stage.disturbed("resume", case.again)
            if case.kind == "disk full" and MOUNTS:
                _run("mount", "-o", "remount,size=64m", str(here.engine))
            stage.settle()
            stage.judge()
        except AssertionError as error:
            verdict.wrong.append(str(error))
        finally:
            stage.close()
    return verdict


@dataclass
class _Stage:
    case: Case
    here: Ground
    whole: Whole
    verdict: Verdict
    site: Process | None = None
    last: str = ""

    def disturbed(self, command: str, at: float) -> None:
        """Start a command, let happen what is to happen, and wait for its end."""
        case = self.case
        self.serve(self._faults())
        before = self._taken(), self.here.stored().runs
        process = engine(self.here.engine, self._output, [command], self._prepare)
        with _locked(self.here, case, at * self.whole.seconds[command]):
            if case.kind.startswith("engine") or case.kind == "sandbox killed":
                time.sleep(at * self.whole.seconds[command])
            if case.kind == "sandbox killed":
                self._go_away()
            elif case.kind == "engine killed":
                process.send(signal.SIGKILL)
            elif case.kind.startswith("engine"):
                process.send(case.signal)
                if case.kind == "engine interrupted twice":
                    time.sleep(0.01)
                    process.send(case.signal)
            self._ended(command, process, *before)

    def serve(self, faults: Faults | None = None) -> None:
        """Serve the site, from now on with these faults."""
        self.close()
        self.site = sandbox(self.here.moodle, self.here.port, faults)

    def close(self) -> None:
        """End the site."""
        if self.site is not None:
            _end(self.site)
            self.site = None

    def settle(self) -> None:
        """Without further trouble, do what an operator is told until nothing is left to do."""
        self.serve()
        for _ in range(STEPS):
            command = self._told()
            if command is None:
                return
            before = self._taken(), self.here.stored().runs
            self._ended(command, engine(self.here.engine, self._output, [command]), *before)
        raise AssertionError("the commands that an operator is told lead to no end")

    def judge(self) -> None:
        """Compare the end with that of an undisturbed run."""
        process = engine(self.here.engine, self._output, ["plan", "--read", "full"])
        self._check(process.wait() == 0, f"something is left to do: {process.said}")
        self.close()
        self._check(self.here.state == self.whole.site, f"the site differs: {self.here.state}")
        self._check(self.here.ledger == self.whole.ledger, f"the store differs: {self.here.ledger}")
        wrong = self.here.removals - self.whole.removals
        self._check(not wrong, f"removed wrongly: {wrong}")
        races = [each["race"] for each in self.here.requests if each["race"]]
        self._check(not races, f"races: {races}")

    @property
    def _output(self) -> Path:
        return self.here.folder / "out.txt"

    def _taken(self) -> int:
        """How many writes the site has carried out, or may have."""
        writes = [each for each in self.here.requests if each["method"] != "GET"]
        return sum(each["status"] in (200, 201, 204, None) and each["fault"] != "cut_before" for each in writes)

    def _told(self) -> str | None:
        """The next command, from the last one's exit code; a killed one says nothing."""
        command, code = self.verdict.codes[-1]
        match code:
            case 0:
                return None
            case 1 if DONE_BEFORE in self.last:
                return None
            case 1:
                return self.case.command if command == "resume" else command
            case 4:
                return "resume" if self.here.stored().repeatable else "run"
            case _:
                return "resume"

    def _ended(self, command: str, process: Process, taken: int, runs: int) -> None:
        """Wait for a command's end, and check that its exit code is true."""
        code = process.wait()
        self.verdict.codes.append((command, code))
        self.last = process.said
        self.verdict.said += f"\n--- {command}: {code}\n{process.said}"
        self._check("Traceback" not in process.said, process.said)
        stored = self.here.stored()
        left = stored.statuses["planned"] + stored.statuses["sending"]
        match code:
            case 0:
                self._check(not left and stored.run is not None and stored.run.state == "done", f"0, but {stored}")
            case 1:
                self._check(self._taken() == taken, "1, but something was sent")
                # A locked store keeps a run that has sent nothing; the next command ends it.
                kept = self.case.kind == "store locked" and stored.run is not None and stored.run.state == "running"
                self._check(stored.runs == runs or kept, f"1, but there is a run: {stored}")
            case 4:
                wrong = bool({"failed", "unknown", "skipped"} & set(stored.statuses)) or stored.unread
                self._check(wrong, f"4, but {stored}")
            case 5:
                run = stored.run
                # A store that fails at the very end leaves nothing to send; the run is still to be closed.
                unclosed = run is not None and (bool(left) or run.finished is None) and run.state != "done"
                self._check(unclosed, f"5, but {stored}")
                self._check("resume" in process.said, f"5, and no next command: {process.said}")
            case -9:
                self._check(self.case.kind == "engine killed", "killed by whom?")
            case _:
                self._check(False, f"exit code {code}: {process.said}")

    def _check(self, fine: bool, what: str) -> None:
        if not fine:
            self.verdict.wrong.append(what)

    def _prepare(self) -> None:
        """What is done in the engine's process first: it waits less long for a lock, or its files can't grow."""
        database.PATIENCE = PATIENCE  # type: ignore[assignment]
        if self.case.kind == "disk full" and not MOUNTS:
            size = max(file.stat().st_size for file in self.here.engine.glob("state.db*"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(self.case.share * SPARE),) * 2)

    def _faults(self) -> Faults | None:
        case = self.case
        if case.kind == "outage":
            return _outage(case.fault, int(case.at * 20), min(case.seconds, 2.0))
        if case.kind == "failing calls":
            return _failing(case.number, case.share)
        return None

    def _go_away(self) -> None:
        assert self.site is not None
        self.site.send(signal.SIGKILL)
        self.site.wait()
        self.site = None
        time.sleep(self.case.seconds)
        self.serve()


def _end(process: Process) -> None:
    process.send(signal.SIGTERM)
    process.wait()


def _outage(fault: Fault, writes: int, seconds: float) -> Faults:
    """From this number of writes on, for some seconds, every request meets this fault."""
    met = 0
    since: list[float] = []

    def decide(method: str, path: str, count: int) -> Fault | None:
        nonlocal met
        met += method != "GET"
        if met >= writes and not since:
            since.append(time.monotonic())
        return fault if since and time.monotonic() - since[0] < seconds else None

    return decide


def _failing(seed: int, share: float) -> Faults:
    """This share of all requests fails, each in a way of its own."""

    def decide(method: str, path: str, count: int) -> Fault | None:
        luck = random.Random(f"{seed} {method} {path} {count}")
        return luck.choice(FAILURES) if luck.random() < share else None

    return decide


@contextmanager
def _locked(here: Ground, case: Case, after: float) -> Iterator[None]:
    """Where the case wants it, another process writes to the store for some seconds."""
    if case.kind != "store locked":
        yield
        return
    time.sleep(after)
    other = sqlite3.connect(here.engine / "state.db", isolation_level=None, timeout=2)
    try:
        with suppress(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")
        time.sleep(case.seconds)
    finally:
        other.close()
    yield


@contextmanager
def _small_disk(here: Ground, share: float) -> Iterator[None]:
    """The program's folder on a file system of its own that is almost full, where mounting is allowed."""
    if not MOUNTS:
        yield
        return
    files = [(file.relative_to(here.engine), file.read_bytes()) for file in here.engine.rglob("*") if file.is_file()]
    used = sum(-(-len(content) // 4096) * 4096 for _, content in files) + 16 * 4096
    _run("mount", "-t", "tmpfs", "-o", f"size={used + int(share * SPARE)}", "none", str(here.engine))
    try:
        for name, content in files:
            (here.engine / name).parent.mkdir(parents=True, exist_ok=True)
            (here.engine / name).write_bytes(content)
        yield
    finally:
        _run("umount", str(here.engine))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
