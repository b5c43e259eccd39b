"""`apply`: a stored plan becomes true."""

from __future__ import annotations

from functools import partial

import click

from sync.cli.options import common
from sync.cli.output import Output, show
from sync.cli.wiring import opened_context, runtime_of


@click.command()
@click.argument("plan_id", metavar="[PLAN]", required=False)
@common
def apply(output: Output, plan_id: str | None) -> int:
    """Send a stored plan: the newest, if none is named. What is held stays.

    Those to whom it is news are told, as by `run`. Leaves with 0 if all is done, 3 if something is held, 4 if calls
    failed, 5 if it was cut off.
    """
    from sync.workflows.apply import apply_stored
    from sync.workflows.exit_codes import run_code

    with opened_context(output) as context:
        result = apply_stored(context, plan_id, runtime_of(output), partial(show, output, context.config))
    return run_code(*result)
