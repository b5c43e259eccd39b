"""A plan beside the preview before it: what is new, and what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.model import Input, Issue, Plan, Store
from sync.report.since import compared, preview_before
from sync.state import open_store
from tests.clock import Clock
from tests.report import report_plans as plans
from tests.report.page_reader import page

ROLE = {"after": {"roleid": "student"}}
MAPPED = (Input("sheet", "users.csv", "d", "inbox/users.csv", mapping="users"),)
LIMITED = (replace(MAPPED[0], mapping=None),)


def made(id: str, days: int, *changes: dict[str, Any], **other: Any) -> Plan:
    """A plan made that many days after the first."""
    first = plans.plan(*changes)
    return replace(first, id=id, created=first.created + timedelta(days=days), **other)


@pytest.fixture
def empty() -> Iterator[Store]:
    with open_store("sqlite://", Clock()) as store:
        yield store


def test_the_same_call_for_the_same_record_is_still_there_and_any_other_is_new() -> None:
    before = made(
        "p-1",
        0,
        plans.change("create", "enrolment", "S1/C1", **ROLE),
        plans.change("create", "enrolment", "S2/C1", **ROLE),
        plans.change("delete", "enrolment", "S3/C1"),
        plans.change("create", "user", "S9", status="done"),
    )
    now = made(
        "p-2",
        1,
        plans.change("delete", "enrolment", "S3/C1", before={"roleid": "student"}),
        plans.change("create", "enrolment", "S1/C1", **ROLE),
        plans.change("create", "enrolment", "S2/C1", after={"roleid": "editingteacher"}),
    )
    found = compared(now, before)
    assert found.marks.tolist() == ["still there", "still there", "new"]
    assert found.gone[["op", "match"]].to_numpy().tolist() == [["create", "s2\x1fc1"]]
    assert (found.new, found.still_there, found.made) == (1, 2, 1)


def test_the_preview_before_is_the_newest_one_of_the_whole_site(empty: Store) -> None:
    purged = Issue("purged", "notice", "the details were removed")
    for plan in (
        made("p-1", 0),
        made("p-2", 1, inputs=MAPPED),
        made("p-3", 2, inputs=LIMITED),
        made("p-4", 3, inputs=(Input("run", "r-1", "d", ""), *MAPPED)),
        made("p-5", 4, issues=(purged,)),
        made("p-6", 5, inputs=MAPPED),
    ):
        empty.save_plan(plan)
    before = preview_before(empty, empty.plan("p-6"))
    assert before is not None
    assert before.id == "p-2"
    assert preview_before(empty, empty.plan("p-3")) is None
    assert preview_before(empty, empty.plan("p-1")) is None


def test_the_page_says_what_is_new_and_names_what_is_gone(tmp_path: Path) -> None:
    still = plans.change("create", "enrolment", "S1/C1", **ROLE)
    gone = plans.change("create", "user", "S9", after={"firstname": "Ada", "lastname": "van Dyk"})
    before = made("p-1", -1, still, gone, plans.change("create", "user", "S8", status="done"))
    read = page(tmp_path, plans.plan(still, plans.change("delete", "enrolment", "S2/C1")), before=before)
    assert "Since the last preview, 22 November 2026, 03:00" in read.text
    assert (
        "1 change is new, 1 was there before. 1 earlier change has been made in Moodle. 1 earlier change is gone."
        in read.text
    )
    assert "What is gone add user Ada van Dyk S9" in read.text


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ([], "The only change is new."),
        ([plans.change("create", "user", "S1")], "Nothing is new: 1 change was there before."),
        ([plans.change("create", "user", "S2")], "The only change is new. 1 earlier change is gone."),
    ],
)
def test_where_all_or_nothing_is_new_no_change_is_marked(
    before: list[dict[str, Any]], says: str, tmp_path: Path
) -> None:
    read = page(tmp_path, plans.plan(plans.change("create", "user", "S1")), before=made("p-1", -1, *before))
    assert says in read.text
