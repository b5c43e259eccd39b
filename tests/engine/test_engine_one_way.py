"""What Moodle keeps no state of, or never takes back: events are sent once, completions stay."""

from __future__ import annotations

import json

from tests.engine.engine_world import Nights, Rows, Setup, mapping, nights, said, to_do

ALLOCATION = ("programid", "userid", "status", "resetprogram")
COMPLETION = ("courseid", "userid", "timecompleted")
SETUP = Setup(
    [
        mapping("course"),
        mapping("user"),
        mapping("program_allocation", zip(ALLOCATION, ALLOCATION, strict=True)),
        mapping("completion", zip(COMPLETION, COMPLETION, strict=True)),
    ]
)
BASE: dict[str, Rows] = {
    "course": [("C1", "Course 1", "c1", "2026-09-01", "/A")],
    "user": [(f"S{n}", f"s{n}", "Ann", "Lee", f"s{n}@uni.example") for n in range(4)],
}


def changes(world: Nights, resource: str, rows: Rows) -> list[tuple[str, dict[str, str]]]:
    """What is done with a resource, and the values that are sent."""
    plan = world.night({**BASE, resource: rows})
    assert to_do(plan) == []
    own = plan.changes[plan.changes["resource"] == resource]
    return [(op, json.loads(after)) for op, after in zip(own["op"], own["after"], strict=True)]


def test_an_event_is_sent_when_its_value_changes_and_only_then() -> None:
    with nights(SETUP) as world:
        world.moodle.add_program("P1", "Induction")

        def sent(status: str, reset: str) -> list[tuple[str, str | None]]:
            done = changes(world, "program_allocation", [("P1", "S1", status, reset)])
            return [(op, values.get("resetprogram")) for op, values in done]

        assert sent("0", "0") == [("create", "0")]
        assert sent("0", "0") == []
        assert sent("0", "1") == [("update", "1")]
        assert sent("0", "1") == []
        assert sent("1", "1") == [("update", None)]
        assert sent("1", "0") == [("update", "0")]


def test_completions_are_neither_changed_nor_removed() -> None:
    day = "2026-05-0{}T08:00:00+00:00"
    with nights(SETUP) as world:
        first = [("C1", "S0", day.format(1)), ("C1", "S1", day.format(1))]
        assert [op for op, _ in changes(world, "completion", first)] == ["create", "create"]
        later = [("C1", "S1", day.format(2)), ("C1", "S2", day.format(2))]
        assert [op for op, _ in changes(world, "completion", later)] == ["create"]
        plan = world.plan({**BASE, "completion": later})
        assert (to_do(plan), said(plan)) == ([], {"cannot-change"})
        assert [issue.message for issue in plan.issues] == [
            "1 completion in Moodle differs from the exports, and the API cannot change it"
        ]
