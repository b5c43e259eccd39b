"""Changes of a plan that cannot be sent until a hold is released, though they are not on hold themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import part_of, position
from sync.plan.guard_context import Mask


def waiting(changes: pd.DataFrame) -> Mask:
    """Which changes (columns of `CHANGES`) are planned, or covered, and still not carried out.

    Those are planned ones that depend on a held create or come after a held change of their chain, directly or through
    others, and covered ones whose covering delete waits, is held or was not done.
    """
    planned = (changes["status"] == "planned").to_numpy()
    stuck = (changes["status"] == "held").to_numpy()
    found = stuck
    while found.any():
        found = planned & ~stuck & (_below(changes, stuck) | _behind(changes, stuck))
        stuck = stuck | found
    idle = stuck | ~changes["status"].isin(["planned", "sending", "done", "covered"]).to_numpy()
    taker = pd.to_numeric(changes["covered_by"]).astype("Int64")
    left: Mask = taker.isin(changes["n"][idle]).to_numpy(dtype=bool)
    return (stuck & planned) | left


def _below(changes: pd.DataFrame, stuck: Mask) -> Mask:
    """What is written below an object whose create is blocked."""
    below = np.zeros(len(changes), dtype=bool)
    unmade = changes[stuck & (changes["op"] == "create").to_numpy()]
    for name, resource in CATALOGUE.items() if len(unmade) else ():
        mine = np.flatnonzero((changes["resource"] == name) & (changes["op"] != "delete"))
        for above, on in ancestors(resource):
            there = {there: here for here, there in on.items()}
            places = [resource.key.index(there[part]) for part in CATALOGUE[above].key]
            up = part_of(changes["match"].iloc[mine], places)
            below[mine] |= position(up, unmade["match"][unmade["resource"] == above]) >= 0
    return below


def _behind(changes: pd.DataFrame, stuck: Mask) -> Mask:
    """What comes later in a chain in which something is blocked."""
    first = changes["n"].where(stuck).groupby(changes["chain"]).transform("min")
    behind: Mask = (changes["n"] > first).fillna(False).to_numpy(dtype=bool)
    return behind
