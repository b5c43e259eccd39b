"""Approving a hold that has parts, as a whole and one part of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from sync.cli import run
from tests.docs.pages import Block
from tests.docs.stage import Stage, staged

SITE = "site:\n  url: here\n  token: {env: NEXSIS_TOKEN}\nguards: {rows: off}\n"
MAPPING = """\
resource: course
sheet: courses.csv
fields: {courseid: ID, shortname: ID, fullname: ID}
---
resource: enrolment
name: seats
sheet: seats.csv
missing: delete
fields: {userid: WHO, courseid: WHERE, roleid: {constant: student}}
"""
STAYS = "WHO,WHERE\nT1,CHE-27\n"
ALL = f"{STAYS}S1,BIO-27\nS2,BIO-27\nS3,HIS-27\nS4,HIS-27\n"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    """Everybody of two courses is missing, and that is on hold."""
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    for stage in staged(tmp_path, capsys):
        stage.lay(Block("yaml", "site", SITE))
        stage.lay(Block("yaml", "mapping", MAPPING))
        stage.lay(Block("csv", "courses.csv", "ID\nBIO-27\nHIS-27\nCHE-27\n"))
        stage.lay(Block("csv", "seats.csv", ALL))
        assert stage.command("run")[0] == 0
        stage.lay(Block("csv", "seats.csv", STAYS))
        assert stage.command("plan")[0] == 3
        yield stage


def document(stage: Stage) -> dict[str, Any]:
    said: dict[str, Any] = orjson.loads(stage.command("report", "--json")[1])
    return said


def test_with_a_hold_its_parts_are_approved(stage: Stage) -> None:
    plan = document(stage)
    whole, *parts = plan["holds"]
    assert (whole["guard"], whole["count"], whole["part_of"]) == ("most-held", 4, None)
    assert [(part["slice"], part["part_of"]) for part in parts] == [
        ({"courseid": "BIO-27"}, whole["id"]),
        ({"courseid": "HIS-27"}, whole["id"]),
    ]
    stage.command("approve", plan["plan"], "--hold", whole["id"])
    assert stage.command("apply")[0] == 0
    assert [change["status"] for change in document(stage)["changes"]] == ["done"] * 4


def test_a_part_can_be_approved_by_itself(stage: Stage) -> None:
    plan = document(stage)
    _, part, _ = plan["holds"]
    stage.command("approve", plan["plan"], "--hold", part["id"])
    assert stage.command("apply")[0] == 3
    assert [change["status"] for change in document(stage)["changes"]] == ["done", "done", "held", "held"]


def test_a_plan_that_is_not_the_newest_is_not_approved(stage: Stage) -> None:
    old = document(stage)
    stage.lay(Block("csv", "seats.csv", ALL))
    assert stage.command("plan")[0] == 0
    newest = document(stage)["plan"]
    site = str(stage.folder / "site.yaml")
    assert run(["approve", old["plan"], "--hold", old["holds"][0]["id"], "--site", site]) == 1
    said = stage.capsys.readouterr().err
    assert f"a newer plan exists: {newest}" in said
    assert f"`nexsis-sync report {newest}`" in said
    stage.lay(Block("csv", "seats.csv", STAYS))
    assert stage.command("run")[0] == 3
