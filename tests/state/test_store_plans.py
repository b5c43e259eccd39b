"""Plans in and out, their holds and approvals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import PlanError
from sync.model import Approval, Clock, Hold, Input, Issue, Plan, Store
from sync.state import open_store
from tests.examples import examples

Plans = Callable[..., Plan]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
HOLD = Hold("h-1", "majority", "enrolment", {"courseid": "C1"}, 2, 3, "half of a roster over 4", "12 of 14 would go")
HELD = {"status": "held", "hold": "h-1"}


def approval(hold: str, at: datetime = NOON, by: str = "registrar") -> Approval:
    return Approval(hold, by, at, at + timedelta(days=2))


@pytest.fixture
def store(either_store: Store) -> Store:
    return either_store


def statuses(store: Store, plan: str) -> list[str]:
    return list(store.plan(plan).changes["status"])


def test_a_plan_comes_back_as_it_was_stored(store: Store, make_plan: Plans) -> None:
    plan = make_plan(
        "p-1",
        {"gate": "Sciences/Physics", "chain": "x", "before": '{"a":"it\'s \\"\n,é🎓"}', "also": "b.csv, row 3"},
        {"op": "delete", "status": "covered", "covered_by": 1, "after": None, "row": None, "file": None, "tab": "S"},
        HELD,
        holds=(HOLD,),
        issues=(Issue("bad-email", "error", "no @", "write one", "user", "u.csv", None, 17, "EMAIL", "x"),),
        summary={"enrolment": {"create": 2, "held": 1}},
        inputs=(Input("sheet", "enrolments.csv", "ab12", "/in/enrolments.csv", "enrolments", 3, NOON),),
    )
    store.save_plan(plan)
    found = store.plan("p-1")
    pd.testing.assert_frame_equal(found.changes, plan.changes)
    assert replace(found, changes=plan.changes) == plan


def test_changes_come_back_in_sending_order(store: Store, make_plan: Plans) -> None:
    plan = make_plan("p-1", *({} for _ in range(300)))
    store.save_plan(replace(plan, changes=plan.changes.iloc[::-1]))
    assert list(store.plan().changes["n"]) == list(range(1, 301))


def test_instants_are_kept_in_utc(store: Store, make_plan: Plans) -> None:
    evening = datetime(2026, 11, 23, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    store.save_plan(replace(make_plan("p-1"), created=evening))
    assert store.plan().created == evening
    assert store.plan().created.utcoffset() == timedelta(0)


def test_the_plan_stored_last_is_the_newest(store: Store, make_plan: Plans) -> None:
    assert store.newest_plan() is None
    for id in ("p-b", "p-c", "p-a"):
        store.save_plan(make_plan(id, {}))
    assert store.newest_plan() == store.plan().id == "p-a"
    assert [plan.id for plan in store.plans()] == ["p-a", "p-c", "p-b"]


def test_listed_plans_have_everything_but_changes(store: Store, make_plan: Plans) -> None:
    plan = make_plan("p-1", HELD, holds=(HOLD,), summary={"enrolment": {"create": 1}})
    store.save_plan(plan)
    (found,) = store.plans()
    pd.testing.assert_frame_equal(found.changes, plan.changes.iloc[:0])
    assert replace(found, changes=plan.changes) == plan


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("p-2026", "several plans begin with p-2026\n    Give more of the ID: p-20261124, p-20261123."),
        ("p-20261133", "there is no plan p-20261133\n    Did you mean p-20261123 or p-20261124?"),
        ("zzz", "there is no plan zzz\n    Did you mean p-20261124, p-20261123 or q-1?"),
    ],
)
def test_an_id_that_names_no_one_plan_is_answered_with_those_near(
    store: Store, make_plan: Plans, asked: str, says: str
) -> None:
    for id in ("q-1", "p-20261123", "p-20261124"):
        store.save_plan(make_plan(id))
    with pytest.raises(PlanError) as caught:
        store.plan(asked)
    assert str(caught.value).startswith(says)


def test_a_unique_beginning_is_enough_and_a_whole_id_goes_first(store: Store, make_plan: Plans) -> None:
    for id in ("p-1", "p-12", "q-7"):
        store.save_plan(make_plan(id))
    assert [store.plan(asked).id for asked in ("p-1", "p-12", "q")] == ["p-1", "p-12", "q-7"]


def test_without_plans_the_way_to_one_is_said(store: Store) -> None:
    with pytest.raises(PlanError, match="there is no plan yet: make one with `nexsis-sync plan`"):
        store.plan()


def test_an_id_is_taken_once(store: Store, make_plan: Plans) -> None:
    store.save_plan(make_plan("p-1", {}))
    with pytest.raises(PlanError, match="p-1 is stored already"):
        store.save_plan(make_plan("p-1", {}, {}))
    assert len(store.plan().changes) == 1


def test_approval_releases_the_changes_of_its_hold_in_its_plan_alone(store: Store, make_plan: Plans) -> None:
    other = replace(HOLD, id="h-2")
    for id in ("p-1", "p-2"):
        store.save_plan(make_plan(id, {}, HELD, HELD | {"hold": "h-2"}, holds=(HOLD, other)))
    store.approve("p-1", [approval("h-1")])
    assert statuses(store, "p-1") == ["planned", "planned", "held"]
    assert statuses(store, "p-2") == ["planned", "held", "held"]
    assert store.plan("p-1").holds == (replace(HOLD, approved_by="registrar", approved_at=NOON), other)
    assert store.plans()[0].holds == (HOLD, other)


def test_approval_lets_go_what_a_run_left_out_for_the_sake_of_what_is_held(store: Store, make_plan: Plans) -> None:
    skipped = {"status": "skipped", "error": "needs approval of hold h-1"}
    store.save_plan(make_plan("p-1", HELD, skipped, {"status": "failed", "error": "refused"}, holds=(HOLD,)))
    store.approve("p-1", [approval("h-1")])
    assert statuses(store, "p-1") == ["planned", "planned", "failed"]
    assert store.plan("p-1").changes["error"].isna().tolist() == [True, True, False]


def test_approving_what_is_not_held_names_the_holds_there_are(store: Store, make_plan: Plans) -> None:
    store.save_plan(make_plan("p-1", HELD, holds=(HOLD,)))
    with pytest.raises(PlanError) as caught:
        store.approve("p-1", [approval("h-1"), approval("h-8"), approval("h-9")])
    assert [fault.message for fault in caught.value.faults] == ["plan p-1 has no hold h-8", "plan p-1 has no hold h-9"]
    assert "Its holds are: h-1" in str(caught.value)
    assert statuses(store, "p-1") == ["held"]
    assert store.approvals(NOON) == {}


def test_approvals_hold_until_they_expire_and_the_latest_counts(store: Store, make_plan: Plans) -> None:
    for id in ("p-1", "p-2"):
        store.save_plan(make_plan(id, HELD, holds=(HOLD,)))
    later = approval("h-1", NOON + timedelta(days=1), by="head of registry")
    store.approve("p-2", [later])
    store.approve("p-1", [approval("h-1")])
    assert store.approvals(NOON) == {"h-1": later}
    assert store.approvals(later.expires - timedelta(microseconds=1)) == {"h-1": later}
    assert store.approvals(later.expires) == {}


@settings(max_examples=examples(30), deadline=None)
@given(rows=st.lists(st.fixed_dictionaries({"before": st.none() | TEXT, "error": st.none() | TEXT, "match": TEXT})))
def test_any_text_in_a_change_comes_back_as_it_went_in(
    clock: Clock, make_plan: Plans, rows: list[dict[str, object]]
) -> None:
    plan = make_plan("p-1", *rows)
    with open_store("sqlite://", clock) as store:
        store.save_plan(plan)
        pd.testing.assert_frame_equal(store.plan().changes, plan.changes)
