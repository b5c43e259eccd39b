"""Which keys the patterns of a scope match."""

from __future__ import annotations

import pandas as pd
import pytest

from sync.diff.scope import named_by, within
from sync.model import Conventions
from sync.model.resources import COURSE, ENROLMENT, GROUP

GROUPS = GROUP.keys[1]


@pytest.mark.parametrize(
    ("patterns", "matched"),
    [
        (["BIO-1"], ["bio-1"]),
        (["bio-*"], ["bio-1", "BIO-22"]),
        (["bio-?"], ["bio-1"]),
        (["BIO-1", "CHE-*"], ["bio-1", "CHE-1"]),
        (["*"], ["bio-1", "BIO-22", "CHE-1"]),
        (["1"], []),
        ([], []),
    ],
)
def test_courses_match_as_the_site_compares_them(patterns: list[str], matched: list[str]) -> None:
    column = pd.Series(["bio-1", "BIO-22", None, "CHE-1"], dtype="str")
    found = named_by(column, patterns, COURSE.keys[0], Conventions())
    assert column[found].tolist() == matched


def test_case_matters_where_the_site_distinguishes_it() -> None:
    column = pd.Series(["bio-1", "BIO-1"], dtype="str", index=[7, 8])
    found = named_by(column, ["BIO-*"], COURSE.keys[0], Conventions(identifiers="exact"))
    assert found.to_dict() == {7: False, 8: True}


@pytest.mark.parametrize(
    ("patterns", "matched"),
    [(["0*"], ["01", "007"]), (["1"], ["01", "1", "1.0"]), (["7"], ["007"]), (["1*"], ["01", "1", "1.0"])],
)
def test_a_number_matches_as_it_is_written_and_as_php_compares_it(patterns: list[str], matched: list[str]) -> None:
    column = pd.Series(["01", "1", "1.0", "007"], dtype="str")
    assert column[named_by(column, patterns, GROUPS, Conventions())].tolist() == matched


def test_each_part_of_a_scope_is_about_its_own_field() -> None:
    rows = pd.DataFrame({"userid": ["S1", "T1"], "courseid": ["BIO", "BIO"]}, dtype="str")
    found = within(ENROLMENT, rows, {"userid": ["S*"], "courseid": ["BIO"], "term": ["B*"]}, Conventions())
    assert {part: where.tolist() for part, where in found.items()} == {
        "userid": [True, False],
        "courseid": [True, True],
        "term": [True, True],
    }
