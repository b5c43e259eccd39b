"""What the sheets want of each resource, before the site is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

import pandas as pd

from sync.config.site import Config
from sync.diff.terms import of_no_term
from sync.mapping.desired import build
from sync.mapping.source import Source
from sync.model import Desired, Issue
from sync.model.forgetting import Tombstones
from sync.model.frames import ORIGIN_COLUMNS
from sync.model.index import no_objects
from sync.model.resources import CATALOGUE
from sync.plan.history import Past

Pasts = Callable[[], Mapping[str, Past]]
"""What the files of each mapping were in good plans, asked for where it matters."""


def with_memory(sources: Sequence[Source], past: Pasts) -> list[Source]:
    """The sources; those of changes with what stood for additions in earlier files."""
    if not any(_by_actions(source) for source in sources):
        return [*sources]
    before, nothing = past(), Past()
    return [
        replace(source, seen=before.get(source.mapping.name, nothing).additions) if _by_actions(source) else source
        for source in sources
    ]


def _by_actions(source: Source) -> bool:
    """Whether the rows of a source say what is to be done."""
    return source.mapping.mode == "delta" and bool(source.mapping.delete_when)


def build_desired(
    config: Config, sources: Sequence[Source], stones: Tombstones | None = None
) -> tuple[dict[str, Desired], list[Issue]]:
    """What the sheets say, for every resource of the catalogue, and its issues; of nobody who was forgotten."""
    desired: dict[str, Desired] = {}
    issues: list[Issue] = []
    for name, resource in CATALOGUE.items():
        own = [source for source in sources if source.mapping.resource == name]
        desired[name], found = build(resource, own, config.conventions) if own else (nothing_desired(name), [])
        if own and stones is not None:
            from sync.workflows.forgotten import without_forgotten

            desired[name], found = without_forgotten(resource, desired[name], found, stones, config.conventions)
        issues += [*found, *of_no_term(resource, desired[name], own, config.conventions)]
    noticed = {id(sheet): sheet.issues for source in sources for each in source.others.values() for sheet in each}
    for source in sources:
        # A run without changes is normal; a snapshot of nobody is not, unless it may be empty.
        expected = {"no-rows"} if source.mapping.mode == "delta" or source.mapping.may_be_empty else set()
        noticed |= {id(s): tuple(i for i in s.issues if i.code not in expected) for s in source.sheets}
    return desired, [*(issue for each in noticed.values() for issue in each), *issues]


@cache
def nothing_desired(name: str) -> Desired:
    """What is desired of a resource without a mapping."""
    resource, number = CATALOGUE[name], pd.array([], dtype="Int64")
    rows = no_objects("match", *resource.key, *ORIGIN_COLUMNS).assign(row=number)
    removals = no_objects("match", *resource.key, "claims", "file", "tab", "row").assign(row=number)
    guarded = no_objects("match", "slice", "claims")
    return Desired(resource.name, rows, removals, guarded.assign(within=guarded["object"]))
