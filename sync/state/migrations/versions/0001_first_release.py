"""The tables of the first release."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, Text, UniqueConstraint

revision = "0001"
down_revision = None

_CONTENT = (
    "plan", "n", "stage", "resource", "op", "match", "slice", "key", "before", "after", "cause", "claims", "gate",
    "chain", "covered_by", "hold", "file", "tab", "row", "also",
)  # fmt: skip
"""The columns of a stored change that never change."""


def upgrade() -> None:
    """Make them in an empty database."""
    op.create_table("nexsis_sync", Column("name", Text, primary_key=True), _text("value"))
    _create_ledger()
    op.create_table(
        "plans",
        Column("seq", Integer, primary_key=True),
        Column("id", Text, nullable=False, unique=True),
        *map(_text, ("site", "created", "summary", "inputs", "holds", "issues")),
    )
    _create_changes()
    op.create_table(
        "approvals",
        Column("plan", Text, ForeignKey("plans.id"), primary_key=True),
        Column("hold", Text, primary_key=True),
        *map(_text, ("by", "at", "expires")),
    )
    op.create_table(
        "runs",
        Column("seq", Integer, primary_key=True),
        _text("id"),
        Column("plan", Text, ForeignKey("plans.id"), nullable=False),
        _text("started"),
        Column("finished", Text),
        _text("state"),
        _text("reason"),
        UniqueConstraint("id"),
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        Column("resource", Text, primary_key=True),
        Column("match", Text, primary_key=True),
        _text("key"),
        Column("sent", Text),
        Column("seen", Text),
        _text("claims"),
        Column("owned", Integer, nullable=False),
        Column("checked", Integer, nullable=False),
        sqlite_with_rowid=False,
    )


def _create_changes() -> None:
    op.create_table(
        "changes",
        Column("plan", Text, ForeignKey("plans.id"), primary_key=True),
        Column("n", Integer, primary_key=True, autoincrement=False),
        Column("stage", Integer, nullable=False),
        *map(_text, ("resource", "op", "match")),
        Column("slice", Text),
        _text("key"),
        Column("before", Text),
        Column("after", Text),
        _text("cause"),
        *(Column(name, Text) for name in ("claims", "gate", "chain")),
        Column("covered_by", Integer),
        *(Column(name, Text) for name in ("hold", "file", "tab")),
        Column("row", Integer),
        Column("also", Text),
        _text("status"),
        Column("attempts", Integer, nullable=False),
        Column("http_status", Integer),
        Column("error", Text),
        Column("run", Text),
        sqlite_with_rowid=False,
    )
    if op.get_context().dialect.name == "sqlite":
        content = ", ".join(f'"{name}"' for name in _CONTENT)
        op.execute(
            f"CREATE TRIGGER changes_content BEFORE UPDATE OF {content} "
            "ON changes BEGIN SELECT RAISE(ABORT, 'the content of a stored change never changes'); END"
        )


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)
