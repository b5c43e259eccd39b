"""Marks on objects: something that has been so since a plan noticed it (`Mark`)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection, bindparam, delete, insert

from sync.model import MARKS, Mark
from sync.state import frames
from sync.state.schema import marks

_COLUMNS = [marks.c[name] for name in MARKS]


def load(connection: Connection, kind: Mark) -> pd.DataFrame:
    """All marks of a kind, columns `MARKS`, in no order."""
    return frames.read(connection, _COLUMNS, marks.c.kind == kind)


def begin(connection: Connection, kind: Mark, resource: str, rows: pd.DataFrame) -> None:
    """Record marks (columns match and since)."""
    cells = [(kind, *row) for row in frames.rows(rows, _COLUMNS[1:], first=resource)]
    names = ("kind", *MARKS)
    frames.execute_many(connection, insert(marks).values({name: bindparam(name) for name in names}), cells)


def end(connection: Connection, kind: Mark, resource: str, matches: Sequence[str]) -> None:
    """Drop marks."""
    where = (marks.c.kind == bindparam("k")) & (marks.c.resource == bindparam("r")) & (marks.c.match == bindparam("m"))
    frames.execute_many(connection, delete(marks).where(where), [(kind, resource, match) for match in matches])
