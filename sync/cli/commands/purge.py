"""`purge`: old records of people are removed."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta

import click

from sync.cli.help import WithExamples
from sync.cli.options import common, duration
from sync.cli.output import Output, stdout
from sync.cli.wiring import SystemClock, load_config, opened_store


@click.command(
    cls=WithExamples,
    examples=(
        "purge --older-than 400d --dry-run",
        "purge --older-than 400d",
    ),
)
@click.option(
    "--older-than",
    callback=duration,
    metavar="TIME",
    help="Age from which records are removed, such as 400d [`retention:` in the site file].",
)
@click.option("--dry-run", "dry", is_flag=True, help="Only count what would be removed.")
@common
def purge(output: Output, older_than: timedelta | None, dry: bool) -> int:
    """Remove old plans, runs, archived exports, reports and unsent messages. Reports what cannot be removed.

    Totals of plans, and who approved what, are kept. Purging cannot be undone.
    """
    from sync.report.erasure import purge_document, purged_text
    from sync.workflows.purge import outdated
    from sync.workflows.purge import purge as remove

    config = load_config(output)
    age = older_than or (config.retention.older_than if config.retention else None)
    if age is None:
        raise click.UsageError("give an age, such as --older-than 400d, or set `retention:` in the site file")
    with opened_store(config) as store, nullcontext() if dry else store.lock():
        found = outdated(config, store, age, SystemClock().now())
        if not dry:
            remove(store, found)
    if output.json:
        import orjson

        stdout().write(orjson.dumps(purge_document(found.counts, found.before, dry=dry)) + b"\n")
    output.say(purged_text(found.counts, found.before, dry=dry))
    return 0
