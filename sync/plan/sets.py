"""What gets values instead of being deleted (`missing: set`); of unproven ones, the first is sent alone.

A value in a field that the API reference does not list is unproven as long as no read has shown that Moodle applies it.
Guards look at all of them, so that a truncated file is noticed before the first one is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from sync.diff.changes import UNPROVEN
from sync.diff.field_diff import Alignment
from sync.diff.missing_set import names_in
from sync.model import Issue
from sync.model.findings import listed
from sync.model.index import Flags
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE
from sync.model.values import equals, unpack

ENOUGH: Final = 3
"""Once Moodle has refused unproven values of this many objects, no others are tried. One may have its own reason."""


def without_disproved(changes: pd.DataFrame, sendable: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The changes that can be sent, without unproven ones of a resource of which Moodle has refused enough; and those.

    changes: these, and what Moodle has refused before
    """
    waiting, left = (each["resource"][_unproven(each)].value_counts() for each in (changes, sendable))
    refused = waiting - left  # NA where none is left to be tried
    hopeless = _unproven(sendable) & sendable["resource"].isin(refused.index[refused >= ENOUGH]).to_numpy()
    return sendable[~hopeless].reset_index(drop=True), sendable[hopeless]


def disproved_issues(disproved: pd.DataFrame) -> Iterator[Issue]:
    """How many changes are not tried, by resource."""
    for name, count in disproved["resource"].value_counts(sort=False).items():
        resource = CATALOGUE[str(name)]
        text = wording("set-refused", objects=resource.counted(count), refused=resource.counted(ENOUGH))
        yield text.issue("warning", resource=resource.name)


def proving(changes: pd.DataFrame, held: Flags) -> Flags:
    """Which changes (in sending order) stay in the plan: of unproven ones, the first of each resource.

    One that is not on hold comes before those that are (`held`).
    """
    kept, unproven = np.ones(len(changes), dtype=bool), _unproven(changes)
    for name in changes["resource"][unproven].unique():
        mine = np.flatnonzero(unproven & equals(changes["resource"], str(name)))
        free = mine[~held[mine]]
        kept[mine] = mine == (free if len(free) else mine)[0]
    return kept


def set_issues(alignments: Mapping[str, Alignment], changes: pd.DataFrame, kept: Flags) -> Iterator[Issue]:
    """What gets values instead of being deleted, counted; `kept` as `proving` gives it."""
    sets = changes[(changes["set"] > 0).to_numpy()]
    for name, rows in sets.groupby("resource", sort=False):
        resource, names = CATALOGUE[str(name)], names_in(alignments[str(name)].leaving)
        before, after = unpack(rows["before"], names), unpack(rows["after"], names)
        differs = (after.notna() & ~(after == before).fillna(False)).any()
        fields = listed(f"`{resource.called(field)}`" for field in names if differs[field])
        text = wording("set-instead", "one" if len(rows) == 1 else "", objects=resource.counted(len(rows)))
        yield text.given(fields=fields).issue("notice", resource=resource.name)
    yield from _proof_issues(changes, kept)


def _proof_issues(changes: pd.DataFrame, kept: Flags) -> Iterator[Issue]:
    """How many changes wait for a proof, and for which."""
    for name, rows in changes[~kept].groupby("resource", sort=False):
        resource = CATALOGUE[str(name)]
        first = changes[kept & _unproven(changes) & equals(changes["resource"], str(name))]
        key = " / ".join(unpack(first["key"], resource.key).iloc[0])
        text = wording("set-unproven", objects=resource.counted(len(rows)), object=resource.noun, key=key)
        yield text.issue("notice", resource=resource.name)


def _unproven(changes: pd.DataFrame) -> Flags:
    flags: Flags = (changes["set"] == UNPROVEN).to_numpy()
    return flags
