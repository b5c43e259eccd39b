"""Every file of `scenarios` is played on the sandbox, run by run. `plan_scenario` describes their format."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.plan.part import PlanPart
from tests.plan.plan_lines import hold_line, issue_line, lines_of, names_of_no_column, summary_of
from tests.plan.plan_scenario import Stage, spread
from tests.yaml_files import read_yaml

SCENARIOS = sorted((Path(__file__).parent / "scenarios").rglob("*.yaml"))


def play(stage: Stage, night: dict[str, Any]) -> list[str]:
    """One run; what was left to do."""
    stage.clock.time += timedelta(days=night.get("days", 1), hours=-1)
    stage.bring(night)
    stage.edit(night.get("site", []))
    asked = PlanPart(night.get("only", {}), frozenset(night.get("resources", ())))
    if "undo" in night:
        plan = stage.undo(night["undo"], created=night.get("created", False))
    else:
        plan = stage.plan(night.get("read", "full"), asked if asked != PlanPart() else None)
    if "changes" in night:
        assert lines_of(plan) == [*spread(night["changes"])]
    assert [hold_line(hold) for hold in plan.holds] == [*spread(night.get("holds", []))]
    if "messages" in night:
        assert [hold.message for hold in plan.holds] == night["messages"]
    if "limits" in night:
        assert [hold.limit for hold in plan.holds] == night["limits"]
    # A sheet that no run has brought yet is just a header, which every plan reports.
    shown = [issue_line(issue) for issue in plan.issues if issue.code != "no-rows"]
    assert shown == [*spread(night.get("issues", []))]
    if "texts" in night:
        assert [issue.message for issue in plan.issues if issue.code != "no-rows"] == night["texts"]
    assert not names_of_no_column(stage.folder / "inbox", plan)
    summary = night.get("summary", {})
    assert summary_of(plan, summary) == summary
    if "approve" in night:
        plan = stage.approve(plan, night["approve"])
    if not night.get("apply", True):
        return []
    left = stage.apply(plan)
    assert left == [*spread(night.get("left", []))]
    if "verified" in night:
        assert stage.verified() == night["verified"]
    if "afterwards" in night:
        left = stage.apply(stage.approve(plan, night["afterwards"]))
    now = stage.held_now()
    for sheet, lines in night.get("then", {}).items():
        assert now[sheet] == sorted(spread(lines))
    return left


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_scenario(stage: Callable[[dict[str, Any]], Stage], path: Path) -> None:
    said = read_yaml(path)
    set_up = stage(said)
    left = []
    for night in said["nights"]:
        left = play(set_up, night)
    if "then" in said["nights"][-1] and not left:
        again = set_up.plan("full")
        assert not [line for line in lines_of(again) if "hold:" not in line and "by:" not in line]
