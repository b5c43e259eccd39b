"""`ping`: whether the site is there, takes the token, and what kind of site it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.cli.wiring import SystemClock, load_config, opened_store

if TYPE_CHECKING:
    from sync.config.site import Config
    from sync.workflows.ping import Probe


@click.command()
@common
def ping(output: Output) -> int:
    """Ask the site whether it is there, takes the token, and what it offers.

    Leaves with 1 if it compares identifiers otherwise than the site file says, or lacks what a mapping is for.
    """
    from sync.config.site import token
    from sync.site import connect
    from sync.workflows.ping import contradictions, probe

    config = load_config(output)
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
    """What was found, for machines."""
    return {
        "site": config.site.url,
        "reachable": True,
        "token": True,
        "ms": round(found.ms, 1),
        "identifiers": found.identifiers,
        "resources": found.resources,
    }


def _lines(config: Config, found: Probe) -> Iterator[str]:
    """What was found, for people."""
    from sync.model.resources import CATALOGUE

    yield f"{config.site.url}: the NexSIS API is there and takes the token ({found.ms:.0f} ms)"
    match found.identifiers:
        case None:
            yield "identifiers: how they compare shows once a user or a course with a letter in its identifier is there"
        case "ignore_case":
            yield "identifiers: S1 and s1 are one here (ignore_case)"
        case _:
            yield "identifiers: S1 and s1 are two here (exact)"
    for there, words in ((True, "it has"), (False, "it has no"), (None, "it does not tell about")):
        names = [CATALOGUE[name].title for name, answer in found.resources.items() if answer is there]
        if names:
            yield f"{words}: {', '.join(names)}"
