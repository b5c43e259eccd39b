"""Identifiers as damaged files write them, and what is reported about rows that seem to mean another object."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.diff.identity import IDENTIFIER, all_normalised, issues, normalised
from sync.model import Desired
from sync.model.index import no_objects
from sync.model.resources import ENROLMENT


@pytest.mark.parametrize(
    "written",
    ["0043", "43", "43.0", "43,00", '="0043"', "'0043", "٠٠٤٣", "\uff10\uff14\uff13", "00\u200b43", " 0043 "],
)
def test_forms_of_one_number(written: str) -> None:
    assert normalised(written) == "43"


@pytest.mark.parametrize("written", ["1043", "1,043", "1.043", "1 043", "1'043", "1\u202f043", "1,043.00"])
def test_forms_of_a_large_number(written: str) -> None:
    assert normalised(written) == "1043"


@pytest.mark.parametrize("pair", [("S43", "43"), ("43", "430"), ("4.3", "43"), ("A-1", "A1"), ("43", "-43")])
def test_numbers_that_stay_apart(pair: tuple[str, str]) -> None:
    assert normalised(pair[0]) != normalised(pair[1])


@given(st.lists(st.text(max_size=8) | st.from_regex(r"[A-Za-z]{0,2}0*[0-9]{1,4}(\.0)?", fullmatch=True)))
def test_a_column_is_normalised_as_each_of_its_identifiers(written: list[str]) -> None:
    column = pd.Series(written, dtype="str")
    assert all_normalised(column).tolist() == [normalised(each) for each in written]


def test_the_hint_names_the_damaged_part_of_the_key() -> None:
    row = {"object": 1, "userid": "12", "courseid": "C1", "claims": "e", "file": "e.csv", "tab": None, "row": 2}
    alike = pd.DataFrame([row | {"old": 0, "called": "0012 / C1", "new": "12 / C1", "evidence": IDENTIFIER}])
    none = no_objects("match", "slice", "claims")
    (issue,) = issues(ENROLMENT, Desired("enrolment", alike[["object"]], none, none), alike)
    assert issue.code == "lost-zeros"
    assert "{pad: 4}" in issue.hint
