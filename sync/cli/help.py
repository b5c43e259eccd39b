"""What `--help` shows beyond options: examples to copy, and how a shell completes commands."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import click

PROGRAM = "nexsis-sync"
COMPLETION = f'eval "$(_NEXSIS_SYNC_COMPLETE=bash_source {PROGRAM})"'
OTHER_SHELLS = "this is for bash; docs/reference/commands.md has zsh and fish"


class WithExamples(click.Command):
    """A command that shows what one could type; `examples` are written without the program's name."""

    def __init__(self, *arguments: Any, examples: Iterable[str] = (), **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each on a line of its own however long it is."""
        write_lines("Examples", (f"{PROGRAM} {each}" for each in self.examples), formatter)


class GroupWithExamples(WithExamples, click.Group):
    """A group of commands with examples, which suggests the nearest name for a mistyped one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a name that is almost one of the commands is answered with that one."""
        names = self.list_commands(ctx)
        if args[0] not in names and (near := get_close_matches(args[0], names, n=1)):
            message = f"No such command '{args[0]}'. Did you mean `{ctx.command_path} {near[0]}`?"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)


def write_lines(heading: str, lines: Iterable[str], formatter: click.HelpFormatter) -> None:
    """Write a section of lines that are not wrapped."""
    with formatter.section(heading):
        for line in lines:
            formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
