"""What people call the objects of a plan: names rather than numbers, from what is planned and remembered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from string import Formatter
from typing import Any, Protocol

import pandas as pd

from sync.model import Conventions, Resource
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import arrow, match_of, series, unpack
from sync.report import phrasing
from sync.report.known_fields import Ledger, known_fields

Names = Mapping[str, Mapping[tuple[str, ...], str]]
"""By resource, then by key as the changes spell it: the object's name. Objects without a name are left out."""


class LedgerReader(Protocol):
    """What a report knows besides its plan: the ledger."""

    def ledger(self, resource: str) -> pd.DataFrame:
        """Everything remembered of a resource."""
        ...


def display_names(
    changes: pd.DataFrame,
    ledger: Ledger,
    conventions: Conventions,
    planned: pd.DataFrame | None = None,
) -> Names:
    """The names of all objects that these changes are about or lead to.

    `changes` has the columns of a plan's changes; `ledger` gives what is remembered of a resource. `planned` are all
    changes of the plan, where `changes` are some of them. What is planned is preferred to what was, and what was sent
    to what was seen. What has no complete key has no name.
    """
    planned = changes if planned is None else planned
    keys = {str(name): unpack(rows["key"], CATALOGUE[str(name)].key) for name, rows in changes.groupby("resource")}
    found = {}
    for resource in CATALOGUE.values():
        referenced = _referenced(keys, resource) if resource.name_format else pd.DataFrame()
        if len(referenced):
            match = match_of(referenced, resource.keys, conventions)
            rendered = _rendered(resource, known_fields(resource, resource.name_fields, match, planned, ledger))
            named = rendered.notna()
            each = zip(*(arrow(referenced.loc[named, part]).to_pylist() for part in resource.key), strict=True)
            found[resource.name] = dict(zip(each, arrow(rendered[named]).to_pylist(), strict=True))
    return found


def named_references(resource: Resource) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The resources with names that an object of this one leads to, itself first, each with the key fields here.

    One may be there twice: a manager's key leads to two users.
    """
    own = [(resource.name, resource.key)] if resource.name_format else []
    parents = ((CATALOGUE[name], {there: here for here, there in on.items()}) for name, on in ancestors(resource))
    found = [
        (other.name, tuple(here[part] for part in other.key))
        for other, here in parents
        if other.name_format and here.keys() == {*other.key}
    ]
    return tuple(dict.fromkeys([*own, *found]))


def name_of(names: Names, resource: Resource, key: Mapping[str, str]) -> str:
    """The object's own name; nothing if that is not known."""
    return names.get(resource.name, {}).get(tuple(key[part] for part in resource.key), "")


def names_along(names: Names, resource: Resource, key: Mapping[str, str]) -> tuple[str, ...]:
    """The names of everything an object leads to, itself first; objects without a name are left out."""
    found = (names.get(name, {}).get(tuple(key[part] for part in here)) for name, here in named_references(resource))
    return tuple(name for name in found if name)


def identified(names: Names, resource: Resource, key: Mapping[str, str], within: Collection[str] = ()) -> str:
    """Identifiers with names: `S1042 Amy Jones`, `group G1 Lab A, user S1042 Amy Jones`.

    Key fields in `within` are left out, since they are said already.
    """
    called: dict[str, str] = {}
    for name, here in named_references(resource):
        called.setdefault(here[-1], names.get(name, {}).get(tuple(key[part] for part in here), ""))
    fields = [field for field in resource.key if field not in within]
    each = []
    for field in fields:
        kind = phrasing.part(field) if len(fields) > 1 else ""
        name = phrasing.safe(called.get(field, ""), phrasing.LONGEST)
        each.append(" ".join(part for part in (kind, phrasing.quoted(key[field]), name) if part))
    return ", ".join(each)


def slice_place(names: Names, resource: Resource, slice: Mapping[str, str]) -> str:
    """Where changes of a slice are: `enrolments in course C7, Algebra`."""
    over = next((other for other in CATALOGUE.values() if resource.slice and other.key == resource.slice), None)
    name = name_of(names, over, slice) if over and {*over.key} <= {*slice} else ""
    return ", ".join(part for part in (phrasing.place(resource, slice), name) if part)


# -- parts -----------------------------------------------------------------------------------------------------


def _referenced(keys: Mapping[str, pd.DataFrame], resource: Resource) -> pd.DataFrame:
    """The distinct keys of a resource that changes of any resource have in theirs."""
    parts = []
    for name, frame in keys.items():
        for other, here in named_references(CATALOGUE[name]):
            if other == resource.name:
                parts.append(frame[[*here]].set_axis([*resource.key], axis="columns").dropna())
    return pd.concat(parts).drop_duplicates(ignore_index=True) if parts else pd.DataFrame()


def _rendered(resource: Resource, known: pd.DataFrame) -> pd.Series[Any]:
    """The names as the resource's template says; NA where nothing is known."""
    text = pd.Series("", index=known.index, dtype="str")
    for literal, field, _, _ in Formatter().parse(resource.name_format):
        text = text + literal + (known[field].fillna("") if field else "")
    text = text.str.strip()
    return series(arrow(text.mask(text == "")), known.index)
