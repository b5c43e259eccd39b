"""The guard of names: what would be created seems to be on the site already, without its identifier.

Somebody has cleared or changed the ID number of a group in Moodle. The API does not find it again by the old one, and
would create a second group of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.model import Conventions
from sync.model.findings import listed
from sync.model.frames import records
from sync.model.index import places
from sync.model.values import fold, pick, unpack
from sync.plan.guard_context import GuardContext, Stop
from sync.plan.hold_texts import hold_text
from sync.plan.roster_guards import slice_of

EXAMPLES = 3
"""Number of objects that are named."""


def same_name(context: GuardContext) -> Iterator[Stop]:
    """Creates with the name of something in the same course that no sheet lists: one hold for each resource."""
    for name, alignment in context.alignments.items() if context.limits.create is not None else ():
        resource = alignment.resource
        which = np.flatnonzero(context.own[name] & (context.changes["op"] == "create").to_numpy())
        if not resource.known_by or not len(which):
            continue
        others = _others(alignment)
        new = unpack(context.changes["after"].iloc[which], [resource.known_by])
        new["within"] = slice_of(alignment, context.changes["object"].iloc[which])
        at = _same(new, others, resource.known_by)
        found, there = which[at >= 0], others.iloc[at[at >= 0]].to_dict("records")
        if not len(found):
            continue
        keys = records(unpack(context.changes["key"].iloc[found], resource.key))
        pairs = [_pair(resource.key, key, other) for key, other in zip(keys[:EXAMPLES], there, strict=False)]
        pairs += [f"{len(found) - EXAMPLES:,} more"] * (len(found) > EXAMPLES)
        one = "one" if len(found) == 1 else ""
        values = {"object": resource.noun, "objects": resource.counted(len(found)), "pairs": listed(pairs)}
        yield Stop(hold_text("same-name", one, **values), name, {}, found, len(found), alone=True)


def _others(alignment: Alignment) -> pd.DataFrame:
    """What is on the site without an identifier, or with one that neither sheets nor ledger know.

    Columns: within (the number of the slice), the field by which it is known, and `called`, its identifier (NA: none).
    """
    observed, names = alignment.observed, [alignment.resource.known_by]
    unknown, last = observed.unknown, alignment.resource.key[-1]
    seen = pick(observed.rows[names[0]], places(unknown["object"], observed.rows["object"]))
    strange = pd.DataFrame({"within": slice_of(alignment, unknown["object"]), names[0]: seen, "called": unknown[last]})
    if observed.nameless is None or not len(observed.nameless):
        return strange
    nameless = observed.nameless.assign(called=pd.Series(pd.NA, index=observed.nameless.index, dtype="str"))
    return pd.concat([strange, nameless])


def _same(new: pd.DataFrame, others: pd.DataFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each new object the position of one in the same slice that has the same name; -1: there is none."""
    one, other = (
        frame.assign(name=fold(frame[name].fillna(""), Conventions()).array)[["within", "name"]].reset_index(drop=True)
        for frame in (new, others)
    )
    other = other[other["name"] != ""].drop_duplicates()
    found = one.merge(other.reset_index(names="at"), on=["within", "name"], how="left")["at"]
    return found.fillna(-1).to_numpy(dtype=np.int64)


def _pair(key_fields: tuple[str, ...], key: Mapping[str, str], other: Mapping[Any, Any]) -> str:
    """`HIS-27 / A (without an ID number)`: the object, and what the other one is called."""
    called = f"with the ID number {other['called']}" if isinstance(other["called"], str) else "without an ID number"
    return f"{' / '.join(key[name] for name in key_fields)} ({called})"
