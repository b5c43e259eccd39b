"""Whom rows seem to mean by weak evidence: names, company, and what most of their identifiers have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sync.diff.identity import COMPANY, NAME, PART, nothing_alike
from sync.diff.weak_evidence import (
    Company,
    Ties,
    agreement,
    by_part,
    company,
    issues,
    resemblances,
    to_be_asked,
)
from sync.model.index import Index, Numbers, indexes
from sync.model.resources import COURSE, USER
from tests.diff.sides import ann, known, objects, remembered, stated, there

MOST = 1_000
NAMESAKES = 8
PAIRS = 5

EMAIL = USER.field("email")
assert EMAIL is not None


def numbers(*values: int) -> Numbers:
    return np.array(values, np.int64)


# -- ties ----------------------------------------------------------------------------------------------------------


def test_ties_are_counted_once_and_per_object() -> None:
    ties = Ties.of(numbers(5, 1, 1, 5, 1), numbers(9, 8, 7, 9, 8))
    assert (ties.own.tolist(), ties.other.tolist()) == ([1, 1, 5], [7, 8, 9])
    assert ties.sizes(numbers(5, 1, 3)).tolist() == [1, 2, 0]


def test_what_two_objects_share() -> None:
    lost = Ties.of(numbers(1, 1, 2), numbers(7, 8, 9))
    gained = Ties.of(numbers(3, 3, 4), numbers(8, 9, 9))
    assert lost.shared(numbers(1, 2, 2, 6), gained, numbers(3, 4, 3, 3)).tolist() == [1, 1, 1, 0]
    assert lost.shared(numbers(1, 2), gained, numbers(4, 5)).tolist() == [0, 0]
    first, nothing = Ties.of(numbers(0), numbers(1)), Ties.of(numbers(), numbers())
    assert first.shared(numbers(0), nothing, numbers(0)).tolist() == [0]
    assert first.shared(numbers(0), first, numbers(0)).tolist() == [1]


# -- company -------------------------------------------------------------------------------------------------------


class World:
    """Users or courses, and who is enrolled in which courses: `S1 C1`."""

    def __init__(self, name: str = "user") -> None:
        self.name, self.numbers = name, indexes()

    @property
    def own(self) -> Index:
        return self.numbers[self.name]

    def enrolments(self, pairs: Sequence[str]) -> Numbers:
        return objects("enrolment", self.numbers["enrolment"], *(pair.split() for pair in pairs))

    def company(
        self, now: Sequence[str], before: Sequence[str], gone: Sequence[str], others: Sequence[str] | None
    ) -> Company:
        resource = {"user": USER, "course": COURSE}[self.name]
        beside = "course" if self.name == "user" else "user"
        listed = None if others is None else objects(beside, self.numbers[beside], *([each] for each in others))
        gone_ones = objects(self.name, self.own, *([each] for each in gone))
        index = self.numbers["enrolment"]
        return company(resource, index, self.enrolments(now), self.enrolments(before), gone_ones, listed)

    def named(self, ties: Ties) -> list[str]:
        """Ties in words, the object first."""
        beside = self.numbers["course" if self.name == "user" else "user"]
        pairs = zip(self.own.texts(ties.own), beside.texts(ties.other), strict=True)
        return sorted(" ".join(pair) for pair in pairs)


def test_the_company_of_people() -> None:
    world = World()
    now = ["S1 C1", "N1 C2", "N1 C4", "S2 C3"]
    before = ["S1 C1", "S2 C1", "S2 C3", "S3 C2", "S3 C3", "S3 C9", "S1 C2"]
    found = world.company(now, before, ["S3", "S2"], ["C1", "C2", "C3", "C4"])
    # S2 is listed in C3 still, S1 is not gone, C9 has left itself.
    assert world.named(found.lost) == ["s2 c1", "s3 c2", "s3 c3"]
    assert world.named(found.wanted) == ["n1 c2", "s1 c1", "s2 c3"]
    assert world.named(found.gained) == ["n1 c2", "n1 c4"]
    assert set(world.own.texts(found.named)) == {"s1", "n1", "s2"}


def test_where_nobody_knows_which_courses_there_are_all_count() -> None:
    world = World()
    assert world.named(world.company([], ["S3 C2", "S3 C9"], ["S3"], None).lost) == ["s3 c2", "s3 c9"]


def test_of_a_course_nothing_is_wanted_beside_what_is_new() -> None:
    world = World("course")
    found = world.company(["S1 C2"], ["S1 C1"], ["C1"], None)
    assert (world.named(found.lost), world.named(found.gained), world.named(found.wanted)) == (["c1 s1"], ["c2 s1"], [])


# -- pairs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "expected"), [("Ann", "Ann", 1), ("Ann", "Eve", -1), ("Ann", None, 0), (None, None, 0)]
)
def test_agreement(left: str | None, right: str | None, expected: int) -> None:
    one, other = (pd.Series([text], dtype="str") for text in (left, right))
    assert agreement(one, other).tolist() == [expected]


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("S1", "N1", "s\nn"),
        ("1", "N1", "\nn"),
        ("ST-12", "12", "st-\n"),
        ("12-AB", "12-CD", "-ab\n-cd"),
        ("BIO-26-1", "BIO-27-1", "26\n27"),
        ("BIO-101", "CHE-102", None),
        ("A-B", "A-C", None),
        ("S012", "N12", "s\nn"),
        ("S1", "N2", None),
    ],
)
def test_identifiers_that_differ_in_one_part(old: str, new: str, change: str | None) -> None:
    found = by_part(pd.Series([new, "X"], dtype="str"), pd.Series([old, "Y"], dtype="str"))
    assert found[["at", "of"]].values.tolist() == [[0, 0]] * (change is not None)
    assert found["change"].tolist() == [change] * (change is not None)


def test_what_several_have_in_common_says_nothing() -> None:
    found = by_part(pd.Series(["N1", "M1"], dtype="str"), pd.Series(["S1"], dtype="str"))
    assert not len(found)


class People(World):
    """Old people who are on the site and no longer listed, and new ones; the enrolments of both.

    Their names are as given, else Ann Lee for all; nothing else of theirs agrees unless it is said.
    """

    def pairs(
        self,
        old: Sequence[dict[str, Any]],
        new: Sequence[dict[str, Any]],
        before: Sequence[str] = (),
        now: Sequence[str] = (),
        shared: bool = False,
        **more: Any,
    ) -> list[str]:
        desired = stated("user", self.own, [*new], **more)
        observed = there("user", self.own, [*old])
        ledger = remembered("user", self.own, [known("user", row["userid"], sent={}, seen={}) for row in old])
        here = {row["userid"] for row in new}
        gone = [row["userid"] for row in old if row["userid"] not in here]
        tied = self.company(now, before, gone, None)
        fields = [EMAIL] if shared and EMAIL is not None else []
        found = resemblances(USER, desired, observed, ledger, tied, nothing_alike(), shared=fields)
        return [f"{row['called']} {row['new']}: {row['evidence']}" for row in found.to_dict("records")]


def courses(user: str, *names: int) -> list[str]:
    return [f"{user} C{n}" for n in names]


OLD, NEW = ann("OLD", firstname="Eve"), ann("99", firstname="Eve")


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param([1, 2, 3], [1, 2, 3], [f"OLD 99: {NAME} {COMPANY}"], id="three courses"),
        pytest.param([1, 2], [1, 2], [], id="two courses"),
        pytest.param([1, 2, 3], [1, 2, 3, 4], [], id="one course more"),
        pytest.param([1, 2, 3, 4], [1, 2, 3], [], id="one course fewer"),
        pytest.param([], [], [], id="just the name"),
    ],
)
def test_a_name_and_the_same_courses(before: list[int], now: list[int], expected: list[str]) -> None:
    assert People().pairs([OLD], [NEW], courses("OLD", *before), courses("99", *now)) == expected


def test_another_name_speaks_against_the_same_courses() -> None:
    pair = People().pairs([OLD], [ann("99")], courses("OLD", 1, 2, 3), courses("99", 1, 2, 3))
    assert pair == []
    pair = People().pairs([ann("A7")], [ann("B7", firstname="Bob")], courses("A7", 1, 2, 3), courses("B7", 1, 2, 3))
    assert pair == []


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param([], [], [f"A7 B7: {NAME} {PART}"], id="nothing is known"),
        pytest.param([1, 2], [8, 9], [f"A7 B7: {NAME} {PART}"], id="too few to say anything"),
        pytest.param([1, 2, 3], [7, 8, 9], [], id="other courses"),
        pytest.param([1, 2, 3], [1, 8, 9], [], id="mostly other courses"),
        pytest.param([1, 2, 3, 4], [1, 2, 8, 9], [f"A7 B7: {NAME} {PART}"], id="half of them"),
        pytest.param([1, 2, 3], [1, 2, 3], [f"A7 B7: {NAME} {COMPANY} {PART}"], id="the same courses"),
        pytest.param([1, 2, 3], [], [], id="no courses any more"),
        pytest.param([], [1, 2, 3], [], id="no courses before"),
    ],
)
def test_other_courses_speak_against_a_name_and_a_similar_identifier(
    before: list[int], now: list[int], expected: list[str]
) -> None:
    found = People().pairs([ann("A7")], [ann("B7")], courses("A7", *before), courses("B7", *now))
    assert found == expected


def unnamed(userid: str) -> dict[str, Any]:
    """Somebody whose name is not said."""
    return ann(userid, firstname=None, lastname=None)


@pytest.mark.parametrize(("count", "expected"), [(PAIRS - 1, 0), (PAIRS, PAIRS)])
def test_one_change_of_identifiers_explains_several_pairs(count: int, expected: int) -> None:
    old, new = [unnamed(f"A{n}") for n in range(count)], [unnamed(f"B{n}") for n in range(count)]
    found = People().pairs(old, new)
    assert found == [f"A{n} B{n}: {PART}" for n in range(expected)]


@pytest.mark.parametrize(("against", "expected"), [(4, PAIRS), (5, PAIRS), (6, 0)])
def test_a_change_of_identifiers_is_refuted_where_most_company_is_another(against: int, expected: int) -> None:
    ids = range(PAIRS + against)
    old, new = [ann(f"A{n}", firstname=f"F{n}") for n in ids], [ann(f"B{n}", firstname=f"F{n}") for n in ids]
    before, now = [], []
    for n in ids:
        before += courses(f"A{n}", 1, 2, 3)
        now += courses(f"B{n}", *((1, 2, 3) if n < PAIRS else (7, 8, 9)))
    found = People().pairs(old, new, before, now)
    by_part = [each for each in found if PART in each]
    assert len(by_part) == expected


@pytest.mark.parametrize(("others", "expected"), [(NAMESAKES - 1, [f"OLD 99: {NAME} {COMPANY}"]), (NAMESAKES, [])])
def test_a_name_that_many_have_says_nothing(others: int, expected: list[str]) -> None:
    namesakes = [ann(f"X{n}-{n}Z", firstname="Eve") for n in range(others)]
    before, now = courses("OLD", 1, 2, 3), courses("99", 1, 2, 3)
    assert People().pairs([OLD, *namesakes], [NEW], before, now) == expected
    more = [ann(f"Y{n}-{n}W", firstname="Eve") for n in range(others)]
    assert People().pairs([OLD], [NEW, *more], before, now) == expected


def test_of_several_the_one_with_more_evidence_counts() -> None:
    old, new = [ann("OLD", email="a@x"), ann("OTHER", email="b@x")], [ann("99", email="a@x")]
    before, now = [*courses("OLD", 1, 2, 3), *courses("OTHER", 1, 2, 3)], courses("99", 1, 2, 3)
    assert People().pairs(old, new, before, now, shared=True) == [f"OLD 99: {NAME} {COMPANY} email"]
    # Where the address says nothing, either may be meant.
    assert People().pairs(old, new, before, now) == []


@pytest.mark.parametrize(("email", "expected"), [("a@x", [f"OLD 99: {NAME} email"]), ("b@x", []), (None, [])])
def test_an_address_that_others_may_share_counts_beside_a_name(email: str | None, expected: list[str]) -> None:
    old, new = [ann("OLD", email="a@x")], [ann("99", email=email)]
    assert People().pairs(old, new, shared=True) == expected


@pytest.mark.parametrize(
    ("there_now", "expected"),
    [
        pytest.param([1, 2, 3], [f"OLD 99: {NAME} {COMPANY}"], id="all of them"),
        pytest.param([1, 2, 3, 4], [f"OLD 99: {NAME} {COMPANY}"], id="and more"),
        pytest.param([1, 2, 4], [], id="not all"),
    ],
)
def test_two_records_of_one_person_are_merged(there_now: list[int], expected: list[str]) -> None:
    listed = courses("99", *there_now)
    assert People().pairs([OLD, NEW], [NEW], courses("OLD", 1, 2, 3), listed) == expected


def test_somebody_who_is_still_enrolled_is_not_gone() -> None:
    before = courses("A7", 1, 2, 3)
    assert People().pairs([ann("A7")], [ann("B7")], before, ["A7 C9", *courses("B7", 1, 2, 3)]) == []


# -- which of them are asked about, and in what words ----------------------------------------------------------------


def tied(lost: Sequence[int]) -> Company:
    none = Ties.of(numbers(), numbers())
    return Company(numbers(), Ties.of(numbers(*lost), numbers(*lost)), none, none)


@pytest.mark.parametrize(
    ("lost", "left", "asked"),
    [
        ([1, 2], 0, [True, True]),
        ([1], 0, [True, False]),
        ([1], 1, [True, True]),
        ([], 1, [False, False]),
        ([], 2, [True, True]),
        ([], None, [True, True]),
    ],
)
def test_nobody_is_asked_about_those_who_left_earlier_and_lose_nothing(
    lost: list[int], left: int | None, asked: list[bool]
) -> None:
    pairs = pd.DataFrame({"old": [1, 2]})
    assert to_be_asked(USER, tied(lost), pairs, lambda: left).tolist() == asked


@pytest.mark.parametrize(("left", "asked"), [(1, False), (2, True)])
def test_a_course_that_has_ended_loses_nothing(left: int, asked: bool) -> None:
    pairs = pd.DataFrame({"old": [1, 2]})
    assert to_be_asked(COURSE, tied([1, 2]), pairs, lambda: left).tolist() == [asked, asked]


@pytest.mark.parametrize(
    ("new", "site", "text"),
    [
        ("99", [], "user 99 has the same full name as user OLD, which is no longer in the export: this looks"),
        (None, [], "one user without an identifier has the same full name as user OLD"),
        ("99", ["99"], "user 99 has the same full name as user OLD, which is no longer in the export: these look"),
    ],
)
def test_an_issue_names_both(new: str | None, site: list[str], text: str) -> None:
    (issue,) = said([new], site)
    assert issue.message.startswith(text)
    assert (issue.severity, issue.row, issue.column) == ("warning", 2, "ID")


@pytest.mark.parametrize(("count", "last"), [(MOST, None), (MOST + 1, "... and 1 more like this")])
def test_resemblances_are_reported_up_to_a_limit(count: int, last: str | None) -> None:
    found = said(["99"] * count, [])
    assert len(found) == count
    assert (found[-1].message == last) == (last is not None)


def said(new: Sequence[str | None], site: Sequence[str]) -> list[Any]:
    index = indexes()["user"]
    row = {"called": "OLD", "evidence": NAME, "claims": "users", "file": "u.csv", "tab": None, "row": 2}
    at = {each: -1 if each is None else objects("user", index, [each])[0] for each in {*new}}
    found = pd.DataFrame([row | {"object": at[each], "new": each} for each in new])
    desired = stated("user", index, [], columns={"users": {"userid": ("ID",)}})
    return [*issues(USER, desired, there("user", index, [ann(each) for each in site]), found)]
