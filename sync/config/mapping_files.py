"""Mapping files -> checked mappings, with every fault of every file at once.

Besides having the right form, a mapping must agree with the catalogue and with the other mappings of the site.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sync.config.document import Document, nearest, read, suggestion, validate
from sync.config.inclusion import KEY, with_included
from sync.config.mappings import Mapping, MappingOrigin
from sync.config.scalars import one_or_many
from sync.config.set_values import unsettable
from sync.config.shipped import ShippedMappings, shown_as
from sync.config.terms import CURRENT, OF_COURSES, TERM
from sync.errors import Fault
from sync.model import Resource
from sync.model.resources import CATALOGUE

RESERVED = frozenset({"match", "claims", "file", "tab", "row", "also", "gone", "source", "ours"})
"""Columns that frames have besides their fields."""


@dataclass
class LoadedMappings:
    """The result of reading mapping files: mappings in order of precedence, faults, and notes for people."""

    mappings: list[Mapping] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load(files: abc.Mapping[Path, str]) -> LoadedMappings:
    """Read and check mapping files: each path, and how it is shown to people, in order of precedence."""
    found = LoadedMappings()
    good: list[tuple[Document, Mapping]] = []
    for file, shown in files.items():
        documents, faults = read(file, shown)
        found.faults += faults
        if not documents and not faults:
            found.faults.append(Fault("this file contains no mapping", where=shown))
        for name, typed in _named(file, documents):
            document, faults = with_included(typed)
            found.faults += faults
            if document is None:
                continue
            included = {KEY: typed.data[KEY]} if KEY in typed.data else {}
            place = MappingOrigin(document.file, document.line, document.digest, document.lines)
            mapping, faults = validate(document, Mapping, {"name": name, **document.data, **included}, place)
            found.faults += [*faults, *_faults(document)]
            found.notes += _notes(document)
            if mapping:
                good.append((document, mapping))
    found.faults += _clashes(good)
    found.mappings += [mapping for _, mapping in good]
    return found


def of_collection(collection: ShippedMappings) -> Sequence[Mapping]:
    """The mappings of a shipped collection, in order of precedence.

    `mapping.sheets` has the sheets each reads, its own first, and the columns that each of these must have.
    """
    return load({file: shown_as(file) for file in collection.files}).mappings


def _named(file: Path, documents: Sequence[Document]) -> Iterator[tuple[str, Document]]:
    """Each document with its default name."""
    stem = "-".join(file.stem.split())
    for number, document in enumerate(documents, start=1):
        yield (f"{stem}.{number}" if len(documents) > 1 else stem), document


# -- what they must agree with -----------------------------------------------------------------------------------


def _faults(document: Document) -> Iterator[Fault]:
    """Where a document disagrees with the catalogue.

    Checks what was typed, so that it works even for a document that has other faults.
    """
    name = document.text("resource")
    if not name:
        return
    resource = CATALOGUE.get(name)
    if resource is None:
        yield document.fault(
            ("resource",), f"`{name}` is not a resource that can be written", suggestion(name, CATALOGUE)
        )
        return
    yield from _unmapped(document, resource)
    yield from _undeletable(document, resource)
    yield from unsettable(document, resource)
    yield from _out_of_scope(document, resource)
    for given in document.keys("fields"):
        if given in RESERVED:
            message = f"`{given}` cannot be a field name: nexsis-sync reserves this name"
            yield document.fault(("fields", given), message)
        field = resource.field(given)
        if field and field.kind != "instant" and "date" in document.keys("fields", given):
            yield document.fault(("fields", given, "date"), f"`{given}` is not a date, so it cannot have date:")
    yield from _unused(document)


def _out_of_scope(document: Document, resource: Resource) -> Iterator[Fault]:
    """Parts of a scope that the resource does not have; terms are for what belongs to a course."""
    parts = [*resource.key, *([TERM] if OF_COURSES in resource.key else [])]
    for part in document.keys("scope"):
        if part not in parts:
            *others, last = parts
            known = f"{', '.join(others)} and {last}" if others else last
            yield document.fault(("scope", part), f"the scope of {resource.title} is set by {known}, not by `{part}`")
        elif part == TERM and one_or_many(document.data["scope"][TERM]) != [*CURRENT]:
            hint = f"For other courses, set `{OF_COURSES}:` to a pattern."
            yield document.fault(("scope", part), f"this can only be `{CURRENT[0]}`", hint)


def _unused(document: Document) -> Iterator[Fault]:
    """Conditions on a column that the sheet no longer has once it is unpivoted."""
    sheet = document.data.get("sheet")
    unpivot = sheet.get("unpivot") if isinstance(sheet, dict) else None
    unpivoted = one_or_many(unpivot.get("columns")) if isinstance(unpivot, dict) else None
    for part in ("keep", "drop"):
        for name in document.keys("rows", part):
            if isinstance(unpivoted, list) and name in unpivoted:
                message = f"`{name}` is no longer a column after unpivot:"
                yield document.fault(("rows", part, name), message, "use the column named by `value:` below unpivot:")


def _unmapped(document: Document, resource: Resource) -> Iterator[Fault]:
    given = document.keys("fields")
    needed = [f.name for f in resource.fields if f.name in resource.key or (f.required and f.default is None)]
    lacking = [name for name in needed if name not in given]
    if given and lacking:
        *others, last = (f"`{name}`" for name in lacking)
        names = f"{', '.join(others)} and {last}" if others else last
        hint = f"Add a line for {'it' if len(lacking) == 1 else 'each'} below `fields:`."
        yield document.fault(("fields",), f"{resource.title} cannot be written without {names}", hint)


def _undeletable(document: Document, resource: Resource) -> Iterator[Fault]:
    if resource.delete is not None:
        return
    never = f"Moodle's API cannot delete {resource.title}"
    if document.text("missing") == "delete" or document.keys("missing"):
        yield document.fault(("missing",), f"{never}; use missing: keep")
    if document.keys("delete_when"):
        yield document.fault(("delete_when",), f"{never}; remove delete_when:")


def _notes(document: Document) -> Iterator[str]:
    """What is allowed but looks like a mistake: a field that almost has the name of a known one."""
    resource = CATALOGUE.get(document.text("resource") or "")
    if resource is None:
        return
    known = [field.name for field in resource.fields]
    for name in document.keys("fields"):
        near = None if name in known else nearest(name, known)
        if near:
            yield (
                f"{document.where(('fields', name))}: `{name}` is not in the API reference and is sent unchanged. Did "
                f"you mean `{near}`?"
            )


def _clashes(read: Sequence[tuple[Document, Mapping]]) -> Iterator[Fault]:
    """Where mappings of one site disagree: two with the same name, or two different `own:` for one field."""
    names: dict[str, str] = {}
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    for document, mapping in read:
        first = names.setdefault(mapping.name, document.where(("name",)))
        if first != document.where(("name",)):
            message = f"the mapping at {first} is also called `{mapping.name}`"
            yield document.fault(("name",), message, "Give one of them a different `name`.")
        for name, rule in mapping.fields.items():
            loc = ("fields", name, "own")
            own, place = owners.setdefault((mapping.resource, name), (rule.own, document.where(loc)))
            if own != rule.own:
                message = f"`own` is `{rule.own}` here, but `{own}` at {place}"
                hint = "Set the same `own` for this field in all mappings of the resource."
                yield document.fault(("fields", name), message, hint)
