"""Keys and patterns of the site file that are never touched: test students, service accounts, sandbox courses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sync.absence import matching
from sync.model import Issue, Manners
from sync.resources import CATALOGUE, ancestors
from sync.values import fold, unpack


def protect(
    changes: pd.DataFrame, patterns: Mapping[str, Sequence[str]], manners: Manners
) -> tuple[pd.DataFrame, list[Issue]]:
    """The changes without those that touch a protected object or anything below one."""
    shut = pd.Series(False, index=changes.index)
    for name, resource in CATALOGUE.items():
        at = changes.index[changes["resource"] == name]
        if not len(at):
            continue
        keys = unpack(changes["key"][at], resource.key)
        for above, on in ((name, {part: part for part in resource.key}), *ancestors(resource)):
            if patterns.get(above) and len(on) == 1:
                shut[at] |= protected(keys[next(iter(on))], patterns[above], manners)
    counts = changes["resource"][shut].value_counts()
    issues = [
        Issue(
            code="protected",
            severity="notice",
            resource=str(name),
            message=f"{count} changes of {CATALOGUE[str(name)].title} are left out, because the site file protects what they touch",
        )
        for name, count in counts.items()
    ]
    return changes[~shut].reset_index(drop=True), issues


def protected(column: pd.Series[Any], patterns: Sequence[str], manners: Manners) -> pd.Series[Any]:
    """Where an identifier matches a protect pattern, as the site compares identifiers."""
    folded = fold(pd.Series(list(patterns), dtype="str"), manners).tolist()
    return matching(fold(column, manners), folded)
