"""Which row of an object counts if the rows of one mapping differ in a role: the site has one role for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sync.mapping.groups import RowGroups
from sync.model import Conventions, Resource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Codes = NDArray[np.int64]

ABOUT = ["match", "gone", "claims", "file", "tab", "row"]
"""Columns of a row that say nothing about its object."""


@dataclass(frozen=True, slots=True)
class RankedRows:
    """Rows of several objects, those of each object with the one that counts first.

    rows:        as they were, except that fields of a delta's rows that no longer count are NA
    overruled:   which objects stay although their latest row deletes them
    sheet_roles: the role of every row as the sheet has it, and whether the row deletes; where anything is overruled
    """

    rows: pd.DataFrame
    overruled: Flags
    sheet_roles: pd.Series[Any] | None = None


def role_of(resource: Resource, rows: pd.DataFrame) -> str | None:
    """The field with the role, if these rows have one."""
    names = (field.name for field in resource.fields if field.kind == "role" and field.name not in resource.key)
    return next((name for name in names if name in rows.columns), None)


def in_snapshot(resource: Resource, rows: pd.DataFrame, groups: RowGroups, conventions: Conventions) -> RankedRows:
    """Rows of a snapshot, those of one object with its highest role first."""
    name = role_of(resource, rows)
    if name is not None:
        rows = rows.take(np.lexsort((_ranks(rows[name], conventions), groups.of))).reset_index(drop=True)
    return RankedRows(rows, np.zeros(len(groups), dtype=bool))


def in_delta(resource: Resource, rows: pd.DataFrame, groups: RowGroups, conventions: Conventions) -> RankedRows:
    """Rows of a delta, which come with the latest first.

    A later row replaces an earlier one of the same role, and a deleted role is forgotten. Each role counts for itself:
    as long as one is active the object stays, with the highest. A row that deletes without a role deletes the object in
    any role.
    """
    gone = rows["gone"].to_numpy(dtype=bool)
    name = role_of(resource, rows)
    dead = _behind(groups.of, gone)
    rank, overruled, sheet_roles = np.zeros(len(rows), dtype=np.int64), np.zeros(len(groups), dtype=bool), None
    if name is not None:
        role = rows[name].mask(rows[name] == "")
        several = groups.varies(role)[groups.of]
        if several.any():
            codes, _ = pd.factorize(role)
            runs = groups.of * (int(codes.max()) + 2) + np.where(several, codes + 1, 0)
            dead = _behind(runs, gone) | _behind(groups.of, gone & role.isna().to_numpy())
            rank = np.where(several, _ranks(role, conventions), 0)
            overruled = groups.any(~dead) & gone[groups.starts]
            sheet_roles = role.mask(gone, role + " (deleted)")
    state = [field for field in rows.columns.drop(ABOUT) if field not in resource.key]
    order = np.lexsort((rank, dead, groups.of))
    rows = rows.assign(**{field: rows[field].mask(dead) for field in state}).take(order).reset_index(drop=True)
    return RankedRows(
        rows,
        overruled,
        sheet_roles.take(order).reset_index(drop=True) if overruled.any() and sheet_roles is not None else None,
    )


def _behind(runs: Codes, gone: Flags) -> Flags:
    """Rows that are deleted, or come before a later row of the same run that says so; the latest come first."""
    order = np.argsort(runs, kind="stable")
    run, so = runs[order], gone[order]
    count = np.cumsum(so)
    start = np.flatnonzero(np.append(True, run[1:] != run[:-1])) if len(run) else np.zeros(0, dtype=np.int64)
    before: Codes = np.repeat((count - so)[start], np.diff(start, append=len(run)))
    behind = np.zeros(len(runs), dtype=bool)
    behind[order] = count > before
    return behind


def _ranks(role: pd.Series[Any], conventions: Conventions) -> Codes:
    """The rank of each role on the site, from 0; an unknown role has the lowest."""
    order = pd.Index([name for name, _ in conventions.roles])
    at = order.get_indexer(pd.Index(role))
    return np.where(at < 0, len(order), at)
