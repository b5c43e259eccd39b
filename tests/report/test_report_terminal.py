"""What a registrar reads, in full, as golden texts: 100 columns, no colour."""

from __future__ import annotations

import io
import re
from pathlib import Path

import orjson
import pandas as pd
import pytest
from rich.console import Console

from sync.model import LEDGER, Hold, Issue, Plan, Run
from sync.report.estimate import Throughput
from sync.report.issue_lines import show_issues
from sync.report.plan_report import PlanReport
from sync.report.terminal import show_plan, show_run
from tests.report import report_plans as plans

GOLDEN = Path(__file__).parent / "golden"
REMEMBERED = {
    "user": {"s1": {"firstname": "Amy", "lastname": "Jones"}, "s20": {"firstname": "Bob", "lastname": "Lee"}},
    "course": {"c7": {"fullname": "Algebra"}},
}


class Remembered:
    """A ledger that knows a few names."""

    def ledger(self, resource: str) -> pd.DataFrame:
        known = REMEMBERED.get(resource, {})
        rows = [(match, "{}", orjson.dumps(sent).decode(), None, "", 1, 1) for match, sent in known.items()]
        frame = pd.DataFrame(rows, columns=list(LEDGER))
        return frame.astype(dict.fromkeys(("match", "key", "sent", "seen", "claims"), "str"))


def report(plan: Plan, run: Run | None = None, throughput: Throughput | None = None) -> PlanReport:
    return PlanReport(plan, plans.MANNERS, Remembered(), run, throughput=throughput)


def console(width: int = 100, encoding: str = "utf-8", terminal: bool = False) -> Console:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(file=file, width=width, no_color=True, force_terminal=terminal, legacy_windows=False)


def text(of: Console) -> str:
    assert isinstance(of.file, io.TextIOWrapper)
    assert isinstance(of.file.buffer, io.BytesIO)
    of.file.flush()
    return of.file.buffer.getvalue().decode(of.file.encoding)


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.txt").read_text("utf-8")


PLANS = {
    "night": plans.night(),
    "nothing": plans.plan(unchanged={"user": 1200}),
    "applied": plans.morning(),
    "nothing-usable": plans.plan(holds=(plans.empty(),), unchanged={"user": 12}),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_reads_as_agreed(name: str) -> None:
    page = console()
    show_plan(report(PLANS[name]), page)
    assert text(page) == golden(name)


def test_verbose_shows_what_was_left_out() -> None:
    page = console()
    show_plan(report(plans.night()), page, verbose=True)
    assert text(page) == golden("night-verbose")


def test_a_run_reads_as_agreed() -> None:
    page = console()
    show_run(report(plans.morning(), run := plans.run()), run, page)
    assert text(page) == golden("run")


def test_an_interrupted_run_says_why_and_how_to_continue() -> None:
    page = console()
    cut = plans.plan(
        plans.change("create", "user", "S1", status="done"),
        plans.change("create", "user", "S2", status="sending"),
        plans.change("create", "user", "S3"),
    )
    show_run(report(cut, run := plans.run("cut", "Moodle is in maintenance mode")), run, page)
    assert text(page) == golden("run-cut")


def test_what_waits_for_one_hold_is_one_reason() -> None:
    page = console()
    why = "needs approval of hold h-1: its user is on hold"
    waits = plans.plan(
        *(plans.change("create", "user", f"S{n}", status="held", hold="h-1") for n in range(40)),
        *(plans.change("create", "enrolment", f"S{n}/C{n}", status="skipped", error=why) for n in range(40)),
    )
    show_run(report(waits, run := plans.run()), run, page)
    assert text(page).count(why) == 1
    assert f"40 enrolments skipped: {why}" in text(page)


def unknown_course(row: int, course: str) -> Issue:
    message, hint = f"unknown course `{course}`: the row is left out", f"Add course `{course}` to its export."
    return Issue("unknown-course", "error", message, hint, "enrolment", "enrolments.csv", None, row, "CODE", course)


def test_rows_with_one_error_are_one_list() -> None:
    page = console(width=200)
    show_issues([unknown_course(row, f"C{row // 2}") for row in range(12, 92)], page)
    assert text(page) == (
        "\nIssues\n"
        "  error: Unknown course (unknown-course) in enrolments, 80 cases. Fix in the SIS\n"
        '    enrolments.csv, row 12, column CODE: unknown course "C6": the row is left out\n'
        '      Add course "C6" to its export.\n'
        "      also row 13: C6; rows 14 and 15: C7; rows 16 and 17: C8; "
        "rows 18 and 19: C9; rows 20 and 21: C10; row 22: C11\n"
        "    and 69 more\n"
    )


def test_rows_that_a_message_names_are_not_listed_again() -> None:
    page = console()
    message = "rows 92 and 93 have conflicting values"
    rows = [Issue("contradictory-rows", "error", message, resource="user", file="u.csv", row=row) for row in (92, 93)]
    show_issues(rows, page)
    assert text(page).splitlines()[3:] == [f"    u.csv, row 92: {message}"]


def test_different_messages_of_one_cause_are_all_written_out() -> None:
    page = console()
    texts = ("is in no export", "is in two exports")
    show_issues([Issue("unknown-course", "error", text, file="e.csv", row=n) for n, text in enumerate(texts)], page)
    assert [line.strip() for line in text(page).splitlines()[3:]] == [
        f"e.csv, row {n}: {message}" for n, message in enumerate(texts)
    ]


def test_a_notice_is_nobody_s_to_fix() -> None:
    page = console()
    show_issues([Issue("ended-course", "notice", "it ended"), Issue("stray-quote", "warning", "a quote")], page)
    assert text(page).count("Fix in the SIS") == 1


def test_slow_ways_make_long_estimates() -> None:
    many = plans.plan(*(plans.change("create", "user", f"S{n}") for n in range(600)))
    near, far = console(), console()
    show_plan(report(many, throughput=Throughput(permits=4)), near)
    show_plan(report(many, throughput=Throughput(permits=1, round_trip=0.5)), far)
    assert "600 changes to send, which takes about 4 seconds." in text(near)
    assert "600 changes to send, which takes about 5 minutes." in text(far)


NAUGHTY = {
    "[red]Ann[/red]": "[red]Ann[/red]",
    "[/]": "[/]",
    "[link=file:///etc/passwd]here[/link]": "[link=file:///etc/passwd]here[/link]",
    ":skull:": ":skull:",
    "\x1b[2J\x1b]0;owned\x07": r"\x1b[2J\x1b]0;owned\x07",
    "S1\x00": r"S1\x00",
    "a\r\nb\tc": r'"a\r\nb\tc"',
    "\u202egpj.exe": r"\u202egpj.exe",
    "S\u200b1": r"S\u200b1",
    "S1\u00a0": r'"S1\xa0"',
    "\u2066x\u2069": r"\u2066x\u2069",
    "\udcff": r"\udcff",
    "李小龍": "李小龍",
    "Zoë": "Zoë",
}


def naughty(value: str) -> Plan:
    """A plan that has the text wherever a text can be."""
    change = plans.change("create", "user", "S1", after={"firstname": value.replace("\udcff", "?")})
    hold = Hold("h-1", "empty", "enrolment", {"courseid": value}, 1, 1, "none", value)
    issue = Issue("odd-cell", "error", "odd", value, "user", value, value, 2, value, value)
    return plans.plan(change, holds=(hold,), issues=(issue,))


@pytest.mark.parametrize("value", NAUGHTY)
def test_no_value_can_do_anything_to_a_terminal(value: str) -> None:
    page = console(width=400)
    show_plan(report(naughty(value)), page)
    printed = text(page)
    shown = NAUGHTY[value]
    assert f"value {shown}" in printed
    assert re.search(rf"Enrolments in course {re.escape(shown.strip(chr(34)))}: ", printed)
    assert all(c == "\n" or c.isprintable() for c in printed)


@pytest.mark.parametrize("value", NAUGHTY)
def test_nor_to_one_with_few_characters(value: str) -> None:
    page = console(encoding="ascii")
    show_plan(report(naughty(value)), page)
    assert text(page).isascii()


def test_wide_characters_keep_the_columns_straight() -> None:
    page = console(width=60)
    names = ((1, "李" * 12), (2, "Li" * 12))
    wide = plans.plan(*(plans.change("create", "user", f"W{n}", after={"lastname": name}, row=n) for n, name in names))
    show_plan(report(wide), page)
    assert text(page) == golden("wide")


def test_colour_is_the_console_s_to_give() -> None:
    plain, coloured = console(terminal=True), Console(file=io.StringIO(), force_terminal=True, color_system="standard")
    show_plan(report(plans.night()), plain)
    show_plan(report(plans.night()), coloured)
    assert "\x1b[3" not in text(plain)
    assert isinstance(coloured.file, io.StringIO)
    assert "\x1b[32madd" in coloured.file.getvalue()
