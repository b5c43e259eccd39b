"""Wherever the program is killed between taking and archiving a set, nothing is lost and nothing is sent twice."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from sync.inbox import archive
from sync.inbox.stability import look
from sync.sandbox import Fault

from .office import HEAD, Office, people

STEPS = ("replace", "unlink", "mkdir", "rmdir")
A_SET = {"READY": "", "courses.csv": "ID,NAME\nC1,One\n", "people.csv": people("s1", "s2")}
SENT = ["PUT course/C1", "PUT user/s1", "PUT user/s2"]


class Killed(BaseException):
    """The process dies here."""


REAL = {step: getattr(os, step) for step in STEPS}

Arm = Callable[[int], None]


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Arm:
    """Arm the steps that change files: from the one of that number on, none is carried out."""

    def arm(at: int) -> None:
        left = iter(range(at, -1, -1))

        def guarded(step: str) -> Callable[..., Any]:
            def work(*arguments: Any, **named: Any) -> Any:
                if next(left, 1) == 0:
                    raise Killed
                return REAL[step](*arguments, **named)

            return work

        for step in STEPS:
            monkeypatch.setattr(os, step, guarded(step))

    return arm


def laid(folder: Path, files: Mapping[str, str], links: Mapping[str, str] | None = None) -> archive.Folders:
    """An inbox with files and links in it, and the rest of its site."""
    at = archive.Folders(folder / "inbox", folder / "archive", folder / "refused", follow_links=True)
    for name, text in files.items():
        path = at.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, leads_to in (links or {}).items():
        text = (at.inbox / name).read_text()
        (at.inbox / name).unlink()
        (at.inbox / name).symlink_to(leads_to)
        (at.inbox / leads_to).write_text(text)
    return at


def texts(folder: Path) -> dict[str, str]:
    """The files of a folder and below it: name to text."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def night(at: archive.Folders, run: str, end: Callable[[archive.TakenSet], object]) -> None:
    """What a run does with files: repair, take what is there, finish what was taken."""
    archive.recover(at)
    files = {name: stamp for name, stamp in look(at.entries).files.items() if name != KEPT}
    if files:
        archive.take(at, files, [KEPT], run, "2026-11-23")
    for taken in archive.pending(at):
        end(taken)


@pytest.fixture(params=["by-name", "across-file-systems"])
def moving(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are moved by renaming, or as if inbox, archive and refused were on different file systems."""

    def replace(source: Any, target: Any, *, src_dir_fd: int | None = None) -> None:
        from_ = Path(f"/proc/self/fd/{src_dir_fd}").readlink() if src_dir_fd is not None else Path(source)
        if {*from_.parts} & HOMES != {*Path(target).parts} & HOMES:
            raise OSError(errno.EXDEV, "Invalid cross-device link", str(source))
        real(source, target, src_dir_fd=src_dir_fd)

    real = REAL["replace"]
    if request.param == "across-file-systems":
        monkeypatch.setitem(REAL, "replace", replace)


HOMES = {"inbox", "archive", "refused"}
KEPT = "base/kept.csv"
FILES = {"courses.csv": "C1", "people.csv": "S1", "more/people.csv": "S1", KEPT: "S0"}


LINKS = {"courses.csv": "../elsewhere.csv", "people.csv": "more/people.csv"}


@pytest.mark.usefixtures("moving")
@pytest.mark.parametrize("links", [{}, LINKS], ids=["files", "links"])
@pytest.mark.parametrize("refused", [False, True])
def test_killed_at_any_step_all_files_end_where_they_belong(
    tmp_path: Path, dying: Arm, refused: bool, links: Mapping[str, str]
) -> None:
    steps = 0
    for steps in count():
        at = laid(tmp_path / str(steps), FILES, links)

        def end(taken: archive.TakenSet, at: archive.Folders = at) -> None:
            assert texts(at.archive / taken.name) == FILES, "a part of a set would be carried out"
            archive.refuse(at, taken, "bad") if refused else archive.done(at, taken)

        dying(steps)
        try:
            night(at, "r-1", end)
            break
        except Killed:
            dying(10_000)
            night(at, "r-2", end)
            night(at, "r-3", end)
        there = texts(at.refused if refused else at.archive)
        (run,) = {name.split("/")[1] for name in there}
        why = {f"2026-11-23/{run}/why.txt": there.pop(f"2026-11-23/{run}/why.txt")} if refused else {}
        assert all(text.startswith("bad") for text in why.values())
        assert there == {f"2026-11-23/{run}/{name}": text for name, text in FILES.items()}
        assert texts(at.inbox) == {KEPT: "S0"}
        assert texts(at.archive if refused else at.refused) == {}
        assert not any(path.is_symlink() for path in at.inbox.parent.rglob("*"))
    assert steps > 10


@pytest.mark.usefixtures("moving")
@pytest.mark.parametrize(
    ("newer", "why"),
    [
        ({"people.csv": "S3"}, "A newer people.csv arrived"),
        ({"people.csv": "S3", "courses.csv": "C3"}, "Newer copies of courses.csv and people.csv arrived"),
    ],
    ids=["one", "several"],
)
def test_what_newer_files_have_overtaken_is_refused_and_the_newer_ones_taken(
    tmp_path: Path, dying: Arm, newer: Mapping[str, str], why: str
) -> None:
    """Killed while a set was being taken; then a newer one arrives."""
    overtaken = 0
    for steps in count():
        at = laid(tmp_path / str(steps), FILES)
        dying(steps)
        try:
            night(at, "r-1", lambda taken: None)
            break
        except Killed:
            dying(10_000)
        half = any(taken.state == "taking" for taken in archive.under_way(at))
        gone = {*FILES} - {*texts(at.inbox)}
        laid(tmp_path / str(steps), {**FILES, **newer})
        night(at, "r-2", lambda taken, at=at: archive.done(at, taken))  # type: ignore[misc]
        there = {**texts(at.archive), **texts(at.refused)}
        assert sorted(text for name, text in there.items() if name.endswith("/people.csv")).count("S3") == 1
        if half and gone >= {*newer}:
            overtaken += 1
            assert there["2026-11-23/r-1/people.csv"] == "S1"
            assert there["2026-11-23/r-1/why.txt"].startswith(why)
            assert there["2026-11-23/r-2/courses.csv"] == {**FILES, **newer}["courses.csv"]
    assert overtaken


def test_a_file_that_changes_while_it_is_taken_is_left_where_it_is(
    work: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The export is written again just as its set begins to move."""
    work.drop("s1")

    def replace(source: Any, target: Any, **of: Any) -> None:
        if Path(source).name == "courses.csv" and "archive" in Path(target).parts:
            work.put("people.csv", HEAD)
        REAL["replace"](source, target, **of)

    monkeypatch.setattr(os, "replace", replace)
    code, said = work.run("run")
    assert code == 1
    assert "the set cannot be moved: it was still being written" in said
    assert (work.inbox, work.sets, work.writes) == ({**A_SET, "people.csv": HEAD}, [], [])
    assert whole(work)


def whole(work: Office) -> bool:
    """Whether nothing is in progress."""
    return not (work.folder / "archive" / "under-way.json").exists()


# -- real processes --------------------------------------------------------------------------------------------

DIES = """
import os, signal
real = os.{step}
def work(path, *rest, **of):
    if str(path).endswith({name!r}):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(path, *rest, **of)
os.{step} = work
from sync.cli import main
main()
"""


def ended(process: subprocess.Popen[str]) -> int:
    """The exit code, once the process is over."""
    process.communicate()
    return process.returncode


@pytest.mark.parametrize(
    ("step", "name"),
    [("replace", "people.csv"), ("unlink", "under-way.json")],
    ids=["half-taken", "done-but-not-noted"],
)
def test_a_process_killed_while_it_moves_files(work: Office, step: str, name: str) -> None:
    work.drop("s1", "s2")
    assert ended(work.start("run", program=DIES.format(step=step, name=name))) == -signal.SIGKILL
    assert not whole(work)
    code, said = work.run("run")
    assert code == 0, said
    assert (work.inbox, work.sets, work.refused) == ({}, [A_SET], [])
    assert work.writes == SENT
    assert whole(work)


@pytest.mark.races
@pytest.mark.parametrize("resumed", [False, True])
def test_a_process_killed_while_it_sends(work: Office, resumed: bool) -> None:
    """The site has carried out the call whose answer the program is waiting for."""
    processes: list[subprocess.Popen[str]] = []
    started = Event()

    def kill(method: str, path: str) -> Fault | None:
        if method == "PUT" and path.endswith("user/s1"):
            started.wait()
            if processes:
                processes.pop().kill()
        return None

    work.hooks.append(kill)
    work.drop("s1", "s2")
    process = work.start("run")
    processes.append(process)
    started.set()
    assert ended(process) == -signal.SIGKILL
    assert not whole(work)
    with (work.folder / "state.db.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "  running" in work.run("runs")[1]
    assert "  interrupted  its process ended before the run had finished" in work.run("runs")[1]
    code, said = work.run("resume" if resumed else "run")
    assert code == 0, said
    assert work.writes == SENT
    assert work.run("run")[0] == 1  # nothing new has arrived
    assert (work.inbox, work.sets, work.writes) == ({}, [A_SET], SENT)
    assert whole(work)
