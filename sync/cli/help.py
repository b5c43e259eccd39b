"""What `--help` shows beyond options: examples to copy, and how a shell completes commands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

PROGRAM = "nexsis-sync"
COMPLETION = f'eval "$(_NEXSIS_SYNC_COMPLETE=bash_source {PROGRAM})"'
OTHER_SHELLS = "this is for bash; docs/reference/commands.md has zsh and fish"


class WithExamples(click.Command):
    """A command that shows what one could type; `examples` are written without the program's name."""

    def __init__(self, *arguments: Any, examples: Iterable[str], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each on a line of its own however long it is."""
        write_lines("Examples", (f"{PROGRAM} {each}" for each in self.examples), formatter)


def write_lines(heading: str, lines: Iterable[str], formatter: click.HelpFormatter) -> None:
    """Write a section of lines that are not wrapped."""
    with formatter.section(heading):
        for line in lines:
            formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
