"""Runs, and the journal: what is about to be sent, and what became of it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from sync.errors import PlanError
from sync.model import CHANGES, Clock, Input, Memory, Outcome, Plan, Run, Store
from sync.plan.history import good_inputs, pasts
from sync.state import open_store

Plans = Callable[..., Plan]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONTENT = list(CHANGES[:-4])
OTHER_PROCESS = Path(__file__).with_name("other_process.py")


@pytest.fixture
def store(either_store: Store) -> Store:
    return either_store


def memory(n: int) -> Memory:
    return Memory("enrolment", f"s{n}", "{}", "{}", "{}", "enrolments", owned=True, checked=739000)


def test_a_run_is_found_as_it_ended(store: Store, make_plan: Plans) -> None:
    store.save_plan(make_plan("p-1"))
    for id in ("r-1", "r-2"):
        store.start_run(Run(id, "p-1", NOON, None, "running"))
    ended = Run("r-1", "p-1", NOON, NOON + timedelta(minutes=5), "cut", "stopped by a signal")
    store.finish_run(ended)
    assert store.run("r-1") == ended
    assert store.run() == Run("r-2", "p-1", NOON, None, "running")
    assert [run.id for run in store.runs()] == ["r-2", "r-1"]


def test_a_run_that_has_not_ended_when_another_gets_the_lock_was_cut_off(store: Store, make_plan: Plans) -> None:
    store.save_plan(make_plan("p-1"))
    with store.lock():
        for id, state in (("r-1", "done"), ("r-2", "running")):
            store.start_run(Run(id, "p-1", NOON, None, "running"))
            store.finish_run(Run(id, "p-1", NOON, None, state))  # type: ignore[arg-type]
        assert store.run("r-2").state == "running"
    with store.lock():
        assert [run.state for run in store.runs()] == ["cut", "done"]
    assert store.run("r-2").reason == "its process ended before the run had finished"


def test_without_runs_the_way_to_one_is_said(store: Store) -> None:
    with pytest.raises(PlanError, match="there has been no run yet: start one with `nexsis-sync apply`"):
        store.run()


def test_good_inputs_are_those_of_each_mappings_last_run_that_came_to_its_end(store: Store, make_plan: Plans) -> None:
    def given(mapping: str, digest: str) -> tuple[Input, ...]:
        return (
            Input("mapping", f"{mapping}.yaml", digest, f"/m/{mapping}.yaml", mapping),
            Input("sheet", f"{mapping}.csv", digest, f"/in/{mapping}.csv", mapping, 9, NOON),
        )

    site = Input("site", "site.yaml", "s", "/site.yaml")
    nights = {
        "p-1": ("done", (site, *given("students", "1"), *given("staff", "1"))),
        "p-2": ("done", (site, *given("students", "2"))),
        "p-3": ("cut", (site, *given("students", "3"), *given("staff", "3"))),
    }
    for id, (state, inputs) in nights.items():
        store.save_plan(make_plan(id, inputs=inputs))
        store.start_run(Run(f"r{id}", id, NOON, None, "running"))
        store.finish_run(Run(f"r{id}", id, NOON, NOON, state))  # type: ignore[arg-type]
    store.save_plan(make_plan("p-4", inputs=given("students", "4")))
    assert good_inputs(pasts(store.applied_plans(), {})) == {
        "students": given("students", "2"),
        "staff": given("staff", "1"),
    }


def test_a_file_of_changes_is_no_measure_for_the_next_full_export(store: Store, make_plan: Plans) -> None:
    def given(digest: str, rows: int, delta: bool) -> tuple[Input, ...]:
        sheet = Input("sheet", "users.csv", digest, "/in/users.csv", "users", rows, NOON, delta=delta)
        return Input("mapping", "users.yaml", digest, "/m/users.yaml", "users"), sheet

    nights = [given("1", 50, False), given("2", 40, False), given("3", 3, True), given("4", 2, True)]
    for n, inputs in enumerate(nights):
        store.save_plan(make_plan(f"p-{n}", inputs=inputs))
        store.start_run(Run(f"r-{n}", f"p-{n}", NOON, None, "running"))
        store.finish_run(Run(f"r-{n}", f"p-{n}", NOON, NOON, "done"))
    assert good_inputs(pasts(store.applied_plans(), {})) == {"users": (*nights[3], nights[1][1])}


def test_what_was_created_deleted_and_set_without_a_hold_is_counted(store: Store, make_plan: Plans) -> None:
    both = "enrolments teaching"
    store.save_plan(make_plan("p-1", {"status": "done"}, {"status": "done"}, {"status": "failed"}, {"op": "update"}))
    store.save_plan(
        make_plan(
            "p-2",
            {"status": "done", "op": "delete", "claims": both},
            {"status": "done", "op": "delete", "hold": "h-1"},
            {"status": "held", "op": "delete", "hold": "h-2"},
            {"status": "covered", "op": "delete", "resource": "group_member"},
            {"status": "done", "op": "update", "file": None},
            {"status": "done", "op": "update", "file": None, "cause": "site"},
            {"status": "done", "op": "update", "file": "enrolments.csv"},
        )
    )
    store.save_plan(make_plan("p-3", {"status": "done"}))
    assert sorted(store.turnover(["p-1", "p-2"]).to_numpy().tolist()) == [
        ["p-1", "enrolment", "create", "enrolments", 2],
        ["p-2", "enrolment", "delete", both, 1],
        ["p-2", "enrolment", "set", "enrolments", 1],
    ]
    assert not len(store.turnover([]))


def test_what_was_refused_stands_until_it_or_what_it_depends_on_is_written(store: Store, make_plan: Plans) -> None:
    def run(night: int, *changes: dict[str, object]) -> None:
        store.save_plan(make_plan(f"p-{night}", *changes))
        store.start_run(Run(f"r-{night}", f"p-{night}", NOON + timedelta(days=night), None, "done"))

    def refused(since: int = 0) -> list[str]:
        return sorted(store.refusals(NOON + timedelta(days=since))["match"])

    failed = {"status": "failed", "http_status": 400, "error": "no"}
    trouble = failed | {"match": "s3\x1fc1", "http_status": 500}
    run(0, failed | {"match": "s1\x1fc1"}, failed | {"match": "s2\x1fc2"}, trouble)
    assert refused() == ["s1\x1fc1", "s2\x1fc2"]
    run(1, {"status": "done", "match": "s1\x1fc1"})
    assert refused() == ["s2\x1fc2"]
    assert refused(since=1) == []
    run(2, {"status": "done", "resource": "course", "match": "c2"})
    assert refused() == []


def test_intent_and_outcome_move_the_journal_and_nothing_else(store: Store, make_plan: Plans) -> None:
    plan = make_plan("p-1", {}, {}, {})
    store.save_plan(plan)
    store.intend("p-1", "r-1", [1, 2])
    assert list(store.plan().changes["status"]) == ["sending", "sending", "planned"]
    store.settle("p-1", [Outcome(1, "done", 1, 200), Outcome(2, "failed", 3, 400, "no such course: 'C1'")], [], [])
    found = store.plan().changes
    journal = found[["status", "attempts", "http_status", "error"]].astype(object).where(found.notna(), None)
    assert journal.to_numpy().tolist() == [
        ["done", 1, 200, None],
        ["failed", 3, 400, "no such course: 'C1'"],
        ["planned", 0, None, None],
    ]
    pd.testing.assert_frame_equal(found[CONTENT], plan.changes[CONTENT])


@pytest.mark.parametrize("status", ["held", "covered", "done"])
def test_what_must_not_be_sent_cannot_be_intended(store: Store, make_plan: Plans, status: str) -> None:
    store.save_plan(make_plan("p-1", {}, {"status": status}))
    with pytest.raises(PlanError, match="1 change of plan p-1 may not be sent"):
        store.intend("p-1", "r-1", [1, 2])
    assert list(store.plan().changes["status"]) == ["planned", status]


def test_outcomes_and_what_they_teach_are_kept_together_or_not_at_all(store: Store, make_plan: Plans) -> None:
    store.save_plan(make_plan("p-1", {}, {}))
    store.settle("p-1", [Outcome(1, "done", 1, 200)], [memory(1), memory(2)], [("enrolment", "s1"), ("group", "s2")])
    assert list(store.ledger("enrolment")["match"]) == ["s2"]
    with pytest.raises(PlanError, match="1 outcomes refer to changes that plan p-1 does not have"):
        store.settle("p-1", [Outcome(2, "done", 1, 200), Outcome(9, "done", 1, 200)], [memory(9)], [])
    assert list(store.plan().changes["status"]) == ["done", "planned"]
    assert list(store.ledger("enrolment")["match"]) == ["s2"]


def test_the_content_of_a_stored_change_cannot_be_rewritten(
    url: str, clock: Clock, make_plan: Plans, tmp_path: Path
) -> None:
    with open_store(url, clock) as store:
        store.save_plan(make_plan("p-1", {}))
    connection = sqlite3.connect(tmp_path / "state.db")
    with pytest.raises(sqlite3.IntegrityError, match="never changes"):
        connection.execute("""UPDATE changes SET "after" = '{}'""")
    connection.close()


@pytest.mark.races
def test_a_process_killed_at_its_work_leaves_a_journal_that_agrees_with_the_ledger(
    url: str, clock: Clock, make_plan: Plans
) -> None:
    with open_store(url, clock) as store:
        store.save_plan(make_plan("p-1", *({} for _ in range(20_000))))
    with subprocess.Popen([sys.executable, OTHER_PROCESS, "settle", url], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        shown = [int(child.stdout.readline()) for _ in range(20)]
        child.kill()
        shown += [int(line) for line in child.stdout]
    assert child.returncode != 0
    with open_store(url, clock) as store:
        changes = store.plan().changes.set_index("n")["status"]
        remembered = {int(match.removeprefix("s")) for match in store.ledger("enrolment")["match"]}
    done = set(changes.index[changes == "done"])
    sending = set(changes.index[changes == "sending"])
    assert remembered == done
    assert set(range(1, max(shown) + 1)) <= done
    assert sending <= set(range(len(done) + 1, len(done) + 11))
