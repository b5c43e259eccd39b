"""What the comparison of one resource says: changes, their causes, and what is reported of values that stay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sync.diff.compare import ChangedMappings, Difference, diff, with_removals
from sync.diff.field_diff import Alignment, Retries, compare
from sync.model import Issue
from sync.model.turns import Turns
from tests.diff.sides import CONVENTIONS, Row, aligned, ann, known, packed_of

MOST = 100

DAY = 740_000
STATE = {name: value for name, value in ann("S1").items() if name != "userid"}


def compared(alignment: Alignment, *changed: str) -> Difference:
    """Compare it; `changed` are mappings that have changed."""
    return diff(alignment, ChangedMappings(frozenset(changed)), DAY, CONVENTIONS)


def changes(found: Difference) -> list[tuple[str, str, str]]:
    """Each change as the operation, the match and its cause."""
    return [(row["op"], row["match"], row["cause"]) for row in found.changes.to_dict("records")]


def sides(found: Difference) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Each change as what there was before, and what is sent."""
    pairs = found.changes[["before", "after"]].itertuples(index=False)
    return [tuple(json.loads(side) if isinstance(side, str) else {} for side in pair) for pair in pairs]


def said(issues: Sequence[Issue], code: str) -> list[str]:
    return [issue.message for issue in issues if issue.code == code]


# -- creates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("memory", "cause"),
    [
        pytest.param([], "sis", id="unknown"),
        pytest.param([{"sent": None, "seen": STATE, "checked": 0}], "sis", id="only ever seen"),
        pytest.param([{"sent": STATE, "seen": None, "checked": 0}], "site", id="sent before"),
        pytest.param([{"sent": None, "seen": None, "checked": DAY}], "site", id="found to have vanished"),
    ],
)
def test_what_is_missing_on_the_site_is_created(memory: list[dict[str, Any]], cause: str) -> None:
    found = compared(aligned("user", [ann("S1")], [], [known("user", "S1", **each) for each in memory]))
    assert changes(found) == [("create", "s1", cause)]
    assert sides(found) == [({}, STATE)]
    assert json.loads(found.changes["key"][0]) == {"userid": "S1"}
    assert (found.changes["row"][0], found.changes["file"][0], found.changes["set"][0]) == (2, "people.csv", 0)


def test_nothing_is_planned_for_what_could_not_be_read() -> None:
    found = compared(aligned("user", [ann("S1"), ann("S2")], [ann("S2", lastname="Old")], failed=[["S1"], ["S2"]]))
    assert (changes(found), found.unchanged) == ([], 0)


def test_a_new_record_without_what_the_site_needs_is_not_created_and_its_cells_are_named() -> None:
    columns = {"people": {"lastname": ("LAST",), "email": ("MAIL",)}}
    rows = [ann("S1", lastname=None), ann("S2"), ann("S3", lastname=None, email=None)]
    found = compared(aligned("user", rows, columns=columns))
    assert changes(found) == [("create", "s2", "sis")]
    assert [(i.code, i.row, i.column, i.key) for i in found.issues] == [
        ("missing-value", 2, "LAST", packed_of({"userid": "S1"})),
        ("missing-value", 4, "LAST, MAIL", packed_of({"userid": "S3"})),
    ]


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        (["2026-09-01"], []),
        ([None, "2026-09-01"], ["1 course to be created has no Course start date"]),
        ([None, None], ["2 courses to be created have no Course start date"]),
    ],
)
def test_what_the_site_fills_in_new_records_is_counted(dates: list[str | None], message: list[str]) -> None:
    rows = [
        {"courseid": f"C{n}", "fullname": "Course", "shortname": f"c{n}", "startdate": date}
        for n, date in enumerate(dates)
    ]
    found = compared(aligned("course", rows))
    assert [text.partition(" in the exports")[0] for text in said(found.issues, "filled-by-site")] == message


def test_what_is_just_left_blank_is_not_filled() -> None:
    row = {"courseid": "C1", "fullname": "Course", "shortname": "c1", "categorypath": None}
    assert compared(aligned("course", [row])).issues == ()


# -- updates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "seen", "now", "cause"),
    [
        pytest.param("Old", "Old", "Old", "sis", id="the sheets have changed"),
        pytest.param("New", "New", "Old", "site", id="the site has changed"),
        pytest.param("Old", "Old", "By hand", "both", id="both have"),
        pytest.param("New", "Old", "Old", None, id="as it was after it was sent"),
        pytest.param(None, None, "Old", "sis", id="never sent"),
        pytest.param("New", None, "Old", "site", id="sent and not seen since"),
    ],
)
def test_the_cause_of_an_update(sent: str | None, seen: str | None, now: str, cause: str | None) -> None:
    def image(last: str | None) -> Row | None:
        return None if last is None else STATE | {"lastname": last}

    memory = [known("user", "S1", sent=image(sent), seen=image(seen))]
    found = compared(aligned("user", [ann("S1", lastname="New")], [ann("S1", lastname=now)], memory))
    assert changes(found) == ([("update", "s1", cause)] if cause else [])
    assert found.unchanged == (0 if cause else 1)


@pytest.mark.parametrize(
    ("sent", "seen", "now", "expected"),
    [
        pytest.param("New", "New", "New", [], id="as it should be"),
        pytest.param("Old", "Old", "Old", ["unlike"], id="the sheets have changed"),
        pytest.param("New", "New", "Old", ["unlike", "edited"], id="somebody has changed it"),
        pytest.param("Old", "Old", "By hand", ["unlike", "edited"], id="both"),
        pytest.param("New", "Old", "Old", ["kept"], id="the site keeps another value"),
        pytest.param("New", None, "Old", ["unlike"], id="nobody knows what it was after it was sent"),
        pytest.param("New", "Old", None, [], id="it cannot be seen, and was sent"),
        pytest.param("Old", "Old", None, ["unlike"], id="it cannot be seen, and something else was sent"),
        pytest.param(None, "Old", "By hand", ["unlike", "edited"], id="never sent, and changed"),
        pytest.param(None, None, None, ["unlike"], id="nothing is known"),
    ],
)
def test_what_is_said_of_a_field(sent: str | None, seen: str | None, now: str | None, expected: list[str]) -> None:
    packed = [None if each is None else {"lastname": each} for each in (sent, seen)]
    memory = [known("user", "S1", sent=packed[0], seen=packed[1])]
    rows = [{"userid": each, "lastname": "New"} for each in ("S0", "S1")]
    site: list[Row] = [{"userid": "S0", "lastname": "New"}, {"userid": "S1", "lastname": now}]
    found = compare(aligned("user", rows, site, memory), CONVENTIONS)
    flags = {"unlike": found.unlike, "edited": found.edited, "kept": found.kept}
    said = [name for name, where in flags.items() if where.get("lastname", [False, False])[1]]
    assert (said, found.differs.tolist()) == (expected, [False, "unlike" in expected])
    assert found.exact.tolist() == [True, now == "New"]
    assert not any(where["lastname"][0] for where in flags.values() if where)


@pytest.mark.parametrize(("changed", "cause"), [("people", "mapping"), ("others", "sis"), ("", "sis")])
def test_a_mapping_that_has_changed_is_the_cause_of_what_it_changes(changed: str, cause: str) -> None:
    memory = [known("user", each, sent=STATE, seen=STATE) for each in ("S1", "S2")]
    rows = [ann("S1", username="s1", lastname="New"), ann("S2", username="s1", email="s1@uni.example")]
    site = [ann("S1"), ann("S2", username="s1", email="s1@uni.example", lastname="By hand")]
    found = compared(aligned("user", rows, site, memory), *filter(None, [changed]))
    assert changes(found) == [("update", "s1", cause), ("update", "s2", "site")]


def test_a_write_has_all_mapped_fields_and_what_is_not_said_is_sent_as_it_is() -> None:
    rows = [ann("S1", lastname="New", firstname=None, email="new@uni.example", username=None)]
    site = [ann("S1", username=None, email="old@uni.example")]
    memory = [known("user", "S1", sent=STATE | {"username": "sent"}, seen=STATE | {"username": "seen"})]
    found = compared(aligned("user", rows, site, memory, on_create=frozenset({"email"})))
    was = {"username": "seen", "firstname": "Ann", "lastname": "Lee", "email": "old@uni.example"}
    assert sides(found) == [(was, was | {"lastname": "New", "username": "sent"})]


@pytest.mark.parametrize(("unfed", "sent"), [((), {"city": "Ayr"}), (("city",), {})])
def test_a_field_that_no_column_feeds_is_sent_only_where_it_changes(
    unfed: tuple[str, ...], sent: dict[str, str]
) -> None:
    rows, site = [ann("S1", lastname="New", city=None)], [ann("S1", city="Ayr")]
    found = compared(aligned("user", rows, site, unfed=frozenset(unfed)))
    assert [after for _, after in sides(found)] == [STATE | {"lastname": "New"} | sent]


def test_only_what_is_sent_when_a_record_is_created_does_not_differ_later() -> None:
    found = compared(aligned("user", [ann("S1", email="new@uni.example")], [ann("S1")], on_create=frozenset({"email"})))
    assert (changes(found), found.unchanged) == ([], 1)


def allocation(**fields: str | None) -> dict[str, Any]:
    return {"programid": "P1", "userid": "S1", "status": "0", "resetprogram": None} | fields


@pytest.mark.parametrize(
    ("sent", "wanted", "expected"),
    [
        pytest.param("0", "1", "1", id="another value"),
        pytest.param("1", "1", None, id="the same"),
        pytest.param(None, "1", None, id="never sent"),
        pytest.param("1", None, None, id="not said"),
    ],
)
@pytest.mark.parametrize("status", ["0", "1"])
def test_an_event_is_sent_where_its_value_is_not_the_one_sent_last(
    sent: str | None, wanted: str | None, expected: str | None, status: str
) -> None:
    was = {"status": "0", **({"resetprogram": sent} if sent else {})}
    memory = [known("program_allocation", "P1", "S1", sent=was, seen={"status": "0"})]
    site = [{"programid": "P1", "userid": "S1", "status": "0"}]
    alignment = aligned("program_allocation", [allocation(status=status, resetprogram=wanted)], site, memory)
    found = compared(alignment)
    writes = [after.get("resetprogram") for _, after in sides(found)]
    assert writes == ([expected] if expected or status == "1" else [])


# -- what stays ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "last"),
    [(0, None), (1, "First name of 1 more user"), (2, "First name of 2 more users")],
)
def test_values_that_the_site_keeps_are_reported_up_to_a_limit(more: int, last: str | None) -> None:
    names = [f"S{n}" for n in range(MOST + more)]
    sent, seen = {"firstname": "A<b>"}, {"firstname": "A"}
    memory = [known("user", each, sent=sent, seen=seen) for each in names]
    rows = [{"userid": each, "firstname": "A<b>"} for each in names]
    found = compared(aligned("user", rows, [{"userid": each, "firstname": "A"} for each in names], memory))
    messages = said(found.issues, "site-keeps-own-value")
    assert len(messages) == MOST + (more > 0)
    assert messages[0].startswith("Moodle stores `A` as First name where `A<b>` was sent")
    assert (last is None) or messages[-1] == f"the same applies to {last}"
    assert [found.issues[0].row, found.issues[0].value] == [2, "A<b>"]
    assert (changes(found), found.unchanged) == ([], len(names))


def test_each_field_is_reported_by_itself() -> None:
    sent, seen = {"firstname": "A", "lastname": "B<b>"}, {"firstname": "A", "lastname": "B"}
    memory = [known("user", "S1", sent=sent, seen=seen)]
    found = compared(aligned("user", [{"userid": "S1", **sent}], [{"userid": "S1", **seen}], memory))
    assert [issue.value for issue in found.issues] == ["B<b>"]


@pytest.mark.parametrize(
    ("more", "last"),
    [(0, None), (1, "First name of 1 more user stays"), (2, "First name of 2 more users stays")],
)
def test_damaged_values_are_reported_up_to_a_limit(more: int, last: str | None) -> None:
    names = [f"S{n}" for n in range(MOST + more)]
    rows = [{"userid": each, "firstname": "Bj?rn", "lastname": "New"} for each in names]
    site = [{"userid": each, "firstname": "Björn", "lastname": "Old"} for each in names]
    found = compared(aligned("user", rows, site))
    messages = said(found.issues, "damaged-text")
    assert len(messages) == MOST + (more > 0)
    assert messages[0].startswith("`Bj?rn` looks like `Björn` with letters lost")
    assert (last is None) or messages[-1].startswith(last)
    # The rest of the row is sent, with the undamaged value.
    assert sides(found)[0][1] == {"firstname": "Björn", "lastname": "New"}


@pytest.mark.parametrize(
    ("given", "known_one", "texts"),
    [("O&#39;Brien", "O'Brien", 1), ("NULL", "Lee", 1), ("Bernd&amp;Eva", "Lee", 1), ("Bernd", "Lee", 0)],
)
def test_whatever_the_damage_the_value_stays(given: str, known_one: str, texts: int) -> None:
    rows, site = [{"userid": "S1", "firstname": given}], [{"userid": "S1", "firstname": known_one}]
    found = compared(aligned("user", rows, site))
    assert (len(found.issues), len(found.changes), found.unchanged) == (texts, 1 - texts, texts)


def test_a_value_that_is_damaged_and_was_sent_like_that_is_reported_once() -> None:
    memory = [known("user", "S1", sent={"firstname": "Bj?rn"}, seen={"firstname": "Björn"})]
    rows, site = [{"userid": "S1", "firstname": "Bj?rn"}], [{"userid": "S1", "firstname": "Björn"}]
    assert [issue.code for issue in compared(aligned("user", rows, site, memory)).issues] == ["site-keeps-own-value"]


@pytest.mark.parametrize(
    ("guessed", "now", "expected"),
    [(["people.csv"], "Bjørn", []), ([], "Bjørn", ["update"]), (["people.csv"], "Bernd", ["update"])],
)
def test_letters_from_a_file_of_uncertain_encoding_change_nothing(
    guessed: list[str], now: str, expected: list[str]
) -> None:
    rows, site = [{"userid": "S1", "firstname": now}], [{"userid": "S1", "firstname": "Eva"}]
    found = compared(aligned("user", rows, site, guessed=guessed))
    assert found.changes["op"].tolist() == expected
    assert [issue.code for issue in found.issues] == ["damaged-text"] * (not expected)


def kept_values(name: str, retries: Retries | None) -> list[str]:
    """The fields in which a value that the site has not applied is sent once more."""
    field, sent, kept = ("roleid", "teacher", "student") if name == "enrolment" else ("firstname", "A<b>", "A")
    key = {"userid": "S1", "courseid": "C1"} if name == "enrolment" else {"userid": "S1"}
    memory = [known(name, *key.values(), sent={field: sent}, seen={field: kept})]
    alignment = aligned(name, [{**key, field: sent}], [{**key, field: kept}], memory)
    found = diff(alignment, ChangedMappings(), DAY, CONVENTIONS, retries)
    assert len(said(found.issues, "site-keeps-own-value")) == 1 - len(found.changes)
    return [json.loads(after)[field] for after in found.changes["after"]]


@pytest.mark.parametrize("name", ["user", "enrolment"])
@pytest.mark.parametrize(
    ("retries", "again"),
    [
        pytest.param(None, (), id="none"),
        pytest.param(Retries(Turns(DAY, 1), all=True), ("user", "enrolment"), id="all"),
        pytest.param(Retries(Turns(DAY, 1)), ("enrolment",), id="whose turn it is"),
        pytest.param(Retries(Turns(0, 10**9)), (), id="whose turn it is not"),
    ],
)
def test_what_the_site_did_not_apply_is_sent_again_if_that_is_asked_for_and_roles_in_turns(
    name: str, retries: Retries | None, again: tuple[str, ...]
) -> None:
    assert kept_values(name, retries) == [{"user": "A<b>", "enrolment": "teacher"}[name]] * (name in again)


def completion(user: str, day: int, course: str = "C1") -> dict[str, str]:
    return {"courseid": course, "userid": user, "timecompleted": f"2026-05-0{day}T08:00:00+00:00"}


@pytest.mark.parametrize(
    ("days", "message"),
    [
        ([1, 1], []),
        ([1, 2], ["1 completion in Moodle differs from the exports, and the API cannot change it"]),
        ([2, 2], ["2 completions in Moodle differ from the exports, and the API cannot change them"]),
    ],
)
def test_what_cannot_be_changed_is_counted_and_the_first_one_shown(days: list[int], message: list[str]) -> None:
    names = {"courseid": ("COURSE",), "timecompleted": ("DONE",)}
    rows = [completion(f"S{n}", day) for n, day in enumerate(days)]
    site = [completion(f"S{n}", 1) for n in range(len(days))]
    found = compared(aligned("completion", rows, site, columns={"people": names}))
    assert (changes(found), said(found.issues, "cannot-change")) == ([], message)
    first = days.index(2) if message else 0
    assert [(i.row, i.column, i.value) for i in found.issues] == [(2 + first, "DONE", f"C1 S{first}")] * len(message)


def test_only_the_fields_that_differ_are_named_where_nothing_can_be_changed() -> None:
    names = {"timecompleted": ("DONE",), "note": ("NOTE",)}
    rows, site = [completion("S1", 1) | {"note": "New"}], [completion("S1", 1) | {"note": "Old"}]
    found = compared(aligned("completion", rows, site, columns={"people": names}))
    assert [issue.column for issue in found.issues] == ["NOTE"]


# -- deletes -------------------------------------------------------------------------------------------------------


def test_of_what_is_leaving_only_what_is_there_is_deleted_and_a_stated_removal_is_named() -> None:
    memory = [known("user", each, sent=STATE, seen=STATE) for each in ("S1", "S2", "S3")]
    stated = [{"userid": "S3", "file": "drops.csv", "row": 7}]
    alignment = aligned(
        "user", [], [ann("S1", lastname="Now"), ann("S3")], memory, leaving=["S1", "S2", "S3"], removals=stated
    )
    found = compared(alignment)
    assert changes(found) == [("delete", "s1", "sis"), ("delete", "s3", "sis")]
    assert sides(found)[0] == (STATE | {"lastname": "Now"}, {})
    assert found.changes["file"].fillna("").tolist() == ["", "drops.csv"]
    assert found.changes["row"].fillna(0).tolist() == [0, 7]
    assert found.changes["set"].tolist() == [0, 0]


def test_more_removals_stand_behind_the_other_changes() -> None:
    memory = [known("user", "S1", sent=STATE, seen=STATE)]
    alignment = aligned("user", [ann("S2")], [ann("S1")], memory)
    found = compared(alignment)
    more = with_removals(found, alignment, alignment.ledger, CONVENTIONS)
    assert [op for op, _, _ in changes(found)] == ["create"]
    assert changes(more) == [("create", "s2", "sis"), ("delete", "s1", "sis")]


@pytest.mark.parametrize(("complete", "claims"), [((), "people staff"), (("staff",), "people")])
def test_a_write_claims_an_object_for_those_who_list_it_and_those_who_were_not_heard(
    complete: tuple[str, ...], claims: str
) -> None:
    memory = [known("user", "S1", sent=STATE, seen=STATE, claims="staff gone")]
    alignment = aligned(
        "user", [ann("S1", lastname="New")], [ann("S1")], memory,
        mappings=["people", "staff"], complete=frozenset(complete),
    )  # fmt: skip
    assert compared(alignment).changes["claims"].tolist() == [claims]


def test_a_delete_has_the_claims_of_those_who_let_go() -> None:
    memory = [known("user", "S1", sent=STATE, seen=STATE, claims="people staff")]
    alignment = aligned("user", [], [ann("S1")], memory, leaving=["S1"], mappings=["people", "staff"])
    leaving = alignment.leaving.assign(claims="people")
    assert compared(replace(alignment, leaving=leaving)).changes["claims"].tolist() == ["people"]


# -- what is remembered --------------------------------------------------------------------------------------------


def test_nothing_comes_of_nothing() -> None:
    found = compared(aligned("user"))
    assert (len(found.changes), found.unchanged, len(found.learned), found.issues) == (0, 0, 0, ())


def test_what_others_only_refer_to_is_remembered_if_it_is_there() -> None:
    found = compared(aligned("user", site=[ann("S1")], wanted=[{"userid": "S1"}, {"userid": "S2"}]))
    assert found.learned["match"].tolist() == ["s1"]
    assert found.learned["checked"].tolist() == [DAY]
    assert found.learned["owned"].tolist() == [0]
    assert (changes(found), found.issues) == ([], ())
