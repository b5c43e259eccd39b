"""`plan`: compare, and send nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

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
from sync.cli.output import Output, show, write_html, write_xlsx
from sync.cli.wiring import opened_context, with_current_exports


@click.command(
    cls=WithExamples,
    examples=(
        "plan",
        "plan --html plan.html",
        "plan --site /srv/moodle/site.yaml --read full",
        "plan --no-deletes",
        "plan --only user=S1 --only course=C7",
    ),
)
@read_option
@click.option("--retry-kept", is_flag=True, help="Resend what Moodle previously refused or did not store as sent.")
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
    read: str,
    *,
    retry_kept: bool,
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
    from sync.workflows.plan import make_plan
    from sync.workflows.sources import gather, known_to

    with opened_context(output, no_deletes=no_deletes) as context:
        config = with_current_exports(context.config)
        sources = gather(config, known_to(context.store))
        part = PlanPart(only, resources) if only or resources else None
        here = replace(context, config=config)
        made = make_plan(here, sources, read, retry_kept=retry_kept, part=part)  # type: ignore[arg-type]  # click checks the choice
        show(output, context.config, context.store, made, jsonl=jsonl)
        write_html(html, context.config, context.store, made, lambda: sources)
        write_xlsx(xlsx, context.config, context.store, made, lambda: sources)
    return plan_code(made)
