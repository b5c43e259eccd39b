"""`run`: the nightly job."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from sync.cli.help import WithExamples
from sync.cli.options import common, duration, no_deletes_option, read_option
from sync.cli.output import Output, show, stdout
from sync.cli.signals import nothing_left, waiting
from sync.cli.wiring import runtime_of

if TYPE_CHECKING:
    from sync.config.site import Config
    from sync.errors import PlanError
    from sync.model import Plan, Run, Store
    from sync.workflows.nightly import SetResult


@click.command(
    cls=WithExamples,
    examples=(
        "run",
        "run --wait 30m --quiet",
        "run --no-deletes",
    ),
)
@read_option
@click.option(
    "--wait",
    callback=duration,
    metavar="TIME",
    help="How long to wait for missing exports, such as 30m. Needs `drop:` in the site file.",
)
@no_deletes_option
@common
def run(output: Output, read: str, wait: timedelta | None, no_deletes: bool) -> int:
    """The nightly job: take the exports, plan, then send what is not on hold.

    While runs are paused, or the calendar says `freeze`, `run` says so, leaves the exports where they are and exits
    with code 0.
    """
    from sync.config.site import load
    from sync.errors import Standstill
    from sync.workflows.exit_codes import run_code, worst
    from sync.workflows.nightly import run_in_place, run_sets
    from sync.workflows.notifications import catch_up, heartbeat
    from sync.workflows.standstill import idle_run

    config, runtime = load(output.site), runtime_of(output, no_deletes=no_deletes)
    catch_up(config, runtime)
    if why := idle_run(config, runtime):
        _show_idle(output, why)
        return 0
    if config.drop is None and wait is not None:
        raise click.UsageError("--wait needs `drop:` in the site file")
    try:
        if config.drop is not None:
            show_set = partial(_show_set, output, config)
            return worst(run_sets(config, read, wait or timedelta(), waiting(config.inbox), runtime, show_set))  # type: ignore[arg-type]
        return run_code(*run_in_place(config, read, runtime, partial(_show_last, output, config)))  # type: ignore[arg-type]  # click checks the choice
    except Standstill as why:  # since the run began
        heartbeat(config, runtime)
        _show_idle(output, why)
        return 0


def _show_last(output: Output, config: Config, store: Store, plan: Plan, run: Run) -> None:
    show(output, config, store, plan, run)
    nothing_left()


def _show_idle(output: Output, why: PlanError) -> None:
    if output.json:
        import orjson

        stdout().write(orjson.dumps({"format": 1, "idle": why.briefly}) + b"\n")
    output.say(str(why))


def _show_set(output: Output, config: Config, store: Store, result: SetResult) -> None:
    if result.plan is not None:
        output.say(f"taken: {result.folder}")
        show(output, config, store, result.plan, result.run)
    for fault in result.faults:
        click.echo(f"nexsis-sync: {fault}", err=True)
    if result.faults:
        click.echo(f"nexsis-sync: the set was refused, and moved to {result.folder}", err=True)
