"""Progress of long work: a bar on a terminal, a line now and then elsewhere, nothing if it is not wanted.

Work of a single step shows no progress; nor, except on a terminal, does work that is soon done.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.text import Text

from sync.model import Clock, Reporter
from sync.report.phrasing import printable, span

PAUSE: Final = 10.0
"""Seconds before the first plain line, and between two, at least: a log is read later, not watched."""


def watching(console: Console, clock: Clock) -> Reporter:
    """A bar if the console is a terminal, plain lines otherwise. The console should write to standard error."""
    if not console.is_terminal:
        return LineReporter(console, clock)
    # Imported here because a nightly run has no terminal, and drawing needs a good part of rich.
    from sync.report.progress_bar import ProgressBar

    return ProgressBar(console, clock)


def silent() -> Reporter:
    """Says nothing."""
    return SilentReporter()


class SilentReporter:
    """A Reporter that reports nothing."""

    def begin(self, task: str, total: int) -> None:
        """Nothing."""

    def step(self, done: int = 1) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""


@dataclass
class LineReporter:
    """A Reporter in plain lines: one every `PAUSE` seconds at most during the work, and one at its end."""

    console: Console
    clock: Clock
    _task: str = field(default="", init=False)
    _total: int = field(default=0, init=False)
    _done: int = field(default=0, init=False)
    _begun: float = field(default=0.0, init=False)
    _said: float = field(default=0.0, init=False)

    def begin(self, task: str, total: int) -> None:
        """Remember what begins, and how much of it there is."""
        self._task, self._total, self._done = task, total, 0
        self._begun = self._said = self.clock.monotonic()

    def step(self, done: int = 1) -> None:
        """Count, and say so if the last line is long enough ago."""
        self._done += done
        now = self.clock.monotonic()
        if now - self._said >= PAUSE and self._done < self._total:
            self._said = now
            rate = self._done / (now - self._begun)
            left = span((self._total - self._done) / rate)
            self.say(f"{self._task}: {self._done:,} of {self._total:,}, {rate:,.0f} a second, about {left} left")

    def end(self) -> None:
        """Say how far long work went, and how long that took."""
        took = self.clock.monotonic() - self._begun
        if took >= PAUSE:
            self.say(f"{self._task}: {self._done:,} of {self._total:,} in {span(took)}")

    def say(self, text: str) -> None:
        """One line, never wrapped."""
        with suppress(OSError):  # a log that is full, or that nobody reads any more, stops no run
            self.console.print(Text(printable(text, self.console.encoding)), soft_wrap=True)
