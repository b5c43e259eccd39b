"""Runs of plans against a site in memory and a real store."""

from __future__ import annotations

from collections.abc import Callable

from sync.model import Outcome, Response
from tests.apply.apply_world import (
    LOST,
    NOT_THERE,
    TODAY,
    Late,
    World,
    course,
    enrolment,
    group,
    member,
    refused,
    user,
)

MakeWorld = Callable[..., World]


# -- order -----------------------------------------------------------------------------------------------------


def test_stages_go_one_after_another(world: MakeWorld) -> None:
    users = [f"S{i}" for i in range(9)]
    w = world(
        course("C1"),
        *(user(each) for each in users),
        *(enrolment(each, "C1") for each in users),
        user("OLD", "delete"),
        enrolment("OLD", "C0", "delete"),
    ).holding("user/OLD", "course/C0")
    w.site.objects["user/OLD/enrol/C0"] = {"roleid": "student"}
    result = w.run()
    assert (result.run.state, result.counts) == ("done", {"done": 21})
    kinds = [call.count("/") + 10 * call.startswith("DELETE") for call in w.site.writes]
    assert kinds == [1] * 10 + [3] * 9 + [13, 11]
    for flying in w.site.together:
        assert len({call.count("/") for call in flying if not call.startswith("GET")}) <= 1
    assert (w.watcher.total, w.watcher.steps, w.watcher.ended) == (21, 21, True)


def test_the_first_enrolment_of_a_course_goes_alone(world: MakeWorld) -> None:
    rows = [enrolment(f"S{i}", f"C{i % 3}", gate=f"C{i % 3}") for i in range(30)]
    w = world(*rows).holding(*(f"user/S{i}" for i in range(30)), "course/C0", "course/C1", "course/C2")
    assert w.run().counts == {"done": 30}
    seen: dict[str, set[str]] = {}
    for flying in w.site.together:
        for where in {call.rsplit("/", 1)[1] for call in flying}:
            calls = {call for call in flying if call.endswith(f"/{where}")}
            seen.setdefault(where, calls)
            assert len(calls) == 1 or not calls & seen[where]


def test_a_chain_breaks_at_its_first_failure(world: MakeWorld) -> None:
    w = world(*(user(each, chain="names") for each in "ABCD"), user("E"))
    w.site.script["PUT user/B"].append(refused("username taken"))
    assert w.run().counts == {"done": 2, "failed": 1, "skipped": 2}
    assert w.statuses == ["done", "failed", "skipped", "skipped", "done"]
    assert w.outcomes[3].error == "the change to user B must come first, but was not made: username taken"
    assert "PUT user/C" not in w.site.sent


def test_dependants_of_what_was_not_created_are_skipped_with_the_reason(world: MakeWorld) -> None:
    w = world(
        user("S1"),
        user("S2", status="held", hold="h-7"),
        course("C1"),
        enrolment("S1", "C1"),
        enrolment("S2", "C1"),
        group("C1", "G"),
        member("C1", "G", "S1"),
    )
    w.site.script["PUT user/S1"].append(refused("bad email"))
    w.run()
    assert w.site.writes == ["PUT course/C1", "PUT user/S1", "PUT course/C1/group/G"]
    assert w.statuses == ["done", "failed", "held", "skipped", "skipped", "done", "skipped"]
    assert w.outcomes[3] == Outcome(4, "skipped", error="its user was not created: bad email")
    assert (w.outcomes[4].error or "").startswith("needs approval of hold h-7")
    assert "its enrolment was not created: its user" in (w.outcomes[6].error or "")


# -- outcomes and ledger ---------------------------------------------------------------------------------------


def test_a_create_teaches_what_was_sent_and_what_the_answer_says(world: MakeWorld) -> None:
    w = world(user("S1", after={"username": "s1", "firstname": "a<b", "nick": "x"}))
    w.site.script["PUT user/S1"].append(Response(200, {"username": "s1", "firstname": "a", "id": 7}, json=True))
    w.run()
    assert w.outcomes == [Outcome(1, "done", 1, 200, None)]
    row = w.memory("user")["s1"]
    assert row["sent"] == {"username": "s1", "firstname": "a<b", "nick": "x"}
    assert row["seen"] == {"username": "s1", "firstname": "a"}
    assert (row["claims"], row["owned"], row["checked"]) == ("students", 1, TODAY)


def test_an_update_adds_to_what_was_sent_and_to_what_was_there(world: MakeWorld) -> None:
    w = world(course("C1", "update", before={"fullname": "old", "shortname": "s"}, after={"fullname": "new"}))
    w.holding("course/C1").remembering("course", match="c1", sent='{"fullname":"old","categorypath":"/x"}')
    w.run()
    row = w.memory("course")["c1"]
    assert row["sent"] == {"fullname": "new", "categorypath": "/x"}
    assert row["seen"] == {"fullname": "new", "shortname": "s"}


def test_without_an_answer_nothing_new_was_seen(world: MakeWorld) -> None:
    w = world(
        enrolment("S1", "C1"),
        enrolment("S2", "C1", "update", before={"roleid": "student"}, after={"roleid": "editingteacher"}),
    ).holding("user/S1", "user/S2", "course/C1")
    w.run()
    created, updated = w.memory("enrolment")["s1\x1fc1"], w.memory("enrolment")["s2\x1fc1"]
    assert (created["sent"], created["seen"], created["checked"]) == ({"roleid": "student"}, None, 0)
    assert (updated["sent"], updated["seen"]) == ({"roleid": "editingteacher"}, {"roleid": "student"})
    assert updated["checked"] == 0


def test_what_nothing_reads_counts_as_seen(world: MakeWorld) -> None:
    w = world(member("C1", "G", "S1")).holding("course/C1/group/G", "user/S1/enrol/C1")
    w.run()
    assert w.memory("group_member")["c1\x1fG\x1fs1"]["seen"] == {}


def test_after_a_failure_what_was_sent_is_no_longer_sure(world: MakeWorld) -> None:
    w = world(user("S1", "update"), enrolment("S9", "C9")).holding("user/S1")
    w.remembering("user", match="s1", sent='{"username":"x"}')
    w.site.script["PUT user/S1"].append(refused("username taken", 409))
    assert w.run().counts == {"failed": 2}
    assert w.memory("user")["s1"]["sent"] is None
    assert w.memory("enrolment") == {}
    assert w.outcomes == [
        Outcome(1, "failed", 1, 409, "username taken"),
        Outcome(2, "failed", 1, 404, "no user/S9"),
    ]


def test_what_is_unknown_is_looked_at_by_the_next_plan(world: MakeWorld) -> None:
    w = world(user("S1", "update"), retries=1).holding("user/S1")
    w.remembering("user", match="s1", sent='{"username":"x"}', seen='{"username":"x"}', checked=TODAY)
    w.site.script["PUT user/S1"] += [LOST] * 3
    assert w.run().counts == {"unknown": 1}
    row = w.memory("user")["s1"]
    assert (row["sent"], row["seen"], row["checked"], row["owned"]) == (None, None, 0, 1)


def test_applying_adopts_what_the_approved_plan_saw(world: MakeWorld) -> None:
    w = world(user("S2"))
    w.remembering("user", match="s1", seen='{"username":"x"}', owned=0)
    w.run()
    assert (w.memory("user")["s1"]["owned"], w.memory("user")["s1"]["sent"]) == (1, {"username": "x"})


def test_a_lost_create_found_by_looking_is_done_and_seen(world: MakeWorld) -> None:
    w = world(enrolment("S1", "C1")).holding("user/S1", "course/C1")
    w.site.script["PUT user/S1/enrol/C1"].append(Late(LOST))
    w.run()
    assert w.site.sent == ["PUT user/S1/enrol/C1", "GET user/S1/enrol"]
    assert w.outcomes == [Outcome(1, "done", 1, None, None)]
    assert w.memory("enrolment")["s1\x1fc1"]["seen"] == {"roleid": "student"}


def test_a_lost_create_that_is_there_but_not_as_sent_is_sent_again(world: MakeWorld) -> None:
    w = world(course("C1", after={"fullname": "New"}))
    w.site.objects["course/C1"] = {"fullname": "Half"}
    w.site.script["PUT course/C1"].append(LOST)
    w.run()
    assert w.site.sent == ["PUT course/C1", "GET course/C1", "PUT course/C1"]
    assert w.outcomes == [Outcome(1, "done", 2, 200, None)]


# -- deletes ---------------------------------------------------------------------------------------------------


def test_deletes_are_read_again_with_the_fewest_reads(world: MakeWorld) -> None:
    w = world(*(enrolment(f"S{i}", "C1", "delete") for i in range(9))).holding("course/C1")
    for i in range(9):
        w.site.objects |= {f"user/S{i}": {}, f"user/S{i}/enrol/C1": {"roleid": "student"}}
    assert w.run().counts == {"done": 9}
    assert [call for call in w.site.sent if call.startswith("GET")] == ["GET course/C1/enrol"]
    one = world(*(enrolment("S1", f"C{i}", "delete") for i in range(9))).holding("user/S1")
    one.run()
    assert one.site.sent == ["GET user/S1/enrol"]


def test_what_became_of_an_object_since_the_plan_decides_its_delete(world: MakeWorld) -> None:
    w = world(*(enrolment(each, "C1", "delete") for each in ("GONE", "OTHER", "RISEN", "SAME"))).holding("course/C1")
    w.site.objects |= {
        "user/OTHER/enrol/C1": {"roleid": "student"},
        "user/RISEN/enrol/C1": {"roleid": "editingteacher"},
        "user/SAME/enrol/C1": {"roleid": "student"},
    }
    w.site.other_plugins.add("user/OTHER/enrol/C1")
    for each in ("gone", "other", "risen", "same"):
        w.remembering("enrolment", match=f"{each}\x1fc1", sent='{"roleid":"student"}')
    w.run()
    assert w.site.writes == ["DELETE user/SAME/enrol/C1"]
    gone, other, risen, same = w.outcomes
    assert gone == Outcome(1, "done", 0, None, None)
    assert (other.status, risen.status) == ("skipped", "skipped")
    assert "another plugin" in (other.error or "")
    assert "changed in Moodle since" in (risen.error or "")
    assert same == Outcome(4, "done", 1, 200, None)
    assert w.memory("enrolment").keys() == {"other\x1fc1", "risen\x1fc1"}


def test_a_whole_course_that_is_gone_took_its_enrolments_along(world: MakeWorld) -> None:
    w = world(enrolment("S1", "C1", "delete"), enrolment("S2", "C1", "delete"))
    assert w.run().counts == {"done": 2}
    assert w.site.sent == ["GET course/C1/enrol"]


def test_what_cannot_be_read_again_is_not_deleted(world: MakeWorld) -> None:
    w = world(user("S1", "delete"), user("S2", "delete"), retries=1).holding("user/S1")
    w.site.objects["user/S2"] = {"username": "s2"}
    w.site.script["GET user/S1"] += [Response(500, {"message": "out of memory"}, json=True)] * 2
    w.run()
    assert w.site.writes == ["DELETE user/S2"]
    assert (w.outcomes[0].status, w.outcomes[0].attempts) == ("failed", 0)
    assert "out of memory" in (w.outcomes[0].error or "")


def test_a_delete_that_comes_too_late_is_done(world: MakeWorld) -> None:
    w = world(user("S1", "delete"))
    w.site.objects["user/S1"] = {"username": "s1"}
    w.site.script["DELETE user/S1"].append(NOT_THERE)
    w.run()
    assert w.outcomes == [Outcome(1, "done", 1, 404, None)]


def test_members_cannot_be_read_and_are_deleted_at_once(world: MakeWorld) -> None:
    w = world(member("C1", "G", "S1", "delete"))
    w.site.objects["course/C1/group/G/user/S1"] = {}
    w.run()
    assert w.site.sent == ["DELETE course/C1/group/G/user/S1"]


def test_what_a_delete_takes_along_stays_covered_and_is_forgotten(world: MakeWorld) -> None:
    covered = enrolment("S1", "C1", "delete", status="covered", covered_by=2, stage=99)
    kept = enrolment("S2", "C1", "delete", status="covered", covered_by=1, stage=99)
    w = world(user("S2", "delete"), user("S1", "delete"), covered, kept)
    w.site.objects |= {"user/S1": {"username": "s1"}, "user/S2": {"username": "somebody"}}
    for match in ("s1\x1fc1", "s2\x1fc1"):
        w.remembering("enrolment", match=match, sent="{}")
    w.run()
    assert w.statuses == ["skipped", "done", "covered", "covered"]
    assert w.memory("enrolment").keys() == {"s2\x1fc1"}
    assert w.memory("user") == {}
