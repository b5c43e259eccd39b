"""The steps from one release's tables to the next, for Alembic: each is a module in `versions`, named by its number.

A step is written once and never changed: it states the tables as they were then, and uses nothing of `schema`.
"""

from __future__ import annotations

from sqlalchemy import Connection


def migrate(connection: Connection, to: str) -> None:
    """Take every step a database has not taken, up to a revision: all of them, if the database is empty.

    They are part of the connection's transaction.
    """
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "sync.state:migrations")
    command.upgrade(config, to)
