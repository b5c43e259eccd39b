"""The tombstones of people who have been forgotten: facts of the store itself, so that a copy of it has them too."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import Connection, delete, select

from sync.model.forgetting import Tombstones
from sync.state import frames, packing
from sync.state.schema import about

_KEY: Final = "tombstone key"
_ONE: Final = "tombstone "
_BYTES: Final = 32


def load(connection: Connection) -> Tombstones | None:
    """The tombstones; None if nobody has been forgotten."""
    key = connection.scalar(select(about.c.value).where(about.c.name == _KEY))
    if key is None:
        return None
    names = connection.scalars(select(about.c.name).where(about.c.name.startswith(_ONE), about.c.name != _KEY))
    return Tombstones(bytes.fromhex(key), frozenset(name.removeprefix(_ONE) for name in names))


def add(connection: Connection, resource: str, match: str, facts: dict[str, str]) -> str:
    """Record the tombstone of an object, with when it was made and by whom; returns it."""
    stones = load(connection) or Tombstones(secrets.token_bytes(_BYTES))
    stone = stones.of(resource, match)
    rows = [(_KEY, stones.key.hex()), (_ONE + stone, packing.pack(facts))]
    frames.execute_many(connection, frames.upsert(about, connection.dialect.name), rows)
    return stone


def remove(connection: Connection, resource: str, match: str) -> bool:
    """Remove the tombstone of an object; whether there was one."""
    stones = load(connection)
    if stones is None:
        return False
    name = _ONE + stones.of(resource, match)
    return connection.execute(delete(about).where(about.c.name == name)).rowcount > 0
