"""The mappings and samples that come with the program: in the installed package, or at the top of a checkout.

`mappings/collections.yaml` lists them. A collection holds the mapping files that one kind of export needs. Every
document in them has a name of its own among all shipped ones, so that `include:` can refer to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sync
from sync.config.document import Document, read


@dataclass(frozen=True, slots=True)
class ShippedMappings:
    """Mapping files for one kind of export.

    `title` says in one line which kind that is, `system` where such exports come from. `files` are absolute paths, in
    order of precedence. `sample` is a folder with a small export of that kind.
    """

    name: str
    title: str
    system: str
    files: tuple[Path, ...]
    sample: Path


def shipped(name: str) -> Path:
    """The folder `mappings` or `samples`."""
    package = Path(sync.__file__).parent
    installed = package / "shipped" / name
    return installed if installed.is_dir() else package.parent / name


def shown_as(file: Path) -> str:
    """How a shipped mapping file is shown to people: `oneroster/users.yaml`."""
    return file.relative_to(shipped("mappings")).as_posix()


@cache
def collections() -> Mapping[str, ShippedMappings]:
    """All collections by name, in the order in which they are shown to people."""
    folder = shipped("mappings")
    ((index,), _) = read(folder / "collections.yaml", "collections.yaml")
    return {
        name: ShippedMappings(
            name,
            title=each["title"],
            system=each["system"],
            files=tuple(folder / file for file in each["files"]),
            sample=shipped("samples") / each["sample"],
        )
        for name, each in index.data.items()
    }


@cache
def documents() -> Mapping[str, Document]:
    """Every document of every collection, by its name."""
    files = dict.fromkeys(file for collection in collections().values() for file in collection.files)
    return {document.data["name"]: document for file in files for document in read(file, shown_as(file))[0]}
