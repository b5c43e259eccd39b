"""Issues that say the same are one list: said once, with the values and their rows."""

from __future__ import annotations

from collections.abc import Mapping

from sync.model import Issue
from sync.report.issue_lists import ValueRows, issue_lists
from sync.report.row_owners import Owner, ResourceRow

ADA: Mapping[ResourceRow, Owner] = {("enrolment", "users.csv", None, row): Owner("Ada", "S1") for row in (12, 15)}


def unknown(value: str, row: int, file: str = "users.csv") -> Issue:
    message, hint = f"unknown course {value}: the row is left out", f"Add course {value} to its export."
    return Issue("unknown-course", "error", message, hint, "enrolment", file, None, row, "COURSE", value)


def test_many_values_are_one_list_with_what_is_wrong_said_once() -> None:
    rows = [unknown(f"C-{70 + row % 4}", row) for row in range(2, 82)]
    (found,) = issue_lists(rows, {})
    assert (found.message, found.hint) == ("unknown course …: the row is left out", "Add course … to its export.")
    assert found.column == "COURSE"
    assert [each.value for each in found.values] == ["C-72", "C-73", "C-70", "C-71"]
    assert found.values[0].rows == "rows 2, 6, 10, 14, 18, 22, 26, 30, 34, 38, 42, 46 and 8 more (users.csv)"


def test_one_value_stands_in_the_text_and_beside_its_rows() -> None:
    (found,) = issue_lists([unknown("C-77", 12), unknown("C-77", 15), unknown("C-77", 3, "more.csv")], ADA)
    assert found.message == "unknown course C-77: the row is left out"
    assert found.values == (
        ValueRows("C-77", "rows 12 and 15 (users.csv); row 3 (more.csv)", (Owner("Ada", "S1"),)),
    )  # fmt: skip


def test_a_value_is_taken_out_of_a_text_only_as_a_word_of_its_own() -> None:
    texts = [Issue("odd", "error", f"an added word, {value}", value=value) for value in ("add", "word-2")]
    assert [found.message for found in issue_lists(texts, {})] == ["an added word, …"]


def test_what_is_about_no_row_names_its_file() -> None:
    (found,) = issue_lists([Issue("fewer-rows", "warning", "it had 12 rows", file="users.csv")], {})
    assert found.values == (ValueRows(None, "users.csv"),)
