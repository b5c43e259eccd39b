"""Lines for a person at a terminal. Text from sheets or the site is never read as markup."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from sync.report import phrasing


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a small frame."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def printed(console: Console, text: str, style: str = "") -> Text:
    """Text as this console can show it."""
    return Text(phrasing.printable(text, console.encoding), style=style)


def line(console: Console, text: str, indent: int = 0, style: str = "") -> None:
    """One paragraph."""
    console.print(Padding(printed(console, text, style), (0, 0, 0, indent), expand=False))


def title(console: Console, text: str) -> None:
    """A heading, with a blank line above it."""
    console.print()
    line(console, text, style="bold underline")


def more(rest: int, indent: int, console: Console, of: str = "") -> None:
    """How many are not shown, if any are not."""
    if rest > 0:
        line(console, f"and {rest:,} more {of}".rstrip(), indent, "dim")


def arrow(console: Console) -> str:
    """The arrow from one value to the next."""
    return " -> " if console.options.ascii_only else " → "
