"""Changes of all resources -> one plan: protected, ordered, guarded, counted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.config.settings import Guards
from sync.diff.compare import Difference
from sync.diff.contributions import Contribution
from sync.diff.field_diff import Alignment
from sync.diff.removals import slice_of
from sync.model import CHANGES, Approval, Conventions, Input, Issue, Plan
from sync.model.resources import CATALOGUE, delete_stage, put_stage
from sync.model.values import by_distinct, fold, pack, part_of, position, unpack
from sync.plan.cascades import cover
from sync.plan.guard_context import GuardContext
from sync.plan.guards import hold
from sync.plan.protect import protect
from sync.plan.roster_guards import reliances
from sync.plan.source_guards import cut_short, shortened
from sync.plan.unique_values import move


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is made under, beside the two sides."""

    site: str
    now: datetime
    conventions: Conventions
    guards: Guards
    protect: Mapping[str, Sequence[str]]
    mappings: Sequence[MappingFile]
    inputs: Sequence[Input]
    good_inputs: Mapping[str, Sequence[Input]]
    used_inputs: Mapping[str, Mapping[str, datetime]]
    contributions: Mapping[str, Contribution]
    approvals: Mapping[str, Approval]


def assemble(
    alignments: Mapping[str, Alignment], differences: Mapping[str, Difference], issues: Sequence[Issue], terms: Terms
) -> Plan:
    """Make the plan. `alignments` and `differences` are in the catalogue's order."""
    changes = pd.concat([difference.changes for difference in differences.values()], ignore_index=True)
    told = [*issues, *(issue for difference in differences.values() for issue in difference.issues)]
    changes, protected = protect(alignments, changes, terms.protect, terms.conventions)
    moved = move(alignments, changes, terms.conventions)
    changes = cover(alignments, moved.changes)
    changes = _in_order(alignments, changes, terms.conventions)
    context = GuardContext(
        changes=changes,
        deletes=(changes["op"] == "delete").to_numpy(),
        sent=(changes["coverer"] < 0).to_numpy(),
        own={name: (changes["resource"] == name).to_numpy() for name in alignments},
        doubted=np.zeros(len(changes), dtype=bool),
        alignments=alignments,
        mappings=terms.mappings,
        inputs=terms.inputs,
        before=terms.good_inputs,
        used=terms.used_inputs,
        contributions=terms.contributions,
        limits=terms.guards,
        conventions=terms.conventions,
        now=terms.now,
    )
    changes["chain"] = _with_reliances(context)
    held, holds = hold(context, terms.approvals)
    approved = {each.id for each in holds if each.approved_by is not None}
    waiting = held.notna() & ~held.isin(approved)
    changes = changes.assign(hold=held)
    changes["status"] = np.where(changes["covered_by"].notna(), "covered", np.where(waiting, "held", "planned"))
    changes = changes.astype({"status": "str"})
    told += [*protected, *moved.issues, *dict.fromkeys(shortened(context, holds))]
    return Plan(
        id=_plan_id(terms, changes),
        site=terms.site,
        created=terms.now,
        changes=changes[list(CHANGES)],
        holds=holds,
        issues=tuple(told),
        summary=_summary(alignments, differences, changes, moved.left_out),
        inputs=_doubted(context),
    )


def _doubted(context: GuardContext) -> tuple[Input, ...]:
    """The plan's inputs, those marked that lost so many rows that they must not become the measure."""
    short = {mapping.name for mapping, _, _ in cut_short(context)}
    return tuple(replace(entry, doubtful=entry.mapping in short) for entry in context.inputs)


def _with_reliances(context: GuardContext) -> pd.Series[Any]:
    """The chains of the plan, and those by which deletes wait for what replaces them."""
    chain = context.changes["chain"].copy()
    for first, deletes in reliances(context):
        both = [first, *deletes.tolist()]
        if chain.iloc[both].isna().all():
            name = f"{context.changes['resource'].iloc[first]} {context.changes['at'].iloc[first]}"
            chain.iloc[both] = "c-" + hashlib.sha256(name.encode()).hexdigest()[:8]
    return chain


# -- order -----------------------------------------------------------------------------------------------------


def _in_order(alignments: Mapping[str, Alignment], changes: pd.DataFrame, conventions: Conventions) -> pd.DataFrame:
    """Numbered as they will be sent; with slice, gate and what covers each (`coverer`: position, or -1)."""
    stage = changes["stage"].fillna(0).to_numpy(dtype="int64", copy=True)
    at = pd.Series("", index=changes.index, dtype="str")
    shown = pd.Series("{}", index=changes.index, dtype="str")
    gate = pd.Series(pd.NA, index=changes.index, dtype="str")
    for name, alignment in alignments.items():
        mine = (changes["resource"] == name).to_numpy()
        if not mine.any():
            continue
        rows = changes[mine]
        usual = np.where(rows["op"] == "delete", delete_stage(alignment.resource), put_stage(alignment.resource))
        stage[mine] = np.where(stage[mine] > 0, stage[mine], usual)
        if alignment.resource.slice:
            at[mine] = slice_of(alignment.resource, rows["match"]).to_numpy()
            shown[mine] = pack(unpack(rows["key"], alignment.resource.slice), alignment.resource.slice).to_numpy()
        gate[mine] = _gates(alignment, rows, conventions).to_numpy()
    changes = changes.assign(stage=stage, at=at, slice=shown, gate=gate, step=changes["step"].fillna(0).astype("int64"))
    changes = changes.sort_values(["stage", "step", "at", "match"], kind="stable", ignore_index=True)
    changes["n"] = np.arange(1, len(changes) + 1, dtype="int64")
    return _linked(changes).assign(
        attempts=np.int64(0),
        http_status=pd.Series(pd.NA, index=changes.index, dtype="Int64"),
        error=pd.Series(pd.NA, index=changes.index, dtype="str"),
    )


def _linked(changes: pd.DataFrame) -> pd.DataFrame:
    """With `covered_by` as a number of the plan, and as a position."""
    coverer = np.full(len(changes), -1, dtype=np.int64)
    taken = changes["by_match"].notna().to_numpy()
    if taken.any():
        sep = "\x1e"
        sent = changes["op"].eq("delete").to_numpy() & ~taken
        name = (changes["resource"] + sep + changes["match"]).astype("str")
        by = (changes["by_resource"] + sep + changes["by_match"]).astype("str")
        coverer[taken] = np.flatnonzero(sent)[position(by[taken], name[sent])]
    covered_by = pd.Series(coverer + 1, index=changes.index, dtype="Int64").mask(pd.Series(coverer < 0))
    return changes.assign(coverer=coverer, covered_by=covered_by)


def _gates(alignment: Alignment, rows: pd.DataFrame, conventions: Conventions) -> pd.Series[Any]:
    """The new value of the gate field that a write would be the first to bring to the site; NA where it is there."""
    name = alignment.resource.gate
    none = pd.Series(pd.NA, index=rows.index, dtype="str")
    if name is None:
        return none
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


# -- totals ----------------------------------------------------------------------------------------------------


def _summary(
    alignments: Mapping[str, Alignment],
    differences: Mapping[str, Difference],
    changes: pd.DataFrame,
    left_out: Mapping[str, int],
) -> dict[str, dict[str, int]]:
    covered = changes["status"] == "covered"
    ops = changes[~covered].groupby(["resource", "op"]).size().to_dict()
    statuses = changes.groupby(["resource", "status"]).size().to_dict()
    summary = {}
    for name, alignment in alignments.items():
        counts = {op: int(ops.get((name, op), 0)) for op in ("create", "update", "delete")}
        counts |= {
            "covered": int(statuses.get((name, "covered"), 0)),
            "unchanged": differences[name].unchanged,
            "held": int(statuses.get((name, "held"), 0)),
            "rejected": alignment.desired.rejected + left_out.get(name, 0),
        }
        if any(counts.values()) or len(alignment.desired.rows):
            summary[name] = counts
    return {name: summary[name] for name in CATALOGUE if name in summary}


def _plan_id(terms: Terms, changes: pd.DataFrame) -> str:
    digest = hashlib.sha256(f"{terms.site} {terms.now.isoformat()}".encode())
    for column in ("resource", "op", "match", "after"):
        digest.update("\x1e".join(changes[column].fillna("").tolist()).encode())
    return f"p-{terms.now:%Y%m%dT%H%M%S}-{digest.hexdigest()[:6]}"
