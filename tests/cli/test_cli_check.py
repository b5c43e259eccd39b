"""`check`: what can be found out about a site's files without the site."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sync.cli import run

SITE = "site: {url: 'https://moodle.example.edu', token: {env: UNUSED}}\nmappings: [m.yaml]\n"
EVERYWHERE = ", everywhere: the mapping has no scope"
PEOPLE = """\
resource: user
name: people
sheet: people.csv
fields: {userid: ID, username: ID, firstname: ID, lastname: ID, email: {text: "{ID}@example.edu"}}
"""
ROLES = """\
---
resource: enrolment
name: roles
sheet: roles.csv
missing: delete
fields: {userid: WHO, courseid: WHERE, roleid: {constant: student}}
"""
DROPS = """\
---
resource: enrolment
name: drops
sheet: drops.csv
mode: delta
delete_when: {DO: D}
fields: {userid: WHO, courseid: WHERE, roleid: {constant: student}}
"""


def checked(
    folder: Path, capsys: pytest.CaptureFixture[str], mappings: str, *, code: int = 0, **sheets: str
) -> list[str]:
    """What `check` prints about these mappings and sheets; it exits with `code`."""
    (folder / "site.yaml").write_text(SITE)
    (folder / "m.yaml").write_text(mappings)
    (folder / "inbox").mkdir()
    for name, text in sheets.items():
        (folder / "inbox" / f"{name}.csv").write_text(text)
    assert run(["check", "--site", str(folder / "site.yaml")]) == code
    return capsys.readouterr().out.splitlines()


def test_one_of_each_is_reported_in_the_singular(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = checked(tmp_path, capsys, PEOPLE, people="ID\ns1\n")
    assert said[0].endswith("site.yaml: valid, with 1 mapping for https://moodle.example.edu")
    assert said[1].startswith("people: people.csv: 1 row (")
    assert said[2:] == [
        "people: a snapshot of users; records missing from it are kept",
        "users: 1 record, no rows with errors",
    ]


def test_each_mapping_says_what_it_can_have_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drops = "WHO,WHERE,DO\ns1,C1,D\ns2,C1,D\ns3,C1,\n"
    said = checked(tmp_path, capsys, ROLES.removeprefix("---\n") + DROPS, roles="WHO,WHERE\ns1,C1\n", drops=drops)
    assert f"roles: a snapshot of enrolments; records missing from it are deleted{EVERYWHERE}" in said
    assert "drops: a delta of enrolments; it asks to remove 2 enrolments" in said


def test_a_mapping_that_waits_says_how_long(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waits = PEOPLE.replace("resource:", "missing: {delete: {after_files: 2, after_days: 1}}\nresource:", 1)
    said = checked(tmp_path, capsys, waits, people="ID\ns1\n")
    assert (
        f"people: a snapshot of users; records missing from it are deleted after 2 files and 1 day{EVERYWHERE}" in said
    )


def test_a_mapping_that_sets_values_says_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sets = ROLES.removeprefix("---\n").replace("missing: delete", "missing: {set: {roleid: guest}, after_files: 2}")
    said = checked(tmp_path, capsys, sets, roles="WHO,WHERE\ns1,C1\n")
    assert (
        f"roles: a snapshot of enrolments; records missing from it are changed (roleid) after 2 files{EVERYWHERE}"
        in said
    )


def test_what_another_sheet_does_not_list_is_reported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roles = "WHO,WHERE\nS1,C1\n" + "".join(f"x{n},C1\nx{n},C2\n" for n in range(5))
    said = "\n".join(checked(tmp_path, capsys, PEOPLE + ROLES, people="ID\ns1\ns2\n", roles=roles))
    assert "warning: User not in any export (unlisted-user) in enrolments, 1 case" in said
    where = "roles.csv, row 3, column WHO"
    assert f"{where}: 10 enrolments refer to 5 users not in people.csv: x0, x1, x2 and 2 more" in said


def test_a_delta_of_parents_lists_not_all_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = PEOPLE + "mode: delta\ndelete_when: {ID: gone}\n"
    said = checked(tmp_path, capsys, people + ROLES, people="ID\ns1\n", roles="WHO,WHERE\nx,C1\n")
    assert not [line for line in said if "unlisted" in line]


NOTHING_USABLE = {
    "header alone": ("", "WHO,WHERE,STATE\n", "it contains only the header."),
    "none kept": (
        "rows: {keep: {STATE: ENROLED}}\n",
        "WHO,WHERE,STATE\ns1,C1,Registered\ns2,C1,Registered\ns3,C1,\n",
        "rows: keep expects STATE = ENROLED, but the column has Registered (2 rows), blank cells (1 row).",
    ),
    "all dropped": (
        "rows: {drop: {STATE: ['R*', W]}}\n",
        "WHO,WHERE,STATE\ns1,C1,R1\ns2,C1,R2\n",
        "rows: drop leaves out every row: the column STATE has R1 (1 row), R2 (1 row).",
    ),
    "all rows bad": (
        "",
        "WHO,WHERE,STATE\n,C1,\n,C2,\ns1,,\n",
        "every row has an error: 3 x Missing value, first in row 2 (User ID number is blank, but is required).",
    ),
    "scope": (
        "scope: {courseid: '*-2062AU'}\n",
        "WHO,WHERE,STATE\ns1,C-2026AU,\ns2,D-2026AU,\n",
        "the scope courseid *-2062AU matches none of the 2 enrolments; courseid looks like C-2026AU, D-2026AU.",
    ),
}


@pytest.mark.parametrize("case", NOTHING_USABLE)
def test_a_sheet_that_contributes_nothing_is_on_hold(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more, rows, why = NOTHING_USABLE[case]
    said = checked(tmp_path, capsys, ROLES.removeprefix("---\n") + more, code=3, roles=rows)
    (shown,) = (line for line in said if line.startswith("roles: on hold: "))
    assert f"{why} Nothing is deleted because of this." in shown
    run(["check", "--json", "--site", str(tmp_path / "site.yaml")])
    (hold,) = json.loads(capsys.readouterr().out)["holds"]
    assert (hold["slice"], hold["count"], why in hold["message"]) == ({"mapping": "roles"}, 0, True)


@pytest.mark.parametrize("case", NOTHING_USABLE)
def test_what_may_be_empty_is_not_on_hold(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more, rows, _ = NOTHING_USABLE[case]
    mapping = f"{ROLES}{more}may_be_empty: true\n".removeprefix("---\n")
    assert "on hold" not in "\n".join(checked(tmp_path, capsys, mapping, roles=rows))


def test_a_delta_without_rows_and_an_empty_look_up_are_no_trouble(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = DROPS.removeprefix("---\n").replace(
        "userid: WHO", "userid: {column: WHO, lookup: {sheet: ids.csv, by: A, take: B}}"
    )
    assert "on hold" not in "\n".join(checked(tmp_path, capsys, mapping, drops="WHO,WHERE,DO\n", ids="A,B\n"))


def test_a_field_that_no_reference_names_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "m.yaml").write_text(PEOPLE.replace("{userid", "{phone: TEL, user_name: ID, userid"))
    assert run(["check", "--site", str(tmp_path / "site.yaml")]) == 0
    shown = capsys.readouterr()
    assert "people: sent unchanged, though not in the API reference: phone, user_name" in shown.out
    assert "Did you mean `username`?" in shown.err


QUOTED = {
    "lastname: Name: last": "Put text that contains `: ` in quotes",
    "lastname: {column: Student #}": "A ` #` begins a comment: quote any text that contains it",
    "lastname: # last": "a text that starts with `#` must be in quotes",
}


@pytest.mark.parametrize("line", QUOTED)
def test_a_text_that_yaml_takes_differently_is_to_be_quoted(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "m.yaml").write_text(f"resource: user\nsheet: people.csv\nfields:\n  userid: ID\n  {line}\n")
    assert run(["check", "--site", str(tmp_path / "site.yaml")]) == 1
    assert QUOTED[line] in capsys.readouterr().err


def test_a_column_whose_name_a_comment_cut_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "m.yaml").write_text(
        "resource: course\nsheet: courses.csv\nfields:\n  courseid: Course #\n  fullname: NAME\n  shortname: NAME\n"
    )
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "courses.csv").write_text("Course #,NAME\nC1,x\n")
    assert run(["check", "--site", str(tmp_path / "site.yaml")]) == 1
    shown = capsys.readouterr().err
    assert "column 'Course' is missing" in shown
    assert "Did you mean 'Course #'? In a mapping, a name that contains ` #` must be in quotes." in shown


def test_the_package_runs_as_the_command_does() -> None:
    done = subprocess.run([sys.executable, "-m", "sync", "schema", "site"], capture_output=True, check=True)
    assert json.loads(done.stdout)["properties"]
    assert subprocess.run([sys.executable, "-m", "sync", "nonsense"], capture_output=True, check=False).returncode == 64
