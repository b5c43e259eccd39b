"""`pause`: no run sends anything meanwhile."""

from __future__ import annotations

import click

from sync.cli.account import signature
from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output
from sync.cli.wiring import SystemClock, load_config, opened_store


@click.command(
    cls=WithExamples,
    examples=(
        'pause "exam board until Friday"',
        'pause "exam board until Friday" --by "Amy Jones"',
    ),
)
@click.argument("reason")
@click.option("--by", default=None, metavar="NAME", help="Name of the person who pauses [the logged-in user].")
@common
def pause(output: Output, reason: str, by: str | None) -> int:
    """Stop runs from sending anything until `unpause`. Reports show the reason and the name.

    A run in progress is not stopped.
    """
    from sync.workflows.standstill import pause as paused

    if not reason.strip():
        raise click.UsageError("give a reason: nexsis-sync pause REASON")
    config = load_config(output)
    with opened_store(config) as store:
        made = paused(store, SystemClock(), signature(by), reason.strip())
    output.say(f"paused by {made.by}: {made.reason}; `nexsis-sync unpause` ends the pause")
    return 0
