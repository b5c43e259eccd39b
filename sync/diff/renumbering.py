"""The ledger follows objects that have another identifier on the site, with everything that it remembers below them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from sync.model import LEDGER, Resource
from sync.model.columns import selected, stacked
from sync.model.index import Flags
from sync.model.resources import ancestors
from sync.model.values import joined, no_rows, pack, part_of, pick, position, unpack


@dataclass(frozen=True, slots=True)
class MovedRows:
    """Ledger rows that have moved (columns `LEDGER`), and the matches under which they were before."""

    rows: pd.DataFrame
    gone: pd.Series[Any]


@cache
def nothing_moved() -> MovedRows:
    """No ledger row has moved."""
    return MovedRows(no_rows(*LEDGER), no_rows("match")["match"])


def renumbered(resource: Resource, ledger: pd.DataFrame, moved: pd.DataFrame) -> tuple[pd.DataFrame, MovedRows]:
    """A resource's ledger once objects have moved (columns resource, was, now and new, as aliases), and what moved.

    What the ledger has under the new identifier already stays as it is.
    """
    hits, rows = np.zeros(len(ledger), dtype=bool), ledger
    for name, field in _identifying(resource) if len(moved) and len(ledger) else ():
        own = moved[(moved["resource"] == name).to_numpy()]
        if len(own):
            rows, at = _renamed(resource, rows, field, own)
            hits |= at
    if not hits.any():
        return ledger, nothing_moved()
    kept, changed = ledger[~hits], selected(rows, LEDGER)[hits]
    new = changed[position(changed["match"], kept["match"]) < 0].drop_duplicates("match", ignore_index=True)
    return stacked(kept, new), MovedRows(new, ledger["match"][hits])


def _identifying(resource: Resource) -> list[tuple[str, str]]:
    """The resources whose objects a field of the key identifies, with that field."""
    own = [(resource.name, resource.key[0])] if len(resource.key) == 1 else []
    return own + [(name, next(iter(on))) for name, on in ancestors(resource) if len(on) == 1]


def _renamed(resource: Resource, rows: pd.DataFrame, field: str, moved: pd.DataFrame) -> tuple[pd.DataFrame, Flags]:
    """The rows with another value of a field of their key, where that has moved; and which those are."""
    parts = [part_of(rows["match"], [at]) for at in range(len(resource.key))]
    place = resource.key.index(field)
    at = position(parts[place], moved["was"])
    hit = at >= 0
    if not hit.any():
        return rows, hit
    parts[place] = pick(moved["now"], at).set_axis(rows.index).fillna(parts[place])
    keys = unpack(rows["key"][hit], resource.key)
    keys[field] = pick(moved["new"], at[hit]).set_axis(keys.index)
    key = rows["key"].copy()
    key[hit] = pack(keys, resource.key)
    return rows.assign(match=joined(parts), key=key), hit
