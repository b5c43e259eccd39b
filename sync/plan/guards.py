"""Guards: what is on hold until a person approves it, one slice at a time.

Each guard checks the changes of one plan and says which of them it stops, and why. A change is put on hold by the
first guard that stops it, in the order of `GUARDS`; what is removed automatically with a delete on hold is on hold too.
A guard may also hold nothing, to have somebody check a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sync.model import Approval, Hold, Resource
from sync.model.findings import listed
from sync.model.resources import CATALOGUE
from sync.model.values import unpack
from sync.plan.cause_guards import many_deletes_of_a_part, most_held, rest_of_set
from sync.plan.end_guards import ends_early
from sync.plan.guard_context import Guard, GuardContext, Positions, Stop
from sync.plan.hold_texts import said_of_sets
from sync.plan.identity_guards import new_identifier, reused_identifier
from sync.plan.loss_guards import graded_removals
from sync.plan.name_guards import same_name
from sync.plan.rollback_guards import created_by_run, rolled_back
from sync.plan.roster_guards import emptied, large_part, last_slice, majority, still_named, takes_others
from sync.plan.share_guards import irreversible, many_creates, many_deletes, many_updates
from sync.plan.shift_guards import shifted_keys, shifted_values
from sync.plan.source_guards import (
    blank_column,
    fewer_rows,
    new_mapping,
    old_file,
    overtaken,
    rejected_rows,
    used_before,
)
from sync.plan.teacher_guards import last_teacher
from sync.plan.usability_guards import nothing_usable, scope_matches_nothing
from sync.plan.value_guards import single_value, swapped_values
from sync.plan.window_guards import many_deletes_over_time
from sync.plan.working_frame import removals

GUARDS: Sequence[Guard] = (
    created_by_run,
    rolled_back,
    nothing_usable,
    scope_matches_nothing,
    old_file,
    used_before,
    overtaken,
    new_identifier,
    reused_identifier,
    same_name,
    fewer_rows,
    ends_early,
    blank_column,
    shifted_values,
    single_value,
    swapped_values,
    shifted_keys,
    rejected_rows,
    new_mapping,
    still_named,
    takes_others,
    emptied,
    last_slice,
    last_teacher,
    majority,
    large_part,
    many_deletes_of_a_part,
    many_deletes,
    many_deletes_over_time,
    irreversible,
    most_held,
    many_updates,
    many_creates,
    graded_removals,
    rest_of_set,
)


def hold(context: GuardContext, approvals: Mapping[str, Approval]) -> tuple[pd.Series[Any], tuple[Hold, ...]]:
    """For each change the id of the hold that stops it (NA: none), and the holds, approved ones included.

    A hold comes before its parts, which stop their changes instead of it.
    """
    changes = context.changes
    held = pd.Series(pd.NA, index=changes.index, dtype="str")
    doubts, free = context.doubts.copy(), context.free.copy()
    # A covered object is stopped by stopping the delete that removes it automatically.
    sent = np.where(changes["cascaded_by"] >= 0, changes["cascaded_by"], np.arange(len(changes)))
    holds: list[Hold] = []
    for guard in GUARDS:
        for stop in guard(replace(context, holds=tuple(holds), doubts=doubts.copy(), free=free.copy())):
            asked = np.unique(sent[stop.which])
            rows = asked[free[asked]]
            if len(rows) or len(stop.parts) > 1 or not len(asked):
                parts = np.flatnonzero(np.isin(doubts, [*stop.parts])) if stop.parts else rows
                counted = np.union1d(rows, parts)
                worded = _with_cascades(stop, counted, changes)
                found = _hold(worded, changes.iloc[counted], changes.iloc[_objects(stop, counted, sent)], approvals)
                held.iloc[rows], free[rows] = found.id, False
                doubts[rows] = -1 if stop.alone or found.approved_by is not None else len(holds)
                holds = [replace(each, part_of=found.id) if n in stop.parts else each for n, each in enumerate(holds)]
                holds.append(found)
    return held, tuple(_with_parts(holds))


def _with_parts(holds: Sequence[Hold]) -> Iterator[Hold]:
    """The holds in their order, each before its parts."""
    for hold in holds:
        if hold.part_of is None:
            yield hold
            yield from (part for part in holds if part.part_of == hold.id)


def _objects(stop: Stop, rows: Positions, sent: Positions) -> Positions:
    """The changes that the guard counted, as far as they are stopped by stopping these rows."""
    return stop.which[np.isin(sent[stop.which], rows)]


def _hold(stop: Stop, rows: pd.DataFrame, objects: pd.DataFrame, approvals: Mapping[str, Approval]) -> Hold:
    """The hold of the changes `rows`, because of the `objects` that the guard counted."""
    content = rows["op"] + "\x1e" + rows["match"] + "\x1e" + rows["after"].fillna("")
    about = [stop.about] if stop.about else sorted(content.tolist())
    text = "\x1d".join([stop.guard, stop.resource, *map(str, stop.slice.items()), *about])
    name = "h-" + hashlib.sha256(text.encode()).hexdigest()[:8]
    approval = approvals.get(name)
    return Hold(
        id=name,
        guard=stop.guard,
        resource=stop.resource,
        slice=dict(stop.slice),
        count=len(objects[["resource", "match"]].drop_duplicates()),
        population=stop.population,
        limit=stop.limit,
        message=stop.message,
        approved_by=approval.by if approval else None,
        approved_account=approval.account if approval else None,
        approved_at=approval.at if approval else None,
    )


def _with_cascades(stop: Stop, rows: Positions, changes: pd.DataFrame) -> Stop:
    """The same, saying also what is removed automatically with the deletes among these rows."""
    along = changes[changes["cascaded_by"].isin(rows)]
    # Of some deletes a guard names only what they remove automatically.
    named = np.isin(rows, stop.which)
    says = _said(stop.text.says, changes.iloc[rows[named]], changes.iloc[rows[~named]], along)
    removed = changes.iloc[rows][removals(changes.iloc[rows])]
    says = said_of_sets(says, int((removed["set"] > 0).sum()), len(removed))
    return replace(stop, text=replace(stop.text, says=says))


def _said(says: str, named: pd.DataFrame, instead: pd.DataFrame, along: pd.DataFrame) -> str:
    """What a guard says of the changes it has `named`, and of those that it names only through what goes `along`."""
    after = [f"{gone} would be removed automatically with {them}." for _, them, gone in _along(named, along) if gone]
    before = [
        f"{_named(CATALOGUE[str(deletes['resource'].iloc[0])], deletes)} would be deleted, and with {them} {gone}."
        for deletes, them, gone in _along(instead, along)
    ]
    return " ".join([*before, says, *after])


def _along(rows: pd.DataFrame, along: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, str, str]]:
    """The deletes of each resource, `it` or `them`, and what is removed automatically with them, counted."""
    for _, deletes in rows[rows["op"] == "delete"].groupby("resource", sort=False):
        taken = along[along["cascaded_by"].isin(deletes.index)]["resource"].value_counts(sort=False)
        gone = listed(CATALOGUE[str(child)].counted(count) for child, count in taken.items())
        yield deletes, "it" if len(deletes) == 1 else "them", gone


def _named(resource: Resource, rows: pd.DataFrame) -> str:
    """`Course C1`, or `2 courses (C1 and C2)`."""
    keys = unpack(rows["key"], resource.key).agg(" ".join, axis="columns")
    if len(keys) == 1:
        return f"{resource.noun.capitalize()} {keys.iloc[0]}"
    return f"{resource.counted(len(keys))} ({listed(keys)})"
