"""What people call the objects of a plan: names rather than numbers, from what is planned and remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any, Protocol

import pandas as pd

from sync.model import Conventions, Resource
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import arrow, match_of, pick, position, series, unpack

Names = Mapping[str, Mapping[tuple[str, ...], str]]
"""By resource, then by key as the changes spell it: what a person calls the object. Nameless ones are left out."""


class LedgerReader(Protocol):
    """What a report knows beside its plan: what is remembered of objects."""

    def ledger(self, resource: str) -> pd.DataFrame:
        """All that is remembered of a resource."""
        ...


def name_fields(resource: Resource) -> tuple[str, ...]:
    """The fields that make the name of an object, in its order."""
    return tuple(field for _, field, _, _ in Formatter().parse(resource.name_format) if field)


def display_names(changes: pd.DataFrame, ledger: Callable[[str], pd.DataFrame], conventions: Conventions) -> Names:
    """The names of all objects that these changes are about or lead to.

    `changes` has the columns of a plan's changes; `ledger` gives what is remembered of a resource. What is planned
    is preferred to what was, and what was sent to what was seen. What has no complete key has no name.
    """
    keys = {str(name): unpack(rows["key"], CATALOGUE[str(name)].key) for name, rows in changes.groupby("resource")}
    found = {}
    for resource in CATALOGUE.values():
        referenced = _referenced(keys, resource) if resource.name_format else pd.DataFrame()
        if len(referenced):
            match = match_of(referenced, resource.keys, conventions)
            own = changes[changes["resource"] == resource.name]
            rendered = _rendered(resource, _name_parts(resource, match, own, ledger(resource.name)))
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
    """What people call the object itself; nothing if that is not known."""
    return names.get(resource.name, {}).get(tuple(key[part] for part in resource.key), "")


def names_along(names: Names, resource: Resource, key: Mapping[str, str]) -> tuple[str, ...]:
    """The names of all that an object leads to, itself first; of what is nameless, nothing."""
    found = (names.get(name, {}).get(tuple(key[part] for part in here)) for name, here in named_references(resource))
    return tuple(name for name in found if name)


# -- parts -----------------------------------------------------------------------------------------------------


def _referenced(keys: Mapping[str, pd.DataFrame], resource: Resource) -> pd.DataFrame:
    """The distinct keys of a resource that changes of any resource have in theirs."""
    parts = []
    for name, frame in keys.items():
        for other, here in named_references(CATALOGUE[name]):
            if other == resource.name:
                parts.append(frame[[*here]].set_axis([*resource.key], axis="columns").dropna())
    return pd.concat(parts).drop_duplicates(ignore_index=True) if parts else pd.DataFrame()


def _name_parts(resource: Resource, match: pd.Series[Any], own: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """The fields that make the name, a row a match: the first of all sources that says something."""
    fields = name_fields(resource)
    known = pd.DataFrame({field: pd.Series(pd.NA, index=match.index, dtype="str") for field in fields})
    for source, column in ((own, "after"), (own, "before"), (ledger, "sent"), (ledger, "seen")):
        values = unpack(pick(source[column], position(match, source["match"])), fields)
        known = known.fillna(values)
    return known


def _rendered(resource: Resource, known: pd.DataFrame) -> pd.Series[Any]:
    """The names as the resource's template says; NA where nothing is known."""
    text = pd.Series("", index=known.index, dtype="str")
    for literal, field, _, _ in Formatter().parse(resource.name_format):
        text = text + literal + (known[field].fillna("") if field else "")
    text = text.str.strip()
    return series(arrow(text.mask(text == "")), known.index)
