"""A part of a plan: what concerns some records, with what it depends on, judged as in the whole plan.

Guards look at the whole plan, so that a single removal is on hold if all of them are. To approve a hold of a part is to
approve only what the part contains.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import orjson
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.errors import Fault, PlanError
from sync.model import Approval, Conventions, Hold, Input, Issue, Resource
from sync.model.index import Flags, Numbers, among, parent_key
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import match_of
from sync.plan.guard_context import Mask


@dataclass(frozen=True, slots=True)
class PlanPart:
    """What a plan is limited to.

    only:      by resource, identifiers of records: these and all below them
    resources: of these, the records of some resources; of all of them if empty
    """

    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    resources: frozenset[str] = frozenset()


def limited(
    alignments: Mapping[str, Alignment], changes: pd.DataFrame, part: PlanPart, conventions: Conventions
) -> pd.DataFrame:
    """The changes (a working frame in sending order) of a part, and those that must be sent before them.

    Raises PlanError if nothing is known of a record.
    """
    kept = _needed(alignments, changes, _concerned(alignments, changes, part, conventions))
    taker = changes["cascaded_by"].to_numpy()
    # What another delete removes automatically is not sent, so it goes with that.
    return only(changes, np.where(taker >= 0, kept[taker], kept))


def only(changes: pd.DataFrame, kept: Mask) -> pd.DataFrame:
    """Some changes of a plan, numbered again; each automatic removal must go with the delete that causes it."""
    place = np.cumsum(kept) - 1
    rows = changes[kept].reset_index(drop=True)
    taken = rows["cascaded_by"].to_numpy()
    rows["cascaded_by"] = np.where(taken >= 0, place[taken], -1)
    rows["covered_by"] = (rows["cascaded_by"] + 1).astype("Int64").mask(rows["cascaded_by"] < 0)
    return rows.assign(n=np.arange(1, len(rows) + 1, dtype="int64"))


def chosen(
    alignments: Mapping[str, Alignment], changes: pd.DataFrame, part: PlanPart, conventions: Conventions
) -> pd.DataFrame:
    """The changes of a part, without what they depend on."""
    return changes[_concerned(alignments, changes, part, conventions)]


def _concerned(
    alignments: Mapping[str, Alignment], changes: pd.DataFrame, part: PlanPart, conventions: Conventions
) -> Mask:
    """Which changes concern a record that the part names, or something below it."""
    named = {name: _objects(alignments[name], ids, conventions) for name, ids in part.only.items()}
    chosen = np.zeros(len(changes), dtype=bool)
    for name, alignment in alignments.items():
        mine = np.flatnonzero(changes["resource"] == name)
        if part.resources and name not in part.resources:
            continue
        inside = np.full(len(mine), not named)
        for above, on in _lineage(alignment.resource):
            if above in named:
                up = alignment.index.part(changes["object"].iloc[mine], parent_key(above, on))
                inside |= among(up, named[above])
        chosen[mine] = inside
    return chosen


def _objects(alignment: Alignment, ids: Sequence[str], conventions: Conventions) -> Numbers:
    resource, known = alignment.resource, len(alignment.index)
    frame = pd.DataFrame({resource.key[0]: pd.Series([*ids], dtype="str")})
    numbers = alignment.index.numbers(match_of(frame, resource.keys, conventions))
    unknown = [name for name, number in zip(ids, numbers, strict=True) if number >= known]
    if unknown:
        says = "neither the exports nor the state store has a"
        raise PlanError(*(Fault(f"{says} {resource.noun} {name}") for name in unknown))
    return numbers


def _lineage(resource: Resource) -> list[tuple[str, Mapping[str, str]]]:
    """A resource itself and all it depends on: {key field here: key field there}."""
    return [(resource.name, {name: name for name in resource.key}), *ancestors(resource)]


def _needed(alignments: Mapping[str, Alignment], changes: pd.DataFrame, chosen: Mask) -> Mask:
    """The chosen changes, the creates that they are below, and what comes before them in their chains."""
    needed = chosen
    while True:
        last = changes["n"].where(needed).groupby(changes["chain"]).transform("max")
        before = (changes["n"] <= last).fillna(False).to_numpy(dtype=bool)
        more = needed | before | _above(alignments, changes, needed)
        if (more == needed).all():
            return needed
        needed = more


def _above(alignments: Mapping[str, Alignment], changes: pd.DataFrame, needed: Mask) -> Flags:
    """The creates of what these writes are below."""
    found = np.zeros(len(changes), dtype=bool)
    written = needed & (changes["op"] != "delete").to_numpy()
    made = (changes["op"] == "create").to_numpy()
    for name, alignment in alignments.items():
        rows = changes["object"][written & (changes["resource"] == name).to_numpy()]
        for above, on in ancestors(alignment.resource) if len(rows) else ():
            theirs = np.flatnonzero(made & (changes["resource"] == above).to_numpy())
            up = alignment.index.part(rows, parent_key(above, on))
            found[theirs] |= among(changes["object"].iloc[theirs], up)
    return found


# -- what a plan says besides its changes ------------------------------------------------------------------------------


def holds_of(
    changes: pd.DataFrame, holds: Sequence[Hold], approvals: Mapping[str, Approval]
) -> tuple[pd.DataFrame, tuple[Hold, ...]]:
    """The changes of a part, with holds of their own; the messages of these are about the whole.

    A hold that stops no changes says that a file cannot be used; it stays as it is.
    """
    counts = changes["hold"].value_counts()
    kept = {
        *counts.index,
        *(hold.part_of for hold in holds if hold.id in counts),
        *(h.id for h in holds if not h.count),
    }
    ids = {hold.id: _own_id(hold, changes) for hold in holds if hold.id in kept}
    found = tuple(
        replace(hold, id=ids[hold.id], count=_count(hold, holds, counts), part_of=ids.get(hold.part_of or ""))
        for hold in holds
        if hold.id in kept
    )
    return changes.assign(hold=changes["hold"].map(ids).astype("str")), tuple(
        _approved(hold, approvals) for hold in found
    )


def _own_id(hold: Hold, changes: pd.DataFrame) -> str:
    if not hold.count:
        return hold.id
    rows = changes[changes["hold"] == hold.id]
    text = "\x1d".join([hold.id, *sorted(rows["op"] + "\x1e" + rows["resource"] + "\x1e" + rows["match"])])
    return "h-" + hashlib.sha256(text.encode()).hexdigest()[:8]


def _count(hold: Hold, holds: Sequence[Hold], counts: pd.Series[int]) -> int:
    """How many changes a hold stops, with those of its parts."""
    return sum(int(counts.get(each.id, 0)) for each in holds if hold.id in (each.id, each.part_of))


def _approved(hold: Hold, approvals: Mapping[str, Approval]) -> Hold:
    approval = approvals.get(hold.id)
    if approval is None:
        return replace(hold, approved_by=None, approved_account=None, approved_at=None)
    return replace(hold, approved_by=approval.by, approved_account=approval.account, approved_at=approval.at)


def concerns(part: PlanPart, issue: Issue, conventions: Conventions) -> bool:
    """Whether an issue is about a record of a part, or about no record at all, such as one about a file."""
    resource = CATALOGUE.get(issue.resource or "")
    if resource is None:
        return True
    if part.resources and resource.name not in part.resources:
        return False
    if issue.key is None:
        return issue.row is None
    key = orjson.loads(issue.key)
    return not part.only or any(
        above in part.only and _same_as_one(key.get(next(iter(on))), CATALOGUE[above], part.only[above], conventions)
        for above, on in _lineage(resource)
    )


def _same_as_one(id: str | None, resource: Resource, ids: Sequence[str], conventions: Conventions) -> bool:
    frame = pd.DataFrame({resource.key[0]: pd.Series([id, *ids], dtype="str")})
    first, *others = match_of(frame, resource.keys, conventions)
    return id is not None and first in others


def as_no_measure(inputs: Sequence[Input]) -> tuple[Input, ...]:
    """The inputs of a plan that does not do all that they ask for: later files are not compared with them."""
    return tuple(replace(each, mapping=None) for each in inputs)
