"""`approve`: what a guard holds is released."""

from __future__ import annotations

import getpass

import click

from sync.cli.options import common
from sync.cli.output import Output
from sync.cli.wiring import SystemClock, load_config, opened_store


@click.command()
@click.argument("plan_id", metavar="PLAN")
@click.option("--hold", "holds", multiple=True, metavar="ID", help="A hold to release; may be given again.")
@click.option("--all", "every", is_flag=True, help="Release all holds of the plan.")
@click.option("--by", default=None, metavar="NAME", help="Who approves [the user logged in].")
@common
def approve(output: Output, plan_id: str, holds: tuple[str, ...], every: bool, by: str | None) -> int:
    """Release holds of a plan, so that the next `apply` sends what they stopped. Records who and when."""
    from sync.workflows.approve import approve as released_holds

    if every == bool(holds):
        raise click.UsageError("give --hold ID (as often as needed) or --all")
    config = load_config(output)
    with opened_store(config) as store, store.lock():
        whole_id, released = released_holds(config, store, SystemClock(), plan_id, holds, by or getpass.getuser())
    if all(hold.count == 0 for hold in released):
        output.say("accepted; there is nothing to send, and the next run is measured by this file")
    else:
        output.say(f"released; `nexsis-sync apply {whole_id}` sends it")
    return 0
