"""How Moodle answers parallel calls about groups, and answers that contradict what was done."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest

from sync.model import Outcome, Response
from tests.apply.apply_world import (
    LOST,
    NOT_THERE,
    Crash,
    Late,
    World,
    change,
    course,
    enrolment,
    group,
    member,
    refused,
    user,
)

MakeWorld = Callable[..., World]

# -- groups ----------------------------------------------------------------------------------------------------


def test_groups_go_one_at_a_time_in_a_course_and_a_failed_one_stops_no_other(world: MakeWorld) -> None:
    rows = [group(f"C{i % 3}", f"G{i}") for i in range(30)]
    w = world(*rows, permits=8).holding("course/C0", "course/C1", "course/C2")
    w.site.script["PUT course/C1/group/G4"].append(refused("no name"))
    meeting = Barrier(3)

    def meet(call: str, number: int) -> None:
        if number <= 3:
            meeting.wait(300)  # never passed if the courses waited for each other

    w.site.before = meet
    assert w.run().counts == {"done": 29, "failed": 1}
    assert max(map(len, w.site.together)) == 3
    for flying in w.site.together:
        assert len({call.split("/")[1] for call in flying}) == len(flying)


def test_groups_go_one_at_a_time_when_a_run_goes_on_too(world: MakeWorld) -> None:
    w = world(*(group("C1", f"G{i}") for i in range(9)), permits=8).holding("course/C1")

    def crash(call: str, number: int) -> None:
        if number == 4:
            raise Crash

    w.site.after = crash
    with pytest.raises(Crash):
        w.run()
    w.site.after = lambda call, number: None
    assert w.run().counts == {"done": 9}
    assert all(len(flying) == 1 for flying in w.site.together)
    assert len([call for call in w.site.writes if call.startswith("PUT")]) == 9


def test_deletes_of_groups_go_one_at_a_time(world: MakeWorld) -> None:
    w = world(*(group("C1", f"G{i}", "delete") for i in range(9)), permits=8).holding("course/C1")
    w.site.objects |= {f"course/C1/group/G{i}": {"name": f"G{i}"} for i in range(9)}
    assert w.run().counts == {"done": 9}
    assert all(len(flying) == 1 for flying in w.site.together)


# -- a 404 to a PUT --------------------------------------------------------------------------------------------

UNSEEN = refused("Group G does not exist.", 404)


def test_what_is_there_as_it_was_sent_is_done_though_it_was_answered_with_404(world: MakeWorld) -> None:
    w = world(group("C1", "G", after={"name": "New", "description": ""})).holding("course/C1")
    w.site.script["PUT course/C1/group/G"].append(Late(UNSEEN))
    w.run()
    assert w.site.sent == ["PUT course/C1/group/G", "GET course/C1/group/G"]
    assert w.outcomes == [Outcome(1, "done", 1, None, None)]
    assert w.memory("group")["c1\x1fG"]["seen"] == {"name": "New", "description": ""}
    assert w.site.times("GET course/C1/group/G") > w.site.times("PUT course/C1/group/G")


def test_an_update_answered_with_404_is_done_if_what_it_changes_is_there(world: MakeWorld) -> None:
    w = world(course("C1", "update", before={"fullname": "Old"}, after={"fullname": "New"})).holding("course/C1")
    w.site.script["PUT course/C1"].append(Late(UNSEEN))
    w.run()
    assert w.site.sent == ["PUT course/C1", "GET course/C1"]
    assert (w.statuses, w.memory("course")["c1"]["seen"]) == (["done"], {"fullname": "New"})


def test_what_is_there_but_not_as_it_was_sent_is_sent_once_more(world: MakeWorld) -> None:
    w = world(group("C1", "G", "update", before={"name": "Old"}, after={"name": "New"})).holding("course/C1")
    w.site.objects["course/C1/group/G"] = {"name": "Old"}
    w.site.script["PUT course/C1/group/G"].append(UNSEEN)
    w.run()
    assert w.site.sent == ["PUT course/C1/group/G", "GET course/C1/group/G", "PUT course/C1/group/G"]
    assert w.outcomes == [Outcome(1, "done", 2, 200, None)]


def test_what_stays_otherwise_than_it_was_sent_has_failed(world: MakeWorld) -> None:
    w = world(group("C1", "G", "update", before={"name": "Old"}, after={"name": "New"})).holding("course/C1")
    w.site.objects["course/C1/group/G"] = {"name": "Old"}
    w.site.script["PUT course/C1/group/G"] += [UNSEEN] * 2
    w.run()
    assert len(w.site.sent) == 4
    said = "Group G does not exist; it is in Moodle, but differs from what was sent"
    assert w.outcomes == [Outcome(1, "failed", 2, 404, said)]


def test_what_is_not_there_has_failed_for_the_reason_the_site_gave(world: MakeWorld) -> None:
    w = world(group("C9", "G"), enrolment("S9", "C9"), user("S1"))
    w.run()
    assert w.site.sent.count("PUT course/C9/group/G") == w.site.sent.count("GET course/C9/group/G") == 1
    assert "GET user/S1" not in w.site.sent
    assert w.outcomes[1:] == [
        Outcome(2, "failed", 1, 404, "no user/S9"),
        Outcome(3, "failed", 1, 404, "no course/C9"),
    ]


def test_what_cannot_be_read_back_is_unknown(world: MakeWorld) -> None:
    w = world(group("C1", "G"), retries=1).holding("course/C1")
    w.site.script["PUT course/C1/group/G"].append(UNSEEN)
    w.site.script["GET course/C1/group/G"] += [Response(500, {"message": "out of memory"}, json=True)] * 3
    w.run()
    (outcome,) = w.outcomes
    assert (outcome.status, outcome.attempts, outcome.http_status) == ("unknown", 1, 404)
    assert "Group G does not exist; whether the change was made could not be checked" in (outcome.error or "")
    assert w.memory("group")["c1\x1fG"]["sent"] is None


def test_what_nothing_reads_and_what_is_deleted_is_not_read_back(world: MakeWorld) -> None:
    w = world(member("C1", "G", "S1"), user("S2", "delete"))
    w.site.objects["user/S2"] = {"username": "s2"}
    w.site.script["DELETE user/S2"].append(NOT_THERE)
    w.run()
    assert w.site.sent == ["PUT course/C1/group/G/user/S1", "GET user/S2", "DELETE user/S2"]
    assert w.statuses == ["failed", "done"]


def test_a_link_that_is_there_says_nothing_of_an_update(world: MakeWorld) -> None:
    path = "course/C1/metalink/C2"
    w = world(change("update", "metalink", "C1", "C2", before={"group": "A"}, after={"group": "B"})).holding(path)
    w.site.script[f"PUT {path}"] += [UNSEEN] * 2
    w.run()
    assert w.site.sent == [f"PUT {path}", f"GET {path}"] * 2
    assert w.statuses == ["failed"]


# -- which object an answer is about ---------------------------------------------------------------------------

MIRRORS = [
    (group("C1", "01"), {"groupid": "1", "name": "01"}, "Moodle answered for group 1 instead of 01"),
    (group("C1", "A"), {"groupid": "a", "name": "A"}, "Moodle answered for group a instead of A"),
    (group("C1", "A"), {"groupid": "A", "name": "A"}, None),
    (group("C1", "7"), {"groupid": 7, "name": "7"}, None),
    (group("C1", "A"), {"name": "A"}, None),
    (user("s1"), {"userid": "S1", "username": "s1"}, None),
    (user("s1", "update"), {"userid": "S2", "username": "s1"}, "Moodle answered for user S2 instead of s1"),
    (course("C2"), {"courseid": "C3"}, "Moodle answered for course C3 instead of C2"),
    (
        change("create", "job_assignment", "S1", "D5", "P4", after={}),
        {"userid": "S1", "departmentid": "D5", "positionid": "P3"},
        "Moodle answered for job assignment P3 instead of P4",
    ),
    (
        change("create", "manager", "S1", "M1", after={}),
        {"managerid": "M2"},
        "Moodle answered for manager M2 instead of M1",
    ),
    (change("create", "program_allocation", "P12", "S1", after={}), {"programid": "6", "userid": "15261"}, None),
    (
        change("create", "certification_allocation", "C12", "S1", after={}),
        {"certificationid": "5", "userid": "7"},
        None,
    ),
]


@pytest.mark.parametrize(("row", "answer", "error"), MIRRORS)
def test_an_answer_about_another_object_is_no_success(
    world: MakeWorld, row: dict[str, Any], answer: dict[str, Any], error: str | None
) -> None:
    w = world(row)
    w.site.send = lambda call, timeout: Response(200, answer, json=True)  # type: ignore[method-assign]
    w.run()
    assert w.outcomes == [Outcome(1, "failed" if error else "done", 1, 200, error)]
    known = w.memory(row["resource"])
    assert bool(known) == (error is None) or known[row["match"]]["sent"] is None


def test_a_read_about_another_object_does_not_show_that_a_call_was_done(world: MakeWorld) -> None:
    w = world(group("C1", "01")).holding("course/C1")
    w.site.script["PUT course/C1/group/01"].append(LOST)
    other = Response(200, {"groupid": "1", "name": "01"}, json=True)
    w.site.script["GET course/C1/group/01"].append(other)
    w.site.script["PUT course/C1/group/01"].append(other)
    w.run()
    assert w.outcomes == [Outcome(1, "failed", 2, 200, "Moodle answered for group 1 instead of 01")]
