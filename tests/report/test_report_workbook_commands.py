"""The workbook as `plan` and `report` write it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.cli import run
from tests.docs.pages import Block
from tests.docs.stage import SITE, Stage, staged

MAPPING = """\
resource: user
sheet: {file: "users*.csv"}
fields: {userid: NO, username: LOGIN, firstname: FIRST, lastname: LAST, email: MAIL}
"""
USERS = """\
NO;LOGIN;FIRST;LAST;MAIL;PHONE
007;jb;James;Bond;jb@inst.example;007
008;bill;Bill;Fairbanks;nonsense;
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    for stage in staged(tmp_path, capsys):
        stage.lay(Block("yaml", "site", SITE))
        stage.lay(Block("yaml", "mapping", MAPPING))
        stage.lay(Block("csv", "users.csv", USERS))
        yield stage


def rows(file: Path, tab: str) -> list[list[object]]:
    return [list(row) for row in load_workbook(file)[tab].iter_rows(values_only=True)]


def test_plan_writes_the_rows_with_errors_unchanged(stage: Stage) -> None:
    file = stage.folder / "plan.xlsx"
    assert stage.command("plan", "--xlsx", str(file), "--quiet") == (2, "")
    head, (wrong, *cells) = rows(file, "users.csv")
    assert head == ["What is wrong", "NO", "LOGIN", "FIRST", "LAST", "MAIL", "PHONE"]
    assert cells == ["008", "bill", "Bill", "Fairbanks", "nonsense", ""]
    assert str(wrong).startswith('Row 3\nMAIL: "nonsense" cannot be used for Email address')


def test_report_reads_them_again_while_the_file_is_the_same(stage: Stage) -> None:
    planned, again, later = (stage.folder / f"{name}.xlsx" for name in ("planned", "again", "later"))
    stage.command("plan", "--xlsx", str(planned), "--quiet")
    stage.command("report", "--xlsx", str(again), "--quiet")
    assert rows(again, "users.csv") == rows(planned, "users.csv")
    stage.lay(Block("csv", "users.csv", USERS.replace("nonsense", "other nonsense")))
    stage.command("report", "--xlsx", str(later), "--quiet")
    _, (*where, value, _, _) = rows(later, "users.csv")
    assert (where, value) == (["users.csv", 3, "MAIL"], "nonsense")


def test_report_of_a_run_shows_what_was_done(stage: Stage) -> None:
    file = stage.folder / "run.xlsx"
    stage.command("run", "--quiet")
    stage.command("report", "r-", "--xlsx", str(file), "--quiet")
    assert rows(file, "Summary")[0][0] == "What was changed in Moodle"
    assert rows(file, "users")[1][1:5] == ["add", "done", "007", "James Bond"]


def test_a_missing_folder_is_reported(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.command("plan", "--quiet")
    file = stage.folder / "nowhere" / "plan.xlsx"
    assert run(["report", "--quiet", "--xlsx", str(file), "--site", str(stage.folder / "site.yaml")]) == 1
    assert capsys.readouterr().err == f"nexsis-sync: {file}: this file cannot be written: No such file or directory\n"


TWINS = "009;alec;Alec;T;alec@inst.example;\n009;alec;Alex;T;alec@inst.example;\n"


def mended(stage: Stage) -> str:
    """A second site file next to the first, for the corrected tab that came back."""
    stage.lay(Block("csv", "users.csv", USERS + TWINS))
    stage.command("run", "--quiet")
    stage.command("report", "r-", "--xlsx", str(stage.folder / "inbox" / "mended.xlsx"), "--quiet")
    book = load_workbook(stage.folder / "inbox" / "mended.xlsx")
    tab = book["users.csv"]
    tab["F2"] = "bill@inst.example"
    tab.delete_rows(4)
    book.save(stage.folder / "inbox" / "mended.xlsx")
    said = MAPPING.replace('"users*.csv"', "mended.xlsx, tab: users.csv")
    (stage.folder / "mended.mapping").write_text(f"{said}name: mended\nmode: delta\n", "utf-8")
    site = (stage.folder / "site.yaml").read_text("utf-8")
    (stage.folder / "mended.yaml").write_text(f"{site}mappings: [mended.mapping]\n", "utf-8")
    return str(stage.folder / "mended.yaml")


def test_a_corrected_tab_can_be_read_as_a_delta_and_the_export_has_the_last_word(stage: Stage) -> None:
    site = mended(stage)
    assert run(["plan", "--quiet", "--site", site]) == 2
    assert run(["apply", "--quiet", "--site", site]) == 0
    users = {row[0]: row[4] for row in stage.sandbox.moodle.users()}
    assert (users["008"], users["009"]) == ("bill@inst.example", "alec@inst.example")
    assert stage.command("plan", "--quiet")[0] == 0
    (stage.folder / "inbox" / "mended.xlsx").unlink()
    stage.lay(Block("csv", "users.csv", USERS.replace("nonsense", "other@inst.example") + TWINS[: len(TWINS) // 2]))
    stage.command("run", "--quiet")
    assert {row[0]: row[4] for row in stage.sandbox.moodle.users()} == users | {"008": "other@inst.example"}


def test_rows_that_contradict_each_other_are_both_there(stage: Stage) -> None:
    stage.lay(Block("csv", "users.csv", USERS + TWINS))
    file = stage.folder / "plan.xlsx"
    stage.command("plan", "--xlsx", str(file), "--quiet")
    _, _, *twins = rows(file, "users.csv")
    assert [row[3] for row in twins] == ["Alec", "Alex"]
    for number, row in zip((4, 5), twins, strict=True):
        assert str(row[0]).startswith(f"Row {number}\nFIRST: rows 4 and 5 have conflicting values for one user")
    assert any("3 rows of users.csv with errors" in row for row in rows(file, "Summary"))
