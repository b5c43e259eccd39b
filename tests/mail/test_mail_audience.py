"""What an audience sees of a plan: its part of the site, what it asked for, and people replaced by pseudonyms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.model import Hold, Issue, Plan
from sync.report.mail import hidden, narrowed, sliced
from tests.mail.office import Past, remembered
from tests.report.report_plans import MANNERS, bad_email, change, morning, night, plan

CATALOGUE = Past(
    {
        "course": [
            remembered("bio1", categorypath="/Science/Biology"),
            remembered("PHY1", categorypath="/Science"),
            remembered("LAW1", categorypath="/Law"),
            remembered("sci-fi", categorypath="/Sciences of Fiction"),
        ]
    }
)


def faculties() -> Plan:
    return plan(
        change("update", "course", "HIS1", before={"categorypath": "/Law"}, after={"categorypath": "/Science/History"}),
        change("create", "user", "S1", after={"firstname": "Ada", "lastname": "Dyk"}),
        *(change("create", "enrolment", f"S1/{course}", row=n) for n, course in enumerate(CODES, 2)),
        change("delete", "group_member", "BIO1/G1/S1", status="covered"),
        change("delete", "enrolment", "S2/LAW1", status="held", hold="h-1"),
        change("delete", "enrolment", "S3/LAW1", status="held", hold="h-2"),
        change("delete", "enrolment", "S2/BIO1", status="held", hold="h-2"),
        change("create", "job_assignment", "S1/D-SCI/P1"),
        change("create", "metalink", "LAW1/BIO1"),
        holds=(
            Hold("h-1", "majority", "enrolment", {"courseid": "LAW1"}, 1, 2, "half", ""),
            Hold("h-2", "deletes", "enrolment", {}, 2, 9, "10 %", "too many?"),
        ),
        issues=(
            Issue("odd", "warning", "odd", file="enrolments.csv", row=2),
            Issue("odd", "warning", "odd", file="enrolments.csv", row=4),
            Issue("odd", "warning", "odd", file="others.csv", row=2),
            Issue("ended-course", "notice", "course C5 is no longer in the export"),
        ),
    )


CODES = ("BIO1", "PHY1", "LAW1", "sci-fi")


def keys(plan: Plan) -> list[str]:
    """Resource and key of every change, in order."""
    packed = zip(plan.changes["resource"], plan.changes["match"], strict=True)
    return [f"{resource} {match.upper().replace(chr(31), '/')}" for resource, match in packed]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (
            {"course": {"categorypath": ("/science/*",)}},
            [
                "course HIS1",
                "enrolment S1/BIO1",
                "enrolment S1/PHY1",
                "group_member BIO1/G1/S1",
                "enrolment S2/BIO1",
                "metalink LAW1/BIO1",
            ],
        ),
        ({"course": {"categorypath": ("/Law",)}}, [
            "course HIS1", "enrolment S1/LAW1", "enrolment S2/LAW1", "enrolment S3/LAW1", "metalink LAW1/BIO1",
        ]),
        ({"course": {"courseid": ("PHY*", "sci-?i")}}, ["enrolment S1/PHY1", "enrolment S1/SCI-FI"]),
        ({"course": {"courseid": ("BIO*",), "categorypath": ("/Law*",)}}, []),
        ({"job_assignment": {"departmentid": ("D-SCI",)}}, ["job_assignment S1/D-SCI/P1"]),
        ({"user": {"userid": ("s2",)}, "course": {"courseid": ("his*",)}},
         ["course HIS1", "enrolment S2/LAW1", "enrolment S2/BIO1"]),
        ({"user": {"lastname": ("D*",)}, "job_assignment": {"positionid": ("none",)}},
         ["user S1", *(f"enrolment S1/{c.upper()}" for c in CODES), "group_member BIO1/G1/S1",
          "job_assignment S1/D-SCI/P1"]),
    ],
)  # fmt: skip
def test_a_slice_holds_what_is_below_its_objects(
    only: dict[str, dict[str, tuple[str, ...]]], expected: list[str]
) -> None:
    assert keys(sliced(faculties(), only, CATALOGUE.ledger, MANNERS)) == expected


def test_a_slice_counts_its_own() -> None:
    mine = sliced(faculties(), {"course": {"courseid": ("BIO1",)}}, CATALOGUE.ledger, MANNERS)
    assert [(hold.id, hold.count) for hold in mine.holds] == [("h-2", 1)]
    assert [(issue.file, issue.row) for issue in mine.issues] == [("enrolments.csv", 2)]
    assert mine.summary["enrolment"] == {
        "create": 1, "update": 0, "delete": 1, "covered": 0, "unchanged": 0, "held": 1, "rejected": 0,
    }  # fmt: skip
    assert mine.summary["group_member"]["covered"] == 1


def test_a_slice_holds_the_bad_rows_that_speak_of_its_objects_as_far_as_they_can_be_read() -> None:
    def bad(row: int, resource: str, key: str | None) -> Issue:
        return Issue("bad-role", "error", "bad", resource=resource, file="enrolments.csv", row=row, key=key)

    issues = (
        bad(91, "enrolment", '{"userid":"S9","courseid":"bio1"}'),
        bad(92, "enrolment", '{"courseid":"BIO1"}'),
        bad(93, "enrolment", '{"userid":"S9"}'),
        bad(94, "enrolment", '{"userid":"S9","courseid":"LAW1"}'),
        bad(95, "enrolment", None),
        bad(96, "course", '{"courseid":"PHY1"}'),
    )
    short = [Issue("fewer-rows", "warning", "short", resource=of, file=f"{of}.csv") for of in ("enrolment", "user")]
    mine = sliced(
        replace(faculties(), issues=tuple(short)), {"course": {"courseid": ("PHY1",)}}, CATALOGUE.ledger, MANNERS
    )
    assert [issue.file for issue in mine.issues] == ["enrolment.csv"]
    whole = replace(faculties(), issues=issues)
    for only, rows in (
        ({"course": {"categorypath": ("/Science/*",)}}, [91, 92, 96]),
        ({"course": {"courseid": ("PHY1",)}}, [96]),
        ({"user": {"userid": ("s9",)}}, [91, 93, 94]),
    ):
        mine = sliced(whole, only, CATALOGUE.ledger, MANNERS)
        assert [issue.row for issue in mine.issues] == rows
        assert sum(counts["rejected"] for counts in mine.summary.values()) == len(rows)


def test_without_a_slice_all_is_seen() -> None:
    whole = faculties()
    assert sliced(whole, {}, CATALOGUE.ledger, MANNERS) is whole
    assert narrowed(whole, ("problems", "everything")) is whole


def test_identifiers_are_compared_as_the_site_does() -> None:
    exact = replace(MANNERS, identifiers="exact")
    assert keys(sliced(faculties(), {"course": {"courseid": ("bio1",)}}, Past().ledger, exact)) == []


@pytest.mark.parametrize(
    ("what", "statuses", "holds", "issues"),
    [
        (("problems",), {"failed", "unknown"}, 0, 4),
        (("held",), {"held"}, 1, 0),
        (("held", "problems"), {"held", "failed", "unknown"}, 1, 4),
    ],
)
def test_an_audience_gets_what_it_asked_for(what: tuple[str, ...], statuses: set[str], holds: int, issues: int) -> None:
    found = narrowed(morning(), what)
    assert set(found.changes["status"]) == statuses
    assert (len(found.holds), len(found.issues)) == (holds, issues)
    assert sum(counts["rejected"] for counts in found.summary.values()) == issues


def test_what_is_approved_waits_for_nobody() -> None:
    whole = night()
    approved = replace(whole, holds=tuple(replace(hold, approved_by="al") for hold in whole.holds))
    assert narrowed(approved, ("held",)).holds == ()


# -- people hidden ---------------------------------------------------------------------------------------------

SECRETS = ("S77123", "Ottoline", "ottoline", "Quill", "oq@")


def people() -> Plan:
    ottoline = {"username": "ottoline.q", "firstname": "Ottoline", "lastname": "Quill", "email": "oq@inst.example"}
    married = ottoline | {"lastname": "Quill-Marsh"}
    return plan(
        change("update", "user", "S77123", before=ottoline, after=married),
        change("update", "user", "S2", before=ottoline, after=ottoline | {"email": ""}, status="failed",
               http_status=400, error="oq@inst.example is taken by S77123", chain="ottoline.q"),
        change("create", "enrolment", "S77123/C1", after={"roleid": "student"}),
        change("delete", "enrolment", "s77123/C2", status="held", hold="h-1"),
        change("create", "manager", "S77123/S2"),
        change("delete", "manager", "S2/S77123", status="failed", error="no answer from S77123"),
        holds=(Hold("h-1", "majority", "manager", {"managerid": "S77123"}, 1, 2, "half", "S77123 would lose all"),),
        issues=(
            bad_email(3, "oq at inst"),
            Issue("taken", "error", "Ottoline Quill has it", "ask Ottoline", "user", "u.csv"),
        ),
    )  # fmt: skip


def test_nobody_can_be_found_in_a_hidden_plan() -> None:
    shown = hidden(people(), b"key", MANNERS)
    said = shown.changes.to_json() + repr(shown.holds) + repr(shown.issues)
    assert [secret for secret in SECRETS if secret in said] == []
    assert len(shown.changes) == len(people().changes)
    assert list(shown.changes["n"]) == list(people().changes["n"])


def test_the_same_person_is_the_same_word_everywhere() -> None:
    shown = hidden(people(), b"key", MANNERS)
    words = shown.changes["key"].str.extractall(r'"(?:userid|managerid)":"(user-\w{8})"')[0].tolist()
    ottoline, other = words[0], words[1]
    assert words == [ottoline, other, ottoline, ottoline, ottoline, other, other, ottoline]
    assert shown.holds[0].slice == {"managerid": ottoline}
    again = hidden(people(), b"another key", MANNERS)
    assert ottoline not in again.changes.to_json()


def test_a_changed_value_is_still_a_change() -> None:
    import orjson

    first = hidden(people(), b"key", MANNERS).changes.iloc[0]
    before, after = orjson.loads(first["before"]), orjson.loads(first["after"])
    assert [name for name in before if before[name] != after[name]] == ["lastname"]
    emptied = hidden(people(), b"key", MANNERS).changes.iloc[1]
    assert orjson.loads(emptied["after"])["email"] == ""


def test_a_sites_answer_is_shown_by_its_number_only() -> None:
    errors = hidden(people(), b"key", MANNERS).changes["error"].dropna().tolist()
    assert errors == ["Moodle answered 400", "the message is hidden"]
