"""`schema`: what site and mapping files may contain, for editors."""

from __future__ import annotations

import click

from sync.cli.help import WithExamples
from sync.cli.output import stdout


@click.command(
    cls=WithExamples,
    examples=(
        "schema site > site.schema.json",
        "schema mapping > mapping.schema.json",
    ),
)
@click.argument("kind", type=click.Choice(["site", "mapping"]))
def schema(kind: str) -> int:
    """Print the JSON Schema of site or mapping files, for editors that check as you type."""
    import orjson

    from sync.config import schemas

    made = schemas.site_schema() if kind == "site" else schemas.mapping_schema()
    stdout().write(orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n")
    return 0
