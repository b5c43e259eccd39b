"""`apply`: send a stored plan."""

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
    examples=(
        "apply",
        "apply p-20261123T020000-4c1d8a",
        "apply --verify",
    ),
)
@click.argument("plan_id", metavar="[PLAN]", required=False)
@click.option(
    "--verify", is_flag=True, help="Read back everything that was written, and compare it with what was sent."
)
@common
def apply(output: Output, plan_id: str | None, verify: bool) -> int:
    """Send a stored plan, by default the newest. Changes on hold are not sent.

    Notifies the same people as `run`. Exits with code 0 if everything is done, 3 if something is on hold, 4 if changes
    failed, or if what was read back from Moodle differs from what was sent, 5 if it was interrupted.
    """
    from sync.workflows.apply import apply_stored
    from sync.workflows.exit_codes import run_code

    runtime = runtime_of(output)
    with runtime.afterwards.held_by_run(), opened_context(output, verify=verify) as context:
        code = run_code(*apply_stored(context, plan_id, runtime, partial(show, output, context.config)))
        nothing_left()
    return code
