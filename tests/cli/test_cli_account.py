"""Who decides something: the account of the operating system is recorded beside the name that is given."""

from __future__ import annotations

import os

import orjson
import pytest

from sync.cli.account import account
from tests.cli.test_cli_approve import stage
from tests.docs.stage import Stage

__all__ = ["stage"]


def test_the_account_is_recorded_beside_the_name(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    plan = orjson.loads(stage.command("report", "--json")[1])
    stage.command("approve", plan["plan"], "--all", "--by", "Amy Jones")
    holds = orjson.loads(stage.command("report", "--json")[1])["holds"]
    assert {(hold["approved_by"], hold["approved_account"]) for hold in holds} == {("Amy Jones", account())}
    assert f"approved by Amy Jones (account {account()})" in stage.command("report")[1]
    stage.command("pause", "exams", "--by", "Bo Lee")
    assert f"Bo Lee (account {account()}) paused all runs" in " ".join(stage.command("plan")[1].split())


@pytest.mark.skipif(os.name != "posix", reason="other systems have no numbers for accounts")
def test_without_a_name_it_is_the_account_whatever_the_environment_says(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "somebody-else")
    plan = orjson.loads(stage.command("report", "--json")[1])
    stage.command("approve", plan["plan"], "--all")
    (own,) = {hold["approved_by"] for hold in orjson.loads(stage.command("report", "--json")[1])["holds"]}
    assert own == account() != "somebody-else"
    assert "(account" not in stage.command("report")[1]
