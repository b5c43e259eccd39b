"""The ledger: what was last sent and last seen, object by object, and which mappings claim it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
from sqlalchemy import Connection, bindparam, delete, func, update

from sync.model import LEDGER, Memory
from sync.state import frames
from sync.state.schema import ledger

_COLUMNS = [ledger.c[name] for name in LEDGER]


def load(connection: Connection, resource: str) -> pd.DataFrame:
    """Everything remembered of a resource, columns `LEDGER`, in no order."""
    return frames.read(connection, _COLUMNS, ledger.c.resource == resource)


def recall(connection: Connection, resource: str, within: str) -> pd.DataFrame:
    """The ledger rows of those whose match contains a text, columns `LEDGER`, in no order."""
    here = (ledger.c.resource == resource) & ledger.c.match.contains(within, autoescape=True)
    return frames.read(connection, _COLUMNS, here)


def remember(connection: Connection, resource: str, rows: pd.DataFrame) -> None:
    """Insert or replace the rows of a frame with the columns `LEDGER`."""
    _upsert(connection, frames.rows(rows, _COLUMNS, first=resource))


def learn(connection: Connection, learned: Iterable[Memory]) -> None:
    """Insert or replace single rows."""
    _upsert(
        connection,
        [(m.resource, m.match, m.key, m.sent, m.seen, m.claims, int(m.owned), m.checked) for m in learned],
    )


def forget(connection: Connection, forgotten: Sequence[tuple[str, str]]) -> None:
    """Drop rows by resource and match; missing ones are ignored."""
    where = (ledger.c.resource == bindparam("r")) & (ledger.c.match == bindparam("m"))
    frames.execute_many(connection, delete(ledger).where(where), forgotten)


def adopt(connection: Connection, resources: Iterable[str]) -> None:
    """Take over objects that a mapping claims and that were seen: nothing was sent, so what was seen counts as sent."""
    theirs = (ledger.c.owned == 0) & (ledger.c.claims != "") & ledger.c.seen.is_not(None)
    connection.execute(
        update(ledger)
        .where(ledger.c.resource.in_(list(resources)) & theirs)
        .values(owned=1, sent=func.coalesce(ledger.c.sent, ledger.c.seen))
    )


def _upsert(connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    frames.execute_many(connection, frames.upsert(ledger, connection.dialect.name), rows)
