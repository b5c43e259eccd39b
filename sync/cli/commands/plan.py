"""`plan`: compare, and send nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.help import WithExamples
from sync.cli.options import (
    common,
    html_option,
    identifiers,
    no_deletes_option,
    read_option,
    resource_names,
    xlsx_option,
)
from sync.cli.output import Output, note, show, write_html, write_xlsx
from sync.cli.wiring import opened_context, opened_copy, with_current_exports

if TYPE_CHECKING:
    from sync.observe.read_plan import ReadPolicy


@click.command(
    cls=WithExamples,
    examples=(
        "plan",
        "plan --html plan.html",
        "plan --site /srv/moodle/site.yaml --read full",
        "plan --as-of 2027-09-01",
        "plan --no-deletes",
        "plan --only user=S1 --only course=C7",
    ),
)
@read_option
@click.option("--retry-kept", is_flag=True, help="Resend what Moodle previously refused or did not store as sent.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Preview the plan with the terms as of a day, such as 2027-09-01. It is not stored and cannot be applied.",
)
@no_deletes_option
@click.option(
    "--only",
    callback=identifiers,
    multiple=True,
    metavar="RESOURCE=ID",
    help="Plan only what concerns this user or course, and what that depends on; can be repeated.",
)
@click.option(
    "--resource",
    "resources",
    callback=resource_names,
    multiple=True,
    metavar="NAME",
    help="Plan only records of this kind, and what they depend on; can be repeated.",
)
@click.option("--jsonl", is_flag=True, help="Print JSON: a header line, then one line for each change.")
@html_option
@xlsx_option
@common
def plan(
    output: Output,
    read: ReadPolicy,
    *,
    retry_kept: bool,
    as_of: datetime | None,
    no_deletes: bool,
    only: Mapping[str, Sequence[str]],
    resources: frozenset[str],
    jsonl: bool,
    html: Path | None,
    xlsx: Path | None,
) -> int:
    """Compare the exports with Moodle, store a plan and show the dry run. Sends no changes.

    Exits with code 0 if there is nothing to do, 2 if there are differences, 3 if something is on hold, 4 if Moodle
    could not be read completely.
    """
    from sync.plan.part import PlanPart
    from sync.workflows.exit_codes import plan_code
    from sync.workflows.plan import PlanRequest, make_plan
    from sync.workflows.preview import preview
    from sync.workflows.sources import gather, known_to

    opened = opened_copy if as_of else opened_context
    with opened(output, no_deletes=no_deletes) as context:
        config = with_current_exports(context.config)
        sources = gather(config, known_to(context.store))
        here, part = replace(context, config=config), PlanPart(only, resources) if only or resources else None
        asked = PlanRequest(read, retry_kept, part=part)
        made = preview(here, sources, asked, as_of.date()) if as_of else make_plan(here, sources, asked)
        show(output, context.config, context.store, made, jsonl=jsonl)
        write_html(html, context.config, context.store, made, lambda: sources)
        write_xlsx(xlsx, context.config, context.store, made, lambda: sources)
    if as_of:
        note(f"this is a preview as of {as_of:%Y-%m-%d}: it is not stored and cannot be applied")
    return plan_code(made)
