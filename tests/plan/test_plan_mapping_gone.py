"""What came from a mapping that is no longer in the site file is kept, and reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.plan.plan_lines import lines_of
from tests.plan.plan_scenario import Stage

SAID = {
    "guards": {"rows": "off"},
    "mappings": {name: {"missing": "delete"} for name in ("enrolments", "teaching", "drops")},
}


@pytest.mark.parametrize(
    ("teachers", "kept"),
    [
        (["T1"], "1 enrolment came from the mapping teaching, which is no longer in the site file; it is kept"),
        (
            ["T1", "T2"],
            "2 enrolments came from the mapping teaching, which is no longer in the site file; they are kept",
        ),
    ],
)
def test_nothing_of_it_is_removed(stage: Callable[[dict[str, Any]], Stage], teachers: list[str], kept: str) -> None:
    settled = {
        "users": ["S[1-3]", "T[1-2]"],
        "courses": ["C1"],
        "enrolments": ["S[1-3] C1"],
        "teaching": [f"{each} C1 teacher" for each in teachers],
    }
    made = stage({**SAID, "settled": settled})
    del made.sheets["teaching"], made.mappings["teaching"]
    made.bring({"enrolments": ["S[1-2] C1"]})
    plan = made.plan("full")
    assert lines_of(plan) == ["delete enrolment S3/C1"]
    assert [issue.message for issue in plan.issues if issue.code == "mapping-gone"] == [kept]
