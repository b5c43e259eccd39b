"""Rows in the layout of another program: `--columns`."""

from __future__ import annotations

import orjson
import pytest

from tests.pull.office import Office, read

SIS = """
columns:
  STUDENT: userid
  GRADE: {column: gradeletter, values: {A-: A1, A: A0}, else: U}
  TERM: {text: "{courseid}", then: [{cut: [5, 6]}]}
  WHEN: {column: timemodified, date: iso, when: {courseid: "HIS*"}}
  =NOTE: feedback
"""


def lay(office: Office, text: str) -> None:
    (office.folder / "sis.yaml").write_text(text)


@pytest.mark.parametrize("file", ["out.csv", "out.xlsx", "out.jsonl", "out.parquet"])
def test_columns_are_those_of_the_layout(office: Office, file: str) -> None:
    lay(office, SIS)
    name, note = ("'=NOTE", "'-1 for lateness") if file == "out.csv" else ("=NOTE", "-1 for lateness")
    rows = office.rows("grade", "--only", "courseid=BIO-27", "--columns", "sis.yaml", to=file)
    assert rows == [
        {"STUDENT": "S2", "GRADE": "A1", "TERM": "27", "WHEN": "", name: note},
        {"STUDENT": "S10", "GRADE": "A1", "TERM": "27", "WHEN": "", name: note},
    ]


def test_seconds_become_a_time_of_the_sites_zone(office: Office) -> None:
    lay(office, "columns: {WHO: userid, WHEN: {column: timecompleted, date: epoch}}")
    rows = office.rows("completion", "--columns", "sis.yaml")
    assert rows == [{"WHO": "007", "WHEN": "2026-11-01T08:00:00+00:00"}]


def test_an_impossible_value_is_reported_with_its_row_and_left_empty(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    lay(office, "columns: {WHO: userid, OUT_OF: {column: rawfinalgrade, values: {91.5: yes}}}")
    assert office.pull("grade", "--to", "out.csv", "--columns", "sis.yaml", "--json") == 4
    shown = orjson.loads(capsys.readouterr().out)
    places = [(each["code"], each["file"], each["row"], each["column"], each["value"]) for each in shown["issues"]]
    assert places == [
        ("unknown-value", "out.csv", row, "OUT_OF", value)
        for row, value in ((4, "90.5"), (5, "90.5"), (6, "90.5"), (7, "92.5"))
    ]
    assert [row["OUT_OF"] for row in read(office.folder / "out.csv")] == ["yes", "yes", "", "", "", ""]


def test_of_very_many_such_values_the_rest_is_counted(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.export.layout.MOST", 2)
    lay(office, "columns: {WHEN: {column: userid, date: iso}}")
    assert office.pull("grade", "--to", "out.csv", "--columns", "sis.yaml", "--json") == 4
    assert [each["message"] for each in orjson.loads(capsys.readouterr().out)["issues"]][2:] == [
        "4 more cells are left empty and are not listed"
    ]


FAULTS = {
    "a column that is not read": (
        "columns:\n  A: grade",
        "sis.yaml:2: columns.A: `grade` is not one of the columns that are read",
    ),
    "its neighbour": ("columns:\n  A: user_id", "Did you mean `userid`?"),
    "a column in a condition": ("columns:\n  A: {constant: x, when: {TERM: y}}", "`TERM` is not one of the columns"),
    "a step": ("columns:\n  A: userid\n  B: {column: userid, then: shout}", "sis.yaml:3"),
    "an owner": ("columns: {A: {column: userid, own: on_create}}", "own: sets who owns a field in Moodle"),
    "another sheet": (
        "columns: {A: {column: userid, values: {sheet: {file: x.csv}}}}",
        "no other sheets are read here",
    ),
    "a key": ("rows: {}\ncolumns: {A: userid}", "sis.yaml:1: rows: unknown key"),
    "nothing": ("", "must contain one YAML document with columns: in it"),
    "no columns": ("columns: {}", "is empty"),
    "no YAML": ("columns: [", "not valid YAML"),
}


@pytest.mark.parametrize(("text", "says"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_layout_is_reported_before_anything_is_asked(
    office: Office, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    lay(office, text)
    assert office.pull("grade", "--to", "out.csv", "--columns", "sis.yaml") == 1
    assert says in capsys.readouterr().err
    assert office.site.requests == []


def test_all_faults_are_reported_at_once(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    lay(office, "columns:\n  A: grade\n  B: letter\n")
    assert office.pull("grade", "--to", "out.csv", "--columns", "sis.yaml") == 1
    assert [
        line.split(": ")[1] for line in capsys.readouterr().err.splitlines() if "not one of the columns" in line
    ] == [
        "sis.yaml:2",
        "sis.yaml:3",
    ]
