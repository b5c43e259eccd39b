"""The tables of a store, as this release makes them; `migrations` makes them of those of earlier releases."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import DDL, Column, ForeignKey, Integer, MetaData, Table, Text, UniqueConstraint, event

from sync.model import CHANGES, LEDGER

HEAD = "0004"
"""The newest of the `migrations`, stated here so that a store can be opened without importing them."""

JOURNAL = ("status", "attempts", "http_status", "error", "run")
"""The only columns of a stored change that are updated; `run` is the run of the last attempt."""

_NUMBERS = {"owned", "checked", "n", "stage", "covered_by", "row", "attempts", "http_status"}


def _columns(names: Iterable[str], said: Collection[str]) -> list[Column[int] | Column[str]]:
    return [
        Column(name, Integer, nullable=name not in said)
        if name in _NUMBERS
        else Column(name, Text, nullable=name not in said)
        for name in names
    ]


tables = MetaData()

about = Table(
    "nexsis_sync",
    tables,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Facts of the store itself: `holder`, who took the lock last, `pause`, the pause that lasts,
`certificate RUN`, what was read back after a run (both as JSON), and `version`, its revision as releases before Alembic
read it to refuse a newer store."""

# Clustered by its key, a resource's rows are next to each other: a million are read in two thirds of the time.
ledger = Table(
    "ledger",
    tables,
    Column("resource", Text, primary_key=True),
    Column("match", Text, primary_key=True),
    *_columns(LEDGER[1:], said={"key", "claims", "owned", "checked"}),
    sqlite_with_rowid=False,
)

marks = Table(
    "marks",
    tables,
    Column("kind", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("match", Text, primary_key=True),
    Column("since", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""What plans have noticed of objects, and since when: the kinds are those of `Mark`."""

plans = Table(
    "plans",
    tables,
    Column("seq", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("site", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("holds", Text, nullable=False),
    Column("issues", Text, nullable=False),
)
"""`seq` is the order of storing; the last four are JSON."""

changes = Table(
    "changes",
    tables,
    Column("plan", Text, ForeignKey(plans.c.id), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    *_columns(CHANGES[1:], said={"stage", "resource", "op", "match", "key", "cause", "status", "attempts"}),
    Column("run", Text),
    sqlite_with_rowid=False,
)

approvals = Table(
    "approvals",
    tables,
    Column("plan", Text, ForeignKey(plans.c.id), primary_key=True),
    Column("hold", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("account", Text),
)
"""`by` is the name that was given, `account` that of the operating system; NULL in stores of earlier releases."""

runs = Table(
    "runs",
    tables,
    Column("seq", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("plan", Text, ForeignKey(plans.c.id), nullable=False),
    Column("started", Text, nullable=False),
    Column("finished", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("id"),
)

# SQLite checks the columns an UPDATE names when it compiles it, so this costs the journal nothing.
_FREEZE = DDL(  # type: ignore[no-untyped-call]
    "CREATE TRIGGER changes_content BEFORE UPDATE OF "
    + ", ".join(f'"{column.name}"' for column in changes.columns if column.name not in JOURNAL)
    + " ON changes BEGIN SELECT RAISE(ABORT, 'the content of a stored change never changes'); END"
)
event.listen(changes, "after_create", _FREEZE.execute_if(dialect="sqlite"))
