"""The values of `missing: set`: which fields may be set, and what a value means.

A field must be one that can be set back once the record is listed again. One that the API reference does not list is
set only if the site file allows it, since Moodle may not know it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from sync.config.document import Document
from sync.config.mappings import Mapping as MappingFile
from sync.errors import Fault
from sync.model import Conventions, Resource
from sync.model.resources import CATALOGUE

SWITCHES: Final = {"true": "1", "false": "0"}
"""How a value that is typed as a truth value is sent in a field that the reference does not list."""


def unsettable(document: Document, resource: Resource) -> Iterator[Fault]:
    """Fields that a missing record cannot get a value in, or would not get back afterwards."""
    given = document.keys("missing", "set")
    if given and resource.delete is not None and not resource.updatable:
        yield document.fault(("missing", "set"), f"Moodle's API cannot change {resource.title}; use missing: delete")
        return
    for name in given:
        why = _why_not(resource, name, _rule(document, name))
        if why:
            yield document.fault(("missing", "set", name), f"`{name}` {why}")


def _rule(document: Document, name: str) -> Mapping[str, Any]:
    """What is typed below a field of the mapping, as far as these are keys."""
    rules = document.data.get("fields")
    rule = rules.get(name) if isinstance(rules, dict) else None
    return rule if isinstance(rule, dict) else {}


def _why_not(resource: Resource, name: str, rule: Mapping[str, Any]) -> str:
    """Why a field cannot be set; blank if it can."""
    field = resource.field(name)
    if name in resource.key:
        return f"identifies the {resource.noun}, so it cannot be set"
    if field and field.unique:
        return "must be unique, so it cannot be set"
    if field and field.send != "state":
        return "cannot be set"
    if rule.get("own") == "on_create":
        return "has `own: on_create`, so it would not change back once the record is listed again"
    return ""


def not_allowed(mappings: Iterable[MappingFile], allowed: Collection[str]) -> Iterator[Fault]:
    """Fields that the API reference does not list, and the site file does not allow."""
    for mapping in mappings:
        resource = CATALOGUE.get(mapping.resource)
        for name in mapping.sets if resource else ():
            field = f"{mapping.resource}.{name}"
            if resource and resource.field(name) is None and field not in allowed:
                yield Fault(
                    f"missing.set.{name}: `{name}` is not in the API reference, so it is set only if the site file "
                    "allows it",
                    where=mapping.where_of("missing", "set", name),
                    hint=f"If Moodle supports the field, add `allow: [{field}]` to the site file.",
                )


def not_valid(mappings: Iterable[MappingFile], conventions: Conventions) -> Iterator[Fault]:
    """Values that their field cannot have."""
    for mapping in mappings:
        resource = CATALOGUE.get(mapping.resource)
        for name, typed in mapping.sets.items() if resource else ():
            if resource and value_of(resource, name, typed, conventions) is None:
                yield Fault(
                    f"missing.set.{name}: `{typed}` is not valid here", where=mapping.where_of("missing", "set", name)
                )


def value_of(resource: Resource, name: str, typed: str, conventions: Conventions) -> str | None:
    """A value in canonical form; None if its field cannot have it."""
    import pandas as pd

    from sync.model.canonical import from_cells

    field = resource.field(name)
    if field is None:
        return SWITCHES.get(typed.casefold(), typed) or None
    canonical, unreadable = from_cells(pd.Series([typed], dtype="str"), field.kind, conventions)
    value = None if unreadable.any() else str(canonical.iloc[0])
    if not value or (field.max_len is not None and len(value) > field.max_len):
        return None
    return value
