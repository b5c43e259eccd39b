"""`adopt` takes over what the exports list, sends nothing, and proves no mapping."""

from __future__ import annotations

import pytest

from tests.reconcile.school import School


@pytest.fixture
def new_store(school: School) -> School:
    """A site that holds everything already, and somebody whom no export lists; nothing is remembered of it."""
    school.moodle.add_enrolment("S3", "HIS")
    (school.folder / "state.db").unlink()
    return school


def found(school: School, *words: str) -> tuple[int, set[str], set[str]]:
    """The exit code of `adopt`, and what it would take over and would not; no write is sent to the site."""
    writes = school.writes
    code, answer = school.json("adopt", *words)
    assert school.writes == writes
    adopted, unlisted = (
        {" ".join([each["resource"], *each["key"].values()]) for each in answer[which]}
        for which in ("adopted", "unlisted")
    )
    return code, adopted, unlisted


def test_a_new_store_takes_over_what_the_exports_list(new_store: School) -> None:
    code, adopted, unlisted = found(new_store)
    assert code == 2
    assert {"course BIO", "user S1", "enrolment S1 HIS", "group BIO G1"} <= adopted
    assert (len(adopted), unlisted) == (10, {"enrolment S3 HIS"})
    assert found(new_store, "--apply") == (0, adopted, unlisted)
    assert found(new_store) == (0, set(), {"enrolment S3 HIS"})


def test_a_plan_on_a_new_store_says_what_is_in_no_export(new_store: School) -> None:
    issues = new_store.json("plan")[1]["issues"]
    (issue,) = [each for each in issues if each["code"] == "in-no-export"]
    assert issue["resource"] == "enrolment"
    assert issue["message"].endswith("as far as it remembers: S3 / HIS")
    new_store.type("apply")
    assert "in-no-export" not in {each["code"] for each in new_store.json("plan")[1]["issues"]}


@pytest.mark.parametrize("take_over", [("adopt", "--apply"), ("run",)])
def test_the_first_removals_are_on_hold_after_it(new_store: School, take_over: tuple[str, ...]) -> None:
    new_store.type(*take_over)
    new_store.without("enrolments", "S1,HIS,S")
    code, plan = new_store.json("plan")
    assert code == 3
    # Nothing reads members back: they are sent again.
    rest = [each for each in plan["changes"] if each["resource"] != "group_member"]
    assert [(each["op"], *each["key"].values()) for each in rest] == [("delete", "S1", "HIS")]
    assert [each["guard"] for each in plan["holds"]] == ["new-mapping"]


def test_it_is_shown_to_people(new_store: School) -> None:
    assert new_store.type("adopt") == 2
    out, _ = new_store.said()
    assert "Would be taken over (with --apply): 2 courses, 3 users, 4 enrolments, 1 group." in out
    assert "S3 / HIS" in out
