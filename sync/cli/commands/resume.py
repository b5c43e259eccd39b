"""`resume`: continue an interrupted run."""

from __future__ import annotations

from functools import partial

import click

from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, show
from sync.cli.signals import nothing_left
from sync.cli.wiring import opened_context, runtime_of


@click.command(
    cls=WithExamples,
    examples=("resume",),
)
@common
def resume(output: Output) -> int:
    """Continue the newest run: send what it has not sent, and repeat calls that failed for technical reasons.

    Its exports, mappings and site file must be unchanged. Exits with the codes of `apply`, and with code 1 if there is
    nothing to continue.
    """
    from sync.workflows.apply import resume as resumed
    from sync.workflows.exit_codes import run_code

    runtime = runtime_of(output)
    with runtime.afterwards.held_by_run(), opened_context(output) as context:
        code = run_code(*resumed(context, runtime, partial(show, output, context.config)))
        nothing_left()
    return code
