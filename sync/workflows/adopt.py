"""`adopt`: what the site holds and nexsis-sync has not made is listed, and made ours. No call is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.diff.adoption import Adoption, adoption
from sync.mapping.source import Source
from sync.model import Issue, Store
from sync.observe.context import Context
from sync.plan.history import pasts
from sync.workflows.collect import collect


@dataclass(frozen=True, slots=True)
class Adoptable:
    """What there is to adopt on a site, by resource, and what is wrong with the exports or could not be read."""

    site: str
    found: Mapping[str, Adoption]
    issues: tuple[Issue, ...]

    @property
    def anything(self) -> bool:
        """Whether there is anything to take over."""
        return any(len(each.ours) for each in self.found.values())


def adoptable(context: Context, sources: Sequence[Source]) -> Adoptable:
    """Read everything on the site that can be read, and find what the exports list and is not ours.

    The caller holds the store's lock. Raises SiteRefused if the site cannot be read.
    """
    config, now = context.config, context.clock.now()
    alignments, issues = collect(
        context, sources, "full", now, lambda: pasts(context.store.applied_plans(), config.resources)
    )
    day = now.date().toordinal()
    found = {name: adoption(alignment, config.mappings, day) for name, alignment in alignments.items()}
    return Adoptable(config.site.url, found, tuple(issues))


def adopt(store: Store, adoptable: Adoptable) -> None:
    """Record what the exports list as ours. Mappings stay new: their first deletes are on hold."""
    for name, each in adoptable.found.items():
        if len(each.ours):
            store.remember(name, each.ours)
