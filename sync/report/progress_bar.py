"""Progress of long work on a terminal: a bar with rate and time left."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from sync.model import Clock
from sync.report.phrasing import printable


class ProgressBar:
    """A Reporter that draws a bar with rate and time left, one piece of work at a time."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._progress: Progress | None = None
        self._task = TaskID(0)

    def begin(self, task: str, total: int) -> None:
        """Start a new bar, if there is anything to count."""
        if total <= 1:
            return
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            RateColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=self._console, get_time=self._clock.monotonic)
        self._task = self._progress.add_task(printable(task, self._console.encoding), total=total)
        self._progress.start()

    def step(self, done: int = 1) -> None:
        """Move the bar."""
        if self._progress:
            self._progress.advance(self._task, done)

    def end(self) -> None:
        """Leave the bar as it is."""
        if self._progress:
            self._progress.stop()
            self._progress = None

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._console.print(Text(printable(text, self._console.encoding)), soft_wrap=True)


class RateColumn(ProgressColumn):
    """Steps a second."""

    def render(self, task: Task) -> Text:
        """Nothing until there is a rate to show."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")
