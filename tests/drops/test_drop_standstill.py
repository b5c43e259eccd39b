"""While runs are paused, or the calendar freezes the site, nothing is sent and no export is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from sync.inbox import Arrival, await_set
from sync.model import Signature
from sync.state import open_store
from sync.workflows.standstill import pause
from tests.clock import Clock

from .office import Office, line

FROZEN = "calendar: [{from: 2020-01-01, to: 2199-12-31, mode: freeze, reason: exams}]\n"


def test_a_paused_run_takes_and_sends_nothing_until_the_pause_ends(work: Office) -> None:
    work.drop("s1")
    assert work.run("plan")[0] == 2
    assert work.run("pause", "exam board", "--by", "Amy Jones")[0] == 0
    code, said = work.run("run")
    assert (code, work.writes, work.sets) == (0, [], [])
    assert "Amy Jones (account " in said
    assert ") paused all runs on" in said
    assert "exam board" in said
    code, said = work.run("apply")
    assert (code, work.writes) == (1, [])
    assert "nexsis-sync unpause" in said
    assert ") paused all runs on" in work.run("plan")[1]
    assert "exam board" in work.run("runs")[1]
    assert work.run("unpause")[1] == "the pause by Amy Jones (exam board) has ended\n"
    assert work.run("run")[0] == 0
    assert len(work.sets) == 1
    assert work.writes == ["PUT course/C1", "PUT user/s1"]


def test_a_frozen_site_gets_nothing_and_the_reason_is_named(work: Office) -> None:
    with (work.folder / "site.yaml").open("a") as site:
        site.write(FROZEN)
    work.drop("s1")
    code, said = work.run("run", "--json")
    assert (code, work.writes, work.sets) == (0, [], [])
    assert "up to and including 2199-12-31: exams" in orjson.loads(said.splitlines()[0])["idle"]
    assert work.run("plan")[0] == 2


@pytest.mark.parametrize(
    ("windows", "wrong"),
    [
        ("{from: 2027-01-05, to: 2027-01-01}", "it ends on 2027-01-01, before it begins on 2027-01-05"),
        ("{from: 2027-01-01, to: 2027-01-05}, {from: 2027-01-05, to: 2027-01-09}", "two periods overlap"),
        ("{from: 1 May, to: 2027-05-09}", "write a date as year, month and day"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(work: Office, windows: str, wrong: str) -> None:
    with (work.folder / "site.yaml").open("a") as site:
        site.write(f"calendar: [{windows}]\n")
    code, said = work.run("run")
    assert code == 1
    assert wrong in said


def test_watch_leaves_exports_where_they_are_while_runs_are_paused(work: Office) -> None:
    work.run("pause", "exam board", "--by", "Amy Jones")
    work.drop("s1")
    watch = work.start("watch", "--every", "1s", "--json")
    assert ") paused all runs" in str(line(watch)["waiting"])
    work.run("unpause")
    assert line(watch)["state"] == "done"


@pytest.fixture
def pauses(work: Office) -> Callable[..., None]:
    """Somebody else pauses runs."""

    def paused(*call: str) -> None:
        with open_store(f"sqlite:///{work.folder / 'state.db'}", Clock()) as store:
            pause(store, Clock(), Signature("Amy Jones", "Amy Jones"), "exam board")

    return paused


def test_a_pause_that_begins_while_exports_are_waited_for_leaves_them(
    work: Office, pauses: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    work.drop("s1")

    def wait(*how: Any) -> Arrival:
        arrival = await_set(*how)
        pauses()
        return arrival

    monkeypatch.setattr("sync.workflows.nightly.await_set", wait)
    code, said = work.run("run", "--json")
    assert (code, work.writes, work.sets) == (0, [], [])
    assert "exam board" in orjson.loads(said.splitlines()[0])["idle"]


@pytest.mark.parametrize("drop", ["{trigger: READY}", ""])
def test_a_pause_that_begins_while_a_plan_is_made_keeps_it_from_being_sent(
    work: Office, pauses: Callable[..., None], drop: str
) -> None:
    work.set_up(drop)
    work.drop("s1")
    assert work.run("plan")[0] == 2
    work.hooks.append(pauses)
    code, said = work.run("run")
    assert (code, work.writes, len(work.sets)) == (0, [], bool(drop))
    assert "exam board" in said
    work.hooks.clear()
    assert work.run("unpause")[0] == 0
    assert work.run("run")[0] == 0
    assert work.writes == ["PUT course/C1", "PUT user/s1"]
    assert len(work.sets) == bool(drop)
