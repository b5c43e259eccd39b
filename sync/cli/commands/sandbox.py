"""`sandbox`: a site to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.errors import Fault, NexsisSyncError


@click.command(
    cls=WithExamples,
    examples=(
        "sandbox",
        "sandbox --port 0 --db trial.db --log requests.jsonl",
        "sandbox --latency-ms 50 --error-rate 0.01",
    ),
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port on this machine; 0 picks a free one.",
)
@click.option("--db", default=":memory:", show_default=True, metavar="FILE", help="Database file of the site.")
@click.option("--token", default="sandbox", show_default=True, help="Token it accepts.")
@click.option(
    "--log", default=None, metavar="FILE", help="Log each request as a line of JSON: time, method, path, status."
)
@click.option("--seed", default=0, show_default=True, help="Seed of the simulated errors.")
@click.option(
    "--identifiers",
    type=click.Choice(["ignore_case", "exact"]),
    default="ignore_case",
    show_default=True,
    help="Whether S1 and s1 are the same identifier.",
)
@click.option("--timezone", default="Europe/London", show_default=True, help="Time zone of the site.")
@click.option(
    "--institution",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="YAML file of what the API cannot create: programs, positions, grades and so on.",
)
@click.option(
    "--workplace/--no-workplace", default=True, show_default=True, help="Whether the site runs Moodle Workplace."
)
@click.option(
    "--stale-groups/--no-stale-groups",
    default=True,
    show_default=True,
    help="Whether creating groups of one course in parallel may be answered with HTTP 404.",
)
@click.option(
    "--role-change",
    type=click.Choice(["replace", "add"]),
    default="replace",
    show_default=True,
    help="Whether a new role replaces the old one, or is added, in which case the higher one remains.",
)
@click.option(
    "--enrol-status",
    type=click.Choice(["ignored", "kept", "reset"]),
    default="ignored",
    show_default=True,
    help="Whether `enrolstatus` in the PUT of an enrolment is ignored or applied. If applied, a PUT without it keeps "
    "the status, or makes the enrolment active again.",
)
@click.option(
    "--shared-emails/--no-shared-emails",
    default=False,
    show_default=True,
    help="Whether several accounts may have the same email address.",
)
@click.option("--openapi", is_flag=True, help="Print the site's OpenAPI document and exit.")
@click.option("--latency-ms", default=0.0, help="Delay before each request is processed, in milliseconds.")
@click.option("--error-rate", default=0.0, help="Share of requests, from 0 to 1, that fail with HTTP 500.")
@click.option("--db-down-rate", default=0.0, help="Share answered with HTTP 200 and Moodle's error object.")
@click.option("--slow-down-rate", default=0.0, help="Share answered with HTTP 429.")
@click.option("--cut-before-rate", default=0.0, help="Share whose connection is cut before the change is made.")
@click.option("--cut-after-rate", default=0.0, help="Share whose connection is cut after the change is made.")
@click.option("--maintenance", is_flag=True, help="Answer every request with a maintenance page.")
@common
def sandbox(output: Output, openapi: bool, **settings: Any) -> int:
    """Run a Moodle sandbox on this machine, to try things out. It behaves like a real Moodle."""
    import sqlite3

    import orjson

    from sync.sandbox import SandboxSettings, openapi_document, serve

    try:
        chosen = SandboxSettings(**settings)
        if openapi:
            stdout().write(orjson.dumps(openapi_document(chosen), option=orjson.OPT_INDENT_2) + b"\n")
        else:
            serve(chosen, lambda url: output.say(f"serving on {url} (Ctrl-C stops)"))
    except (OSError, ValueError, sqlite3.Error) as error:
        where, why = (error.filename, error.strerror) if isinstance(error, OSError) else (None, error)
        raise NexsisSyncError(Fault(f"the sandbox cannot be started: {why}", str(where or ""))) from None
    return 0
