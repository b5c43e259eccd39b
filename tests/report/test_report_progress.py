"""Progress: lines now and then in a log, a bar on a terminal, nothing where nothing is wanted."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from sync.model import Reporter
from sync.report.progress import silent, watching


class HandClock:
    """A clock that is moved by the test."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


def work(reporter: Reporter, clock: HandClock, steps: int, seconds: float, total: int = 300) -> None:
    """That many steps, each this long, of a piece of work."""
    reporter.begin("Sending", total)
    for _ in range(steps):
        clock.seconds += seconds
        reporter.step()
    reporter.end()


def test_long_work_gets_a_line_in_a_log_now_and_then() -> None:
    file, clock = io.StringIO(), HandClock()
    work(watching(Console(file=file, width=40), clock), clock, steps=300, seconds=0.0625)
    assert file.getvalue().splitlines() == [
        "Sending: 160 of 300, 16 a second, about 9 seconds left",
        "Sending: 300 of 300 in 19 seconds",
    ]


def test_work_that_breaks_off_says_how_far_it_came() -> None:
    file, clock = io.StringIO(), HandClock()
    work(watching(Console(file=file), clock), clock, steps=2, seconds=6)
    assert file.getvalue().splitlines()[-1] == "Sending: 2 of 300 in 12 seconds"


def test_quick_work_and_no_work_are_not_worth_a_line() -> None:
    file, clock = io.StringIO(), HandClock()
    reporter = watching(Console(file=file), clock)
    work(reporter, clock, steps=3, seconds=1, total=3)
    work(reporter, clock, steps=0, seconds=0, total=0)
    assert file.getvalue() == ""


def test_a_bar_of_one_step_is_not_drawn() -> None:
    file, clock = io.StringIO(), HandClock()
    work(watching(Console(file=file, force_terminal=True), clock), clock, steps=1, seconds=1, total=1)
    assert file.getvalue() == ""


def test_a_terminal_gets_a_bar_with_rate_and_time_left() -> None:
    file, clock = io.StringIO(), HandClock()
    console = Console(file=file, width=100, force_terminal=True, no_color=True, legacy_windows=False)
    reporter = watching(console, clock)
    reporter.begin("Sending", 300)
    for _ in range(100):
        clock.seconds += 0.1
        reporter.step()
    reporter.say("the site asked for a pause")
    reporter.end()
    drawn = file.getvalue()
    assert "100/300" in drawn
    assert "10/s" in drawn
    assert "0:00:20" in drawn
    assert "the site asked for a pause" in drawn


def test_what_is_said_can_do_nothing_to_a_terminal() -> None:
    for terminal in (True, False):
        file, clock = io.StringIO(), HandClock()
        reporter = watching(Console(file=file, width=100, force_terminal=terminal, no_color=True), clock)
        reporter.begin("[bold]x[/bold]\x1b]0;owned\x07", 3)
        clock.seconds += 20
        reporter.step()
        reporter.say("[/] \u202eabc \x1b[2J")
        reporter.end()
        shown = file.getvalue()
        assert r"[bold]x[/bold]\x1b]0;owned\x07" in shown
        assert r"[/] \u202eabc \x1b[2J" in shown
        assert "\x1b[2J" not in shown
        assert "\x07" not in shown


def test_silence_is_a_reporter_too(capfd: pytest.CaptureFixture[str]) -> None:
    reporter = silent()
    reporter.begin("Sending", 3)
    reporter.step()
    reporter.say("anything")
    reporter.end()
    assert capfd.readouterr() == ("", "")
