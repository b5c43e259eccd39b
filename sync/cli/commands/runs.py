"""`runs`: a list of plans and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, note, show, stdout
from sync.cli.wiring import SystemClock, load_config, opened_store
from sync.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command(
    cls=WithExamples,
    examples=(
        "runs",
        "runs show r-20261123T020100-77ab10",
    ),
)
@click.argument("what", metavar="[show ID]", nargs=-1)
@common
def runs(output: Output, what: tuple[str, ...]) -> int:
    """List plans and runs, newest first; `runs show ID` shows one."""
    if what and (len(what) != 2 or what[0] != "show"):
        raise click.UsageError("write `nexsis-sync runs`, or `nexsis-sync runs show ID`")
    from sync.workflows.history import find, notice_cut_runs, overview
    from sync.workflows.standstill import why_idle

    config = load_config(output)
    with opened_store(config) as store:
        notice_cut_runs(store)
        if what:
            show(output, config, store, *find(store, what[1]))
            return 0
        rows, idle = overview(store), why_idle(config, store, SystemClock().now())
    if idle is not None:
        note(idle.briefly)
    _list(output, rows)
    return 0


def _list(output: Output, rows: Sequence[dict[str, Any]]) -> None:
    if output.json:
        import orjson

        stdout().write(orjson.dumps({"plans": rows}) + b"\n")
        return
    from sync.report.phrasing import RUN_STATES, count

    for row in rows:
        empty = f"  {count(row['empty'], 'mapping')} on hold" if row["empty"] else ""
        changes = count(row["changes"], "change") if row["changes"] else "no changes"
        held = f", {row['held']:,} on hold" if row["held"] else ""
        output.say(f"{row['plan']}  {row['created']}  {changes}{held}{empty}")
        for each in row["runs"]:
            state = RUN_STATES[each["state"]]
            output.say(f"    {each['run']}  {each['started']}  {state}  {each['reason']}".rstrip())
    if not rows:
        raise PlanError("there is no plan yet: make one with `nexsis-sync plan`")
