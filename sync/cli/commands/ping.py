"""`ping`: whether the site is there, accepts the token, and what kind of site it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, note, stdout
from sync.cli.wiring import SystemClock, load_site, opened_store

if TYPE_CHECKING:
    from sync.config.site import Config
    from sync.workflows.ping import Probe


@click.command(
    cls=WithExamples,
    examples=(
        "ping",
        "ping --json",
    ),
)
@common
def ping(output: Output) -> int:
    """Check that the site answers and accepts the token, and show what it offers.

    If mapping files have errors, a note says so, and the site is asked all the same. Exits with code 1 if `identifiers`
    in the site file is wrong for this site, or if a mapping needs something that the site does not have.
    """
    from sync.config.site import token
    from sync.config.time_zone import zone_advice
    from sync.site import connect
    from sync.workflows.ping import contradictions, probe

    config, faults = load_site(output)
    if faults:
        more = f" ({len(faults) - 1:,} more; `nexsis-sync check` lists them)" if len(faults) > 1 else ""
        note(f"the mappings cannot be used yet: {faults[0]}{more}")
    if advice := zone_advice(config.site):
        note(advice)
    with connect(config.site.api, token(config)) as site:
        found = probe(config, site, opened_store, SystemClock())
    if output.json:
        import orjson

        stdout().write(orjson.dumps(_facts(config, found)) + b"\n")
    for line in _lines(config, found):
        output.say(line)
    wrong = contradictions(config, found)
    for line in wrong:
        click.echo(f"error: {line}", err=True)
    return int(bool(wrong))


def _facts(config: Config, found: Probe) -> dict[str, Any]:
    """The findings, for programs."""
    return {
        "site": config.site.url,
        "reachable": True,
        "token": True,
        "ms": round(found.ms, 1),
        "identifiers": found.identifiers,
        "resources": found.resources,
    }


def _lines(config: Config, found: Probe) -> Iterator[str]:
    """The findings, for people."""
    from sync.model.resources import CATALOGUE

    yield f"{config.site.url}: the NexSIS API answers and accepts the token ({found.ms:.0f} ms)"
    match found.identifiers:
        case None:
            yield "identifiers: not known yet; the check needs a user or course with a letter in its identifier"
        case "ignore_case":
            yield "identifiers: S1 and s1 are the same (ignore_case)"
        case _:
            yield "identifiers: S1 and s1 are different (exact)"
    for there, words in ((True, "it has"), (False, "it has no"), (None, "it may have")):
        names = [CATALOGUE[name].title for name, answer in found.resources.items() if answer is there]
        if names:
            yield f"{words}: {', '.join(names)}"
