"""`missing: set`: what is missing from its files gets some values instead of being deleted.

The rows that may be removed have a column `to_set` wherever a mapping sets values: the values, packed; NA if the object
is deleted. Of several mappings that list an object, the gentlest one counts: it is only deleted if all of them delete
it. If two set different values of a field, the mapping listed first wins. What an export of changes says is gone is not
missing: that mapping deletes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import orjson
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.config.set_values import value_of
from sync.model import Conventions, Resource
from sync.model.columns import rows_where, with_columns
from sync.model.index import Flags, Objects, places
from sync.model.values import by_distinct, pick, unpack

BETWEEN = "\n"

Values = Mapping[str, Mapping[str, str]]
"""By name of a mapping that sets values, in order of precedence: field, and its canonical value."""


def values_of(resource: Resource, mappings: Sequence[MappingFile], conventions: Conventions) -> Values:
    """What the mappings of a resource set. Values that a field cannot have were refused with the site file."""
    return {
        each.name: {name: value_of(resource, name, typed, conventions) or "" for name, typed in each.sets.items()}
        for each in mappings
        if each.resource == resource.name and each.sets
    }


def field_names(values: Values) -> list[str]:
    """All fields that are set."""
    return [*dict.fromkeys(name for each in values.values() for name in each)]


def with_values(leaving: pd.DataFrame, stated: pd.Series[str], values: Values) -> pd.DataFrame:
    """The rows that may be removed, with the column `to_set`; as they are where no mapping sets anything.

    stated: the mappings whose exports of changes say that each is gone
    """
    if not values:
        return leaving

    def packed(text: str) -> str | None:
        claims, by = text.split(BETWEEN)
        names = {*claims.split()} - {*by.split()}
        found: dict[str, str] = {}
        for name, own in values.items():
            if name in names:
                found = {**own, **found}
        return orjson.dumps(found).decode() if found else None

    both = leaving["claims"] + BETWEEN + stated.set_axis(leaving.index)
    return with_columns(leaving, to_set=by_distinct(both, packed))


def deleted(leaving: pd.DataFrame) -> pd.DataFrame:
    """Those of the rows that are deleted."""
    return rows_where(leaving, leaving["to_set"].isna().to_numpy()) if "to_set" in leaving else leaving


def not_deleted(leaving: pd.DataFrame) -> pd.DataFrame:
    """Those that get values instead."""
    if "to_set" not in leaving:
        return leaving.iloc[:0]
    return rows_where(leaving, leaving["to_set"].notna().to_numpy())


def unsettled(leaving: pd.DataFrame, known: Literal["sent", "seen"] = "seen") -> Flags:
    """Which rows something is still to be done about: their objects lack some of the values, as far as is `known`."""
    if "to_set" not in leaving or not len(leaving):
        return np.ones(len(leaving), dtype=bool)
    return leaving["to_set"].isna().to_numpy() | _lacking(leaving, unpack(leaving[known], names_in(leaving)))


def set_before(leaving: pd.DataFrame, there: pd.DataFrame) -> Objects:
    """The objects that have the values they are to get, according to what the site has."""
    rows = not_deleted(leaving)
    at = places(rows["object"], there["object"])
    now = pd.DataFrame({name: pick(there[name], at) for name in names_in(rows) if name in there}, index=rows.index)
    return rows["object"][(at >= 0) & ~_lacking(rows, now)] if len(rows) else rows["object"]


def _lacking(rows: pd.DataFrame, now: pd.DataFrame) -> Flags:
    """Which rows lack one of the values to be set; `now` are those that their objects have, as far as is known."""
    wanted = unpack(rows["to_set"], names_in(rows))
    same = wanted == now.reindex(columns=wanted.columns)
    return (wanted.notna() & ~same.fillna(False)).any(axis="columns").to_numpy(dtype=bool)


def names_in(leaving: pd.DataFrame) -> list[str]:
    """The fields that some of the rows are to get a value in."""
    if "to_set" not in leaving:
        return []
    return sorted({name for packed in leaving["to_set"].dropna().unique() for name in orjson.loads(packed)})
