"""`ping`: whether the site is there, accepts the token, what it offers, and whether the site file agrees with that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from sync.config.site import Config
from sync.model import Clock, Resource, Site, Store
from sync.model.resources import CATALOGUE
from sync.model.values import unpack
from sync.site import capabilities
from sync.site.responses import ping

KNOWN: Final = 50
"""Number of remembered objects that are tried until one shows how identifiers are compared."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a site answered: milliseconds for a ping, how it compares identifiers, which resources it has.

    `identifiers` is None where no object shows it; a resource is None where the site does not show it.
    """

    ms: float
    identifiers: str | None
    resources: Mapping[str, bool | None]


def probe(
    config: Config, site: Site, open_store: Callable[[Config], AbstractContextManager[Store]] | None, clock: Clock
) -> Probe:
    """Ask the site. `open_store` opens its store, once it has answered; None if there is none. Raises SiteRefused."""
    timeout = config.sending.timeout.total_seconds()
    begun = clock.monotonic()
    ping(site, timeout)
    took = (clock.monotonic() - begun) * 1000
    identifiers = None
    if open_store is not None:
        with open_store(config) as store:
            identifiers = _comparison(site, store, timeout)
    return Probe(took, identifiers, capabilities.offered(site, CATALOGUE.values(), timeout))


def _comparison(site: Site, store: Store, timeout: float) -> str | None:
    """How the site compares identifiers, tried on objects that are remembered."""
    single = (resource for resource in CATALOGUE.values() if len(resource.key) == 1)
    tried = (capabilities.comparison(site, resource, _known(store, resource), timeout) for resource in single)
    return next(filter(None, tried), None)


def _known(store: Store, resource: Resource) -> list[Mapping[str, str]]:
    """Keys of some objects that are remembered."""
    keys: list[Any] = unpack(store.ledger(resource.name)["key"].head(KNOWN), resource.key).to_dict("records")
    return keys


def contradictions(config: Config, found: Probe) -> list[str]:
    """Where the site file and the site disagree, in sentences."""
    wrong = []
    if found.identifiers not in (None, config.site.identifiers):
        wrong.append(
            f"the site file says `identifiers: {config.site.identifiers}`, but this site needs "
            f"`identifiers: {found.identifiers}`: correct the site file before the first plan"
        )
    return wrong + [
        f"{mapping.where}: the mapping {mapping.name} is for {CATALOGUE[mapping.resource].title}, which the site does "
        "not have"
        for mapping in config.mappings
        if found.resources.get(mapping.resource) is False
    ]
