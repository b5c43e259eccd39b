"""`check`: mappings and sheets, checked without the site."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from sync.cli.first_rows import show_first_rows
from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.cli.wiring import SystemClock, known_tombstones, load_config, with_current_exports
from sync.errors import masked_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.config.mappings import Mapping
    from sync.config.site import Config
    from sync.mapping.source import Source
    from sync.model import Desired
    from sync.workflows.check import Checked


@click.command(
    cls=WithExamples,
    examples=(
        "check",
        "check --rows 3",
    ),
)
@click.option(
    "--rows",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Show the first N rows of each file, before and after mapping.",
)
@common
def check(output: Output, rows: int) -> int:
    """Check everything that can be checked without Moodle: site file, mappings and, if there are any, exports.

    Exits with code 3 if a file has no usable rows.
    """
    config = load_config(output)
    from sync.report.phrasing import count
    from sync.workflows.check import check_sheets
    from sync.workflows.sources import gather
    from sync.workflows.terms import day_of, in_terms

    output.say(f"{output.site}: valid, with {count(len(config.mappings), 'mapping')} for {config.site.url}")
    _say_included(output, config)
    _say_unnamed(output, config)
    config = with_current_exports(config)
    if not _has_exports(output, config):
        output.say(f"{config.inbox}: no exports there yet, so no files were checked")
        return 0
    sources = in_terms(config, gather(config), day_of(config, SystemClock().now()))
    _say_sheets(output, sources)
    checked = check_sheets(config, sources, known_tombstones(config))
    _say_checked(output, sources, checked)
    holds = _holds(output, checked)
    first = show_first_rows(output, config, sources, rows)
    if output.json:
        import orjson

        facts = {"issues": checked.issues, "holds": holds, **({"rows": first} if rows else {})}
        stdout().write(masked_json(orjson.dumps(facts)) + b"\n")
    return 3 if holds else 0


def _has_exports(output: Output, config: Config) -> bool:
    """Whether there are exports to check; entries that cannot be read are shown.

    Raises SheetError if the inbox exists and is not a folder.
    """
    from sync.report.issue_lines import show_issues
    from sync.workflows.check import holds_exports

    if not os.path.lexists(config.inbox):
        return False
    there = config.entries.look()
    found = holds_exports(config, there)
    if not found:
        show_issues(there.issues, output.console(), verbose=output.verbose)
    return found


def _say_included(output: Output, config: Config) -> None:
    for mapping in config.mappings:
        if mapping.include:
            output.say(f"{mapping.name}: includes the shipped mapping {mapping.include}")


def _say_unnamed(output: Output, config: Config) -> None:
    from sync.workflows.check import unnamed_fields

    for mapping in config.mappings:
        names = unnamed_fields(mapping)
        if names:
            output.say(f"{mapping.name}: sent unchanged, though not in the API reference: {', '.join(names)}")


def _say_sheets(output: Output, sources: Sequence[Source]) -> None:
    from sync.report.phrasing import count

    for source in sources:
        for sheet in source.sheets:
            tab = f", tab {sheet.tab}" if sheet.tab else ""
            found = ", ".join(f"{name} {value}" for name, value in sheet.found.items())
            output.say(f"{source.mapping.name}: {sheet.file}{tab}: {count(len(sheet.frame), 'row')} ({found})")


def _say_checked(output: Output, sources: Sequence[Source], checked: Checked) -> None:
    from sync.model.resources import CATALOGUE
    from sync.report.issue_lines import show_issues
    from sync.report.phrasing import count

    for source in sources:
        output.say(f"{source.mapping.name}: {_reach(source.mapping, checked.desired[source.mapping.resource])}")
    for name, side in checked.desired.items():
        if len(side.rows) or side.rejected:
            rejected = count(side.rejected, "row") if side.rejected else "no rows"
            output.say(f"{CATALOGUE[name].title}: {count(len(side.rows), 'record')}, {rejected} with errors")
    show_issues(checked.issues, output.console(), verbose=output.verbose)


def _holds(output: Output, checked: Checked) -> list[dict[str, Any]]:
    """What would be on hold, for people, and for machines."""
    from sync.report.phrasing import plain

    holds: list[dict[str, Any]] = []
    for mapping, stop in checked.holds:
        output.say(f"{mapping.name}: on hold: {plain(stop.message)}")
        facts = {"guard": stop.guard, "resource": stop.resource, "slice": stop.slice, "count": 0}
        holds.append({**facts, "population": stop.population, "limit": stop.limit, "message": stop.message})
    return holds


def _reach(mapping: Mapping, desired: Desired) -> str:
    """What the sheet of a mapping can remove."""
    from sync.config.terms import TERM
    from sync.model.findings import listed
    from sync.model.resources import CATALOGUE
    from sync.workflows.check import removals_asked

    resource = CATALOGUE[mapping.resource]
    if mapping.mode == "snapshot":
        can = "kept"
        if mapping.deletes:
            can = f"changed ({', '.join(mapping.sets)})" if mapping.sets else "deleted"
            can += f" after {mapping.wait}" if mapping.wait else ""
            if TERM in mapping.scope:
                current = listed(mapping.scope[TERM], "or") or "none today"
                can += f", if their course belongs to a current term ({current})"
            own = {key: patterns for key, patterns in mapping.scope.items() if key != TERM}
            can += "".join(f", if their {key} is {listed(patterns, 'or')}" for key, patterns in own.items())
            can += "" if mapping.scope else ", everywhere: the mapping has no scope"
        return f"a snapshot of {resource.title}; records missing from it are {can}"
    return f"a delta of {resource.title}; it asks to remove {resource.counted(removals_asked(mapping, desired))}"
