"""`explain`: why an object is as it is. Writes neither to the site nor to the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.cli.wiring import SystemClock, load_config, opened_store, with_current_exports

if TYPE_CHECKING:
    from sync.config.site import Config
    from sync.model import Site


@click.command(
    cls=WithExamples,
    examples=(
        "explain S1042",
        "explain S1042 BIO101",
        "explain enrolment userid=S1042 courseid=BIO101 --offline",
    ),
)
@click.argument("key", metavar="KEY...", nargs=-1, required=True)
@click.option("--offline", is_flag=True, help="Do not contact Moodle.")
@common
def explain(output: Output, key: tuple[str, ...], offline: bool) -> int:
    """Explain a record: its rows and mappings, what was sent, what Moodle says now. Changes nothing.

    KEY is the identifier of a user or course, or one of each for an enrolment: `S1 C1`. To be exact, name the resource:
    `enrolment userid=S1 courseid=C1`.
    """
    from sync.report.explanation import show, write_json
    from sync.workflows.explain import explain as explained
    from sync.workflows.sources import gather, known_to

    config = load_config(output)
    with opened_store(config) as store, _asked(config, offline=offline) as site:
        sources = gather(with_current_exports(config), known_to(store))
        try:
            explanations = explained(config, sources, store, site, SystemClock(), key)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    if output.json:
        write_json(explanations, stdout())
    else:
        show(explanations, config.conventions, output.console(), verbose=output.verbose)
    return 0


@contextmanager
def _asked(config: Config, *, offline: bool) -> Iterator[Site | None]:
    """The site, if it is to be asked."""
    if offline:
        yield None
        return
    from sync.config.site import token
    from sync.site import connect

    with connect(config.site.api, token(config), permits=1) as site:
        yield site
