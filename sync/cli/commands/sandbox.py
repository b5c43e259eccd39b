"""`sandbox`: a site to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.errors import Fault, NexsisSyncError


@click.command()
@click.option("--port", default=8765, show_default=True, help="Port on loopback; 0 takes a free one.")
@click.option("--db", default=":memory:", show_default=True, metavar="FILE", help="Where the site is kept.")
@click.option("--token", default="sandbox", show_default=True, help="The token it takes.")
@click.option("--log", default=None, metavar="FILE", help="One JSON line a request: time, method, path, status.")
@click.option("--seed", default=0, show_default=True, help="What faults are drawn from.")
@click.option("--identifiers", type=click.Choice(["ignore_case", "exact"]), default="ignore_case", show_default=True)
@click.option("--timezone", default="Europe/London", show_default=True, help="Zone in which it tells times.")
@click.option(
    "--institution",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="YAML file of what no call makes: programs, positions, grades ...",
)
@click.option("--workplace/--no-workplace", default=True, show_default=True, help="Whether it is a Moodle Workplace.")
@click.option(
    "--stale-groups/--no-stale-groups",
    default=True,
    show_default=True,
    help="Whether groups put in parallel in one course may be answered with 404.",
)
@click.option("--openapi", is_flag=True, help="Print the OpenAPI document of what it serves, and end.")
@click.option("--latency-ms", default=0.0, help="Milliseconds waited before each request's work.")
@click.option("--error-rate", default=0.0, help="Share of requests that fail with 500.")
@click.option("--db-down-rate", default=0.0, help="Share that fail with 200 and Moodle's error object.")
@click.option("--slow-down-rate", default=0.0, help="Share answered with 429.")
@click.option("--cut-before-rate", default=0.0, help="Share whose connection is cut before the work is done.")
@click.option("--cut-after-rate", default=0.0, help="Share whose connection is cut after the work is done.")
@click.option("--maintenance", is_flag=True, help="Answer everything with a maintenance page.")
@common
def sandbox(output: Output, openapi: bool, **settings: Any) -> int:
    """Serve the embedded NexSIS on loopback: a site to try things on, that behaves like a real Moodle."""
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
        raise NexsisSyncError(Fault(f"the sandbox cannot be served: {error}")) from None
    return 0
