"""`guards`: what the guards would have put on hold in the past."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.cli.wiring import load_config, reporter_of, temporary_store

if TYPE_CHECKING:
    from sync.workflows.replay import ReplayedSet


@click.command(
    cls=WithExamples, examples=("guards --replay past-exports", "guards --replay archive --from-state --json")
)
@click.option(
    "--replay",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Past exports: a folder for each set, or the archive of a site.",
)
@click.option("--from-state", is_flag=True, help="Begin with a copy of the state store instead of an empty one.")
@common
def guards(output: Output, folder: Path, from_state: bool) -> int:
    """Show what guards would have put on hold in past exports. Moodle and the state store are not touched."""
    from sync.site.nowhere import Nowhere
    from sync.workflows.replay import replay

    config = load_config(output)
    sets = []
    with temporary_store(config, copied=from_state) as open_store:
        for each in replay(config, folder, Nowhere(), open_store, reporter_of(output)):
            sets.append(each)
            if not output.json:
                _show(output, each)
    if output.json:
        _print_json(sets)
    else:
        _totals(output, sets)
    return 0


def _show(output: Output, replayed: ReplayedSet) -> None:
    from sync.report.phrasing import count

    output.say(f"{replayed.folder}  {count(replayed.changes, 'change')}")
    for fault in replayed.faults:
        output.say(f"    refused: {fault}")
    for hold in replayed.held:
        if hold.part_of is None:
            parts = sum(other.part_of == hold.id for other in replayed.held)
            of = f" ({count(parts, 'part')})" if parts else ""
            output.say(f"    {hold.guard}{of}: {hold.message}")


def _totals(output: Output, sets: Sequence[ReplayedSet]) -> None:
    from sync.report.phrasing import count
    from sync.workflows.replay import by_guard

    found = by_guard(sets)
    output.say(f"{count(len(sets), 'set')}, {count(sum(each.holds for each in found), 'hold')}")
    for each in found:
        within = f"in {count(each.sets, 'set')}"
        output.say(f"    {each.guard}: {count(each.holds, 'hold')} {within}, {count(each.changes, 'change')}")


def _print_json(sets: Sequence[ReplayedSet]) -> None:
    import orjson

    from sync.report.document import hold_facts
    from sync.workflows.replay import by_guard

    document = {
        "format": 1,
        "sets": [
            {
                "set": each.folder,
                "at": each.at.isoformat(),
                "changes": each.changes,
                "holds": [hold_facts(hold) for hold in each.held],
                "faults": [str(fault) for fault in each.faults],
            }
            for each in sets
        ],
        "guards": [
            {"guard": each.guard, "sets": each.sets, "holds": each.holds, "changes": each.changes}
            for each in by_guard(sets)
        ],
    }
    stdout().write(orjson.dumps(document) + b"\n")
