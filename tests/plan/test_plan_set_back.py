"""What is set back when a record is listed again, as far as the journal knows what there was before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from sync.diff.set_back import set_back
from sync.model import Desired
from sync.model.resources import CATALOGUE
from sync.model.values import no_rows

ENROLMENT = CATALOGUE["enrolment"]
SUSPENDED = {"enrolments": {"enrolstatus": "1"}}


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).astype("str")


def listed(**fields: str) -> Desired:
    key = {"match": "s1c1", "userid": "S1", "courseid": "C1"}
    origin = {"claims": "enrolments", "file": "a.csv", "tab": None, "also": None}
    rows = frame({**key, "roleid": "student", **fields, **origin}).assign(row=pd.array([2], "Int64"))
    return Desired("enrolment", rows, no_rows("match"), no_rows("match"))


def remembered(sent: str | None, seen: str | None) -> pd.DataFrame:
    row = {
        "match": "s1c1",
        "key": '{"userid":"S1","courseid":"C1"}',
        "sent": sent,
        "seen": seen,
        "claims": "enrolments",
    }
    return frame(row).assign(owned=1, checked=0)


def step(before: str | None, after: str, file: str | None = None, status: str = "done") -> dict[str, Any]:
    def packed(status: str | None) -> str:
        return "{}" if status is None else f'{{"roleid":"student","enrolstatus":"{status}"}}'

    return {"match": "s1c1", "before": packed(before), "after": packed(after), "file": file, "status": status}


def given_back(sent: str | None, seen: str | None, *steps: dict[str, Any], **fields: str) -> tuple[Any, list[str]]:
    """The status that the record gets, and the codes of issues."""

    def updates(resource: str, matches: Sequence[str]) -> pd.DataFrame:
        assert (resource, list(matches)) == ("enrolment", ["s1c1"])
        return frame(*steps) if steps else no_rows("match", "before", "after", "file", "status")

    found, issues = set_back(ENROLMENT, listed(**fields), remembered(sent, seen), SUSPENDED, updates)
    status = found.rows["enrolstatus"].iloc[0]
    return (None if pd.isna(status) else status), [issue.code for issue in issues]


ERASED = {"match": "s1c1", "before": None, "after": None, "file": None, "status": "done"}
SET, ACTIVE = '{"roleid":"student","enrolstatus":"1"}', '{"roleid":"student","enrolstatus":"0"}'


@pytest.mark.parametrize(
    ("sent", "seen", "steps", "expected"),
    [
        pytest.param('{"roleid":"student"}', ACTIVE, (), (None, []), id="nothing was set"),
        pytest.param(SET, SET, (step("0", "1"),), ("0", []), id="the value before"),
        pytest.param(SET, SET, (step("0", "1"), step("0", "1")), ("0", []), id="set again"),
        pytest.param(SET, SET, (step("0", "2"), step("2", "1")), ("0", []), id="another value was set first"),
        pytest.param(
            SET, SET, (step("0", "1"), step("1", "2", "a.csv"), step("2", "1")), ("2", []), id="twice missing"
        ),
        pytest.param(None, SET, (step("0", "1"),), ("0", []), id="nobody knows how the call ended"),
        pytest.param(None, SET, (step("0", "1", None, "unknown"),), ("0", []), id="perhaps set"),
        pytest.param(None, SET, (step("0", "1"), step("1", "0", "a.csv", "unknown")), ("0", []), id="perhaps set back"),
        pytest.param(None, SET, (step("0", "1"), step("1", "0", "a.csv")), (None, []), id="set by hand since"),
        pytest.param(None, SET, (step("0", "1"), step("1", "0")), (None, []), id="rolled back, set by hand since"),
        pytest.param(ACTIVE, '{"roleid":"student"}', (step("1", "0", "a.csv"),), (None, []), id="not seen since"),
        pytest.param(SET, SET, (step("0", "1", "a.csv"),), (None, []), id="a row has asked for the same"),
        pytest.param(SET, SET, (), (None, ["not-set-back"]), id="purged"),
        pytest.param(SET, SET, (ERASED,), (None, ["not-set-back"]), id="its details are purged"),
        pytest.param(SET, SET, (step(None, "1"),), (None, ["not-set-back"]), id="never seen before"),
        pytest.param(None, SET, (), (None, []), id="nothing shows that a run has set it"),
    ],
)
def test_a_record_that_is_listed_again(
    sent: str | None, seen: str, steps: tuple[dict[str, Any], ...], expected: tuple[str | None, list[str]]
) -> None:
    assert given_back(sent, seen, *steps) == expected


def test_a_value_in_the_row_comes_first() -> None:
    assert given_back(SET, SET, step("0", "1"), enrolstatus="2") == ("2", [])


def test_an_issue_says_whose_value_is_not_known_and_where_the_row_is() -> None:
    def none(resource: str, matches: Sequence[str]) -> pd.DataFrame:
        return no_rows("match", "before", "after", "file", "status")

    desired = listed()
    for row in 2, None:
        desired = replace(desired, rows=desired.rows.assign(row=pd.array([row], "Int64")))
        _, (issue,) = set_back(ENROLMENT, desired, remembered(SET, SET), SUSPENDED, none)
        assert (issue.file, issue.row, issue.key) == ("a.csv", row, '{"userid":"S1","courseid":"C1"}')
        assert issue.message.startswith("S1 / C1 is listed again")


def test_only_what_a_run_may_have_set_is_looked_up() -> None:
    def never(resource: str, matches: Sequence[str]) -> pd.DataFrame:
        raise AssertionError

    for memory in (
        remembered(ACTIVE, ACTIVE),
        remembered(None, None).assign(owned=0),
        remembered(SET, SET).assign(match="s2c1"),
        remembered(SET, SET).iloc[:0],
    ):
        found, issues = set_back(ENROLMENT, listed(), memory, SUSPENDED, never)
        assert found.rows["enrolstatus"].isna().all()
        assert (found.unfed, issues) == (frozenset({"enrolstatus"}), [])


def test_a_field_that_a_column_feeds_is_not_taken_for_unfed() -> None:
    found, _ = set_back(
        ENROLMENT, listed(enrolstatus="0"), remembered(SET, SET), SUSPENDED, lambda *_: pd.DataFrame({"match": []})
    )
    assert found.unfed == set()
    unchanged, issues = set_back(ENROLMENT, desired := listed(), remembered(SET, SET), {}, lambda *_: pd.DataFrame())
    assert unchanged is desired
    assert issues == []
