"""What Moodle has refused is not sent again every night, and is as soon as anything about it has changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.model import Plan, Request, Response
from sync.report.headline import headline
from sync.report.summary import summarise
from sync.workflows.exit_codes import plan_code
from tests.engine.engine_world import FIELDS, Nights, Rows, Setup, in_short, mapping, nights, said

SETUP = Setup([mapping(name, missing="delete", may_be_empty=True) for name in FIELDS])
BASE: dict[str, Rows] = {
    "course": [("C1", "Course 1", "c1", "2026-09-01", "/Arts")],
    "user": [("S1", "u1", "Ann", "Lee", "u1@uni.example")],
    "enrolment": [("S1", "C1", "student")],
    "group": [("C1", "G1", "One", "")],
}
NEW = ("S2", "u2", "Bob", "Lee", "u2@uni.example")
MORE: dict[str, Rows] = {
    **BASE,
    "user": [*BASE["user"], NEW],
    "enrolment": [*BASE["enrolment"], ("S2", "C1", "student")],
}


@pytest.fixture
def world() -> Iterator[Nights]:
    with nights(SETUP) as world:
        world.night(BASE)
        yield world


def refusing(world: Nights, path: str) -> list[Request]:
    """From now on, writes to this path are refused; those that came."""
    came: list[Request] = []

    def send(call: Request, timeout: float) -> Response:
        if call.method == "GET" or call.path != path:
            return world.site.send(call, timeout)
        came.append(call)
        return Response(400, {"message": "Not this one"}, json=True)

    world.through(send)
    return came


def said_of(plan: Plan) -> tuple[str, ...]:
    return headline(summarise(plan))


def test_a_refused_record_is_not_sent_again_and_neither_is_what_depends_on_it(world: Nights) -> None:
    came = refusing(world, "user/S2")
    first = world.night(MORE)
    assert [row[3] for row in in_short(first)] == ["failed", "skipped"]
    world.skip_to_turn("s2")
    tried = []
    for _ in range(8):
        plan = world.plan(MORE)
        if not len(plan.changes):
            assert said(plan) == {"refused-before", "waits-user"}
            assert said_of(plan) == (
                "1 change that Moodle has refused before is not sent.",
                "1 row in user.csv has errors.",
            )
            assert (plan_code(plan), plan.summary["user"]["rejected"]) == (0, 1)
        tried.append(len(plan.changes))
        world.apply(plan)
    assert tried == [2, 0, 0, 0, 0, 0, 0, 2]
    assert len(came) == 3


def test_it_is_sent_again_once_its_row_has_changed_or_somebody_asks(world: Nights) -> None:
    refusing(world, "user/S2")
    world.night(MORE)
    changed = {**MORE, "user": [*BASE["user"], ("S2", "bob", "Bob", "Lee", "u2@uni.example")]}
    assert [row[:2] for row in in_short(world.plan(changed))] == [("user", "create"), ("enrolment", "create")]
    assert len(world.plan(MORE, retry_kept=True).changes) == 2


def test_it_is_sent_again_once_what_it_depends_on_is_there(world: Nights) -> None:
    refusing(world, "user/S1/enrol/C1")
    changed = {**BASE, "enrolment": [("S1", "C1", "teacher")]}
    assert [row[3] for row in in_short(world.night(changed))] == ["failed"]
    assert in_short(world.plan(changed)) == []
    named = {**changed, "user": [("S1", "u1", "Anna", "Lee", "u1@uni.example")]}
    assert [row[:2] for row in in_short(world.plan(named))] == [("user", "update"), ("enrolment", "update")]


def test_server_trouble_is_no_refusal(world: Nights) -> None:
    def failing(call: Request, timeout: float) -> Response:
        broken = call.path == "user/S2" and call.method == "PUT"
        return Response(500, {"error": "x"}, json=True) if broken else world.site.send(call, timeout)

    world.through(failing)
    world.night(MORE)
    assert [row[:2] for row in in_short(world.plan(MORE))] == [("user", "create"), ("enrolment", "create")]


def test_it_is_sent_again_once_another_record_gives_up_the_value_that_it_takes(world: Nights) -> None:
    def named(*logins: str) -> dict[str, Rows]:
        users = [(f"S{n}", login, "Ann", "Lee", f"s{n}@uni.example") for n, login in enumerate(logins, start=1)]
        return {**BASE, "user": users}

    def without_s2(call: Request, timeout: float) -> Response:
        unread = call.method == "GET" and call.path == "user/S2"
        return Response(500, {"message": "trouble"}, json=True) if unread else world.site.send(call, timeout)

    world.night(named("u1", "u2"))
    world.through(without_s2)
    assert [row[2:] for row in in_short(world.night(named("u2", "u1")))] == [("s1", "failed")]
    world.through(world.site.send)
    plan = world.night(named("u2", "u1"))
    assert {(row[2], row[3]) for row in in_short(plan)} == {("s1", "done"), ("s2", "done")}
    assert [name for _, name, *_ in world.moodle.users()] == ["u2", "u1"]
