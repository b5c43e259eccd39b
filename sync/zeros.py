"""Identifiers that lost or gained zeros in front, as spreadsheets make them: likely a known object's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from sync.mapping.findings import cell
from sync.model import Desired, Issue, Resource
from sync.values import part_of, pick, position

MOST = 1_000
"""Issues told one by one; beyond that they are counted."""

HINT = (
    "Export it with its zeros: a spreadsheet must have the column as text before it opens the file. If no export has "
    "them, write `then: {{pad: {length}}}` for the field in the mapping. If they are two, keep both in the export for "
    "a night."
)


def padded(unknown: pd.Series[Any], known: pd.Series[Any]) -> pd.Series[Any]:
    """For each unknown number a known one that differs by zeros in front alone; NA where there is none."""
    numbers = known[known.str.fullmatch("[0-9]+").to_numpy(dtype=bool, na_value=False)].reset_index(drop=True)
    bare = unknown.where(unknown.str.fullmatch("[0-9]+")).str.lstrip("0")
    return pick(numbers, position(bare, numbers.str.lstrip("0")))


def mistaken(resource: Resource, desired: Desired, ledger: pd.DataFrame) -> pd.Series[Any]:
    """For each row what it is likely to mean instead: a remembered object that no row names; NA for most."""
    rows = desired.rows
    nothing = pd.Series(pd.NA, index=rows.index, dtype="str")
    if resource.refs or len(resource.key) > 1 or not len(ledger):
        return nothing
    new = position(rows["match"], ledger["match"]) < 0
    if not new.any():
        return nothing
    unnamed = ledger["match"][position(ledger["match"], rows["match"]) < 0]
    nothing[new] = padded(rows["match"][new], part_of(unnamed, [0])).to_numpy()
    return nothing


def told(resource: Resource, desired: Desired, rows: pd.DataFrame, instead: pd.Series[Any]) -> Iterator[Issue]:
    """An issue for each of these rows, with what it may have meant; after the first, a count."""
    name = resource.key[0]
    shown = rows.head(MOST)
    for row, other in zip(shown.to_dict("records"), instead.head(MOST), strict=True):
        key = row[name]
        yield Issue(
            code="lost-zeros",
            severity="error",
            resource=resource.name,
            value=key,
            message=f"{key} is new, and {other}, which is known, is missing: they differ by zeros in front alone, so "
            "this row is left out and both stay as they are",
            hint=HINT.format(length=max(len(other), len(key))),
            **cell(desired.columns, row, [name]),
        )
    if len(rows) > len(shown):
        rest = len(rows) - len(shown)
        yield Issue("lost-zeros", "error", f"... and {rest} more rows like these", resource=resource.name)
