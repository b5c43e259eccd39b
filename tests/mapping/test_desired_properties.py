"""What holds for any sheet: no row is lost, and the order of rows does not matter."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.config.mappings import Mapping
from sync.mapping.desired import build
from sync.mapping.source import Source
from sync.model import Conventions, Desired, Issue, Sheet
from sync.model.resources import ENROLMENT
from tests.examples import examples

MANNERS = Conventions(roles=(("editingteacher", "Teacher"), ("student", "Student")))
COLUMNS = ["ID", "COURSE", "ROLE", "STATUS", "NOTE"]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["S1", "S2", "S3", "s3", "Ś1", "", None]),
        st.sampled_from(["C1", "C2", "", None]),
        st.sampled_from(["student", "Teacher", "student", "wizard", ""]),
        st.sampled_from(["A", "A", "A", "W", "?", None]),
        st.sampled_from(["", "", "x", "y"]),
    ),
    max_size=12,
)


def mapping(**more: Any) -> Mapping:
    return Mapping.model_validate(
        {
            "resource": "enrolment",
            "name": "m",
            "sheet": {"file": "e.csv"},
            "fields": {
                "userid": "ID",
                "courseid": "COURSE",
                "roleid": "ROLE",
                "note": {"column": "NOTE", "own": "never_blank"},
            },
            **more,
        }
    )


SNAPSHOT = mapping(rows={"keep": {"STATUS": ["A"]}, "drop": {"STATUS": ["W"]}})
DELTA = mapping(mode="delta", delete_when={"STATUS": ["W"]})


def sheet(rows: list[tuple[str | None, ...]], issues: tuple[Issue, ...] = ()) -> Sheet:
    frame = pd.DataFrame(rows, columns=COLUMNS, index=pd.RangeIndex(2, len(rows) + 2)).astype("str")
    return Sheet("e.csv", None, frame, "digest", datetime(2026, 9, 1, tzinfo=UTC), issues=issues)


def what(frame: pd.DataFrame, *, without: tuple[str, ...] = ()) -> list[dict[Any, Any]]:
    return frame.drop(columns=list(without)).fillna("-").to_dict(orient="records")


def rows_told_of(desired: Desired) -> set[int]:
    also = " ".join(desired.rows["also"].dropna())
    return {*desired.rows["row"], *(int(n) for n in re.findall(r"row (\d+)", also))}


def match(user: str | None, course: str | None) -> str | None:
    return f"{user.replace('Ś', 'S').lower()}\x1f{course.lower()}" if user and course else None


@settings(max_examples=examples(25), deadline=None)
@given(ROWS)
def test_every_row_of_a_snapshot_is_sent_dropped_or_protects_its_object(rows: list[tuple[str | None, ...]]) -> None:
    desired, _ = build(ENROLMENT, [Source(SNAPSHOT, (sheet(rows),))], MANNERS)
    objects, guarded = set(desired.rows["match"]), desired.guarded.fillna("any")
    shown = rows_told_of(desired)
    assert not objects & set(guarded["match"])
    for number, (user, course, _, status, _) in enumerate(rows, start=2):
        key = match(user, course)
        if status == "W":
            assert number not in shown
        elif number in shown:
            assert key in objects
        elif key:
            assert key in set(guarded["match"])
        else:
            part = course.lower() if course else "any"
            assert ("any", part) in set(zip(guarded["match"], guarded["slice"], strict=True))
    unplaced = (guarded["match"] == "any") & (guarded["slice"] == "any")
    assert ("m" in desired.complete) == (not unplaced.any())
    assert [*desired.unusable] == (["m"] if desired.rows.empty else [])


@settings(max_examples=examples(25), deadline=None)
@given(ROWS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_rows_in_a_snapshot_does_not_matter(
    orders: tuple[list[tuple[str | None, ...]], list[tuple[str | None, ...]]],
) -> None:
    (one, issues), (other, others) = (build(ENROLMENT, [Source(SNAPSHOT, (sheet(rows),))], MANNERS) for rows in orders)
    assert what(one.rows, without=("row", "also")) == what(other.rows, without=("row", "also"))
    assert what(one.guarded) == what(other.guarded)
    assert (one.complete, one.rejected) == (other.complete, other.rejected)
    assert sorted(issue.code for issue in issues) == sorted(issue.code for issue in others)


def left_by(rows: list[tuple[str | None, ...]]) -> dict[str | None, set[str | None]]:
    """The roles that each object is left with after the rows of a delta, read one after another."""
    left: dict[str | None, set[str | None]] = {}
    for user, course, role, status, _ in rows:
        if key := match(user, course):
            roles = left.setdefault(key, set())
            short = "editingteacher" if role == "Teacher" else role
            if status != "W":
                roles.add(short)
            elif role:
                roles.discard(short)
            else:
                roles.clear()
    return left


@settings(max_examples=examples(50), deadline=None)
@given(ROWS)
def test_in_a_delta_each_role_has_a_last_word_and_the_highest_active_one_stands(
    rows: list[tuple[str | None, ...]],
) -> None:
    desired, issues = build(ENROLMENT, [Source(DELTA, (sheet(rows),))], MANNERS)
    left, guarded = left_by(rows), set(desired.guarded["match"].dropna())
    assert set(desired.removals["match"]) == {key for key, roles in left.items() if not roles} - guarded
    assert dict(zip(desired.rows["match"], desired.rows["roleid"], strict=True)) == {
        key: min(roles, key=str) for key, roles in left.items() if roles and key not in guarded
    }
    last = {match(user, course): status for user, course, _, status, _ in rows}
    kept = {key for key in desired.rows["match"] if last[key] == "W"}
    assert {issue.row for issue in issues if issue.code == "role-deleted"} >= set(
        desired.rows["row"][desired.rows["match"].isin(kept)]
    )
    assert (desired.complete, desired.unusable) == (frozenset(), {})


@settings(max_examples=examples(12), deadline=None)
@given(ROWS, ROWS)
def test_of_two_mappings_the_first_wins_and_both_claim(
    first: list[tuple[str | None, ...]], second: list[tuple[str | None, ...]]
) -> None:
    other = SNAPSHOT.model_copy(update={"name": "n"})
    both, _ = build(ENROLMENT, [Source(SNAPSHOT, (sheet(first),)), Source(other, (sheet(second),))], MANNERS)
    one, two = (
        build(ENROLMENT, [Source(m, (sheet(rows),))], MANNERS)[0] for m, rows in ((SNAPSHOT, first), (other, second))
    )
    roles = dict(zip(one.rows["match"], one.rows["roleid"], strict=True))
    guarded = {*one.guarded["match"].dropna(), *two.guarded["match"].dropna()}
    assert set(both.rows["match"]) == {*one.rows["match"], *two.rows["match"]} - guarded
    assert set(both.guarded["match"].dropna()) == guarded
    for key, role, claims in both.rows[["match", "roleid", "claims"]].itertuples(index=False):
        assert role == roles.get(key, role)
        assert claims.split() == [m for m, each in (("m", one), ("n", two)) if key in set(each.rows["match"])]
