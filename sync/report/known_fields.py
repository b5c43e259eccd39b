"""What is known of objects' fields: what a plan says of them, and what is remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from sync.model import Resource
from sync.model.values import pick, position, unpack

Ledger = Callable[[str], pd.DataFrame]
"""Gives everything remembered of a resource."""


def known_fields(
    resource: Resource, fields: Sequence[str], match: pd.Series[Any], changes: pd.DataFrame, ledger: Ledger
) -> pd.DataFrame:
    """The fields of the objects with these matches, a row each; NA where nothing is known.

    `changes` (columns resource, match, before and after) are preferred to the ledger, what will be to what was, and
    what was sent to what was seen.
    """
    known = pd.DataFrame({field: pd.Series(pd.NA, index=match.index, dtype="str") for field in fields})
    known = _filled(known, match, changes[changes["resource"] == resource.name], ("after", "before"))
    if known.isna().any(axis=None):
        known = _filled(known, match, ledger(resource.name), ("sent", "seen"))
    return known


def _filled(known: pd.DataFrame, match: pd.Series[Any], source: pd.DataFrame, columns: tuple[str, str]) -> pd.DataFrame:
    """What is known, completed by what packed columns of a source say."""
    at = position(match, source["match"])
    for column in columns:
        known = known.fillna(unpack(pick(source[column], at), [*known.columns]).set_axis(known.index))
    return known
