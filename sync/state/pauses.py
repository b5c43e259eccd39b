"""Whether the sending of changes is paused: a fact of the store itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from sync.model import Pause
from sync.state import frames, packing
from sync.state.schema import about

_NAME = "pause"


def load(connection: Connection) -> Pause | None:
    """The pause that lasts, if there is one."""
    text = connection.scalar(select(about.c.value).where(about.c.name == _NAME))
    if text is None:
        return None
    facts = packing.unpack(text)
    return Pause(facts["by"], datetime.fromisoformat(facts["at"]), facts["reason"], facts.get("account"))


def save(connection: Connection, pause: Pause | None) -> None:
    """Record a pause, or the end of it."""
    if pause is None:
        connection.execute(delete(about).where(about.c.name == _NAME))
    else:
        frames.execute_many(connection, frames.upsert(about, connection.dialect.name), [(_NAME, packing.pack(pause))])
