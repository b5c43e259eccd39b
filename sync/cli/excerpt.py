"""The essential part of what a command prints: chosen lines with all that is indented below them."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout

import click

GAP = "..."


class _Held(io.TextIOWrapper):
    """Holds back what is printed, as if it went to standard output: in its encoding, and in colour or not."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding=sys.stdout.encoding, newline="\n", write_through=True)
        self._terminal = sys.stdout.isatty()

    def isatty(self) -> bool:
        return self._terminal

    def text(self) -> str:
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding)


@contextmanager
def held_back() -> Iterator[_Held]:
    """Hold back what is printed on standard output."""
    with redirect_stdout(_Held()) as held:
        yield held


def excerpt(text: str, chosen: Sequence[str]) -> str:
    """The lines that begin with one of `chosen`, those indented below them, and the headings above.

    What is left out between them is `...`. All of the text if nothing is chosen.
    """
    lines = text.splitlines()
    if not chosen:
        return text.strip("\n")
    shown: list[str] = []
    for line, keep in zip(lines, _kept(lines, tuple(chosen)), strict=True):
        if keep:
            shown.append(line)
        elif line and shown and shown[-1] != GAP:
            shown.append(GAP)
    return "\n".join(shown[:-1] if shown[-1:] == [GAP] else shown)


def _kept(lines: Sequence[str], chosen: tuple[str, ...]) -> list[bool]:
    """Which lines to show. A line is below the last one before it that is indented less."""
    kept, above = [False] * len(lines), list[tuple[int, int, bool]]()
    for place, line in enumerate(lines):
        bare = click.unstyle(line)
        indent = len(bare) - len(bare.lstrip()) if bare else 0
        while above and above[-1][1] >= indent:
            above.pop()
        whole = bare.lstrip().startswith(chosen) or (bool(above) and above[-1][2])
        if whole:
            for each in (place, *(heading for heading, _, _ in above)):
                kept[each] = True
        above.append((place, indent, whole))
    return kept
