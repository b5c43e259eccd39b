"""Rows of exports about people who have been forgotten: reported without naming anybody, unused until released."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sync.model import Conventions, Desired, Issue, Resource
from sync.model.findings import rows_text
from sync.model.forgetting import Tombstones
from sync.model.index import Flags
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE, referring
from sync.model.values import fold, no_rows, part_of, unpack


def without_forgotten(
    resource: Resource, desired: Desired, issues: Sequence[Issue], stones: Tombstones, conventions: Conventions
) -> tuple[Desired, list[Issue]]:
    """What the sheets say of everybody else, and the issues about them; one more says which rows are not used."""
    people = [(name, field) for name in CATALOGUE if CATALOGUE[name].personal for field in referring(resource, name)]
    if not people:
        return desired, [*issues]

    def theirs(frame: pd.DataFrame) -> Flags:
        found = np.zeros(len(frame), dtype=bool)
        for name, field in people:
            if field in frame:
                compares = next(key.compares for key in resource.keys if key.name == field)
                found |= stones.flags(name, fold(frame[field], conventions, compares))
        return found

    refused = desired.refused if desired.refused is not None else no_rows()
    frames = (desired.rows, desired.removals, refused)
    flags = [theirs(frame) for frame in frames]
    rows, removals, bad = (frame[~flag].reset_index(drop=True) for frame, flag in zip(frames, flags, strict=True))
    guarded = desired.guarded[~_guards(resource, desired.guarded["match"], people, stones)].reset_index(drop=True)
    dropped = pd.concat([frame.loc[flag] for frame, flag in zip(frames, flags, strict=True)])
    kept = [issue for issue, flag in zip(issues, theirs(_keys(resource, issues)), strict=True) if not flag]
    left = replace(
        desired, rows=rows, removals=removals, guarded=guarded, refused=None if desired.refused is None else bad
    )
    return left, [*kept, *_reported(resource, dropped)]


def _guards(
    resource: Resource, matches: pd.Series[Any], people: Sequence[tuple[str, str]], stones: Tombstones
) -> Flags:
    """Which of the records that bad rows protect are theirs."""
    found = np.zeros(len(matches), dtype=bool)
    there = matches.notna().to_numpy()
    if there.any():
        for name, field in people:
            found[there] |= stones.flags(name, part_of(matches[there], [resource.key.index(field)]))
    return found


def _keys(resource: Resource, issues: Sequence[Issue]) -> pd.DataFrame:
    """The keys of what issues are about, NA where they cannot be read."""
    keys = pd.Series([issue.key for issue in issues], dtype="str")
    return unpack(keys, resource.key)


def _reported(resource: Resource, rows: pd.DataFrame) -> Iterator[Issue]:
    """An issue for each file. It has no row of its own: reports look up whom such a row is about."""
    for _, some in rows.groupby(["file", "tab"], dropna=False) if len(rows) else ():
        numbers = sorted(some["row"].astype("int64").tolist())
        text = wording("forgotten", "one" if len(some) == 1 else "", rows=rows_text(numbers))
        file, tab = (None if pd.isna(value) else str(value) for value in some[["file", "tab"]].iloc[0])
        yield text.issue("warning", resource=resource.name, file=file, tab=tab)
