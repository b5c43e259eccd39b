"""Accounts that seem to be somebody else's now: nothing by which one recognises a person is as it was.

A number that was given to a new person looks like a change of one's name, login and email address at once. Whoever
marries keeps a first name, whoever has a typing error corrected has nearly the same name, and where all addresses
change the names do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.model import Conventions, Resource
from sync.model.index import Objects, places
from sync.model.values import fold, pick

NAMES_ALIKE: Final = 0.7
LOGINS_ALIKE: Final = 0.8
"""How much of two texts must agree for one to be a form of the other. Logins of two people can have much in common."""

MOST: Final = 1_000
"""If this many are changed in all that identifies them, it is not because of typing errors: nobody looks closer."""


def somebody_else(alignment: Alignment, objects: Objects) -> pd.DataFrame:
    """The rows (of desired) of those of these objects that are on the site as somebody else, by all that is known."""
    resource, desired, observed = alignment.resource, alignment.desired.rows, alignment.observed.rows
    given = [name for name in _identifying(resource) if name in desired and name in observed]
    if not _enough(resource, given):
        return desired.iloc[:0]
    here, there = places(objects, desired["object"]), places(objects, observed["object"])
    old, new = (
        {name: fold(pick(side[name], at).fillna(""), Conventions()) for name in given}
        for side, at in ((observed, there), (desired, here))
    )
    differ = [(old[name] != "") & (new[name] != "") & (old[name] != new[name]) for name in given]
    at = np.flatnonzero(np.logical_and.reduce(differ))
    if len(at) <= MOST:
        at = at[[not _alike(resource, _nth(old, n), _nth(new, n)) for n in at.tolist()]]
    return desired.iloc[here[at]].reset_index(drop=True)


def _identifying(resource: Resource) -> list[str]:
    """The fields by which one recognises a person: the name, and what is unique."""
    return [*resource.name_fields, *(field.name for field in resource.fields if field.unique)]


def _enough(resource: Resource, given: Sequence[str]) -> bool:
    """Whether the whole name is known, and something else."""
    return {*resource.name_fields} < {*given}


def _nth(columns: Mapping[str, pd.Series[Any]], n: int) -> dict[str, str]:
    return {name: str(column.iloc[n]) for name, column in columns.items()}


def _alike(resource: Resource, old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Whether any part of a name, or a login, is still there in some form."""
    words = [{word for name in resource.name_fields for word in side[name].split()} for side in (old, new)]
    if words[0] & words[1]:
        return True
    if any(_ratio(old[name], new[name]) >= NAMES_ALIKE for name in resource.name_fields):
        return True
    logins = [name for name in old if name not in resource.name_fields]
    return any(_ratio(_login(old[name]), _login(new[name])) >= LOGINS_ALIKE for name in logins)


def _login(text: str) -> str:
    """An email address without its host, which says nothing about the person."""
    return text.partition("@")[0]


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
