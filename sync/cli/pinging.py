"""`ping`: whether the site is there, takes the token, and what kind of site it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from sync.cli.common import Face, common, load_config, opened_store, stdout
from sync.model.resources import CATALOGUE

if TYPE_CHECKING:
    from sync.config.site import Config
    from sync.model import Resource, Site, Store

KNOWN = 50
"""Remembered objects that are tried until one tells how identifiers compare."""


@click.command()
@common
def ping(face: Face) -> int:
    """Ask the site whether it is there, takes the token, and what it offers.

    Leaves with 1 if it compares identifiers otherwise than the site file says, or lacks what a mapping is for.
    """
    from sync.config.site import token
    from sync.site import connect

    config = load_config(face)
    with connect(config.site.api, token(config)) as site:
        found = _found_out(config, site)
    if face.json:
        import orjson

        stdout().write(orjson.dumps(found) + b"\n")
    for line in _told(config, found):
        face.say(line)
    contradictions = _contradictions(config, found)
    for line in contradictions:
        click.echo(f"error: {line}", err=True)
    return int(bool(contradictions))


def _found_out(config: Config, site: Site) -> dict[str, Any]:
    import time

    from sync.site import capabilities
    from sync.site.responses import ping as ask

    timeout = config.sending.timeout.total_seconds()
    begun = time.monotonic()
    ask(site, timeout)
    took = (time.monotonic() - begun) * 1000
    compared = None
    with opened_store(config) as store:
        for resource in CATALOGUE.values():
            if compared is None and len(resource.key) == 1:
                compared = capabilities.comparison(site, resource, _known(store, resource), timeout)
    return {
        "site": config.site.url,
        "reachable": True,
        "token": True,
        "ms": round(took, 1),
        "identifiers": compared,
        "resources": capabilities.offered(site, CATALOGUE.values(), timeout),
    }


def _known(store: Store, resource: Resource) -> list[Mapping[str, str]]:
    """Keys of some objects that are remembered."""
    from sync.model.values import unpack

    keys: list[Any] = unpack(store.ledger(resource.name)["key"].head(KNOWN), resource.key).to_dict("records")
    return keys


def _told(config: Config, found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{config.site.url}: the NexSIS API is there and takes the token ({found['ms']:.0f} ms)"
    match found["identifiers"]:
        case None:
            yield "identifiers: how they compare shows once a user or a course with a letter in its identifier is there"
        case "ignore_case":
            yield "identifiers: S1 and s1 are one here (ignore_case)"
        case _:
            yield "identifiers: S1 and s1 are two here (exact)"
    for there, words in ((True, "it has"), (False, "it has no"), (None, "it does not tell about")):
        names = [CATALOGUE[name].title for name, response in found["resources"].items() if response is there]
        if names:
            yield f"{words}: {', '.join(names)}"


def _contradictions(config: Config, found: Mapping[str, Any]) -> list[str]:
    """What the site file says and the site does not."""
    wrong = []
    if found["identifiers"] not in (None, config.site.identifiers):
        wrong.append(
            f"the site file says `identifiers: {config.site.identifiers}`, but the site compares by "
            f"{found['identifiers']}: mend it before the first plan"
        )
    return wrong + [
        f"{mapping.where}: the mapping {mapping.name} is for {CATALOGUE[mapping.resource].title}, which the site does "
        "not have"
        for mapping in config.mappings
        if found["resources"].get(mapping.resource) is False
    ]
