"""Why no row of a snapshot can be used, judged by the contents of its files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from sync.config.mappings import Mapping as MappingFile
from sync.mapping.desired import build
from sync.mapping.source import Source
from sync.model import Conventions, Sheet
from sync.model.resources import ENROLMENT, USER

MANY = [f"value {n:02}" for n in range(12) for _ in range(12 - n)]


def why(columns: Mapping[str, list[str]], sheets: int = 1, **more: Any) -> str:
    """Why no row of a sheet with these columns can be used; the sheet may be spread over several files, all alike."""
    fields = {"userid": "ID", "courseid": "COURSE", "roleid": {"constant": "student"}}
    mapping = MappingFile.model_validate(
        {"resource": "enrolment", "name": "m", "sheet": {"file": "e.csv"}, "fields": fields, **more}
    )
    frame = pd.DataFrame(columns, dtype="str")
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    read = [Sheet(f"e{n}.csv", None, frame, "digest", datetime(2026, 9, 1, tzinfo=UTC)) for n in range(sheets)]
    desired, _ = build(ENROLMENT, [Source(mapping, tuple(read))], Conventions(roles=(("student", "Student"),)))
    return desired.unusable["m"]


def test_of_many_values_the_most_frequent_are_named() -> None:
    said = why({"ID": MANY, "COURSE": MANY, "STATE": MANY}, rows={"keep": {"STATE": ["on", "in"]}})
    assert said == (
        "rows: keep expects STATE = on or in, but the column has value 00 (12 rows), value 01 (11 rows), "
        "value 02 (10 rows), value 03 (9 rows), value 04 (8 rows), 7 more values"
    )


def test_values_that_differ_in_blanks_alone_are_one() -> None:
    said = why({"ID": ["a", "b"], "COURSE": ["c", "c"], "STATE": ["off", " off "]}, rows={"keep": {"STATE": ["on"]}})
    assert said.endswith("the column has off (2 rows)")


@pytest.mark.parametrize(
    ("sheets", "said"), [(1, "it contains only the header"), (2, "they contain only their headers")]
)
def test_a_header_alone(sheets: int, said: str) -> None:
    assert why({"ID": [], "COURSE": []}, sheets) == said


def test_columns_side_by_side_that_are_all_blank() -> None:
    laid = {"file": "e.csv", "unpivot": {"columns": ["C*"], "value": "COURSE"}}
    assert why({"ID": ["a", "b"], "C1": ["", ""], "C2": ["", ""]}, sheet=laid) == (
        "the columns of unpivot: (C*) are blank in every row"
    )


def test_the_most_frequent_errors_come_first() -> None:
    said = why({"ID": ["a", "b", "", "d"], "COURSE": ["", "", "c", ""]})
    assert (
        said == "every row has an error: 4 x Missing value, first in row 4 (User ID number is blank, but is required)"
    )


def test_rows_that_share_what_must_be_unique() -> None:
    fields = dict.fromkeys(("userid", "username", "firstname", "lastname"), "ID") | {"email": "MAIL"}
    mapping = MappingFile.model_validate({"resource": "user", "name": "m", "sheet": "u.csv", "fields": fields})
    frame = pd.DataFrame({"ID": ["a", "b"], "MAIL": "x@i.example"}, dtype="str", index=[2, 3])
    sheet = Sheet("u.csv", None, frame, "digest", datetime(2026, 9, 1, tzinfo=UTC))
    desired, _ = build(USER, [Source(mapping, (sheet,))], Conventions())
    assert desired.unusable["m"].startswith(
        "every row has an error: 2 x Duplicate email address, first in row 2 (Email address"
    )
