"""Lines for a person at a terminal. Text from sheets or the site is never read as markup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from sync.report import phrasing


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a small frame."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def printed(console: Console, text: str, style: str = "") -> Text:
    """Text as this console can show it."""
    return Text(phrasing.printable(text, console.encoding), style=style)


def put(console: Console, what: RenderableType, indent: int = 0) -> None:
    """Anything rich can draw, with no blanks at the ends of its lines: they are a nuisance in files and mails."""
    console.print(_Trimmed(Padding(what, (0, 0, 0, indent))))


def line(console: Console, text: str, indent: int = 0, style: str = "") -> None:
    """One paragraph."""
    put(console, printed(console, text, style), indent)


def title(console: Console, text: str) -> None:
    """A heading, with a blank line above it."""
    console.print()
    line(console, text, style="bold underline")


def more(rest: int, indent: int, console: Console, noun: str = "") -> None:
    """How many are not shown, if any are not; `noun` is what one of them is."""
    if rest > 0:
        counted = phrasing.count(rest, f"more {noun}") if noun else f"{rest:,} more"
        line(console, f"and {counted}", indent, "dim")


def arrow(console: Console) -> str:
    """The arrow from one value to the next."""
    return " -> " if console.options.ascii_only else " → "


@dataclass(frozen=True, slots=True)
class _Trimmed:
    """What rich would draw, without the blanks it fills lines with."""

    what: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segments in console.render_lines(self.what, options, pad=False):
            yield from _trimmed(segments)
            yield Segment.line()


def _trimmed(segments: Iterable[Segment]) -> Iterator[Segment]:
    kept = [*segments]
    left = len("".join(segment.text for segment in kept).rstrip(" "))
    for segment in kept:
        if left > 0:
            yield Segment(segment.text[:left], segment.style, segment.control)
        left -= len(segment.text)
