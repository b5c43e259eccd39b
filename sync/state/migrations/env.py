"""How Alembic runs the steps: within the transaction of the connection it is given, so that all are done or none."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
