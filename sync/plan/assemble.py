"""Changes of all resources -> one plan: protected, ordered, guarded, counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.config.settings import GradedRemovals, Guards
from sync.diff.compare import Difference
from sync.diff.contributions import Contribution
from sync.diff.field_diff import Alignment
from sync.model import CHANGES, Approval, Conventions, Input, Issue, Plan
from sync.model.resources import CATALOGUE
from sync.plan.cascades import cascade
from sync.plan.guard_context import GuardContext
from sync.plan.guards import hold
from sync.plan.history import Past
from sync.plan.order import in_order
from sync.plan.protect import protect
from sync.plan.refusals import without_refused
from sync.plan.reliances import reliances
from sync.plan.roster_guards import left_empty
from sync.plan.source_guards import cut_short
from sync.plan.source_issues import source_issues
from sync.plan.turnover import Turnover
from sync.plan.unique_values import move
from sync.plan.working_frame import working_frame


@dataclass(frozen=True, slots=True)
class Terms:
    """The conditions of a plan, besides the two sides. `refusals` (see `Store`) are not to be tried again."""

    site: str
    now: datetime
    conventions: Conventions
    guards: Guards
    graded_removals: GradedRemovals
    protect: Mapping[str, Sequence[str]]
    mappings: Sequence[MappingFile]
    inputs: Sequence[Input]
    history: Mapping[str, Past]
    turnover: Turnover
    contributions: Mapping[str, Contribution]
    approvals: Mapping[str, Approval]
    refusals: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Draft:
    """All changes in sending order (a working frame), before anything is put on hold.

    refused:  those left out because they ask for a value that stays with another object
    issues:   why some were left out
    left_out: how many, by resource
    """

    changes: pd.DataFrame
    refused: pd.DataFrame
    issues: tuple[Issue, ...]
    left_out: Mapping[str, int]


def draft(alignments: Mapping[str, Alignment], differences: Mapping[str, Difference], terms: Terms) -> Draft:
    """Put all differences in order. `alignments` and `differences` are in the catalogue's order."""
    changes = working_frame(difference.changes for difference in differences.values())
    changes, protected = protect(alignments, changes, terms.protect, terms.conventions)
    sendable = without_refused(alignments, changes, terms.refusals)
    moved = move(alignments, sendable.changes, terms.conventions)
    changes = in_order(alignments, cascade(alignments, moved.changes), terms.conventions)
    left_out = Counter(sendable.left_out) + moved.left_out
    return Draft(changes, moved.refused, (*protected, *sendable.issues, *moved.issues), left_out)


def assemble(
    alignments: Mapping[str, Alignment],
    differences: Mapping[str, Difference],
    drafted: Draft,
    issues: Sequence[Issue],
    terms: Terms,
) -> Plan:
    """Make the plan of a draft: what a guard stops is on hold."""
    changes = drafted.changes
    context = _guard_context(alignments, drafted, terms)
    changes["chain"] = _with_reliances(context)
    changes["hold"], holds = hold(context, terms.approvals)
    approved = {each.id for each in holds if each.approved_by is not None}
    waiting = changes["hold"].notna() & ~changes["hold"].isin(approved)
    changes.loc[waiting, "status"] = "held"
    changes.loc[changes["covered_by"].notna(), "status"] = "covered"
    found = [*issues, *(issue for difference in differences.values() for issue in difference.issues)]
    found += [*drafted.issues, *dict.fromkeys(source_issues(context, holds)), *left_empty(context, waiting.to_numpy())]
    return Plan(
        id=_plan_id(terms, changes),
        site=terms.site,
        created=terms.now,
        changes=changes[list(CHANGES)],
        holds=holds,
        issues=tuple(found),
        summary=_summary(alignments, differences, changes, drafted.left_out),
        inputs=_doubted(context),
    )


def _guard_context(alignments: Mapping[str, Alignment], drafted: Draft, terms: Terms) -> GuardContext:
    changes = drafted.changes
    return GuardContext(
        changes=changes,
        refused=drafted.refused,
        deletes=(changes["op"] == "delete").to_numpy(),
        sent=(changes["cascaded_by"] < 0).to_numpy(),
        own={name: (changes["resource"] == name).to_numpy() for name in alignments},
        holds=(),
        doubts=np.full(len(changes), -1, dtype=np.intp),
        free=np.ones(len(changes), dtype=bool),
        alignments=alignments,
        mappings=terms.mappings,
        inputs=terms.inputs,
        history=terms.history,
        turnover=terms.turnover,
        contributions=terms.contributions,
        limits=terms.guards,
        graded_removals=terms.graded_removals,
        conventions=terms.conventions,
        now=terms.now,
    )


def _doubted(context: GuardContext) -> tuple[Input, ...]:
    """The plan's inputs; those that lost so many rows that they must not become the measure are marked."""
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
