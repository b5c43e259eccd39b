"""Which course and which person each change concerns: what the changes can be read by, one after another."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from sync.model import Conventions
from sync.model.resources import CATALOGUE, referring
from sync.model.values import fold, pick, position, unpack

SUBJECTS: Final = tuple(
    name
    for name, each in CATALOGUE.items()
    if len(each.key) == 1 and (each.personal or any(other.slice == each.key for other in CATALOGUE.values()))
)
"""Resources that are people, or that rosters are of."""


def subjects(changes: pd.DataFrame, conventions: Conventions) -> pd.DataFrame:
    """The identifiers of course and person for some changes (columns resource and key), a row each; NA for none.

    An identifier that is spelled in several ways, but is the same for the site, is spelled as it is first.
    """
    found = {name: pd.Series(pd.NA, index=changes.index, dtype="str") for name in SUBJECTS}
    for name in changes["resource"].unique():
        resource = CATALOGUE[str(name)]
        keys = unpack(changes.loc[changes["resource"] == name, "key"], resource.key)
        for subject, column in found.items():
            named = referring(resource, subject)
            if named:
                part = next((each for each in named if each in resource.slice), named[0])
                column.loc[keys.index] = keys[part]
    return pd.DataFrame({name: _spelled_alike(name, column, conventions) for name, column in found.items()})


def _spelled_alike(name: str, column: pd.Series[Any], conventions: Conventions) -> pd.Series[Any]:
    folded = fold(column, conventions, CATALOGUE[name].keys[0].compares)
    first = ~folded.duplicated()
    return pick(column[first], position(folded, folded[first])).set_axis(column.index)
