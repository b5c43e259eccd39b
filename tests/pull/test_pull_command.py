"""The command: what is asked for, what is reported, and its exit codes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson
import pytest

from sync.cli import run
from sync.cli.signals import SIGNALS, terminable
from sync.sandbox import Fault, SandboxSettings, running
from tests.pull.conftest import Opens
from tests.pull.institution import COURSES
from tests.pull.office import Office, Row, read


def column(rows: list[Row], name: str) -> list[str]:
    return [row[name] for row in rows]


# -- what is asked for -----------------------------------------------------------------------------------------

CHOSEN = {
    "one course": (["grade", "--only", "courseid=BIO-27"], ["S10,BIO-27", "S2,BIO-27"]),
    "several": (
        ["grade", "--only", "courseid=MAT-27", "--only", "courseid=BIO-27"],
        ["S10,BIO-27", "S2,BIO-27", "S10,MAT-27"],
    ),
    "one person": (["grade", "--only", "userid=S2"], ["S2,BIO-27", "S2,HIS-27"]),
    "by person": (["grade", "--by", "userid", "--only", "userid=007"], ["007,HIS-27"]),
    "a name as the site compares it": (
        ["grade", "--only", "courseid=bio-27", "--only", "courseid=BIO-27"],
        ["S10,BIO-27", "S2,BIO-27"],
    ),
    "every plugin": (["enrolment", "--only", "userid=S2"], ["S2,BIO-27", "S2,HIS-27"]),
    "one plugin": (["enrolment", "--only", "userid=S2", "--only", "plugin=nexsis"], ["S2,BIO-27"]),
    "part of a key": (["completion", "--only", "userid=007"], ["007,HIS-27"]),
    "a filter": (
        ["category_grade", "--only", "courseid=HIS-27", "--only", "userid=S2"],
        ["S2,HIS-27"],
    ),
    "a filter of several": (
        ["category_grade", "--only", "courseid=HIS-27", "--only", "userid=S2", "--only", "userid=S10"],
        ["S2,HIS-27", "S10,HIS-27"],
    ),
}


@pytest.mark.parametrize(("words", "keys"), CHOSEN.values(), ids=CHOSEN)
def test_only_what_is_named_is_read(office: Office, words: list[str], keys: list[str]) -> None:
    rows = office.rows(*words)
    who = "user_idnumber" if "user_idnumber" in rows[0] else "userid"
    assert sorted(f"{row[who]},{row['courseid']}" for row in rows) == sorted(keys)


def test_what_is_named_needs_no_export(office: Office) -> None:
    for file in (office.folder / "inbox").iterdir():
        file.unlink()
    assert len(office.rows("grade", "--only", "courseid=HIS-27")) == 3


def test_what_the_exports_no_longer_name_is_known_from_the_ledger(office: Office) -> None:
    assert run(["plan", "--quiet", "--json"]) in (2, 3)
    for file in (office.folder / "inbox").iterdir():
        file.unlink()
    assert column(office.rows("group"), "courseid") == sorted(COURSES)


def test_courses_no_export_lists_are_known_from_what_refers_to_them(office: Office) -> None:
    (office.folder / "inbox" / "courses.csv").unlink()
    assert column(office.rows("group"), "courseid") == sorted(COURSES)


def test_levels_of_a_log_are_one_value(office: Office) -> None:
    for level in ("error", "warning", "info"):
        office.site.moodle.add_log(level, f"a word of {level}")
    rows = office.rows("log", "--only", "level=error,warning", "--only", "level=fatal")
    assert set(column(rows, "level")) == {"error", "warning"}
    assert "level=error,warning,fatal" in office.site.requests[-1].path.replace("%2C", ",")


USAGE = {
    "an ending": (["grade", "--to", "g.txt"], "must end in .csv, .xlsx, .jsonl or .parquet"),
    "a resource": (["grades", "--to", "g.csv"], "'grade', 'log'"),
    "a name": (["grade", "--to", "g.csv", "--only", "sex=x"], "possible: courseid, or userid"),
    "two ways at once": (
        ["grade", "--to", "g.csv", "--only", "userid=1", "--only", "courseid=1"],
        "possible: courseid, or userid",
    ),
    "a name of the other way": (
        ["grade", "--to", "g.csv", "--by", "courseid", "--only", "userid=1"],
        "possible: courseid",
    ),
    "a way": (["grade", "--to", "g.csv", "--by", "programid"], "possible: courseid and userid"),
    "no value": (["grade", "--to", "g.csv", "--only", "courseid="], "NAME=VALUE"),
    "a time": (["log", "--to", "g.csv", "--since", "last week"], "write 2026-11-01"),
    "no time": (["grade", "--to", "g.csv", "--since", "2026-11-01"], "only for log"),
    "two on one output": (["grade", "--to", "-", "--json"], "both use standard output"),
}


@pytest.mark.parametrize(("words", "says"), USAGE.values(), ids=USAGE)
def test_wrong_usage_says_what_is_possible(
    office: Office, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert run(["pull", *words]) == 64
    assert says in " ".join(capsys.readouterr().err.split())
    assert office.site.requests == []


REFUSED = {
    "nothing known": (["manager"], "no users are known from exports or earlier plans"),
    "an unknown part": (
        ["completion", "--only", "userid=nobody"],
        "User ID number not known from exports or earlier plans: nobody",
    ),
    "an impossible name": (["grade", "--only", "courseid=a/b"], "`a/b` cannot be used as Course ID number"),
}


@pytest.mark.parametrize(("words", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_asked_is_reported(
    office: Office, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    if words == ["manager"]:
        (office.folder / "mappings.yaml").write_text(
            "resource: group\nsheet: g.csv\nfields: {courseid: C, groupid: G, name: N}\n"
        )
    assert office.pull(*words, "--to", "out.csv") == 1
    assert says in capsys.readouterr().err
    assert not (office.folder / "out.csv").exists()


# -- what is reported ----------------------------------------------------------------------------------------------


def test_quick_work_is_a_line_without_progress(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pull", "grade", "--to", "grades.csv"]) == 0
    said = capsys.readouterr()
    assert said.out == "grades: 6 rows for 4 courses, written to grades.csv\nnot found in Moodle: 1 of 4\n"
    assert said.err == ""


def test_a_program_gets_json(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pull", "grade", "--to", "grades.csv", "--json"]) == 0
    shown = {"resource": "grade", "file": "grades.csv", "rows": 6, "keys": 4, "absent": 1, "failed": [], "issues": []}
    assert orjson.loads(capsys.readouterr().out) == shown


def test_standard_output_has_json_lines_alone(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert office.pull("grade", "--to", "out.jsonl") == 0
    assert run(["pull", "grade", "--to", "-"]) == 0
    said = capsys.readouterr()
    assert said.out == (office.folder / "out.jsonl").read_text()
    assert "grades: 6 rows for 4 courses\n" in said.err


# -- what goes wrong -------------------------------------------------------------------------------------------


def failing(*paths: str, fault: Fault = "error") -> SandboxSettings:
    """A site on which reads of these paths fail."""
    return SandboxSettings(
        faults=lambda method, path, count: fault if method == "GET" and path.startswith(paths) else None
    )


def test_what_could_not_be_read_is_reported_and_the_rest_is_there(
    open_office: Opens, capsys: pytest.CaptureFixture[str]
) -> None:
    office = open_office(failing("/course/BIO-27/grade"))
    assert office.pull("grade", "--to", "out.csv", "--json") == 4
    said = capsys.readouterr()
    (failed,) = orjson.loads(said.out)["failed"]
    assert failed["key"] == {"courseid": "BIO-27"}
    assert "Error writing to database" in failed["message"]
    assert "courseid BIO-27" in said.err
    assert set(column(read(office.folder / "out.csv"), "courseid")) == {"HIS-27", "MAT-27"}


GOES_WRONG: Mapping[str, tuple[SandboxSettings, str]] = {
    "all fails": (failing("/course"), "Error writing to database"),
    "a login page": (failing("/course/MAT", fault="login"), "redirect to /login"),
    "maintenance": (failing("/", fault="maintenance"), "Moodle is in maintenance mode"),
    "another token": (SandboxSettings(token="another"), "does not accept the token"),
}


@pytest.mark.parametrize("case", GOES_WRONG)
def test_a_site_that_refuses_leaves_the_file_as_it_was(
    open_office: Opens, capsys: pytest.CaptureFixture[str], case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, says = GOES_WRONG[case]
    monkeypatch.setattr("sync.observe.context.PATIENCE", ())
    office = open_office(settings)
    (office.folder / "out.csv").write_text("before")
    names = sorted(path.name for path in office.folder.iterdir())
    assert office.pull("grade", "--to", "out.csv") == 1
    assert says in capsys.readouterr().err
    assert (office.folder / "out.csv").read_text() == "before"
    assert sorted({*(path.name for path in office.folder.iterdir())} - {"state.db"}) == names


@pytest.fixture
def ended_by_signals() -> Iterator[None]:
    """Signals do to this process what they do to the program."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    terminable()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("ended_by_signals")
def test_a_program_that_is_ended_leaves_no_half_a_file(open_office: Opens, capsys: pytest.CaptureFixture[str]) -> None:
    def end(method: str, path: str, count: int) -> Fault | None:
        if path.startswith("/course/MAT"):
            os.kill(os.getpid(), signal.SIGTERM)
        return None

    office = open_office(SandboxSettings(faults=end))
    names = {path.name for path in office.folder.iterdir()}
    assert office.pull("grade", "--to", "out.csv") == 1
    assert "interrupted" in capsys.readouterr().err
    assert {path.name for path in office.folder.iterdir()} - {"state.db"} == names


def test_too_many_failures_end_it(open_office: Opens, capsys: pytest.CaptureFixture[str]) -> None:
    office = open_office(failing("/course/BIO", "/course/HIS"))
    office.configure("max_failures: 1")
    assert office.pull("grade", "--to", "out.csv") == 1
    assert "too many requests fail" in capsys.readouterr().err
    assert not (office.folder / "out.csv").exists()


def test_what_a_plain_moodle_lacks_is_reported_as_such(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(SandboxSettings(workplace=False)) as plain:
        plain.moodle.add_user("S2", "s2")
        Office(tmp_path, plain).configure()
        assert office.pull("job_assignment", "--to", "out.csv") == 1
    assert "the site has no job assignments" in capsys.readouterr().err
