"""`approve`: approve what a guard put on hold."""

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
        "approve p-20261123T020000-4c1d8a --hold h-5e0a91",
        'approve p-20261123T020000-4c1d8a --all --by "Amy Jones"',
    ),
)
@click.argument("plan_id", metavar="PLAN")
@click.option("--hold", "holds", multiple=True, metavar="ID", help="Hold to approve; can be repeated.")
@click.option("--all", "every", is_flag=True, help="Approve all holds of the plan.")
@click.option("--by", default=None, metavar="NAME", help="Name of the approver [the logged-in user].")
@common
def approve(output: Output, plan_id: str, holds: tuple[str, ...], every: bool, by: str | None) -> int:
    """Approve holds of a plan, so that the next `apply` sends them. Records who approved what, and when.

    The operating system account is recorded with the name.
    """
    from sync.workflows.approve import approve as released_holds

    if every == bool(holds):
        raise click.UsageError("use either --hold ID (can be repeated) or --all")
    config = load_config(output)
    with opened_store(config) as store, store.lock():
        whole_id, released = released_holds(config, store, SystemClock(), plan_id, holds, signature(by))
    if not released:
        output.say(f"nothing in plan {whole_id} is on hold, so there is nothing to approve")
    elif all(hold.count == 0 for hold in released):
        output.say("accepted: there is nothing to send, and the next file is compared with this one")
    else:
        output.say(f"approved; `nexsis-sync apply {whole_id}` sends it")
    return 0
