"""Who gets a mail after which run, and what the subject says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.model import Issue, Plan
from sync.notify import PlanEvent
from sync.notify.delivery_log import entries, owe, owed
from tests.mail.conftest import Open
from tests.mail.office import NIGHT, Office, at_server, no_server, text_of
from tests.report.report_plans import bad_email, change, empty, morning, night, plan, run

ALL = "admin@inst.example"
NOTHING_WRONG = "Nothing failed, and there are no errors or warnings."


def held() -> Plan:
    """A run in which everything that was not on hold succeeded."""
    before = night()
    changes = before.changes.assign(status=before.changes["status"].replace("planned", "done"))
    return replace(before, changes=changes)


def quiet() -> Plan:
    return plan(change("create", "enrolment", "S1/C1", status="done"), unchanged={"user": 3})


def to_mend() -> Plan:
    return plan(issues=(bad_email(2, "x"), bad_email(3, "y")), rejected={"user": 2})


@pytest.fixture
def office(office: Open) -> Open:
    """As usual, without attachments, which take time."""
    return lambda to: office(to, "  attach_up_to: 0MB\n")


def one(office: Office) -> str:
    ((to, subject),) = office.came
    assert to == ALL
    return subject


def test_a_subject_has_the_status_and_the_counts(office: Open) -> None:
    here = office(f"[{{address: {ALL}}}]")
    head = "Moodle sync, Spring 2027:"
    here.happens(held(), run())
    assert one(here) == f"[ACTION] {head} 15 changes, 3 removals on hold, 4 rows with errors"
    here.happens(morning(), run())
    assert one(here) == f"[FAILED] {head} 15 changes, 1 failed, 1 unknown, 3 removals on hold, 5 rows with errors"
    here.happens(night(), run("cut", "Moodle is in maintenance mode"))
    assert (
        one(here) == f"[FAILED] {head} 15 changes, interrupted after 0 changes, 3 removals on hold, 4 rows with errors"
    )
    here.refused("the site does not answer", "really")
    assert one(here) == f"[NOT RUN] {head} the site does not answer; really"
    here.happens(quiet(), run())
    assert one(here) == f"[RECOVERED] {head} 1 change"
    here.happens(plan(), run())
    assert one(here) == f"[OK] {head} nothing to change"
    short = Issue("fewer-rows", "warning", "it usually has 80 rows, and now has 2", resource="user", file="users.csv")
    here.happens(plan(issues=(short,)), run())
    assert one(here) == f"[CHECK] {head} nothing to change, 1 file looks truncated"


def test_a_sheet_that_contributes_nothing_is_held(office: Open) -> None:
    nothing, approved = plan(holds=(empty(),)), replace(empty(), approved_by="ada", approved_at=NIGHT)
    here = office(f"[{{address: {ALL}}}]")
    here.happens(nothing, run())
    assert one(here) == "[ACTION] Moodle sync, Spring 2027: nothing to change, 1 file with no usable rows"
    here.happens(plan(holds=(approved,)), run())
    assert one(here) == "[RECOVERED] Moodle sync, Spring 2027: nothing to change"
    parts = office(
        "[{address: p@i.example, what: problems}, {address: h@i.example, what: held}, "
        "{address: u@i.example, only: {user: {lastname: L*}}}, {address: c@i.example, only: {course: {courseid: C*}}}]"
    )
    parts.happens(nothing, run())
    assert parts.came == [
        ("c@i.example", "[OK] Moodle sync, Spring 2027: nothing to change"),
        ("h@i.example", "[ACTION] Moodle sync, Spring 2027: 1 file with no usable rows"),
        ("u@i.example", "[ACTION] Moodle sync, Spring 2027: nothing to change, 1 file with no usable rows"),
    ]


def test_one_is_written_to_if_there_is_something_for_one(office: Open) -> None:
    here = office("[{address: p@i.example, what: problems}, {address: h@i.example, what: held}]")
    here.happens(quiet(), run())
    assert here.came == []
    here.happens(to_mend(), run())
    assert [to for to, _ in here.came] == ["p@i.example"]
    here.happens(replace(held(), issues=()), run())
    assert [to for to, _ in here.came] == ["h@i.example"]
    here.refused("no token")
    assert [to for to, _ in here.came] == ["p@i.example"]


def test_change_and_recovery_are_mailed_once(office: Open) -> None:
    here = office("[{address: c@i.example, when: change}, {address: r@i.example, when: recovery}]")
    shown = {}
    for day, what in enumerate((quiet(), held(), held(), morning(), quiet(), quiet()), 1):
        here.happens(what, run())
        shown[day] = [(to[0], subject.partition(" ")[0]) for to, subject in here.came]
    assert shown == {
        1: [],
        2: [("c", "[ACTION]")],
        3: [],
        4: [("c", "[FAILED]")],
        5: [("c", "[RECOVERED]"), ("r", "[RECOVERED]")],
        6: [],
    }


def test_what_an_audience_does_not_see_is_no_change(office: Open) -> None:
    here = office("[{address: p@i.example, what: problems, when: [change, recovery]}]")
    for what in (quiet(), held(), quiet()):
        here.happens(replace(what, issues=()), run())
    assert here.came == []


def test_a_slice_has_a_standing_of_its_own(office: Open) -> None:
    here = office(
        "[{address: a@i.example, only: {course: C1}, when: change}, {address: b@i.example, only: {course: C7}}]"
    )
    here.happens(held(), run())
    assert here.came == [("b@i.example", "[ACTION] Moodle sync, Spring 2027: 3 changes, 3 removals on hold")]


def test_a_week_is_summed_up_by_its_first_run(office: Open) -> None:
    here = office("[{address: w@i.example, when: weekly}]")
    for what in (quiet(), held(), quiet(), quiet(), quiet(), morning()):
        here.happens(what, run())
    assert here.came == []
    here.happens(quiet(), run())
    ((_, message),) = here.server.came
    _, _, week = text_of(message).partition("THE LAST SEVEN DAYS")
    lines = [line for line in week.splitlines() if line.startswith("- ")]
    assert len(lines) == 7
    assert lines[0] == "- 24 November 2026, 02:00: OK, 1 change"
    assert lines[1] == "- 25 November 2026, 02:00: ACTION, 15 changes, 3 removals on hold, 4 rows with errors"
    here.server.came.clear()
    here.happens(quiet(), run())
    assert here.came == []


def test_one_run_is_mailed_once_even_if_it_is_reported_again(office: Open) -> None:
    here = office(f"[{{address: {ALL}}}]")
    event = PlanEvent("r-1", NIGHT, quiet(), run(), here.past)
    assert (here.notify(event), here.notify(event)) == ([], [])
    assert len(here.came) == 1


def test_a_server_that_is_down_gets_the_mails_of_all_runs_later(office: Open) -> None:
    here = office(f"[{{address: {ALL}}}]")
    with no_server() as port:
        away = at_server(here, port)
        said = [*away.happens(held(), run()), *away.happens(quiet(), run())]
    assert [line.partition(" in ")[0] for line in said if "wait" in line] == [
        "1 email is waiting",
        "2 emails are waiting",
    ]
    assert away.waited == 20.0
    here.day = away.day
    assert here.happens(quiet(), run()) == []
    subjects = [str(message["Subject"]).strip().partition(" ")[0] for _, message in here.server.came]
    assert subjects == ["[ACTION]", "[RECOVERED]", "[OK]"]


def test_without_its_password_mail_waits_and_says_why(office: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office(f"[{{address: {ALL}}}]")
    monkeypatch.delenv("MAIL_PASSWORD")
    said = here.happens(quiet(), run())
    assert said[0] == "there is no password. Set the environment variable MAIL_PASSWORD."
    assert (here.waited, here.came) == (0.0, [])


def test_a_diary_does_not_grow_for_ever(office: Open) -> None:
    here = office(f"[{{address: {ALL}, when: recovery}}]")
    for _ in range(3):
        here.happens(quiet(), run(), days=60)
    assert [entry.run for entry in entries(here.config.outbox)] == ["r-120", "r-180"]
    assert len([*here.config.outbox.glob("diary*")]) == 2


def test_subject_and_body_have_what_the_audience_asked_for_and_nothing_else(office: Open) -> None:
    here = office(
        "[{address: p@i.example, what: problems}, {address: h@i.example, what: held},"
        " {address: hp@i.example, what: [problems, held]}]"
    )
    here.happens(morning(), run())
    assert received(here) == {
        "h": ("[ACTION] 3 removals on hold", ["3 changes need approval."]),
        "hp": (
            "[FAILED] 1 failed, 1 unknown, 3 removals on hold, 5 rows with errors",
            [
                "1 change failed and 1 has an unknown result.",
                "3 changes need approval; 5 rows in users.csv have errors.",
            ],
        ),
        "p": (
            "[FAILED] 1 failed, 1 unknown, 5 rows with errors",
            ["1 change failed and 1 has an unknown result.", "5 rows in users.csv have errors."],
        ),
    }
    here.happens(to_mend(), run())
    assert received(here) == {
        "hp": ("[CHECK] 2 rows with errors", ["2 rows in users.csv have errors."]),
        "p": ("[CHECK] 2 rows with errors", ["2 rows in users.csv have errors."]),
    }


def test_a_recovery_is_about_the_audiences_own_part_only(office: Open) -> None:
    here = office(
        "[{address: p@i.example, what: problems, when: recovery}, {address: h@i.example, what: held, when: recovery}]"
    )
    here.happens(morning(), run())
    here.happens(replace(held(), issues=()), run())
    assert received(here) == {"p": ("[RECOVERED] nothing to fix", [NOTHING_WRONG])}
    here.happens(replace(morning(), changes=morning().changes.replace({"status": {"held": "done"}})), run())
    assert received(here) == {"h": ("[RECOVERED] nothing to approve", ["Nothing needs approval."])}


def test_a_failure_that_is_over_is_reported_though_rows_have_errors(office: Open) -> None:
    here = office("[{address: p@i.example, what: problems, when: recovery}]")
    for what, told in (
        (morning(), {}),
        (to_mend(), {"p": ("[CHECK] 2 rows with errors", ["2 rows in users.csv have errors."])}),
        (to_mend(), {}),
        (quiet(), {"p": ("[RECOVERED] nothing to fix", [NOTHING_WRONG])}),
    ):
        here.happens(what, run())
        assert received(here) == told


def received(office: Office) -> dict[str, tuple[str, list[str]]]:
    """By address: the subject without what is always in it, and the first sentences."""
    found = {}
    for (to,), message in office.server.came:
        subject = str(message["Subject"]).replace("Moodle sync, Spring 2027: ", "")
        _, first, *_ = text_of(message).split("\r\n\r\n")
        found[to.partition("@")[0]] = (subject, first.splitlines())
    office.server.came.clear()
    return found


def test_two_who_differ_in_when_or_in_hiding_alone_get_both_mails(office: Open) -> None:
    here = office(f"[{{address: {ALL}, when: weekly}}, {{address: {ALL}, pseudonymise: true}}, {{address: {ALL}}}]")
    here.happens(quiet(), run())
    assert len(here.came) == 2
    here.happens(quiet(), run(), days=7)
    texts = [text_of(message) for _, message in here.server.came]
    assert sorted(("SEVEN DAYS" in text, "hidden" in text) for text in texts) == [
        (False, False), (False, True), (True, False),
    ]  # fmt: skip
    lines = [line for text in texts for line in text.partition("SEVEN DAYS")[2].splitlines() if line.startswith("- ")]
    assert len(lines) == 1


def test_what_is_wrong_for_one_does_not_keep_it_from_the_others(office: Open) -> None:
    here = office("[{address: a@i.example, pseudonymise: true}, {address: b@i.example}]")
    event = PlanEvent("r-1", NIGHT, quiet(), run(), here.past)
    owe(here.config.outbox, "r-1")
    key = here.config.outbox / "pseudonyms.key"
    key.mkdir()
    assert here.notify(event) == [f"no email to a@i.example could be prepared: Is a directory: {key}"]
    assert [to for to, _ in here.came] == ["b@i.example"]
    assert owed(here.config.outbox) == ["r-1"]
    key.rmdir()
    assert here.notify(event) == []
    assert [to for to, _ in here.came] == ["a@i.example"]
    assert owed(here.config.outbox) == []
