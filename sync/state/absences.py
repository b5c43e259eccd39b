"""Absences: objects that are missing from their files and will be deleted later, and since when they have been."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection, bindparam, delete, insert, true

from sync.model import ABSENCES
from sync.state import frames
from sync.state.schema import absences

_COLUMNS = [absences.c[name] for name in ABSENCES]


def load(connection: Connection) -> pd.DataFrame:
    """All absences, columns `ABSENCES`, in no order."""
    return frames.read(connection, _COLUMNS, true())


def begin(connection: Connection, resource: str, rows: pd.DataFrame) -> None:
    """Record absences (columns match and since) that have begun."""
    cells = frames.rows(rows, _COLUMNS[1:], first=resource)
    frames.execute_many(connection, insert(absences).values({name: bindparam(name) for name in ABSENCES}), cells)


def end(connection: Connection, resource: str, matches: Sequence[str]) -> None:
    """Drop absences that are over."""
    where = (absences.c.resource == bindparam("r")) & (absences.c.match == bindparam("m"))
    frames.execute_many(connection, delete(absences).where(where), [(resource, match) for match in matches])
