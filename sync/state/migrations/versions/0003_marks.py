"""Marks on objects: since when they have been missing from their files, and what else a plan notices of them."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make an empty table: nothing has been noticed so far."""
    op.create_table(
        "marks",
        *(Column(name, Text, primary_key=True) for name in ("kind", "resource", "match")),
        Column("since", Text, nullable=False),
        sqlite_with_rowid=False,
    )
