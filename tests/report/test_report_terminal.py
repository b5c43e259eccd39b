"""What a registrar reads, in full, as golden texts: 100 columns, no colour."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from sync.model import Hold, Issue, Plan
from sync.report.estimate import Throughput
from sync.report.terminal import show_plan, show_run
from tests.report import report_plans as plans

GOLDEN = Path(__file__).parent / "golden"


def console(width: int = 100, encoding: str = "utf-8", terminal: bool = False) -> Console:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(file=file, width=width, no_color=True, force_terminal=terminal, legacy_windows=False)


def text(of: Console) -> str:
    assert isinstance(of.file, io.TextIOWrapper)
    assert isinstance(of.file.buffer, io.BytesIO)
    of.file.flush()
    printed = of.file.buffer.getvalue().decode(of.file.encoding)
    return "\n".join(line.rstrip() for line in printed.splitlines()) + "\n"


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
    show_plan(PLANS[name], page)
    assert text(page) == golden(name)


def test_verbose_shows_what_was_left_out() -> None:
    page = console()
    show_plan(plans.night(), page, verbose=True)
    assert text(page) == golden("night-verbose")


def test_a_run_reads_as_agreed() -> None:
    page = console()
    show_run(plans.morning(), plans.run(), page)
    assert text(page) == golden("run")


def test_a_run_cut_off_says_why_and_how_to_go_on() -> None:
    page = console()
    cut = plans.plan(
        plans.change("create", "user", "S1", status="done"),
        plans.change("create", "user", "S2", status="sending"),
        plans.change("create", "user", "S3"),
    )
    show_run(cut, plans.run("cut", "the site is in maintenance mode"), page)
    assert text(page) == golden("run-cut")


def test_what_waits_for_one_hold_is_one_reason() -> None:
    page = console()
    why = "needs approval of hold h-1: its user is on hold"
    waits = plans.plan(
        *(plans.change("create", "user", f"S{n}", status="held", hold="h-1") for n in range(40)),
        *(plans.change("create", "enrolment", f"S{n}/C{n}", status="skipped", error=why) for n in range(40)),
    )
    show_run(waits, plans.run(), page)
    assert text(page).count(why) == 1
    assert f"40 enrolments skipped: {why}" in text(page)


def test_slow_ways_make_long_estimates() -> None:
    many = plans.plan(*(plans.change("create", "user", f"S{n}") for n in range(600)))
    near, far = console(), console()
    show_plan(many, near, throughput=Throughput(permits=4))
    show_plan(many, far, throughput=Throughput(permits=1, round_trip=0.5))
    assert "600 calls to send, which takes about 4 seconds." in text(near)
    assert "600 calls to send, which takes about 5 minutes." in text(far)


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
    issue = Issue("odd-cell", "error", value, value, "user", value, value, 2, value, value)
    return plans.plan(change, holds=(hold,), issues=(issue,))


@pytest.mark.parametrize("value", NAUGHTY)
def test_no_value_can_do_anything_to_a_terminal(value: str) -> None:
    page = console(width=400)
    show_plan(naughty(value), page)
    printed = text(page)
    shown = NAUGHTY[value]
    assert f"value {shown}" in printed
    assert f"enrolments in course {shown}" in printed
    assert all(c == "\n" or c.isprintable() for c in printed)


@pytest.mark.parametrize("value", NAUGHTY)
def test_nor_to_one_with_few_characters(value: str) -> None:
    page = console(encoding="ascii")
    show_plan(naughty(value), page)
    assert text(page).isascii()


def test_wide_characters_keep_the_columns_straight() -> None:
    page = console(width=60)
    names = ((1, "李" * 12), (2, "Li" * 12))
    wide = plans.plan(*(plans.change("create", "user", f"S{n}", after={"lastname": name}, row=n) for n, name in names))
    show_plan(wide, page)
    assert text(page) == golden("wide")


def test_colour_is_the_console_s_to_give() -> None:
    plain, coloured = console(terminal=True), Console(file=io.StringIO(), force_terminal=True, color_system="standard")
    show_plan(plans.night(), plain)
    show_plan(plans.night(), coloured)
    assert "\x1b[3" not in text(plain)
    assert isinstance(coloured.file, io.StringIO)
    assert "\x1b[32madd" in coloured.file.getvalue()
