"""Whatever the sheets, the site's past and people's hands: after a night the site is as it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine_world import FIELDS, Nights, Rows, Setup, mapping, nights, told, to_do
from expected import next_state, read_state
from hypothesis import given, note
from hypothesis import strategies as st
from strategies import Hand, hands, meddle, missing, pasts, sheets

from sync.sandbox import Moodle


@given(
    past=pasts(),
    missing=missing,
    read=st.sampled_from(("full", "share")),
    story=st.lists(st.tuples(sheets, hands), min_size=1, max_size=3),
)
def test_each_night_the_site_becomes_what_the_sheets_say_by_the_fewest_calls(
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
            should, ours = next_state(before, ours, rows, missing)
            one_night(world, rows, read)
            assert read_state(world.moodle) == should
            for each in hand:
                meddle(world.moodle, each)


def one_night(world: Nights, rows: Mapping[str, Rows], read: str) -> None:
    """Plan and apply a night; check that it went well, took no call too many, and left nothing to do."""
    written = len(world.site.writes)
    plan = world.plan(rows, read)
    run = world.apply(plan)
    done = world.store.plan(plan.id)
    note(f"{told(done)}")
    assert run.state == "done"
    assert to_do(done) == []
    sent = [row for row in told(done) if row[3] == "done"]
    assert len(world.site.writes) - written == len(sent)
    assert world.site.races == []
    again = world.plan(rows)
    assert to_do(again) == []
