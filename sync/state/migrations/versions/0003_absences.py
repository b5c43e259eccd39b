"""Since when objects have been missing from their files, where they are deleted only after a while."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make an empty table: nothing has been waiting so far."""
    op.create_table(
        "absences",
        *(Column(name, Text, primary_key=True) for name in ("resource", "match")),
        Column("since", Text, nullable=False),
        sqlite_with_rowid=False,
    )
