"""`purge`: old records of people are removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from sync.config.own_files import foreign
from sync.config.retention import SHORTEST
from sync.config.site import SQLITE, Config
from sync.errors import ConfigError, Fault, StoreError
from sync.inbox.expiry import old_sets, remove_set
from sync.model import Resource, Store
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import part_of
from sync.notify.expiry import old_entries, older
from sync.plan.undone import needed_plans
from sync.workflows.sets import folders_of

PAGES: Final = (".html", ".xlsx")
"""The endings of the reports that emails link to."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """What is too old, and no longer needed.

    plans:     as in `Store.outdated`
    unclaimed: ledger rows of records that were only ever seen
    sets:      folders of sets of exports
    files:     by kind (messages, reports, backups), the files to be removed
    """

    before: datetime
    plans: pd.DataFrame
    unclaimed: pd.DataFrame
    sets: Sequence[Path]
    files: dict[str, Sequence[Path]]

    @property
    def counts(self) -> dict[str, int]:
        """How much of each kind."""
        return {
            "plans": len(self.plans),
            "changes": int(self.plans["changes"].sum()),
            "issues": int(self.plans["issues"].sum()),
            "remembered": len(self.unclaimed),
            "sets": len(self.sets),
            **{kind: len(paths) for kind, paths in self.files.items()},
        }


def outdated(config: Config, store: Store, age: timedelta, now: datetime) -> Outdated:
    """What has reached an age. Raises ConfigError if guards still need what is younger than that."""
    _refuse_needed(config, age)
    before = now - age
    plans = store.outdated(before)
    if len(plans):
        plans = plans[~plans["plan"].isin(needed_plans(store.applied_plans(), store))].reset_index(drop=True)
    return Outdated(
        before,
        plans,
        _unused(store, before),
        [*old_sets(folders_of(config), before)] if config.drop else [],
        {
            "messages": [*old_entries(config.outbox, before)],
            "reports": [*older(report_files(config), before)],
            "backups": [*older(upgrade_backups(config), before)],
        },
    )


def purge(store: Store, found: Outdated) -> None:
    """Remove it, files first. The caller holds the store's lock. Whatever stops it, it can be done again.

    Raises StoreError, also if a file cannot be removed.
    """
    with removing():
        for folder in found.sets:
            remove_set(folder)
        for path in (path for paths in found.files.values() for path in paths):
            path.unlink(missing_ok=True)
    if len(found.plans) or len(found.unclaimed):
        store.purge(found.plans["plan"].tolist(), found.unclaimed, found.before)


@contextmanager
def removing() -> Iterator[None]:
    """Turn errors about files that cannot be removed or rewritten into messages."""
    try:
        yield
    except OSError as error:
        message = f"this cannot be removed or rewritten: {error.strerror}"
        raise StoreError(Fault(message, str(error.filename or ""), "Fix that, then run the command again.")) from None


def report_files(config: Config) -> list[Path]:
    """Reports that emails link to, and the files that `retention: reports` names, but nothing of the program's own."""
    folder = config.folder
    linked = (folder / config.mail.reports).glob("*") if config.mail else ()
    patterns = config.retention.reports if config.retention else ()
    named = (path for pattern in patterns for path in _matching(folder, pattern))
    found = [*(path for path in linked if path.suffix in PAGES), *named]
    return sorted({path for path in foreign(config, found) if path.is_file() and not path.is_symlink()})


def upgrade_backups(config: Config) -> list[Path]:
    """The files that upgrades of a SQLite store have left next to it."""
    parts = SQLITE.fullmatch(config.state)
    file = Path(parts[2]) if parts else None
    return sorted(file.parent.glob(f"{file.name}.before-*")) if file else []


def _matching(folder: Path, pattern: str) -> Iterator[Path]:
    whole = Path(pattern)
    root = Path(whole.anchor) if whole.anchor else folder
    return root.glob(str(whole.relative_to(whole.anchor)) if whole.anchor else pattern)


def _refuse_needed(config: Config, age: timedelta) -> None:
    shortest = max(SHORTEST, *(guards.window or SHORTEST for guards in config.all_guards))
    if age < shortest:
        message = f"guards still need the records of the last {shortest.days} days"
        raise ConfigError(Fault(message, hint=f"Keep at least {shortest.days} days."))


def _unused(store: Store, before: datetime) -> pd.DataFrame:
    """Ledger rows of records that were only ever seen, and that no other row refers to."""
    rows = store.unclaimed(before.toordinal())
    if not len(rows):
        return rows
    known = {name: store.ledger(name)["match"] for name in CATALOGUE}
    needed = pd.Series(False, index=rows.index)
    for name, matches in known.items():
        for above, on in ancestors(CATALOGUE[name]):
            here = rows["resource"] == above
            if len(matches) and here.any():
                needed |= here & rows["match"].isin(part_of(matches, _places(CATALOGUE[name], above, on)))
    return rows[~needed].reset_index(drop=True)


def _places(resource: Resource, above: str, on: Mapping[str, str]) -> list[int]:
    """Where the parts of the key of an ancestor are in the key of a resource."""
    here = {there: name for name, there in on.items()}
    return [resource.key.index(here[part]) for part in CATALOGUE[above].key]
