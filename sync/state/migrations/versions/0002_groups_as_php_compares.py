"""Matches of groups and their members, as PHP compares identifiers of groups.

They were folded as the site's database compares, so that `Ge` was remembered as `ge`, and the groups `1` and `01` as
two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
from alembic import op
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, bindparam, delete, insert, text, update

from sync.model import Conventions
from sync.model.values import fold, joined, part_of, unpack
from sync.state import frames

revision = "0002"
down_revision = "0001"

KEYS = {"group": ("courseid", "groupid"), "group_member": ("courseid", "groupid", "userid")}
AS_PHP = "groupid"

_tables = MetaData()
_ledger = Table(
    "ledger",
    _tables,
    *(Column(name, Text, nullable=False) for name in ("resource", "match", "key")),
    *(Column(name, Text) for name in ("sent", "seen")),
    Column("claims", Text, nullable=False),
    *(Column(name, Integer, nullable=False) for name in ("owned", "checked")),
)
_changes = Table(
    "changes",
    _tables,
    Column("plan", Text, nullable=False),
    Column("n", Integer, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("resource", "match", "key")),
)


def upgrade() -> None:
    """Fold them again."""
    connection = op.get_bind()
    with _thawed(connection):
        for resource, key in KEYS.items():
            _remembered(connection, resource, key)
            _planned(connection, resource, key)


@contextmanager
def _thawed(connection: Connection) -> Iterator[None]:
    """Meanwhile the content of stored changes may be rewritten."""
    frozen = None
    if connection.dialect.name == "sqlite":
        frozen = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'changes_content'"))
        op.execute("DROP TRIGGER changes_content")
    yield
    if frozen:
        op.execute(frozen)


def _remembered(connection: Connection, resource: str, key: Sequence[str]) -> None:
    """The ledger: of what was remembered as several objects and is one, all that claim it still do."""
    columns = [column for column in _ledger.columns if column.name != "resource"]
    rows = frames.read(connection, columns, _ledger.c.resource == resource)
    match = _folded(key, rows)
    moved = ((match != rows["match"]) | match.duplicated(keep=False)).to_numpy()
    if not moved.any():
        return
    row = (_ledger.c.resource == bindparam("r")) & (_ledger.c.match == bindparam("m"))
    old = [(resource, each) for each in rows["match"][moved]]
    frames.execute_many(connection, delete(_ledger).where(row), old)
    # Of `1` and `01`, Moodle made the one that is written as its number.
    plain = (match == rows["match"]).to_numpy()
    united = pd.concat([rows.assign(match=match)[moved & plain], rows.assign(match=match)[moved & ~plain]])
    frames.execute_many(connection, insert(_ledger), frames.rows(_united(united), columns, first=resource))


def _united(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a match: the first, ours if one of them is, with the claims of all."""
    by = rows.groupby("match", sort=False)
    claims = by["claims"].agg(lambda texts: " ".join(dict.fromkeys(" ".join(texts).split())))
    first = rows.drop_duplicates("match").set_index("match")
    return first.assign(claims=claims.astype("str"), owned=by["owned"].max()).reset_index()


def _planned(connection: Connection, resource: str, key: Sequence[str]) -> None:
    """The changes of all plans, which show what was ever done to an object."""
    columns = [column for column in _changes.columns if column.name != "resource"]
    rows = frames.read(connection, columns, _changes.c.resource == resource)
    match = _folded(key, rows)
    moved = (match != rows["match"]).to_numpy(dtype=bool)
    new = [match[moved].tolist(), rows["plan"][moved].tolist(), rows["n"][moved].tolist()]
    row = (_changes.c.plan == bindparam("p")) & (_changes.c.n == bindparam("c"))
    statement = update(_changes).where(row).values(match=bindparam("m"))
    frames.execute_many(connection, statement, list(zip(*new, strict=True)))


def _folded(key: Sequence[str], rows: pd.DataFrame) -> pd.Series[Any]:
    """The matches as they are folded now. What the site's conventions fold is already right in the old ones."""
    if rows.empty:
        return rows["match"]
    said = unpack(rows["key"], key)[AS_PHP]
    parts = [part_of(rows["match"], [place]) for place in range(len(key))]
    place = key.index(AS_PHP)
    parts[place] = fold(said.fillna(parts[place]), Conventions(), "as_php")
    return joined(parts)
