"""Mapping files -> checked mappings, with every fault of every file at once."""

from __future__ import annotations

from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sync.config import mapping_checks
from sync.config.document import Document, read, validate
from sync.config.mappings import Mapping, Place
from sync.errors import Fault


@dataclass
class Findings:
    """What reading mapping files brought: mappings in order of precedence, faults, and notes for people."""

    mappings: list[Mapping] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load(files: abc.Mapping[Path, str]) -> Findings:
    """Read and check mapping files: each path, and how people are told of it, in order of precedence."""
    found = Findings()
    good: list[tuple[Document, Mapping]] = []
    for file, shown in files.items():
        documents, faults = read(file, shown)
        found.faults += faults
        if not documents and not faults:
            found.faults.append(Fault("this file holds no mapping", where=shown))
        for name, document in _named(file, documents):
            place = Place(document.file, document.line, document.digest)
            mapping, faults = validate(document, Mapping, {"name": name, **document.data}, place)
            found.faults += [*faults, *mapping_checks.faults(document)]
            found.notes += mapping_checks.notes(document)
            if mapping:
                good.append((document, mapping))
    found.faults += mapping_checks.clashes(good)
    found.mappings += [mapping for _, mapping in good]
    return found


def _named(file: Path, documents: Sequence[Document]) -> Iterator[tuple[str, Document]]:
    """Each document with the name it has if it gives none."""
    stem = "-".join(file.stem.split())
    for number, document in enumerate(documents, start=1):
        yield (f"{stem}.{number}" if len(documents) > 1 else stem), document
