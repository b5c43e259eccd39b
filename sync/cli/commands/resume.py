"""`resume`: a run that was cut off goes on."""

from __future__ import annotations

from functools import partial

import click

from sync.cli.options import common
from sync.cli.output import Output, show
from sync.cli.wiring import opened_context, runtime_of


@click.command()
@common
def resume(output: Output) -> int:
    """Go on with the newest run, if it was cut off and what it was planned from still stands."""
    from sync.workflows.apply import resume as resumed
    from sync.workflows.exit_codes import run_code

    with opened_context(output) as context:
        result = resumed(context, runtime_of(output), partial(show, output, context.config))
    return run_code(*result)
