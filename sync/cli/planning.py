"""`check` and `plan`: looking without touching."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli.common import Face, at_hand, common, load_config, opened_world, show, stdout
from sync.cli.writing import html_option, write_html, write_xlsx, xlsx_option
from sync.errors import legible, masked_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.config.mappings import Mapping
    from sync.config.site import Config
    from sync.mapping.preview import SourceRow
    from sync.mapping.source import Source
    from sync.model import Desired, Issue, Plan


def plan_code(plan: Plan) -> int:
    """4 if the site did not tell all, 3 if something is held, 2 if something would be sent, 0 if both sides agree."""
    statuses = set(plan.changes["status"])
    if any(issue.code == "unread" for issue in plan.issues):
        return 4
    return 3 if plan.unapproved else 2 if "planned" in statuses else 0


read_option = click.option(
    "--read",
    type=click.Choice(["share", "full", "ledger"]),
    default="share",
    show_default=True,
    help="How much to read from the site: lists and a share of the rest, all, or nothing.",
)


@click.command()
@read_option
@click.option("--jsonl", is_flag=True, help="JSON, a head line and then one line a change.")
@html_option
@xlsx_option
@common
def plan(face: Face, read: str, jsonl: bool, html: Path | None, xlsx: Path | None) -> int:
    """Compare sheets and site, store a plan and print the dry run. Sends no write.

    Leaves with 0 if nothing is to be done, 2 if there are differences, 3 if something is held.
    """
    from sync.workflows.engine import make_plan
    from sync.workflows.sources import gather

    with opened_world(face) as context:
        config = at_hand(context.config)
        sources = gather(config)
        made = make_plan(replace(context, config=config), sources, read)  # type: ignore[arg-type]  # click checks the choice
        show(face, context.config, made, jsonl=jsonl)
        write_html(html, context.config, context.store, made, lambda: sources)
        write_xlsx(xlsx, context.config, context.store, made, lambda: sources)
    return plan_code(made)


@click.command()
@click.option(
    "--rows",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Show the first N rows of each sheet as they came and as they would be.",
)
@common
def check(face: Face, rows: int) -> int:
    """Check everything that can be checked without the site: config, mappings and, where files lie there, sheets.

    Exits with 3 if nothing in a sheet can be used.
    """
    config = load_config(face)
    from sync.report.phrasing import count

    face.say(f"{face.site}: good, with {count(len(config.mappings), 'mapping')} for {config.site.url}")
    _say_unnamed(face, config)
    config = at_hand(config)
    if not _has_files(face, config):
        face.say(f"{config.inbox}: no exports there yet, so no sheets were checked")
        return 0
    from sync.workflows.sources import gather

    sources = gather(config)
    desired, issues = _check_sheets(face, config, sources)
    empty = _empty(face, config, sources, desired)
    first = _first_rows(face, config, sources, rows)
    if face.json:
        import orjson

        said = {"issues": issues, "holds": empty, **({"rows": first} if rows else {})}
        stdout().write(masked_json(orjson.dumps(said)) + b"\n")
    return 3 if empty else 0


def _has_files(face: Face, config: Config) -> bool:
    """Whether there are exports, or what may be one and cannot be read; what else cannot be read is shown.

    Raises SheetError if the inbox is there and is no folder.
    """
    from sync.report.terminal import show_issues
    from sync.sheets.patterns import meant

    if not os.path.lexists(config.inbox):
        return False
    there = config.entries.look()
    wanted = [choice.file for mapping in config.mappings for choice in (*mapping.sheets, *mapping.manifests)]
    if there.files or any(meant(pattern, each.name) for pattern in wanted for each in there.unusable):
        return True
    show_issues(there.issues, face.console(), verbose=face.verbose)
    return False


def _say_unnamed(face: Face, config: Config) -> None:
    """Fields of mappings that the API reference does not name: the site may know them all the same."""
    from sync.model.resources import CATALOGUE

    for mapping in config.mappings:
        names = [name for name in mapping.fields if CATALOGUE[mapping.resource].field(name) is None]
        if names:
            face.say(f"{mapping.name}: sent as it is, though not in the API reference: {', '.join(names)}")


def _check_sheets(face: Face, config: Config, sources: Sequence[Source]) -> tuple[dict[str, Desired], list[Issue]]:
    from sync.diff.dependencies import apart
    from sync.model.resources import CATALOGUE
    from sync.report.phrasing import count
    from sync.report.terminal import show_issues
    from sync.workflows.collect import build_desired

    for source in sources:
        for sheet in source.sheets:
            tab = f", tab {sheet.tab}" if sheet.tab else ""
            found = ", ".join(f"{name} {value}" for name, value in sheet.found.items())
            face.say(f"{source.mapping.name}: {sheet.file}{tab}: {count(len(sheet.frame), 'row')} ({found})")
    desired, issues = build_desired(config, sources)
    for source in sources:
        face.say(f"{source.mapping.name}: {_reach(source.mapping, desired[source.mapping.resource])}")
    for name, side in desired.items():
        if len(side.rows) or side.rejected:
            rows, rejected = count(len(side.rows), "object"), count(side.rejected, "row")
            face.say(f"{CATALOGUE[name].title}: {rows}, {rejected} rejected")
    issues += [issue for resource in CATALOGUE.values() for issue in apart(resource, desired, sources)]
    show_issues(issues, face.console(), verbose=face.verbose)
    return desired, issues


def _empty(face: Face, config: Config, sources: Sequence[Source], desired: dict[str, Desired]) -> list[dict[str, Any]]:
    """The holds of sheets that contribute nothing usable, as a plan would have them that has seen no file before."""
    from sync.diff.contributions import contributions
    from sync.plan.usability_guards import unusable
    from sync.report.phrasing import plain
    from sync.workflows.inputs import inputs_of

    found, inputs = contributions(desired, sources), inputs_of(config, sources)
    holds: list[dict[str, Any]] = []
    for source in sources:
        mapping = source.mapping
        own = [each for each in inputs if each.mapping == mapping.name]
        for stop in unusable(mapping, found[mapping.name], own, ()):
            face.say(f"{mapping.name}: on hold: {plain(stop.message)}")
            told = {"guard": stop.guard, "resource": stop.resource, "slice": stop.slice, "count": 0}
            holds.append({**told, "population": stop.population, "limit": stop.limit, "message": stop.message})
    return holds


def _reach(mapping: Mapping, desired: Desired) -> str:
    """What the sheet of a mapping can have removed."""
    from sync.diff.removals import claimed_by
    from sync.model.resources import CATALOGUE

    resource = CATALOGUE[mapping.resource]
    if mapping.mode == "snapshot":
        can = "what is absent is deleted" if mapping.missing == "delete" else "what is absent is kept"
        return f"a snapshot of {resource.title}; {can}"
    asked = int(claimed_by(desired.removals["claims"], frozenset({mapping.name})).sum())
    return f"a delta of {resource.title}; it asks for the removal of {resource.counted(asked)}"


def _first_rows(face: Face, config: Config, sources: Sequence[Source], count: int) -> list[SourceRow]:
    """The first rows of every mapping, also for people: as they came, and below that as they would be."""
    from sync.mapping.preview import preview
    from sync.model.resources import CATALOGUE
    from sync.report.phrasing import plain

    found: list[SourceRow] = []
    for source in sources if count else ():
        face.say(f"\n{source.mapping.name} ({source.mapping.resource})")
        rows = preview(CATALOGUE[source.mapping.resource], source, config.conventions, count)
        found += rows
        for row in rows:
            came = ", ".join(
                f"{name}: {'(error)' if cell is None else legible(cell)}" for name, cell in row.cells.items()
            )
            face.say(f"  {row.origin}: {came}")
            for after in row.after:
                face.say(f"    -> {', '.join(f'{name}: {legible(value)}' for name, value in after.items())}")
            for issue in row.issues:
                face.say(f"    {issue.severity}: {plain(issue.message)}")
            if not row.after and not row.issues:
                face.say("    left out")
    return found
