"""A sheet without a usable row, from the run that finds it to the one that accepts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from sync.cli import run
from tests.docs.pages import Block
from tests.docs.stage import SITE, Stage, staged

MAPPING = """\
resource: enrolment
name: roles
sheet: roles.csv
missing: delete
fields: {userid: WHO, courseid: WHERE, roleid: {constant: student}}
"""
HEADER = "WHO,WHERE\n"
ROWS = f"{HEADER}S1,BIO-27\nS2,BIO-27\n"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    """A site to which the rows were sent once."""
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    for stage in staged(tmp_path, capsys):
        stage.lay(Block("yaml", "site", SITE))
        stage.lay(Block("yaml", "mapping", MAPPING))
        brings(stage, ROWS)
        assert stage.command("run")[0] == 0
        yield stage


def brings(stage: Stage, rows: str) -> None:
    stage.lay(Block("csv", "roles.csv", rows))


def hold(stage: Stage) -> tuple[str, str]:
    """The newest plan, and its only hold."""
    plan = orjson.loads(stage.command("report", "--json")[1])
    (only,) = plan["holds"]
    assert (only["guard"], only["count"], plan["changes"]) == ("nothing-usable", 0, [])
    return plan["plan"], only["id"]


def test_it_is_on_hold_in_every_run_until_it_is_approved(stage: Stage) -> None:
    brings(stage, HEADER)
    assert stage.command("plan")[0] == 3
    for _ in range(2):
        code, said = stage.command("run")
        assert code == 3
        assert "1 file with no usable rows needs approval." in said
        assert ": no row can be used\n" in said
    plan, id = hold(stage)
    assert "no changes  1 mapping on hold" in stage.command("runs")[1]
    assert "accepted" in stage.command("approve", plan, "--hold", id)[1]
    assert "on hold" not in stage.command("runs")[1].splitlines()[0]
    assert stage.command("run")[0] == 0
    assert stage.command("explain", "S1", "BIO-27")[0] == 0


def test_an_approved_plan_that_was_carried_out_can_be_applied_once_more(stage: Stage) -> None:
    brings(stage, HEADER)
    stage.command("run")
    plan, id = hold(stage)
    site = str(stage.folder / "site.yaml")
    assert run(["apply", plan, "--site", site]) == 1
    stage.command("approve", plan, "--hold", id)
    assert stage.command("apply", plan)[0] == 0
    assert run(["apply", plan, "--site", site]) == 1
    assert stage.command("run")[0] == 0


def test_an_approval_ahead_of_the_run_is_for_that_run(stage: Stage) -> None:
    brings(stage, HEADER)
    stage.command("plan")
    plan, id = hold(stage)
    stage.command("approve", plan, "--hold", id)
    assert stage.command("run")[0] == 0
    brings(stage, ROWS)
    assert stage.command("run")[0] == 0
    brings(stage, HEADER)
    assert stage.command("run")[0] == 3


def test_the_same_file_whole_again_needs_no_word(stage: Stage) -> None:
    brings(stage, HEADER)
    assert stage.command("run")[0] == 3
    brings(stage, ROWS)
    assert stage.command("run")[0] == 0
