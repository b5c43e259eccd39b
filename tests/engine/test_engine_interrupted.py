"""A night that is interrupted anywhere and gone on with ends as one that was not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pytest
from engine_world import FIELDS, InProcess, Nights, Setup, mapping, nights, state_of, to_do

from sync.model import Answer, Call

SETUP = Setup([mapping(name, missing="delete") for name in FIELDS])
FIRST = {
    "course": [("C1", "One", "one", "2026-09-01", "/A/B"), ("C2", "Two", "two", "", "/A/C"), ("C3", "Old", "old", "", "")],
    "user": [(f"S{n}", f"u{n}", "Ann", "Lee", f"u{n}@uni.example") for n in range(5)],
    "enrolment": [*((f"S{n}", "C1", "student") for n in range(5)), ("S1", "C2", "teacher"), ("S2", "C3", "student")],
    "group": [("C1", "G1", "Group", ""), ("C1", "G2", "Other", "")],
    "group_member": [("C1", "G1", "S0"), ("C1", "G1", "S1"), ("C1", "G2", "S2"), ("C1", "G2", "S4")],
}
SECOND = {
    "course": [("C1", "One", "one", "2026-09-01", "/A/D"), ("C2", "Two!", "two", "", "/A/C"), ("C4", "New", "new", "", "/A/E")],
    "user": [
        ("S0", "u1", "Ann", "Lee", "u1@uni.example"),  # two who had each other's login
        ("S1", "u0", "Ann", "Lee", "u0@uni.example"),
        ("S2", "u2", "Ann", "Poe", "u2@uni.example"),
        ("S4", "u4", "Ann", "Lee", "u4@uni.example"),
        ("S5", "u3", "Eve", "Roe", "u3@uni.example"),  # who takes the login of one who leaves
    ],
    "enrolment": [("S0", "C1", "teacher"), ("S1", "C2", "student"), ("S2", "C1", "student"), ("S5", "C4", "student"), ("S4", "C4", "student")],
    "group": [("C1", "G1", "Group!", ""), ("C4", "G1", "New", "")],
    "group_member": [("C1", "G1", "S0"), ("C1", "G1", "S2"), ("C4", "G1", "S4")],
}
"""Creates, updates, deletes and what goes along with them, a swap and a chain: all that a plan can hold."""


Ledger = dict[str, list[tuple[Any, ...]]]


class Killed(BaseException):
    """The process dies here."""


@dataclass(frozen=True)
class Kept:
    """An installation on disk on the evening of its second night: planned, and nothing sent yet.

    calls: how many a whole run makes; the first is a ping, before the run begins
    """

    folder: Path
    plan: str
    calls: int
    after: Any


@contextmanager
def evening(kept: Path, copy: Path) -> Iterator[Nights]:
    """That evening anew, in files of its own."""
    for file in kept.iterdir():
        shutil.copy(file, copy / file.name)
    with nights(SETUP, folder=copy) as world:
        world.clock.time = 10 * 86_400
        yield world


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder, copy = tmp_path_factory.mktemp("kept"), tmp_path_factory.mktemp("whole")
    with nights(SETUP, folder=folder) as world:
        world.night(FIRST)
        plan = world.plan(SECOND)
    with evening(folder, copy) as world:
        world.apply(plan, run="r-night")
        assert to_do(world.store.plan(plan.id)) == []
        return Kept(folder, plan.id, len(world.site.requests), end_of(world))


def end_of(world: Nights) -> Any:
    return state_of(world.moodle), world.ledger


def knows_as_much(ledger: Ledger, other: Ledger) -> bool:
    """Whether a ledger says the same; after a lost answer it may have seen what no answer would have told."""
    rows, others = ([row for name in FIELDS for row in each[name]] for each in (ledger, other))
    return len(rows) == len(others) and all(
        row[:3] + row[4:] == was[:3] + was[4:] and was[3] in (None, row[3]) for row, was in zip(rows, others, strict=True)
    )


def counting(site: InProcess, at: int, meet: Callable[[Callable[[], Answer]], Answer]) -> Callable[[Call, float], Answer]:
    """Calls pass, but the one of that number meets with something."""
    lock, numbers = Lock(), iter(range(10_000))

    def send(call: Call, timeout: float) -> Answer:
        with lock:
            number = next(numbers)
        return meet(lambda: site.send(call, timeout)) if number == at else site.send(call, timeout)

    return send


def dies_before(work: Callable[[], Answer]) -> Answer:
    raise Killed


def dies_after(work: Callable[[], Answer]) -> Answer:
    work()
    raise Killed


def gone_on_with(kept: Kept, copy: Path, interrupt: Callable[[Nights], None]) -> None:
    """Interrupt the night, go on with it in a new process's memory, and compare with one that was left alone."""
    with evening(kept.folder, copy) as world:
        interrupt(world)
        first = world.site.requests
    with nights(SETUP, folder=copy) as world:
        world.clock.time = 10 * 86_400 + 60
        if world.store.run("r-night").state != "done":
            run = world.apply(world.store.plan(kept.plan), run="r-night")
            assert run.state == "done"
        assert to_do(world.store.plan(kept.plan)) == []
        site, ledger = end_of(world)
        assert site == kept.after[0]
        assert knows_as_much(ledger, kept.after[1])
        assert not [request for request in [*first, *world.site.requests] if request.race]


@pytest.mark.parametrize("death", [dies_before, dies_after])
def test_killed_at_any_call(kept: Kept, tmp_path: Path, death: Callable[[Callable[[], Answer]], Answer]) -> None:
    for at in range(1, kept.calls):

        def die(world: Nights, at: int = at) -> None:
            world.through(counting(world.site, at, death))
            with pytest.raises(Killed):
                world.apply(world.store.plan(kept.plan), run="r-night")

        copy = tmp_path / str(at)
        copy.mkdir()
        gone_on_with(kept, copy, die)


def test_stopped_at_any_call(kept: Kept, tmp_path: Path) -> None:
    for at in range(1, kept.calls):
        stop = Event()

        def ask(work: Callable[[], Answer], stop: Event = stop) -> Answer:
            stop.set()
            return work()

        def halt(world: Nights, at: int = at, stop: Event = stop) -> None:
            world.through(counting(world.site, at, ask))
            assert world.apply(world.store.plan(kept.plan), run="r-night", stop=stop).state in ("cut", "done")
            assert "sending" not in set(world.store.plan(kept.plan).changes["status"])

        copy = tmp_path / str(at)
        copy.mkdir()
        gone_on_with(kept, copy, halt)
