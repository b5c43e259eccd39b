"""What is never removed because its course belongs to no term."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.diff.terms import of_no_term
from sync.mapping.term_dates import TermDates
from sync.model import Issue
from sync.model.index import indexes
from sync.model.resources import ENROLMENT
from tests.diff.sides import CONVENTIONS, stated
from tests.diff.test_diff_contributions import source

EXAMPLES = 3

TERMS = TermDates("terms.csv", ("26-*",), ("26-*", "25-*"))


def reported(*pairs: str, terms: TermDates | None = TERMS, **said: Any) -> list[Issue]:
    rows = [dict(zip(("userid", "courseid", "claims"), pair.split(), strict=False)) for pair in pairs]
    desired = stated("enrolment", indexes()["enrolment"], rows)
    own = replace(source(**{"missing": "delete", **said}), term_dates=terms)
    return [*of_no_term(ENROLMENT, desired, [own], CONVENTIONS)]


@pytest.mark.parametrize(
    ("pairs", "start", "end"),
    [
        (["S1 X"], "the course X belongs to no term in terms.csv", "(1 enrolment)"),
        (["S1 X", "S2 X"], "the course X belongs to no term", "(2 enrolments)"),
        (["S1 X", "S2 Y"], "2 courses belong to no term in terms.csv, such as X and Y", "(2 enrolments)"),
        (
            [f"S1 X{n}" for n in range(EXAMPLES + 1)],
            "4 courses belong to no term in terms.csv, such as X0, X1 and X2",
            "(4 enrolments)",
        ),
        (["S1 X", "S1 Y others", "S1 25-X"], "the course X belongs to no term", "(1 enrolment)"),
    ],
)
def test_courses_of_no_term_are_counted(pairs: list[str], start: str, end: str) -> None:
    (issue,) = reported(*pairs)
    assert issue.message.startswith(start)
    assert issue.message.endswith(end)
    assert (issue.file, issue.value, issue.resource) == ("terms.csv", "people", "enrolment")


def test_where_all_have_a_term_or_nothing_is_removed_by_term_nothing_is_said() -> None:
    assert reported("S1 26-A", "S1 25-A") == []
    assert reported("S1 X", terms=None) == []
    assert reported("S1 X", missing="keep") == []
    assert reported() == []
