"""`watch`: do what `run` does for each set of exports as it arrives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from sync.cli.help import WithExamples
from sync.cli.options import common, duration, read_option
from sync.cli.output import Output, stdout
from sync.cli.signals import stoppable
from sync.cli.wiring import SystemClock, runtime_of

if TYPE_CHECKING:
    from sync.workflows.nightly import SetResult
    from sync.workflows.watch import Stuck, Waiting


@click.command(
    cls=WithExamples,
    examples=(
        "watch",
        "watch --every 1m --wait 2h",
    ),
)
@read_option
@click.option(
    "--every",
    callback=duration,
    default="5s",
    show_default=True,
    metavar="TIME",
    help="How often to check the inbox.",
)
@click.option(
    "--wait",
    callback=duration,
    default="1h",
    show_default=True,
    metavar="TIME",
    help="How long a set may be incomplete, or delayed by a temporary problem, before people are notified.",
)
@click.option("--once", is_flag=True, help="Stop after the first set, with the exit code that `run` would have.")
@common
def watch(output: Output, read: str, every: timedelta, wait: timedelta, once: bool) -> int:
    """Process exports as they arrive, as `run` does. Prints one line for each set.

    Stop it with Ctrl-C or SIGTERM. A run in progress is interrupted, and the next `watch` or `run` continues it.
    """
    from sync.config.site import load
    from sync.workflows.notifications import catch_up
    from sync.workflows.sets import drop_of
    from sync.workflows.watch import WatchSettings
    from sync.workflows.watch import watch as watched

    stop = Event()
    config, runtime = load(output.site), runtime_of(replace(output, quiet=True), stop)
    drop_of(config)
    catch_up(config, runtime)
    if not once:
        output.say(f"watching {config.inbox}, checked every {every.total_seconds():g} s; Ctrl-C stops it")
    settings = WatchSettings(read, every, wait, once)  # type: ignore[arg-type]  # click checks the choice
    with stoppable("stopping (press Ctrl-C again to stop at once)", stop, KeyboardInterrupt):
        return watched(config, partial(load, output.site), settings, runtime, stop, partial(_report, output))


def _report(output: Output, what: SetResult | Waiting | Stuck) -> None:
    """One line, for people and for programs."""
    from sync.workflows.watch import Stuck, Waiting

    match what:
        case Stuck(fault):
            line, facts = f"note: {fault.where + ': ' if fault.where else ''}{fault.message}", {"note": str(fault)}
        case Waiting(why):
            line, facts = f"waiting: {why}", {"waiting": why}
        case _:
            line, facts = _line(what), _facts(what)
    now = SystemClock().now()
    if output.json:
        import orjson

        stdout().write(orjson.dumps({"at": now, **facts}) + b"\n")
        stdout().flush()
    output.say(f"{now:%Y-%m-%d %H:%M:%S}  {line}")


def _line(result: SetResult) -> str:
    from sync.report.phrasing import RUN_STATES, STATUSES

    if result.plan is None or result.run is None:
        return f"refused: {'; '.join(fault.message for fault in result.faults)}; see {result.folder}"
    counts = result.plan.changes["status"].value_counts()
    shown = ", ".join(f"{count:,} {STATUSES[str(status)]}" for status, count in counts.items()) or "nothing to do"
    reason = f" ({result.run.reason})" if result.run.reason else ""
    return f"{result.run.id}  {RUN_STATES[result.run.state]}{reason}: {shown}"


def _facts(result: SetResult) -> dict[str, Any]:
    """The same for programs."""
    facts: dict[str, Any] = {"folder": str(result.folder), "code": result.code}
    if result.plan is None or result.run is None:
        return {**facts, "refused": [fault.message for fault in result.faults]}
    counts = {str(status): int(count) for status, count in result.plan.changes["status"].value_counts().items()}
    return {**facts, "plan": result.plan.id, "run": result.run.id, "state": result.run.state, "changes": counts}
