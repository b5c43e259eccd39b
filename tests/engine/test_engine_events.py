"""An event, such as the reset of a program, is no state: it is sent when its value in the export changes, once."""

from __future__ import annotations

import json

from tests.engine.engine_world import Nights, Setup, mapping, nights, to_do

FIELDS = ("programid", "userid", "status", "resetprogram")
SETUP = Setup([mapping("user"), mapping("program_allocation", {name: name for name in FIELDS})])
USER = ("S1", "s1", "Ann", "Lee", "s1@uni.example")


def sent(world: Nights, status: str, reset: str) -> list[tuple[str, str | None]]:
    """What is done with the allocation, and the event that is sent with it."""
    plan = world.night({"user": [USER], "program_allocation": [("P1", "S1", status, reset)]})
    assert to_do(plan) == []
    changes = plan.changes[plan.changes["resource"] == "program_allocation"]
    return [
        (op, json.loads(after).get("resetprogram")) for op, after in zip(changes["op"], changes["after"], strict=True)
    ]


def test_an_event_is_sent_when_its_value_changes_and_only_then() -> None:
    with nights(SETUP) as world:
        world.moodle.add_program("P1", "Induction")
        assert sent(world, "0", "0") == [("create", "0")]
        assert sent(world, "0", "0") == []
        assert sent(world, "0", "1") == [("update", "1")]
        assert sent(world, "0", "1") == []
        assert sent(world, "1", "1") == [("update", None)]
        assert sent(world, "1", "0") == [("update", "0")]
