"""Whatever the sheets, the site's past and manual changes: after a run the site is as it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from threading import Event

from hypothesis import given, note
from hypothesis import strategies as st

from sync.model import Request, Response
from sync.sandbox import Moodle
from tests.engine.engine_world import FIELDS, Nights, Rows, Setup, in_short, mapping, nights, to_do
from tests.engine.expected import next_state, read_state
from tests.engine.strategies import Hand, hands, meddle, missing, pasts, sheets, thoroughly


class Killed(BaseException):
    """The process dies here."""


class Cut(Enum):
    """How a run is interrupted."""

    KILLED_BEFORE = "a call is not sent any more"
    KILLED_AFTER = "an answer is not heard any more"
    STOPPED = "no further call is sent"
    DOWN = "no further call succeeds"


@thoroughly
@given(
    past=pasts(),
    missing=missing,
    read=st.sampled_from(("full", "share")),
    story=st.lists(st.tuples(sheets, hands), min_size=1, max_size=3),
)
def test_each_run_makes_the_site_what_the_sheets_say_with_the_fewest_calls(
    past: Callable[[Moodle], None],
    missing: Mapping[str, str],
    read: str,
    story: list[tuple[Mapping[str, Rows], list[Hand]]],
) -> None:
    setup = Setup([mapping(name, missing=missing[name]) for name in FIELDS], share=1)
    with nights(setup) as world:
        past(world.moodle)
        ours: dict[str, set[tuple[str, ...]]] = {name: set() for name in FIELDS}
        for rows, hand in story:
            before = read_state(world.moodle)
            should, ours = next_state(before, ours, rows, missing, world.tomorrow)
            one_night(world, rows, read)
            assert read_state(world.moodle) == should
            for each in hand:
                meddle(world.moodle, each)


def cut_short(world: Nights, rows: Mapping[str, Rows], calls: int, how: Cut) -> None:
    """Plan a run, and interrupt its sending in some way at the call of that number."""
    plan, stop, numbers = world.plan(rows, "share"), Event(), iter(range(10_000))

    def send(call: Request, timeout: float) -> Response:
        if next(numbers) < calls:
            return world.site.send(call, timeout)
        match how:
            case Cut.KILLED_BEFORE:
                raise Killed
            case Cut.KILLED_AFTER:
                world.site.send(call, timeout)
                raise Killed
            case Cut.STOPPED:
                stop.set()
                return world.site.send(call, timeout)
            case Cut.DOWN:
                return Response(500, {"error": "down"}, json=True)

    world.through(send)
    with suppress(Killed):
        world.apply(plan, stop=stop)
    world.through(world.site.send)


def one_night(world: Nights, rows: Mapping[str, Rows], read: str) -> None:
    """Plan and apply; check that it went well, made no superfluous call, and left nothing to do."""
    written = len(world.site.writes)
    plan = world.plan(rows, read)
    run = world.apply(plan)
    done = world.store.plan(plan.id)
    note(f"{in_short(done)}")
    assert run.state == "done"
    assert to_do(done) == []
    sent = [row for row in in_short(done) if row[3] == "done"]
    assert len(world.site.writes) - written == len(sent)
    assert world.site.races == []
    again = world.plan(rows)
    assert to_do(again) == []


@thoroughly
@given(
    past=pasts(),
    story=st.lists(st.tuples(sheets, hands, st.integers(1, 12), st.sampled_from(Cut)), min_size=1, max_size=2),
    last=sheets,
)
def test_whatever_runs_were_interrupted_the_next_complete_one_makes_the_site_what_the_sheets_say(
    past: Callable[[Moodle], None],
    story: list[tuple[Mapping[str, Rows], list[Hand], int, Cut]],
    last: Mapping[str, Rows],
) -> None:
    keep = dict.fromkeys(FIELDS, "keep")
    with nights(Setup([mapping(name) for name in FIELDS], share=1)) as world:
        past(world.moodle)
        for rows, hand, calls, how in story:
            cut_short(world, rows, calls, how)
            for each in hand:
                meddle(world.moodle, each)
        should, _ = next_state(read_state(world.moodle), {name: set() for name in FIELDS}, last, keep, world.tomorrow)
        one_night(world, last, "share")
        assert read_state(world.moodle) == should
