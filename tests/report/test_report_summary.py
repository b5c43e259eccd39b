"""What every format shows: counted from the changes, the same for all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.model import Issue, Plan
from sync.model.findings import listed
from sync.model.resources import CATALOGUE
from sync.observe.losses import SKIPPED, UNREAD
from sync.report.estimate import Throughput
from sync.report.headline import headline, sentences
from sync.report.phrasing import count, place, quoted, safe, span
from sync.report.summary import summarise
from tests.report.report_plans import change, morning, night, plan, run


def test_slices_count_calls_and_what_is_held_or_covered() -> None:
    rows = summarise(night()).slices.to_dict("records")
    by_slice = {(row["resource"], row["slice"]): row for row in rows}
    assert by_slice["enrolment", '{"courseid":"C7"}'] == {
        "resource": "enrolment", "slice": '{"courseid":"C7"}',
        "create": 0, "update": 0, "delete": 3, "covered": 0, "held": 3,
    }  # fmt: skip
    assert by_slice["group_member", '{"courseid":"C2"}']["covered"] == 1
    assert by_slice["group_member", '{"courseid":"C2"}']["delete"] == 0
    assert [row["resource"] for row in rows] == ["course", "user", *["enrolment"] * 3, "group_member"]


def test_slices_agree_with_the_summary() -> None:
    shown = summarise(night())
    sums = shown.slices.groupby("resource")[["create", "update", "delete", "covered", "held"]].sum()
    for name, total in shown.totals.items():
        assert {of: total[of] for of in sums.columns} == sums.loc[name].to_dict()


def test_fields_that_differ_are_counted_and_what_is_only_repeated_is_not() -> None:
    same = change("update", "user", "S1", before={"email": "a@b.cd"}, after={"email": "a@b.cd", "lastname": "Li"})
    gone = change(
        "update", "user", "S2", before={"email": "a@b.cd", "lastname": "Li"}, after={"email": "", "lastname": "Li"}
    )
    more = change("update", "user", "S3", before={"email": "a@b.cd"}, after={"email": "c@b.cd"})
    shown = summarise(plan(same, gone, more)).fields.to_dict("records")
    assert shown == [
        {"resource": "user", "field": "email", "count": 2},
        {"resource": "user", "field": "lastname", "count": 1},
    ]


def test_issues_of_one_cause_stand_together_errors_first() -> None:
    groups = summarise(night()).issues
    assert [(g.severity, g.code, len(g.issues)) for g in groups] == [
        ("error", "bad-email", 4),
        ("notice", "ended", 1),
    ]
    assert [issue.row for issue in groups[0].issues] == [17, 18, 21, 30]


def test_an_empty_plan_has_facts_too() -> None:
    shown = summarise(plan())
    assert (shown.statuses, shown.issues, shown.estimate.calls, shown.estimate.seconds) == ({}, (), 0, 0)
    assert shown.slices.empty
    assert sentences(shown) == ("Nothing to do.",)


USERS = [change("create", "user", f"S{n}") for n in range(300)]
COURSES = [change("delete", "course", f"C{n}") for n in range(10)]


@pytest.mark.parametrize(
    ("changes", "throughput", "seconds"),
    [
        pytest.param(USERS, Throughput(permits=4), 2.0, id="a busy site sets the pace"),
        pytest.param(USERS, Throughput(permits=100), 2.0, id="more in flight is no faster"),
        pytest.param(USERS, Throughput(permits=1), 4.0, id="one at a time leaves half of it idle"),
        pytest.param(USERS, Throughput(permits=4, round_trip=0.1), 8.5, id="far away, the way does"),
        pytest.param(COURSES, Throughput(), 5.0, id="deleting a course is slow"),
        pytest.param(
            [change("delete", "user", "S1", status="held", hold="h-1")], Throughput(), 0.0, id="held is not sent"
        ),
    ],
)
def test_estimates(changes: list[dict[str, object]], throughput: Throughput, seconds: float) -> None:
    assert summarise(plan(*changes), throughput=throughput).estimate.seconds == pytest.approx(seconds)


def test_a_headline_fits_what_happened() -> None:
    held = plan(change("delete", "user", "S1", status="held", hold="h-1"))
    assert sentences(summarise(held))[0] == "Everything is on hold: nothing will be sent until it is approved."
    assert sentences(summarise(morning()))[0] == "So far: 10 done, 1 failed and 1 unknown."
    under_way = plan(change("create", "user", "S1", status="done"), change("create", "user", "S2", status="sending"))
    assert sentences(summarise(under_way))[0] == "So far: 1 done and 1 being sent."
    approved = plan(change("create", "user", "S1", status="done"), change("delete", "user", "S2"))
    ready = sentences(summarise(approved))[0]
    assert ready == "Already sent: 1 change. Ready. 1 change to send, which takes about 1 second."
    assert sentences(summarise(morning(), run()))[0] == "Done. 10 changes went through; 1 failed and 1 unknown."
    cut = sentences(summarise(night(), run("cut", "stopped by a signal")))[0]
    assert cut == "Interrupted: stopped by a signal. No changes went through. 12 changes left."
    assert sentences(summarise(night(), run("running")))[0] == "Not finished. No changes went through. 12 changes left."


@pytest.mark.parametrize(
    ("keys", "more", "said"),
    [
        (1, 0, "1 user will be removed later, unless it is listed again."),
        (3, 0, "3 users will be removed later, unless they are listed again."),
        (3, 1, "more than 3 users will be removed later, unless they are listed again."),
    ],
)
def test_removals_that_wait_are_counted(keys: int, more: int, said: str) -> None:
    waiting = [Issue("counting-down", "notice", "", resource="user", key=f'{{"userid":"S{n}"}}') for n in range(keys)]
    waiting += [Issue("counting-down", "notice", "", resource="user")] * more
    assert said in sentences(summarise(replace(plan(), issues=tuple(waiting))))


def leaving(*lost: dict[str, str]) -> Plan:
    """A plan of removals, each of which loses this."""
    rows = enumerate(lost, 1)
    return plan(*(change("delete", "enrolment", f"S{n}/C1", before={"roleid": "student"} | each) for n, each in rows))


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ([{}], ""),
        ([{"grade": "77"}, {}], "1 removal takes a course grade or completion with it"),
        ([{"grade": "0"}, {"completed": SKIPPED}, {"grade": UNREAD, "completed": SKIPPED}],
         ("1 removal takes a course grade or completion with it; "
          "grades and completions are not known for 2 more removals")),
        ([{"grade": "7", "completed": SKIPPED}] * 2, "2 removals take a course grade or completion with them"),
        ([{"completed": UNREAD}], "grades and completions are not known for 1 removal"),
    ],
)  # fmt: skip
def test_only_what_is_known_to_be_lost_is_said_to_be(lost: list[dict[str, str]], said: str) -> None:
    (moves,) = [text for text in headline(summarise(leaving(*lost))) if "to unenrol" in text]
    assert (
        moves
        == "; ".join(filter(None, (f"{count(len(lost), 'person', 'people')} to unenrol, in 1 course", said))) + "."
    )


def stopped() -> Plan:
    """New accounts on hold, and what depends on them; a course on hold, and what would be removed automatically with
    it."""
    held = {"status": "held", "hold": "h-1"}
    return plan(
        *(change("create", "user", f"S{n}", **held) for n in range(1, 4)),
        change("create", "enrolment", "T1/C2"),
        *(change("create", "enrolment", f"S{n}/C1") for n in range(1, 4)),
        change("create", "group_member", "C1/G1/S1"),
        change("update", "user", "A", chain="c-1", **held),
        change("update", "user", "B", chain="c-1"),
        change("delete", "enrolment", "T1/C9", status="covered", covered_by=12),
        change("delete", "course", "C9", **held),
        change("delete", "group_member", "C1/G1/S9", status="covered", covered_by=14),
        change("delete", "user", "S9"),
    )


def test_a_verdict_promises_nothing_that_waits_for_a_hold() -> None:
    assert sentences(summarise(stopped())) == (
        "Ready. 2 changes to send, which takes about 1 second.",
        "Users: 1 to remove.",
        "Enrolments: 1 to add, in 1 course.",
        "Removed automatically by Moodle: 1 group member.",
        "On hold until approved: 1 course to remove, 3 users to add and 1 user to change.",
        (
            "Waiting for changes on hold: 1 user to change, 3 enrolments to add in 1 course and 1 group member to add "
            "in 1 course."
        ),
        "Not removed yet, because other changes are on hold or were not made: 1 enrolment.",
    )


def test_what_all_waits_is_not_ready() -> None:
    waits = plan(change("create", "user", "S1", status="held", hold="h-1"), change("create", "enrolment", "S1/C1"))
    assert sentences(summarise(waits))[0] == "Everything is on hold: nothing will be sent until it is approved."


def test_what_was_to_go_with_a_delete_that_failed_did_not_go() -> None:
    failed = plan(
        change("delete", "enrolment", "S1/C1", status="covered", covered_by=2),
        change("delete", "user", "S1", status="failed", error="no"),
    )
    assert sentences(summarise(failed, run())) == (
        "Done. No changes went through; 1 failed.",
        "Not removed yet, because other changes are on hold or were not made: 1 enrolment.",
    )


def test_words() -> None:
    member, user = CATALOGUE["group_member"], CATALOGUE["user"]
    assert (member.counted(1), member.counted(1200)) == ("1 group member", "1,200 group members")
    assert (count(1, "row"), count(0, "row")) == ("1 row", "0 rows")
    assert (listed([]), listed(["a"]), listed(["a", "b"]), listed("abc")) == ("", "a", "a and b", "a, b and c")
    assert (place(user, {}), place(member, {"courseid": "C 1"})) == ("users", 'group members in course "C 1"')
    assert (quoted(None), quoted(""), quoted("x"), quoted(" x")) == ("nothing", '""', "x", '" x"')
    assert quoted("x" * 200) == "x" * 80 + "..."
    assert [span(s) for s in (0.1, 1.4, 59, 89, 90, 5399, 5400, 90000)] == [
        "1 second", "1 second", "59 seconds", "89 seconds", "2 minutes", "90 minutes", "2 hours", "25 hours",
    ]  # fmt: skip
    assert safe("a\x07b") == r"a\x07b"
