"""Upgrades a store that an earlier release made.

1 to 2: matches of objects with an identifier that PHP compares. They were folded as the site's database compares, so
that `Ge` was stored as `ge`, and the groups `1` and `01` as two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, bindparam, update

from sync.model import Conventions, Resource
from sync.model.resources import CATALOGUE
from sync.model.values import fold, joined, part_of, unpack
from sync.state import frames, ledger
from sync.state.schema import VERSION, changes, set_version, stored_version, thawed


def upgrade(connection: Connection) -> None:
    """Take every step from the store's version to this program's."""
    for version in range(stored_version(connection), VERSION):
        _STEPS[version](connection)
    set_version(connection)


def _fold_as_php(connection: Connection) -> None:
    with thawed(connection):
        for resource in CATALOGUE.values():
            if any(field.compares == "as_php" for field in resource.keys):
                _remembered(connection, resource)
                _planned(connection, resource)


def _remembered(connection: Connection, resource: Resource) -> None:
    """The ledger: if several stored objects are one, everything that claims them still does."""
    rows = ledger.load(connection, resource.name)
    match = _folded(resource, rows)
    moved = ((match != rows["match"]) | match.duplicated(keep=False)).to_numpy()
    if not moved.any():
        return
    ledger.forget(connection, [(resource.name, old) for old in rows["match"][moved]])
    # Of `1` and `01`, Moodle made the one that is written as its number.
    plain = (match == rows["match"]).to_numpy()
    united = pd.concat([rows.assign(match=match)[moved & plain], rows.assign(match=match)[moved & ~plain]])
    ledger.remember(connection, resource.name, _united(united))


def _united(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each match: the first, ours if one of them is, with the claims of all."""
    by = rows.groupby("match", sort=False)
    claims = by["claims"].agg(lambda texts: " ".join(dict.fromkeys(" ".join(texts).split())))
    first = rows.drop_duplicates("match").set_index("match")
    return first.assign(claims=claims.astype("str"), owned=by["owned"].max()).reset_index()


def _planned(connection: Connection, resource: Resource) -> None:
    """The changes of all plans, which show what was ever done to an object."""
    columns = [changes.c.plan, changes.c.n, changes.c.match, changes.c.key]
    rows = frames.read(connection, columns, changes.c.resource == resource.name)
    match = _folded(resource, rows)
    moved = (match != rows["match"]).to_numpy(dtype=bool)
    new = [match[moved].tolist(), rows["plan"][moved].tolist(), rows["n"][moved].tolist()]
    row = (changes.c.plan == bindparam("p")) & (changes.c.n == bindparam("c"))
    statement = update(changes).where(row).values(match=bindparam("m"))
    frames.execute_many(connection, statement, list(zip(*new, strict=True)))


def _folded(resource: Resource, rows: pd.DataFrame) -> pd.Series[Any]:
    """The matches as they are folded now. What the site's conventions fold is already right in the old ones."""
    keys = unpack(rows["key"], resource.key)
    parts = []
    for place, field in enumerate(resource.keys):
        was = part_of(rows["match"], [place])
        parts.append(was if field.compares == "by_conventions" else _part(keys[field.name], was))
    return joined(parts) if len(rows) else rows["match"]


def _part(said: pd.Series[Any], was: pd.Series[Any]) -> pd.Series[Any]:
    return fold(said.fillna(was), Conventions(), "as_php")


_STEPS: Final[Mapping[int, Callable[[Connection], None]]] = {1: _fold_as_php}
