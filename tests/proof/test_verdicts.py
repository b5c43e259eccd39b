"""The page "How we test" says what is known of the present engine."""

from __future__ import annotations

from tests.proof.honest import EVENTS
from tests.proof.known import known
from tests.proof.verdicts import PAGE, between, kinds_gone_wrong, renewed, table

TEXT = PAGE.read_text("utf-8")


def test_the_page_calls_wrong_what_is_known_to_be() -> None:
    assert {*kinds_gone_wrong(TEXT)} == {*known("night"), *known("year")}, "update it: python -m tests.proof.verdicts"


def test_the_page_has_every_event_of_the_year() -> None:
    assert [event.name for event in EVENTS if f"| `{event.name}` |" not in between(TEXT, "nights")] == []


def test_a_table_is_put_between_its_markers() -> None:
    page = "before\n<!-- verdicts: nights -->\nold\n<!-- end -->\n<!-- verdicts: totals -->\n<!-- end -->\n"
    rows = [("Night", "Today"), ("`one`", "**wrong**: why"), ("`two`", "right")]
    page = renewed(page, "nights", table(rows))
    assert between(page, "nights") == "| Night | Today |\n|---|---|\n| `one` | **wrong**: why |\n| `two` | right |\n"
    assert between(page, "totals") == ""
    assert [*kinds_gone_wrong(page)] == ["one"]
