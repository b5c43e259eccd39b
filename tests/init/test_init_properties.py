"""Whatever the headers and values: `check` accepts the mappings of `init`, which never delete, or it says why not."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.config.secrets import TokenSource
from sync.config.site import load
from sync.errors import SheetError
from sync.mapping.choices import Answers
from sync.model.resources import CATALOGUE
from sync.workflows.init import (
    Access,
    Setup,
    SetupRequest,
    checked,
    read_samples,
    setup_files,
    understand,
    write,
)
from tests.examples import examples

ROLES = ("manager", "editingteacher", "teacher", "student")
WHOLE = [
    ["Student ID", "LOGIN", "First name", "Last name", "email", "Status"],
    ["student_id", "username", "Forename", "Surname"],
    ["course code", "TERM", "Title"],
    ["Student ID", "course code", "TERM", "Role"],
    ["Person", "Section ID", "group", "Name", "Given name", "Family name", "E-mail", "Status"],
    [],
]
NAMED = [
    *("Start date", "section_id", "code_module", "Type: [x]", "a # b", "{odd} id", "no", "*", "Status", "id", "role"),
    *("CRN {1}", "term: x", "User 'name'", "Semester", "~", "- dash", "status code", "\\path", "@tab"),
]
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=6)
headers = st.builds(
    lambda whole, more: list({"".join(name.split()).lower(): name for name in (*whole, *more)}.values()),
    st.sampled_from(WHOLE),
    st.lists(st.sampled_from(NAMED) | texts, max_size=4),
).filter(bool)
files = st.sampled_from(
    ["students.csv", "courses.csv", "enrolments-2026-09-01.csv", "con.csv", "a [b] {c}.csv", "é#.csv", "groups.txt"]
)
values = (
    st.sampled_from(
        ["A", "*", "?", "active", "student", "teacher", "x@y.example", "2026-09-01", "7", "", "no", "'", "{a}"]
    )
    | texts
)
answers = st.builds(
    Answers,
    keep=st.dictionaries(st.sampled_from(["Status"]), st.lists(values, min_size=1, max_size=3)),
    roles=st.dictionaries(values, st.sampled_from([*ROLES, "none"]), max_size=3),
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    names = draw(headers)
    rows = draw(st.lists(st.lists(values, min_size=len(names), max_size=len(names)), min_size=1, max_size=5))
    return [names, *rows]


@given(st.dictionaries(files, tables(), min_size=1, max_size=3), answers, st.sampled_from(["", "uni.example"]))
@settings(max_examples=examples(25))
def test_mappings_are_accepted_and_never_delete(
    exports: dict[str, list[list[str]]], answers: Answers, domain: str
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "exports").mkdir()
        for file, rows in exports.items():
            with (folder / "exports" / file).open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows(rows)
        try:
            samples = read_samples(folder / "exports")
        except SheetError:
            return  # it says so: no sheet can be read
        found = understand(samples, SetupRequest(ROLES, [*CATALOGUE], domain=domain))
        understood = len(found.proposals) + len(found.unclear) + sum(len(each.sheets) for each in found.recognised)
        assert understood == len(samples.sheets)
        assert all(each.why for each in found.unclear)
        if found.anything:
            access = Access("https://moodle.example.edu", TokenSource("env", "UNSET"))
            setup = Setup(folder / "site.yaml", access, folder / "exports", "UTC", domain=domain)
            checked(setup, found, answers)
            write(setup, setup_files(setup, found, answers))
            assert not [mapping for mapping in load(setup.file).mappings if mapping.deletes]
