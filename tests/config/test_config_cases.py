"""Site and mapping files as cases: a good one loads, a broken one reports all its faults with file and line."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from sync.config.rules import Part
from sync.config.scalars import as_regex
from sync.config.site import Config, load
from sync.config.steps import Step, one_group
from sync.errors import ConfigError

CASES = Path(__file__).parent / "cases"
BROKEN = sorted(path.name for path in (CASES / "broken").iterdir())


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(CASES / "good" / "everything")
    return load("site.yaml")


@pytest.mark.parametrize("case", BROKEN)
def test_all_faults_of_a_broken_site_are_reported_at_once(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = CASES / "broken" / case
    monkeypatch.chdir(folder)
    with pytest.raises(ConfigError) as error:
        load("site.yaml")
    said = str(error.value).replace(str(folder), "FOLDER")
    assert said.splitlines() == (folder / "faults.txt").read_text("utf-8").splitlines()


def test_a_missing_site_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "site.yaml")
    first, next_step = str(error.value).split("\n")
    assert first == f"{(tmp_path / 'site.yaml').as_posix()}: this file does not exist"
    assert "nexsis-sync demo" in next_step


@pytest.mark.parametrize("file", ["site.yaml", "m.yaml"])
def test_aliases_that_multiply_are_refused(file: str, tmp_path: Path) -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    (tmp_path / "site.yaml").write_text("site: {url: 'https://a.example', token: {env: T}}\nmappings: m.yaml\n")
    (tmp_path / file).write_text(f"a0: &a0 [x]\n{levels}")
    with pytest.raises(ConfigError, match=rf"{file}: with aliases expanded, this file has more than 100,000 values"):
        load(tmp_path / "site.yaml")


def test_a_file_nested_beyond_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("site: " + "[" * 5000)
    with pytest.raises(ConfigError, match="nested too deeply"):
        load(tmp_path / "site.yaml")


def test_places_start_from_where_the_site_file_was_named() -> None:
    folder = CASES / "broken" / "clashes"
    with pytest.raises(ConfigError) as error:
        load(folder / "site.yaml")
    assert {fault.where.rpartition(":")[0] for fault in error.value.faults} == {f"{folder}/mappings/students.yaml"}


def test_the_smallest_site_has_all_defaults() -> None:
    folder = CASES / "good" / "smallest"
    config = load(folder / "site.yaml")
    assert config.site.api == "http://127.0.0.1:8080/enrol/nexsis/api/index.php"
    assert config.inbox == folder / "inbox"
    assert config.state == f"sqlite:///{folder.as_posix()}/state.db"
    assert [mapping.name for mapping in config.mappings] == ["courses"]
    assert config.conventions.timezone == "UTC"
    assert [short for short, _ in config.conventions.roles] == [
        "manager", "coursecreator", "editingteacher", "teacher", "student", "guest",
    ]  # fmt: skip
    assert config.guards.delete is not None
    assert (config.guards.delete.percent, config.guards.delete.count) == (10, 20)
    assert config.guards.max_age == timedelta(days=7)
    assert config.sending.timeout == timedelta(seconds=60)


def test_every_setting_is_read(everything: Config) -> None:
    guards, sending = everything.guards, everything.sending
    assert everything.site.api == "https://moodle.example.edu/moodle/rest/api/v2"
    assert everything.state == "postgresql+psycopg://db.example.edu/nexsis"
    assert everything.protect == {"user": ("test*", "007"), "course": ("SANDBOX-??",)}
    assert (guards.roster, guards.update, guards.max_age, guards.approval_days) == (None, None, None, 2)
    assert guards.create is not None
    assert (guards.create.over, guards.create.percent) == (1000, 30)
    assert (sending.permits, sending.timeout, sending.retries) == (16, timedelta(minutes=2), 0)
    assert everything.reads.share == 1
    assert everything.conventions.identifiers == "exact"
    assert everything.conventions.teaching == ("editingteacher",)


def test_the_role_order_comes_first_and_new_roles_stand_above_the_student(everything: Config) -> None:
    assert everything.conventions.roles == (
        ("editingteacher", "Teacher"),
        ("ta", "Teaching assistant"),
        ("manager", "Manager"),
        ("coursecreator", "Course creator"),
        ("teacher", "Tutor"),
        ("auditor", "Auditor"),
        ("student", "Student"),
        ("guest", "Guest"),
    )


def test_mappings_stand_in_order_of_precedence_and_know_their_place(everything: Config) -> None:
    assert [(m.name, m.file.name, m.line) for m in everything.mappings] == [
        ("staff", "staff.yaml", 1),
        ("terms.1", "terms.yaml", 2),
        ("terms.2", "terms.yaml", 14),
    ]
    assert all(m.file.is_absolute() for m in everything.mappings)


def test_scalars_stay_as_typed(everything: Config) -> None:
    staff = everything.mappings[0]
    assert staff.rows.keep == {"STATUS": ("ACTIVE",), "SITE": ("NO", "007", "1e5", "true")}
    assert staff.fields["department"].values == {"1": "Physics", "2": "Chemistry"}
    assert (staff.sheet.delimiter, staff.sheet.header_row) == ("\t", 3)
    assert everything.mappings[1].sheet.tab == "2027"


def test_a_rule_says_of_which_pieces_its_value_is_made(everything: Config) -> None:
    fields = everything.mappings[0].fields
    assert fields["userid"].parts == (Part(column="EMPLOYEE"),)
    assert fields["auth"].parts == (Part(literal="ldap"),)
    assert fields["email"].parts == (
        Part(literal="{"), Part(column="LOGIN"), Part(literal="}"), Part(literal="@"), Part(column="DOMAIN: MAIL"),
    )  # fmt: skip
    assert fields["firstname"].then == (Step("collapse"), Step("title"))
    assert everything.mappings[0].needed == (
        "EMPLOYEE", "LOGIN", "FIRST", "LAST", "DOMAIN: MAIL", "DEPT", "STATUS", "SITE",
    )  # fmt: skip


def test_all_sheets_of_a_mapping_are_known_with_the_columns_each_must_have() -> None:
    mapping = load(CASES / "good" / "language" / "site.yaml").mappings[0]
    assert {choice.file: columns for choice, columns in mapping.sheets.items()} == {
        "classes_*.csv": ("ID", "NICK", "NAME", "TERM", "KIND", "STATUS", "COURSE", "TERMS", "SEMINAR"),
        "courses.csv": ("ID", "ORG", "STATUS"),
        "orgs.xlsx": ("ID", "NAME"),
        "terms.csv": (),
        "kinds.csv": ("CODE", "WORD"),
    }
    assert {choice.file: columns for choice, columns in mapping.manifests.items()} == {
        "manifest.csv": ("name", "value")
    }
    assert mapping.new_columns == ("ORG_ID", "ORG")
    assert mapping.read(["ORG", "NAME"]) == ("COURSE", "NAME")


@pytest.mark.parametrize(
    ("pattern", "single"),
    [
        ("[0-9]+", "(?P<take>[0-9]+)"),
        ("a(b)c", "a(?P<take>b)c"),
        ("(a)(b)", "(?P<take>a)(?:b)"),
        ("(?:x|(y))(?P<z>z)", "(?:x|(?P<take>y))(?:z)"),
        (r"\((a)[()]([^)]*)", r"\((?P<take>a)[()](?:[^)]*)"),
        ("[]()](a)", "[]()](?P<take>a)"),
    ],
)
def test_of_a_pattern_the_first_group_is_taken_or_all_of_it(pattern: str, single: str) -> None:
    assert one_group(pattern) == single


def test_a_field_almost_like_a_known_one_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("site.yaml").write_text("site: {url: 'https://m.example', token: {env: T}}\nmappings: m.yaml\n")
    known = "{courseid: A, fullname: B, shortname: C,"
    Path("m.yaml").write_text(
        f"resource: course\nsheet: {{file: a.csv}}\nfields: {known}\n  startdat: D, colour: E}}\n"
    )
    (note,) = load("site.yaml").notes
    assert note.startswith("m.yaml:4: `startdat`") and "`startdate`" in note


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("*-2027SP", "C1-2027SP", True),
        ("*-2027SP", "C1-2027sp", False),
        ("S?", "S1", True),
        ("S?", "S12", False),
        ("A|B", "A", False),
        ("X[1]", "X[1]", True),
        ("X[1]", "X1", False),
        ("a*b", "a\nb", True),
        ("*", "", True),
    ],
)
def test_patterns_are_shell_style_and_case_counts(pattern: str, value: str, matches: bool) -> None:
    assert bool(re.fullmatch(as_regex(["nothing", pattern]), value)) is matches


def test_reading_a_site_file_needs_no_frames() -> None:
    heavy = "{'pandas', 'pyarrow', 'sqlalchemy', 'httpx'}"
    code = f"import sync.config.site, sync.config.schemas, sys; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
