"""The demo: three days of real commands, in a folder of its own that can be explored further."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from sync.cli import run
from sync.cli.commands import demo
from sync.cli.excerpt import excerpt
from sync.sandbox import Moodle, SandboxSettings, running

from .playing import Played


def test_every_command_is_shown_and_ends_as_expected(played: Played) -> None:
    assert played.code == 0, played.complained
    shown = re.findall(r"^\$ nexsis-sync (\w+)\b.*$", played.said, re.MULTILINE)
    codes = re.findall(r"^\(exit code (\d)\)$", played.said, re.MULTILINE)
    assert [*zip(shown, codes, strict=True)] == [
        ("check", "0"),
        ("plan", "2"),
        ("apply", "0"),
        ("plan", "0"),
        ("plan", "3"),
        ("apply", "3"),
        ("run", "3"),
        ("runs", "0"),
        ("pull", "0"),
    ]


def test_a_second_plan_of_the_same_exports_is_empty(played: Played) -> None:
    assert "\nNothing to do.\n" in played.said


def test_as_many_writes_as_changes(played: Played) -> None:
    done, calls = re.findall(r"Changes made: ([\d,]+)\. Write calls sent: ([\d,]+)", played.said)[0]
    assert done == calls
    log = [orjson.loads(line) for line in (played.folder / "requests.jsonl").read_bytes().splitlines()]
    assert f"{sum(each['method'] != 'GET' for each in log):,}" == calls


def test_no_call_was_refused_and_none_raced(played: Played) -> None:
    log = [orjson.loads(line) for line in (played.folder / "requests.jsonl").read_bytes().splitlines()]
    assert {each["status"] for each in log if each["method"] != "GET"} == {200}
    assert not [each for each in log if each["race"]]


@pytest.mark.parametrize(
    "shown",
    [
        "HIS210-2026AU would be left without a teacher.",
        "at least 20% fewer rows than usual",
        "error: Invalid email address (bad-email)",
        "error: Unknown course (unknown-course)",
        "Role: Non-editing teacher → Teacher",
        "notice: Conflicting values from two mappings (overruled)",
    ],
)
def test_what_needs_a_person_is_shown(played: Played, shown: str) -> None:
    assert shown in played.said


def test_the_story_is_short_and_clean(played: Played) -> None:
    lines = played.said.splitlines()
    assert len(lines) < 190
    assert [line for line in lines if line != line.rstrip()] == []
    # On a busy machine a command takes so long that its progress is shown.
    progress = re.compile(r"\w+: [\d,]+ of [\d,]+\b.*")
    assert [line for line in played.complained.splitlines() if not progress.fullmatch(line)] == []


TEXT = """\
Plan p-1

Ready.
Users: 2 to add.

Changes
  courses: 1 to add
    add  C1
  users: 2 to add
    add  S1  First name: Amy,
             Last name: Lee
    add  S2

Next
  apply
"""
EXCERPTS = {
    "nothing chosen": ((), TEXT.strip()),
    "a line": (("Ready",), "Ready."),
    "a block": (("users:",), "Changes\n...\n" + "\n".join(TEXT.splitlines()[8:12])),
    "lines apart": (("Plan", "Next"), "Plan p-1\n...\nNext\n  apply"),
    "what is not there": (("Failed",), ""),
}


@pytest.mark.parametrize(("chosen", "shown"), EXCERPTS.values(), ids=EXCERPTS)
def test_an_excerpt_has_what_is_chosen_and_says_where_lines_are_left_out(chosen: tuple[str, ...], shown: str) -> None:
    assert excerpt(TEXT, chosen) == shown


def test_an_excerpt_is_found_in_colours_too() -> None:
    assert excerpt("\x1b[1mPlan p-1\x1b[0m\n\x1b[1mReady.\x1b[0m", ("Ready",)) == "\x1b[1mReady.\x1b[0m"


def test_the_site_is_as_the_second_day_says_but_for_what_was_on_hold(played: Played) -> None:
    moodle = Moodle(SandboxSettings(db=played.folder / "sandbox.db"))
    try:
        logins = {userid: login for userid, login, *_ in moodle.users()}
        assert (logins["2600147"], logins["2600148"]) == ("av7303", "ve9969")
        assert "0064279" in logins
        enrolments = set(moodle.enrolments())
        assert ("40159", "HIS210-2026AU", "editingteacher") in enrolments
        assert ("0070073", "BIO330-2026AU", "teacher") in enrolments
        assert ("0070073", "HIS101-2026AU", "student") in enrolments
        assert not [each for each in enrolments if each[0] == "2600117"]
        assert len(moodle.courses()) == 12
        assert ("BIO102-2026AU", "BIO330-2026AU", "SHORES") in moodle.metalinks()
        assert ("0078120", "HIS120-2026AU") in {each[:2] for each in moodle.completions()}
        assert {each[:2] for each in moodle.program_allocations() if each[0] == "0070073"} == {("0070073", "INDUCTION")}
        assert [each[:3] for each in moodle.jobs() if each[0] == "40131"] == [("40131", "BIO", "SENIOR")]
        assert len(moodle.managers()) == 12
        assert ("0065975", "BIO101-2026AU", 601, 73.5) in {each[:4] for each in moodle.category_grades()}
    finally:
        moodle.close()


def test_grades_are_read_out_of_those_who_are_in_the_course(played: Played) -> None:
    with (played.folder / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        grades = list(csv.DictReader(file))
    with (played.folder / "inbox/completions.csv").open(encoding="utf-8", newline="") as file:
        completed = {row["PERSON"] for row in csv.DictReader(file)}
    assert {row["courseid"] for row in grades} == {"HIS120-2026AU"}
    assert {row["userid"] for row in grades} < completed


def test_the_folder_can_be_used_afterwards(played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shutil.copytree(played.folder, tmp_path / "on")
    port = int(re.findall(r"--port (\d+)", played.said)[0])
    shutil.copyfile(folder / "nights/night-2/enrolments.csv", folder / "inbox/enrolments.csv")
    with running(SandboxSettings(db=folder / "sandbox.db", port=port)):
        code = run(["plan", "--json", "--site", str(folder / "site.yaml")])
    plan = orjson.loads(capsys.readouterr().out)
    assert code == 3
    assert [hold["guard"] for hold in plan["holds"]] == ["last-teacher"]
    assert [change["status"] for change in plan["changes"]] == ["held"]


@pytest.fixture
def without_nights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """The demo without its story, which leaves the folder and the end."""
    monkeypatch.setattr(demo, "STORY", ())
    monkeypatch.setattr(demo, "PORT", 0)
    return lambda *options: run(["demo", "--folder", str(tmp_path / "folder"), *options])


def test_a_folder_of_somebody_else_is_left_alone(
    without_nights: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "README.txt").write_text("my thesis")
    assert without_nights() == 1
    assert "this folder contains files that are not from the demo" in capsys.readouterr().err
    assert [each.name for each in folder.iterdir()] == ["README.txt"]


def test_a_file_in_the_way_is_reported(
    without_nights: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").write_text("not a folder")
    assert without_nights() == 1
    assert "this folder cannot be written to" in capsys.readouterr().err


def test_playing_again_begins_anew_and_keeps_what_is_not_its_own(
    without_nights: Callable[..., int], tmp_path: Path
) -> None:
    assert without_nights() == 0
    folder = tmp_path / "folder"
    (folder / "notes.txt").write_text("mine")
    (folder / "inbox" / "old.csv").write_text("a\n1\n")
    (folder / "requests.jsonl").write_text("old")
    assert without_nights() == 0
    assert (folder / "notes.txt").read_text() == "mine"
    assert not (folder / "inbox" / "old.csv").exists()
    assert (folder / "requests.jsonl").read_text() == ""
    assert sorted(each.name for each in (folder / "nights").iterdir()) == ["night-1", "night-2", "night-3"]


def test_programs_get_json(without_nights: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert without_nights("--json") == 0
    shown = orjson.loads(capsys.readouterr().out)
    assert shown["changes_done"] == shown["write_calls"] == 0
    assert Path(shown["folder"]).name == "folder"


def test_the_demo_says_so_if_a_command_ends_unexpectedly(
    without_nights: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    night = demo.Act("Night", "night-1", "All is new.", [demo.DemoStep("See how it goes.", "check", 3)])
    monkeypatch.setattr(demo, "STORY", (night,))
    assert without_nights() == 1
    assert "`check` exited with code 0, not 3" in capsys.readouterr().err
