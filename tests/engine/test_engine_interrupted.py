"""A run that is interrupted anywhere and resumed, or meets with trouble, ends like one without trouble."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock

import pytest

from sync.model import Request, Response
from sync.sandbox import Fault, SandboxSettings
from tests.engine.engine_world import InProcess, Nights, state_of, to_do
from tests.engine.evening import SECOND, Evening, evening, later
from tests.examples import share


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    return evening(tmp_path_factory.mktemp("kept"), tmp_path_factory.mktemp("whole"))


Meeting = Callable[[Callable[[], Response]], Response]


def meeting(site: InProcess, at: int, meet: Meeting) -> Callable[[Request, float], Response]:
    """Calls pass, but the one of that number meets with something."""
    lock, numbers = Lock(), iter(range(10_000))

    def send(call: Request, timeout: float) -> Response:
        with lock:
            number = next(numbers)
        return meet(lambda: site.send(call, timeout)) if number == at else site.send(call, timeout)

    return send


def dies_before(work: Callable[[], Response]) -> Response:
    raise Killed


def dies_after(work: Callable[[], Response]) -> Response:
    work()
    raise Killed


def goes_on_well(kept: Evening, copy: Path, interrupt: Callable[[Nights], None]) -> None:
    """Interrupt the run, resume it as another process would, and check that it ends well."""
    copy.mkdir()
    with kept.again(copy) as world:
        interrupt(world)
        assert world.site.races == []
    with later(copy) as world:
        if world.store.run("r-night").state != "done":
            assert world.apply(world.store.plan(kept.plan), run="r-night").state == "done"
        assert world.site.races == []
        kept.ends_well(world)


@pytest.mark.parametrize(("death", "part"), [(dies_before, 0), (dies_after, 1)])
def test_killed_at_any_call(kept: Evening, tmp_path: Path, death: Meeting, part: int) -> None:
    for at in share(range(1, kept.calls), part, 3):

        def die(world: Nights, at: int = at) -> None:
            world.through(meeting(world.site, at, death))
            with pytest.raises(Killed):
                world.apply(world.store.plan(kept.plan), run="r-night")

        goes_on_well(kept, tmp_path / str(at), die)


def test_stopped_at_any_call(kept: Evening, tmp_path: Path) -> None:
    for at in share(range(1, kept.calls), 2, 3):

        def halt(world: Nights, at: int = at) -> None:
            stop = Event()

            def ask(work: Callable[[], Response]) -> Response:
                stop.set()
                return work()

            world.through(meeting(world.site, at, ask))
            assert world.apply(world.store.plan(kept.plan), run="r-night", stop=stop).state in ("cut", "done")
            assert "sending" not in set(world.store.plan(kept.plan).changes["status"])

        goes_on_well(kept, tmp_path / str(at), halt)


# -- trouble ---------------------------------------------------------------------------------------------------

TROUBLE: tuple[Fault, ...] = ("cut_before", "cut_after", "error", "db_down", "slow_down")


def drawn(seed: int, share: float) -> SandboxSettings:
    """A site in trouble: a share of all calls except pings gets faults drawn from the seed and the call."""

    def fault(method: str, path: str, count: int) -> Fault | None:
        luck = random.Random(f"{seed} {method} {path} {count}")
        return luck.choice(TROUBLE) if path != "/ping" and luck.random() < share else None

    return SandboxSettings(faults=fault)


@pytest.mark.parametrize("seed", range(4))
def test_trouble_is_waited_out(kept: Evening, tmp_path: Path, seed: int) -> None:
    with kept.again(tmp_path, drawn(seed, 0.3)) as world:
        assert world.apply(world.store.plan(kept.plan)).state == "done"
        assert world.site.races == []
        kept.ends_well(world)


@pytest.mark.parametrize("seed", range(2))
def test_after_too_much_trouble_the_next_run_completes_the_rest(kept: Evening, tmp_path: Path, seed: int) -> None:
    with kept.again(tmp_path, drawn(seed, 0.7)) as world:
        plan = world.store.plan(kept.plan)
        for _ in range(50):
            if world.apply(plan, run="r-night").state == "done":
                break
        assert world.store.run("r-night").state == "done"
        assert to_do(world.store.plan(kept.plan)) != []
        assert world.site.races == []
    with later(tmp_path) as world:
        world.clock.time += 86_400
        world.night(SECOND)
        assert to_do(world.plan(SECOND)) == []
        assert {name: sorted(rows, key=str) for name, rows in state_of(world.moodle).items()} == {
            name: sorted(rows, key=str) for name, rows in kept.site.items()
        }
