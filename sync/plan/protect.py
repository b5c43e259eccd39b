"""Keys and patterns of the site file that are never touched: test students, service accounts, sandbox courses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.diff.scope import named_by
from sync.model import Conventions, Issue
from sync.model.index import among
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import unpack
from sync.plan.cascades import cascade


def protect(
    alignments: Mapping[str, Alignment],
    changes: pd.DataFrame,
    patterns: Mapping[str, Sequence[str]],
    conventions: Conventions,
) -> tuple[pd.DataFrame, list[Issue]]:
    """The changes without those that touch a protected object or anything below one.

    A delete that would also remove such a thing touches it too.
    """
    if not patterns:
        return changes, []
    shut = touched(changes, patterns, conventions)
    left = changes[~shut]
    along = cascade(alignments, left)
    along = along[along["by_resource"].notna() & touched(along, patterns, conventions)]
    for name, takers in along.groupby("by_resource"):
        mine = left.index[(left["resource"] == name) & (left["op"] == "delete")]
        shut[mine] |= among(left["object"][mine], takers["by_object"])
    counts = changes["resource"][shut].value_counts(sort=False)
    issues = [
        wording("protected", "one" if count == 1 else "", count=count, objects=CATALOGUE[str(name)].title).issue(
            "notice", resource=str(name)
        )
        for name, count in counts.items()
    ]
    return changes[~shut].reset_index(drop=True), issues


def touched(changes: pd.DataFrame, patterns: Mapping[str, Sequence[str]], conventions: Conventions) -> pd.Series[Any]:
    """Which changes are of a protected object or below one."""
    shut = np.zeros(len(changes), dtype=bool)
    for name, resource in CATALOGUE.items():
        mine = (changes["resource"] == name).to_numpy()
        if not mine.any():
            continue
        keys = unpack(changes["key"][mine], resource.key)
        for above, on in ((name, {part: part for part in resource.key}), *ancestors(resource)):
            if above in patterns and len(on) == 1:
                (field,) = CATALOGUE[above].keys
                shut[mine] |= named_by(keys[next(iter(on))], patterns[above], field, conventions).to_numpy()
    return pd.Series(shut, index=changes.index)
