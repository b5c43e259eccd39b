"""`state`: the state store as a whole, across releases and databases."""

from __future__ import annotations

from pathlib import Path

import click

from sync.cli.help import GroupWithExamples, WithExamples
from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.cli.wiring import SystemClock, load_config


@click.group(
    cls=GroupWithExamples,
    examples=(
        "state upgrade",
        "state backup state-2027-01-31.db",
    ),
)
def state() -> None:
    """Upgrade, back up or copy the state store."""


@state.command(cls=WithExamples, examples=("state upgrade",))
@common
def upgrade(output: Output) -> int:
    """Upgrade the state store of an earlier release, after a backup.

    Other commands also do this when they open the store. This command does nothing else, and shows where the backup is.
    """
    from sync.state import upgrade_store

    done = upgrade_store(load_config(output).state, SystemClock())
    _print_json(output, {"from": done.before, "to": done.after, "backup": done.backup})
    output.say(str(done))
    return 0


@state.command(
    cls=WithExamples,
    examples=("state backup /backup/state-2027-01-31.db",),
    short_help="Back up the state store to a new file.",
)
@click.argument("file", type=click.Path(path_type=Path))
@common
def backup(output: Output, file: Path) -> int:
    """Back up the state store to a new SQLite file, even while a run is in progress.

    The file is readable by its owner only. An existing file is never replaced.
    """
    from sync.state import back_up_store

    back_up_store(load_config(output).state, file)
    _print_json(output, {"backup": str(file)})
    output.say(f"backed up the state store to {file}")
    return 0


@state.command(
    cls=WithExamples,
    examples=("state copy postgresql+psycopg://nexsis@db.example.edu/nexsis",),
    short_help="Copy the state store to another database.",
)
@click.argument("url")
@common
def copy(output: Output, url: str) -> int:
    """Copy the state store to another, empty database: from SQLite to PostgreSQL or back.

    No run can start in the meantime. To use the copy afterwards, change `state:` in the site file.
    """
    from sync.report.phrasing import count
    from sync.state import copy_store

    done = copy_store(load_config(output).state, url, SystemClock())
    _print_json(output, {"to": done.database, "rows": dict(done.rows)})
    output.say(
        f"copied the state store to {done.database}, {count(sum(done.rows.values()), 'row')}; "
        "to use the copy, change `state:` in the site file"
    )
    return 0


def _print_json(output: Output, document: dict[str, object]) -> None:
    if output.json:
        import orjson

        stdout().write(orjson.dumps(document) + b"\n")
