"""The order of sending: stages, chains, gates, and the number that each change has in the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.model import Conventions
from sync.model.index import among, places
from sync.model.resources import delete_stage, put_stage
from sync.model.values import by_distinct, equals, fold, pack, position, unpack


def in_order(alignments: Mapping[str, Alignment], changes: pd.DataFrame, conventions: Conventions) -> pd.DataFrame:
    """A working frame in sending order, with slice, gate, and the delete that removes each change automatically."""
    filled = {name: changes[name].copy() for name in ("stage", "at", "slice", "gate")}
    for name, alignment in alignments.items():
        mine = equals(changes["resource"], name)
        if not mine.any():
            continue
        resource, rows = alignment.resource, changes[mine]
        usual = np.where(rows["op"] == "delete", delete_stage(resource), put_stage(resource))
        filled["stage"][mine] = np.where(rows["stage"] > 0, rows["stage"], usual)
        if resource.slice:
            within = alignment.index.part(rows["object"], resource.slice)
            filled["at"][mine] = alignment.index.space(resource.slice).texts(within).array
            filled["slice"][mine] = pack(unpack(rows["key"], resource.slice), resource.slice).array
        filled["gate"][mine] = _gates(alignment, rows, conventions).array
    changes = changes.assign(**filled)
    changes = changes.sort_values(["stage", "step", "at", "match"], kind="stable", ignore_index=True)
    changes["n"] = np.arange(1, len(changes) + 1, dtype="int64")
    return _linked(changes)


def _linked(changes: pd.DataFrame) -> pd.DataFrame:
    """With the delete that removes each change automatically as a position, and as a number of the plan."""
    cascaded_by = np.full(len(changes), -1, dtype=np.int64)
    taken = changes["by_resource"].notna()
    sent = changes["op"].eq("delete") & ~taken
    for name in changes["by_resource"][taken].unique():
        mine = changes["by_resource"].eq(name).fillna(False).to_numpy(dtype=bool)
        takers = np.flatnonzero(sent & changes["resource"].eq(name))
        objects = changes["object"].to_numpy()[takers]
        cascaded_by[mine] = takers[places(changes["by_object"][mine], objects)]
    covered_by = pd.Series(cascaded_by + 1, index=changes.index, dtype="Int64").mask(pd.Series(cascaded_by < 0))
    return changes.assign(cascaded_by=cascaded_by, covered_by=covered_by)


def _gates(alignment: Alignment, rows: pd.DataFrame, conventions: Conventions) -> pd.Series[Any]:
    """The new value of the gate field that a write would be the first to bring to the site; NA if it is there."""
    name = alignment.resource.gate
    if name is None:
        return pd.Series(pd.NA, index=rows.index, dtype="str")
    there = alignment.observed.rows
    if name in alignment.resource.key:
        part = alignment.index.part(rows["object"], [name])
        value = alignment.index.space([name]).texts(part).set_axis(rows.index)
        closed = ~among(part, alignment.index.part(there["object"], [name]))
    else:
        value = by_distinct(fold(unpack(rows["after"], [name])[name], conventions), _path)
        open_ = by_distinct(fold(there[name], conventions), _path) if name in there else there["match"].iloc[:0]
        closed = position(value, open_) < 0
    shut = (rows["op"] != "delete").to_numpy() & closed & (value.fillna("") != "").to_numpy()
    return value.where(pd.Series(shut, index=rows.index))


def _path(text: str) -> str:
    """A path as the site reads it: with a slash before each name, and without blanks around one."""
    return "".join(f"/{name.strip()}" for name in text.split("/") if name.strip())
