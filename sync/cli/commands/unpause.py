"""`unpause`: runs send again."""

from __future__ import annotations

import click

from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output
from sync.cli.wiring import load_config, opened_store


@click.command(
    cls=WithExamples,
    examples=("unpause",),
)
@common
def unpause(output: Output) -> int:
    """End the pause: the next run sends again."""
    from sync.workflows.standstill import unpause as ended

    config = load_config(output)
    with opened_store(config) as store:
        pause = ended(store)
    if pause is None:
        output.say("runs were not paused")
    else:
        output.say(f"the pause by {pause.by} ({pause.reason}) has ended")
    return 0
