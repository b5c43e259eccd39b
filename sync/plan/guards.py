"""Guards: what is stopped until a person has looked, one slice at a time.

Each guard looks at the changes of one plan and says which of them it stops, and why. A change is held by the first
guard that stops it, in the order of `GUARDS`; what goes along with a held delete waits with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sync.model import Approval, Hold
from sync.plan.rosters import emptied, large_part, last_teacher, majority, still_named, takes_others
from sync.plan.scene import Guard, Scene, Stop
from sync.plan.shares import many_creates, many_deletes, many_updates
from sync.plan.sources import blank_column, fewer_rows, new_mapping, old_file, rejected_rows

GUARDS: Sequence[Guard] = (
    old_file,
    fewer_rows,
    blank_column,
    rejected_rows,
    new_mapping,
    still_named,
    takes_others,
    emptied,
    last_teacher,
    majority,
    large_part,
    many_deletes,
    many_updates,
    many_creates,
)


def hold(scene: Scene, approvals: Mapping[str, Approval]) -> tuple[pd.Series[Any], tuple[Hold, ...]]:
    """For each change the id of the hold that stops it (NA: none), and the holds. Approved ones are listed too."""
    changes = scene.changes
    held = pd.Series(pd.NA, index=changes.index, dtype="str")
    # A covered object is stopped by stopping the delete that takes it along.
    sent = np.where(changes["coverer"] >= 0, changes["coverer"], np.arange(len(changes)))
    holds: list[Hold] = []
    for guard in GUARDS:
        for stop in guard(replace(scene, free=held.isna().to_numpy())):
            rows = np.unique(sent[stop.which])
            rows = rows[held.iloc[rows].isna().to_numpy()]
            if len(rows):
                found = _hold(stop, changes.iloc[rows], approvals)
                held.iloc[rows] = found.id
                holds.append(found)
    return held, tuple(holds)


def _hold(stop: Stop, rows: pd.DataFrame, approvals: Mapping[str, Approval]) -> Hold:
    said = rows["op"] + "\x1e" + rows["match"] + "\x1e" + rows["after"].fillna("")
    text = "\x1d".join([stop.guard, stop.resource, *map(str, stop.slice.items()), *sorted(said.tolist())])
    name = "h-" + hashlib.sha256(text.encode()).hexdigest()[:8]
    approval = approvals.get(name)
    return Hold(
        id=name,
        guard=stop.guard,
        resource=stop.resource,
        slice=dict(stop.slice),
        count=len(rows),
        population=stop.population,
        limit=stop.limit,
        message=stop.message,
        approved_by=approval.by if approval else None,
        approved_at=approval.at if approval else None,
    )
