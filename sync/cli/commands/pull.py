"""`pull`: export data from the site to a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.cli.wiring import connected, load_config, opened_store
from sync.model.resources import PULLS

if TYPE_CHECKING:
    from sync.export import ColumnLayout, RowWriter
    from sync.model import Issue, Pull
    from sync.observe.context import Context
    from sync.workflows.pull import Pulled, Reading

STDOUT = "-"


@click.command(
    cls=WithExamples,
    examples=(
        "pull grade --to grades.csv",
        "pull enrolment --to roster.xlsx --only courseid=BIO101",
        "pull log --to - --since 2026-11-01",
    ),
)
@click.argument("resource", type=click.Choice(list(PULLS)), metavar="RESOURCE")
@click.option(
    "--to", required=True, metavar="FILE", help="A .csv, .xlsx, .jsonl or .parquet file; `-` prints JSON lines."
)
@click.option("--only", multiple=True, metavar="NAME=VALUE", help="Read only records with this value; can be repeated.")
@click.option("--by", default=None, metavar="NAME", help="Which identifier to read by, if there are several.")
@click.option("--since", default=None, metavar="TIME", help="Leave out anything older: 2026-11-01 or 2026-11-01T08:00.")
@click.option("--columns", default=None, metavar="FILE", help="YAML file with a column layout of your own.")
@common
def pull(
    output: Output,
    resource: str,
    *,
    to: str,
    only: tuple[str, ...],
    by: str | None,
    since: str | None,
    columns: str | None,
) -> int:
    """Export grades, completions, enrolments, logs and more from Moodle to a file. Sends no changes.

    Exits with code 4 if something could not be read or put into the columns; the file then contains the rest.
    """
    from sync.export import read_layout

    if to == STDOUT:
        output = _aside(output)
    else:
        _refuse_ending(Path(to))
    named = _named(only)
    way = _way(resource, by, named, since)
    config = load_config(output)
    layout = read_layout(Path(columns), _columns(way)) if columns else None
    with opened_store(config) as store, connected(output, config, store) as context:
        reading = _reading(context, resource, way, named, since)
        pulled, unmade = _pulled(context, reading, to, layout)
    _tell(output, reading, pulled, unmade, to)
    return 4 if pulled.failures or unmade else 0


def _aside(output: Output) -> Output:
    """The same, with text for people on standard error, because the rows go to standard output."""
    if output.json:
        raise click.UsageError("--to - and --json both use standard output: give --to a file name")
    return replace(output, json=True)


def _refuse_ending(file: Path) -> None:
    from sync.export import ENDINGS

    if file.suffix.lower() not in ENDINGS:
        *others, last = ENDINGS
        raise click.UsageError(f"the file name must end in {', '.join(others)} or {last}: {file}")


def _named(only: Sequence[str]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for text in only:
        name, _, value = (part.strip() for part in text.partition("="))
        if not name or not value:
            raise click.UsageError(f"--only takes NAME=VALUE, such as courseid=C789, not `{text}`")
        named.setdefault(name, []).append(value)
    return named


def _way(resource: str, by: str | None, named: Mapping[str, Sequence[str]], since: str | None) -> Pull:
    from sync.workflows.pull import choose

    try:
        way = choose(resource, by, named)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if since and not way.since:
        dated = [name for name, ways in PULLS.items() if any(each.since for each in ways)]
        raise click.UsageError(f"--since is not available for {resource}, only for {', '.join(dated)}")
    return way


def _columns(way: Pull) -> list[str]:
    from sync.workflows.pull import columns_of

    return columns_of(way)


def _reading(
    context: Context, resource: str, way: Pull, named: Mapping[str, Sequence[str]], since: str | None
) -> Reading:
    from sync.workflows.pull import instant, prepare

    try:
        oldest = instant(since, context.config.conventions) if since else None
    except ValueError as error:
        raise click.UsageError(f"--since: {error}") from None
    return replace(prepare(context, resource, way, named), since=oldest)


def _pulled(context: Context, reading: Reading, to: str, layout: ColumnLayout | None) -> tuple[Pulled, list[Issue]]:
    """Read into the file; the result, and cells that could not be made."""
    from sync.export import LayoutWriter
    from sync.workflows.pull import pull as read_out

    with _table(to, list(layout.columns) if layout else _columns(reading.pull)) as table:
        if layout is None:
            return read_out(context, reading, table.write), []
        laid = LayoutWriter(table, layout, Path(to).name, context.config.conventions)
        return read_out(context, reading, laid.write), laid.issues


def _table(to: str, columns: Sequence[str]) -> AbstractContextManager[RowWriter]:
    from sync.export import JsonLines, open_table

    return nullcontext(JsonLines(stdout(), columns)) if to == STDOUT else open_table(Path(to), columns)


def _tell(output: Output, reading: Reading, pulled: Pulled, unmade: Sequence[Issue], to: str) -> None:
    from sync.report.issue_lines import show_issues
    from sync.report.phrasing import count

    where = "" if to == STDOUT else f", written to {to}"
    output.say(f"{reading.title}: {count(pulled.rows, 'row')}{reading.asked}{where}")
    if pulled.absent:
        output.say(f"not found in Moodle: {pulled.absent:,} of {len(reading.keys):,}")
    issues = [*(failure.issue(reading) for failure in pulled.failures), *unmade]
    show_issues(issues, output.console(err=True), verbose=output.verbose)
    if output.json and to != STDOUT:
        import orjson

        stdout().write(orjson.dumps(_summary(reading, pulled, issues, to)) + b"\n")


def _summary(reading: Reading, pulled: Pulled, issues: Sequence[Issue], to: str) -> dict[str, Any]:
    return {
        "resource": reading.name,
        "file": to,
        "rows": pulled.rows,
        "keys": len(reading.keys),
        "absent": pulled.absent,
        "failed": [{"key": failure.key, "message": failure.message} for failure in pulled.failures],
        "issues": issues,
    }
