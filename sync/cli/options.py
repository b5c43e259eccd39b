"""Options that several commands take."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import click

from sync.cli.output import Output


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of every command; it gets them as an `Output`."""

    @click.option("--site", default=None, envvar="NEXSIS_SYNC_SITE", metavar="FILE", help="Site file [site.yaml].")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
    @click.option("--quiet", is_flag=True, help="Print only errors and what was asked for.")
    @click.option("--verbose", is_flag=True, help="Show everything, not only the first few of each kind.")
    @click.option("--no-color", is_flag=True, help="Do not use colours.")
    @wraps(command)
    def with_output(site: str | None, as_json: bool, quiet: bool, verbose: bool, no_color: bool, **rest: Any) -> Any:
        no_color = no_color or "NO_COLOR" in os.environ
        return command(Output(site or "site.yaml", as_json, quiet, verbose, no_color), **rest)

    return with_output


def duration(ctx: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    """A callback for options: a length of time with its unit, as in a site file."""
    from pydantic import TypeAdapter, ValidationError

    from sync.config.scalars import Duration

    if value is None:
        return None
    try:
        length: timedelta = TypeAdapter(Duration).validate_python(value)
    except ValidationError as error:
        raise click.BadParameter(str(error.errors()[0]["ctx"]["error"]), ctx, param) from None
    return length


def identifiers(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, list[str]]:
    """A callback for options: `user=S1`, as identifiers by resource."""
    from sync.model.resources import CATALOGUE

    single = [name for name, resource in CATALOGUE.items() if len(resource.key) == 1]
    found: dict[str, list[str]] = {}
    for value in values:
        name, _, identifier = value.partition("=")
        if name not in single or not identifier.strip():
            raise click.BadParameter(f"write {' or '.join(f'{each}=ID' for each in single)}", ctx, param)
        found.setdefault(name, []).append(identifier.strip())
    return found


def resource_names(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    """A callback for options: names of resources that are written."""
    from sync.model.resources import CATALOGUE

    for value in values:
        if value not in CATALOGUE:
            raise click.BadParameter(f"unknown resource {value}; choose from {', '.join(CATALOGUE)}", ctx, param)
    return frozenset(values)


read_option = click.option(
    "--read",
    type=click.Choice(["share", "full", "ledger"]),
    default="share",
    show_default=True,
    help="How much to read from Moodle: lists and a share of the rest, everything, or nothing.",
)
no_deletes_option = click.option(
    "--no-deletes", is_flag=True, help="Withhold all deletes; they are only counted. Like `no_deletes: true`."
)
html_option = click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a report page: a single HTML file.",
)
rows_option = click.option(
    "--rows",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Also write the rows with problems to this folder: as CSV, or as workbooks with the cells marked.",
)
xlsx_option = click.option(
    "--xlsx",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write an Excel workbook.",
)
