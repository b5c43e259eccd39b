"""`mappings`: the mappings that come with nexsis-sync."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli.help import GroupWithExamples, WithExamples
from sync.cli.options import common
from sync.cli.output import Output, stdout

if TYPE_CHECKING:
    from sync.config.shipped import ShippedMappings


def _collection(ctx: click.Context, param: click.Parameter, name: str) -> ShippedMappings:
    """A callback: the collection of that name."""
    from sync.config.document import suggestion
    from sync.config.shipped import collections, documents

    if name not in collections():
        within = [
            one for one, each in collections().items() if name in documents() and documents()[name].file in each.files
        ]
        hint = (
            f"It is a mapping of {' and '.join(f'`{one}`' for one in within)}."
            if within
            else suggestion(name, collections())
        )
        raise click.BadParameter(f"there is no collection `{name}`. {hint}", ctx, param)
    return collections()[name]


@click.group(
    cls=GroupWithExamples,
    examples=(
        "mappings list",
        "mappings copy oneroster",
    ),
)
def mappings() -> None:
    """List or copy the mappings that come with nexsis-sync."""


@mappings.command(
    "list",
    cls=WithExamples,
    examples=("mappings list",),
    short_help="List the shipped mappings.",
)
@common
def list_(output: Output) -> int:
    """List the shipped mappings: a collection for each kind of export, its files, and the mappings in them."""
    from sync.config.shipped import collections

    rows = [_described(collection) for collection in collections().values()]
    _print_json(output, {"collections": rows})
    for row in rows:
        output.say(f"{row['name']}: {row['title']}")
        for file in row["files"]:
            output.say(f"    {file['file']}: {', '.join(each['name'] for each in file['mappings'])}")
    output.say("\nCopy a collection with `nexsis-sync mappings copy NAME`, or include single mappings in your own.")
    return 0


def _described(collection: ShippedMappings) -> dict[str, Any]:
    """A collection, its files, and the mappings in each."""
    from sync.config.mapping_files import of_collection
    from sync.config.shipped import shown_as

    within = defaultdict(list)
    for each in of_collection(collection):
        within[each.file].append({"name": each.name, "resource": each.resource, "sheet": each.sheet.file})
    files = [{"file": shown_as(file), "path": str(file), "mappings": within[file]} for file in collection.files]
    return {"name": collection.name, "title": collection.title, "system": collection.system, "files": files}


@mappings.command(
    cls=WithExamples,
    examples=(
        "mappings copy oneroster",
        "mappings copy canvas --to canvas",
    ),
    short_help="Copy shipped mappings, so that you can change them.",
)
@click.argument("collection", metavar="NAME", callback=_collection)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    metavar="FOLDER",
    help="Folder for the files [mappings, next to the site file].",
)
@common
def copy(output: Output, collection: ShippedMappings, folder: Path | None) -> int:
    """Copy the files of a collection, so that you can change them.

    A different file of the same name is never replaced.
    """
    from sync.workflows.copy_mappings import copy_mappings

    copied = copy_mappings(collection, folder or Path(output.site).parent / "mappings")
    _print_json(output, {"files": [{"file": str(each.file), "new": each.new} for each in copied]})
    for each in copied:
        output.say(f"copied {each.file}" if each.new else f"{each.file} is there already, unchanged")
    output.say(
        "Next: read the comments in the files, and adapt the files to your exports. List them under `mappings:` in "
        f"{output.site}, in this order, unless they are already listed. Then run `nexsis-sync check`."
    )
    return 0


def _print_json(output: Output, document: dict[str, object]) -> None:
    if output.json:
        import orjson

        stdout().write(orjson.dumps(document) + b"\n")
