"""Removals that are not due yet: what is missing from its files is deleted, or changed, once it has been long enough.

What is remembered of each object is only when the first plan was made from whose files it was missing. What counts from
then on are the good files of the mappings that claim it (see `sync.plan.history`): how many different ones there were,
and when the first of them was used. What an export of changes says is gone waits for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from sync.config.missing import Wait
from sync.diff.removals import claimed_by, stated_by
from sync.model import Desired
from sync.model.columns import framed, rows_where
from sync.model.index import among, no_objects, places
from sync.model.values import by_distinct, no_rows, pick

BETWEEN: Final = "\n"
"""Between texts that are looked at together."""


@dataclass(frozen=True, slots=True)
class MappingWait:
    """How long a mapping waits, its good snapshots so far (as in `Past`), and the digests of the one read now."""

    wait: Wait
    good: Sequence[tuple[datetime, frozenset[str]]]
    digests: frozenset[str]


@dataclass(frozen=True, slots=True)
class Waits:
    """The mappings that wait, by name, and the time `now` in the site's time `zone`."""

    mappings: Mapping[str, MappingWait]
    now: datetime
    zone: str

    @property
    def names(self) -> frozenset[str]:
        """The mappings that wait."""
        return frozenset(self.mappings)

    def left(self, name: str, since: datetime) -> tuple[int, int]:
        """For what has been missing since then: how many more files it takes, and the first day it may be deleted."""
        mapping = self.mappings[name]
        counted = [(when, digests) for when, digests in mapping.good if when >= since]
        files = {mapping.digests, *(digests for _, digests in counted)}
        first = min((when for when, _ in counted), default=self.now)
        return max(0, mapping.wait.after_files - len(files)), day_of(first, self.zone) + mapping.wait.after_days


def day_of(at: datetime, zone: str) -> int:
    """The day in a time zone, as an ordinal."""
    return at.astimezone(ZoneInfo(zone)).date().toordinal()


@dataclass(frozen=True, slots=True)
class Countdown:
    """The removals of one resource that wait.

    waiting: ledger rows that are not due, with `files` (how many more it takes) and `day` (the first on which they may
             be deleted, as an ordinal)
    begun:   match and since of absences that were noticed now
    ended:   matches of absences that are over: the object is listed again, or was deleted
    """

    waiting: pd.DataFrame
    begun: pd.DataFrame
    ended: Sequence[str] = ()


@cache
def nothing_waits() -> Countdown:
    """No removal waits."""
    waiting = no_objects("match", "key", "claims").assign(files=np.empty(0, np.int64), day=np.empty(0, np.int64))
    return Countdown(waiting, no_rows("match", "since"))


def split(
    leaving: pd.DataFrame,
    desired: Desired,
    ledger: pd.DataFrame,
    known: pd.DataFrame,
    waits: Waits,
) -> tuple[pd.DataFrame, Countdown]:
    """The ledger rows that may be deleted now, of those that may be deleted at all, and the others.

    known: absences noticed before (match, since, object)
    """
    ended = _ended(desired, ledger, known, waits) if len(known) else ()
    if not len(leaving) or not waits.names:
        return leaving, replace(nothing_waits(), ended=ended)
    before = pick(known["since"], places(leaving["object"], known["object"])).set_axis(leaving.index)
    since = before.fillna(waits.now.astimezone(UTC).isoformat(timespec="microseconds"))
    left = _left(leaving, desired, since, waits)
    waited = left.notna().to_numpy()
    counts = left[waited].str.split(" ", expand=True).reindex(columns=[0, 1]).astype("int64")
    files, day = np.zeros(len(leaving), np.int64), np.zeros(len(leaving), np.int64)
    files[waited], day[waited] = counts[0], counts[1]
    waiting = (files > 0) | (day > day_of(waits.now, waits.zone))
    new = waited & before.isna().to_numpy()
    begun = framed({"match": leaving["match"][new], "since": since[new]}, leaving.index[new])
    rows = rows_where(leaving.assign(files=files, day=day), waiting)
    return rows_where(leaving, ~waiting), Countdown(rows, begun, ended)


def _left(leaving: pd.DataFrame, desired: Desired, since: pd.Series[Any], waits: Waits) -> pd.Series[Any]:
    """How many files and which day each row waits for, as `1 740123`; NA where no mapping waits."""
    stated = stated_by(desired, leaving["object"]).set_axis(leaving.index)

    def longest(text: str) -> str | None:
        claims, by, first = text.split(BETWEEN)
        names = [name for name in claims.split() if name in waits.names and name not in by.split()]
        left = [waits.left(name, datetime.fromisoformat(first)) for name in names]
        return f"{max(files for files, _ in left)} {max(day for _, day in left)}" if left else None

    return by_distinct(leaving["claims"] + BETWEEN + stated + BETWEEN + since, longest)


def _ended(desired: Desired, ledger: pd.DataFrame, known: pd.DataFrame, waits: Waits) -> Sequence[str]:
    """The absences that are over. A row with errors that names the object ends one too."""
    objects = known["object"]
    over = among(objects, desired.rows["object"]) | among(objects, desired.guarded["object"])
    over |= ~among(objects, ledger["object"][(ledger["owned"] == 1).to_numpy()])
    claims = pick(ledger["claims"], places(objects, ledger["object"])).fillna("")
    over |= ~claimed_by(claims, waits.names).to_numpy(dtype=bool)
    matches: list[str] = known["match"][over].tolist()
    return matches
