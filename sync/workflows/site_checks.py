"""Why a site, or a state store, cannot be used for a plan."""

from __future__ import annotations

import pandas as pd

from sync.errors import ConfigError, Fault, SiteRefused
from sync.model import Resource
from sync.model.resources import CATALOGUE
from sync.model.values import match_of, unpack
from sync.observe.context import Context
from sync.site.capabilities import offered

SAMPLE = 5_000
"""Number of ledger rows by which a changed comparison of identifiers is noticed."""


def refuse_other_site(context: Context) -> None:
    """What is remembered of one site says nothing about another."""
    remembered, url = context.store.site(), context.config.site.url
    if remembered not in (None, url):
        hint = f"Give {url} a state store of its own (`state:` in the site file). Its first plan reads everything."
        raise ConfigError(Fault(f"the state store belongs to {remembered}, not {url}", str(context.config.file), hint))


def refuse_missing(context: Context) -> None:
    """A mapping for what the site does not have would fail in the middle of a run."""
    mapped = {mapping.resource for mapping in context.config.mappings}
    uncertain = [resource for name, resource in CATALOGUE.items() if resource.optional and name in mapped]
    if not uncertain:
        return
    there = offered(context.site, uncertain, context.timeout)
    lacking = [mapping for mapping in context.config.mappings if there.get(mapping.resource) is False]
    if lacking:
        raise SiteRefused(
            *(
                Fault(
                    f"the site has no {CATALOGUE[mapping.resource].title}: its API has no endpoints for them",
                    where=mapping.where,
                    hint="They are part of Moodle Workplace. Remove this mapping from the site file.",
                )
                for mapping in lacking
            )
        )


def refuse_other_conventions(context: Context, resource: Resource, ledger: pd.DataFrame) -> None:
    """Objects remembered under another comparison of identifiers would be taken for other objects."""
    if not len(ledger):
        return
    some = ledger.head(SAMPLE)
    now = match_of(unpack(some["key"], resource.key), resource.keys, context.config.conventions)
    if (now.to_numpy(dtype=object) != some["match"].to_numpy(dtype=object)).any():
        hint = "Set `identifiers` back to what it was, or set a new `state:`; its first plan reads everything."
        message = "the state store was created with a different `identifiers` setting from the one in the site file"
        raise ConfigError(Fault(message, str(context.config.file), hint))
