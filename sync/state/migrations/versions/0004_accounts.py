"""The operating system's account of who approved, beside the name that was given."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Earlier approvals have none."""
    op.add_column("approvals", Column("account", Text))
