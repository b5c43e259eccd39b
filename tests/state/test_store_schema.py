"""The steps of all releases and the tables of this one are two ways to the same schema."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from sync.model import Clock
from sync.state import database, migrations, open_store, schema

SQLITE_OBJECTS = "SELECT type, name, sql FROM sqlite_master WHERE name <> 'alembic_version' ORDER BY type, name"


def differences(url: str) -> list[object]:
    """What differs between a database that took every step and the tables of this release."""
    with database.opened(url) as engine, database.writing(engine) as connection:
        migrations.migrate(connection, schema.HEAD)
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return [*compare_metadata(context, schema.tables)]


def objects(file: Path) -> list[tuple[str, ...]]:
    """Everything in a database. A column that was added later stands in the same line as the one before it."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(SQLITE_OBJECTS).fetchall()
    return [(kind, name, " ".join((sql or "").split())) for kind, name, sql in rows]


def test_all_steps_make_the_tables_of_this_release_on_sqlite(tmp_path: Path, clock: Clock) -> None:
    assert differences(f"sqlite:///{tmp_path}/steps.db") == []
    with open_store(f"sqlite:///{tmp_path}/new.db", clock):
        pass
    # Alembic does not compare triggers.
    assert objects(tmp_path / "steps.db") == objects(tmp_path / "new.db")


def test_all_steps_make_the_tables_of_this_release_on_postgresql(postgresql: str) -> None:
    assert differences(postgresql) == []


def test_the_newest_step_is_the_one_that_an_up_to_date_store_is_recognised_by() -> None:
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_heads() == [schema.HEAD]


def test_a_new_store_tells_its_revision_to_alembic_and_to_releases_before_it(
    url: str, clock: Clock, tmp_path: Path
) -> None:
    with open_store(url, clock):
        pass
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        version = connection.execute("SELECT value FROM nexsis_sync WHERE name = 'version'").fetchall()
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert (version, revision) == ([(str(int(schema.HEAD)),)], [(schema.HEAD,)])


def test_a_new_and_an_up_to_date_store_open_without_alembic(url: str) -> None:
    script = (
        "import sys\n"
        "from sync.cli.wiring import SystemClock\n"
        "from sync.state import open_store\n"
        f"for _ in range(2):\n    with open_store({url!r}, SystemClock()) as store:\n        store.plans()\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('alembic', 'mako')])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
