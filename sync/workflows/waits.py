"""The mappings that wait before they delete, and what is remembered of the objects they wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd

from sync.config.site import Config
from sync.diff.countdown import Countdown, MappingWait, Waits
from sync.mapping.source import Source
from sync.model import Store
from sync.model.index import Index, no_objects, numbered
from sync.plan.history import Past
from sync.workflows.desired import Pasts


def waits_of(config: Config, sources: Sequence[Source], past: Pasts, now: datetime) -> Waits:
    """The mappings that wait. Their files so far are looked up only if there is one."""
    waiting = {mapping.name: mapping.wait for mapping in config.mappings if mapping.wait is not None}
    history = past() if waiting else {}
    digests = {
        source.mapping.name: frozenset(sheet.digest for sheet in source.sheets)
        for source in sources
        if source.mapping.name in waiting and source.mapping.mode == "snapshot"
    }
    mappings = {
        name: MappingWait(wait, history.get(name, Past()).snapshots, digests.get(name, frozenset()))
        for name, wait in waiting.items()
    }
    return Waits(mappings, now, config.site.timezone)


def known_absences(store: Store, indexes: Mapping[str, Index]) -> dict[str, pd.DataFrame]:
    """By resource, the absences noticed before: match, since and object."""
    nothing = no_objects("match", "since")
    rows = store.marks("absent")
    found = {str(name): own[["match", "since"]].reset_index(drop=True) for name, own in rows.groupby("resource")}
    return {name: numbered(index, found[name])[0] if name in found else nothing for name, index in indexes.items()}


def note(store: Store, resource: str, countdown: Countdown) -> None:
    """Remember which absences have begun, and forget those that are over."""
    if len(countdown.begun) or countdown.ended:
        store.mark("absent", resource, countdown.begun, countdown.ended)
