"""Whatever a run did: its rollback brings back what it changed, and the same exports do not change it again.

What belonged to others is lost with what was deleted, and so are group members whom others had enrolled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from hypothesis import given, note

from sync.model import SEPARATOR, Approval, Plan
from sync.sandbox import Moodle
from tests.engine.engine_world import FIELDS, Nights, Rows, Setup, in_short, mapping, nights
from tests.engine.expected import State, read_state
from tests.engine.strategies import pasts, sheets, thoroughly


def carried_out(world: Nights, plan: Plan) -> str:
    """Approve whatever is on hold, and apply; the run."""
    now = world.clock.now()
    world.store.approve(plan.id, [Approval(hold.id, "ada", now, now + timedelta(days=7)) for hold in plan.holds])
    run = world.apply(plan)
    assert run.state == "done"
    note(f"{in_short(world.store.plan(plan.id))} {[issue.message for issue in plan.issues]}")
    return run.id


def managed(world: Nights, state: State) -> State:
    """What is on the site and ours."""
    found = State()
    for name in FIELDS:
        ledger = world.store.ledger(name)
        ours = {tuple(match.split(SEPARATOR)) for match in ledger["match"][ledger["owned"] == 1]}
        getattr(found, name).update({key: value for key, value in getattr(state, name).items() if _match(key) in ours})
    return found


def _match(key: tuple[str, ...]) -> tuple[str, ...]:
    """The ledger's key, with neither the plugin of an enrolment nor zeros before the number of a group."""
    return tuple(part.lstrip("0") for part in key if part != "nexsis")


@thoroughly
@given(past=pasts(), first=sheets, second=sheets)
def test_a_rollback_brings_back_what_a_run_has_changed(
    past: Callable[[Moodle], None], first: Mapping[str, Rows], second: Mapping[str, Rows]
) -> None:
    setup = Setup([mapping(name, missing="delete") for name in FIELDS], share=1)
    with nights(setup) as world:
        past(world.moodle)
        carried_out(world, world.plan(first))
        whole = read_state(world.moodle)
        before = managed(world, whole)
        plan = world.plan(second)
        run = carried_out(world, plan)
        if not len(world.store.journal(run)):
            return
        carried_out(world, world.undo(run, created=True))
        after = read_state(world.moodle)
        for name in FIELDS:
            there, was = getattr(after, name), getattr(before, name)
            lost = {key for key in was if name == "group_member" and not after.enrolled(key[2], key[0])}
            assert {key: there.get(key) for key in was.keys() - lost} == {key: was[key] for key in was.keys() - lost}
            assert there.keys() <= getattr(whole, name).keys()
        changed = {(row.resource, row.match) for row in world.store.journal(run).itertuples()}
        again = world.plan(second)
        sent = again.changes[again.changes["status"] == "planned"]
        assert [row for row in sent.itertuples() if (row.resource, row.match) in changed] == []
