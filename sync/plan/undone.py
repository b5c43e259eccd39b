"""What rollbacks have undone: it stays on hold until the exports ask for something else, or a later run changes it.

The exports need not ask for it every night: a row with errors, or a removal that is not due, says nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.model import AppliedPlan, Store
from sync.model.frames import unnamed
from sync.model.index import Flags, among, places
from sync.model.values import equals, no_rows, pick, unpack
from sync.plan.inverse import OBJECT, net_effects

GUARD: Final = "rolled-back"

EFFECT: Final = ("resource", "match", "op", "before", "after")
"""Columns of what was undone: the change that is not to be made again."""


def still_undone(applied: Sequence[AppliedPlan], store: Store) -> pd.DataFrame:
    """The changes that were undone and are not to be made again (columns `EFFECT`).

    No run since has changed the object, and no plan applied since was made of exports that ask for something else.
    """
    found = [_undone(store, run, of) for run, of in store.rollbacks().items()]
    some = [frame for frame in found if len(frame)]
    if not some:
        return no_rows(*EFFECT)
    undone = pd.concat(some, ignore_index=True).drop_duplicates(OBJECT, ignore_index=True)
    over = [_written(store, undone["begun"].min()), _asked_otherwise(applied, store)]
    since = pd.concat(over).groupby(OBJECT)["at"].max()
    last = pd.MultiIndex.from_frame(undone[OBJECT]).map(since.to_dict())
    # Whatever was undone was written by the rollback itself.
    later = [pd.notna(at) and at > begun for at, begun in zip(last, undone["begun"], strict=True)]
    return undone.loc[~np.array(later, dtype=bool), list(EFFECT)].reset_index(drop=True)


def needed_plans(applied: Sequence[AppliedPlan], store: Store) -> frozenset[str]:
    """The plans whose changes are still needed to know what rollbacks have undone, and the plans of those rollbacks."""
    standing = pd.MultiIndex.from_frame(still_undone(applied, store)[OBJECT])
    return frozenset(
        store.run(each).plan
        for run, of in (store.rollbacks().items() if len(standing) else ())
        if pd.MultiIndex.from_frame(_undone(store, run, of)[OBJECT]).isin(standing).any()
        for each in (run, of)
    )


def _undone(store: Store, run: str, of: str) -> pd.DataFrame:
    """What of a run's changes the run of a rollback has undone, and when that one began."""
    effects, done = net_effects(store.journal(of)), store.journal(run)
    mine = pd.MultiIndex.from_frame(effects[OBJECT]).isin(pd.MultiIndex.from_frame(done[OBJECT]))
    return effects.loc[mine, list(EFFECT)].assign(begun=store.run(run).started)


def _written(store: Store, since: datetime) -> pd.DataFrame:
    """When the run began that was the last to change an object: resource, match, at."""
    rows = store.written_since(since)
    return rows[OBJECT].assign(at=rows["at"].map(datetime.fromisoformat))


def _asked_otherwise(applied: Sequence[AppliedPlan], store: Store) -> pd.DataFrame:
    """When the plans were made whose exports asked for something else: resource, match, at."""
    rows = store.marks("asked-otherwise")
    found = rows[[*OBJECT]].assign(at=rows["since"].map(datetime.fromisoformat))
    return found[found["at"].isin({plan.created for plan in applied}).to_numpy(dtype=bool)]


def note_asked_otherwise(
    store: Store, undone: pd.DataFrame, alignments: Mapping[str, Alignment], now: datetime
) -> None:
    """Remember for which objects the exports ask for something else than what was undone; it counts once applied."""
    for name, rows in undone.groupby("resource"):
        which = rows["match"][_otherwise(alignments[str(name)], rows.reset_index(drop=True))]
        begun = pd.DataFrame({"match": which, "since": now.isoformat()})
        if len(begun):
            store.mark("asked-otherwise", str(name), begun, which.tolist())


def _otherwise(alignment: Alignment, undone: pd.DataFrame) -> Flags:
    """Where a sound row has another value than what was undone, or lists what had been removed."""
    rows, objects = alignment.desired.rows, alignment.index.numbers(undone["match"])
    if not len(rows):
        return np.zeros(len(undone), dtype=bool)
    at = places(objects, rows["object"])
    doubtful = among(objects, alignment.observed.failed) | among(objects, alignment.desired.guarded["object"])
    names = [field.name for field in alignment.resource.state if field.send == "state" and field.name in rows]
    names += unnamed(alignment.resource, rows)
    was, then = unpack(undone["before"], names), unpack(undone["after"], names)
    other = equals(undone["op"], "delete")
    for name in names:
        now: pd.Series[Any] = pick(rows[name], at)
        changed = then[name].notna() & (was[name].isna() | (was[name] != then[name]))
        asked = now.notna() | (name in alignment.desired.unfed)
        other = other | (changed & asked & (now != then[name]).fillna(True)).to_numpy(dtype=bool)
    return (at >= 0) & ~doubtful & other
