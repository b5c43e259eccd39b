"""The order of sending: stages, chains, gates, and the number that each change has in the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.diff.removals import slice_of
from sync.model import Conventions
from sync.model.resources import delete_stage, put_stage
from sync.model.values import by_distinct, fold, pack, part_of, position, unpack


def in_order(alignments: Mapping[str, Alignment], changes: pd.DataFrame, conventions: Conventions) -> pd.DataFrame:
    """A working frame in sending order, with slice, gate, and the delete that removes each change automatically."""
    filled = {name: changes[name].copy() for name in ("stage", "at", "slice", "gate")}
    for name, alignment in alignments.items():
        mine = changes["resource"] == name
        if not mine.any():
            continue
        resource, rows = alignment.resource, changes[mine]
        usual = np.where(rows["op"] == "delete", delete_stage(resource), put_stage(resource))
        filled["stage"][mine] = np.where(rows["stage"] > 0, rows["stage"], usual)
        if resource.slice:
            filled["at"][mine] = slice_of(resource, rows["match"]).array
            filled["slice"][mine] = pack(unpack(rows["key"], resource.slice), resource.slice).array
        filled["gate"][mine] = _gates(alignment, rows, conventions).array
    changes = changes.assign(**filled)
    changes = changes.sort_values(["stage", "step", "at", "match"], kind="stable", ignore_index=True)
    changes["n"] = np.arange(1, len(changes) + 1, dtype="int64")
    return _linked(changes)


def _linked(changes: pd.DataFrame) -> pd.DataFrame:
    """With the delete that removes each change automatically as a position, and as a number of the plan."""
    cascaded_by = np.full(len(changes), -1, dtype=np.int64)
    taken = changes["by_match"].notna().to_numpy()
    if taken.any():
        sep = "\x1e"
        sent = changes["op"].eq("delete").to_numpy() & ~taken
        name = (changes["resource"] + sep + changes["match"]).astype("str")
        by = (changes["by_resource"] + sep + changes["by_match"]).astype("str")
        cascaded_by[taken] = np.flatnonzero(sent)[position(by[taken], name[sent])]
    covered_by = pd.Series(cascaded_by + 1, index=changes.index, dtype="Int64").mask(pd.Series(cascaded_by < 0))
    return changes.assign(cascaded_by=cascaded_by, covered_by=covered_by)


def _gates(alignment: Alignment, rows: pd.DataFrame, conventions: Conventions) -> pd.Series[Any]:
    """The new value of the gate field that a write would be the first to bring to the site; NA if it is there."""
    name = alignment.resource.gate
    if name is None:
        return pd.Series(pd.NA, index=rows.index, dtype="str")
    there = alignment.observed.rows
    if name in alignment.resource.key:
        part = [alignment.resource.key.index(name)]
        value, open_ = part_of(rows["match"], part), part_of(there["match"], part)
    else:
        value = by_distinct(fold(unpack(rows["after"], [name])[name], conventions), _path)
        open_ = by_distinct(fold(there[name], conventions), _path) if name in there else there["match"].iloc[:0]
    shut = (rows["op"] != "delete").to_numpy() & (position(value, open_) < 0) & (value.fillna("") != "").to_numpy()
    return value.where(pd.Series(shut, index=rows.index))


def _path(text: str) -> str:
    """A path as the site reads it: with a slash before each name, and without blanks around one."""
    return "".join(f"/{name.strip()}" for name in text.split("/") if name.strip())
