"""Changes of all resources -> one plan: protected, ordered, guarded, counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from sync.config.guards import GradedRemovals, Guards
from sync.config.mappings import Mapping as MappingFile
from sync.diff.compare import Difference
from sync.diff.contributions import Contribution
from sync.diff.field_diff import Alignment
from sync.diff.missing_set import set_before
from sync.model import CHANGES, Approval, Conventions, Hold, Input, Issue, Op, Plan
from sync.model.index import Flags
from sync.model.records import WITHHELD
from sync.model.resources import CATALOGUE
from sync.model.values import equals
from sync.observe.unmanaged import Unmanaged
from sync.plan.cascades import cascade
from sync.plan.guard_context import GuardContext
from sync.plan.guards import hold
from sync.plan.history import Past, doubted_by
from sync.plan.leaving_issues import with_holds
from sync.plan.order import in_order
from sync.plan.part import PlanPart, as_no_measure, chosen, concerns, holds_of, limited, only
from sync.plan.protect import protect
from sync.plan.refusals import without_refused
from sync.plan.reliances import reliances
from sync.plan.roster_guards import left_empty
from sync.plan.sets import disproved_issues, proving, set_issues, without_disproved
from sync.plan.source_guards import cut_short
from sync.plan.source_issues import source_issues
from sync.plan.turnover import Turnover
from sync.plan.unique_values import move
from sync.plan.withheld import withhold
from sync.plan.working_frame import removals, working_frame


@dataclass(frozen=True, slots=True)
class Terms:
    """The conditions of a plan, besides the two sides.

    refusals: changes that are not to be tried again (see `Store`)
    undone:   changes that a rollback has undone, and that are on hold if they are the same (see `still_undone`)
    withheld: what is not to be done at all for now
    part:     what the plan is limited to, if it is
    """

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
    refusals: pd.DataFrame = field(default_factory=pd.DataFrame)
    undone: pd.DataFrame = field(default_factory=pd.DataFrame)
    withheld: frozenset[Op] = frozenset()
    part: PlanPart | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """All changes in sending order (a working frame), before anything is put on hold.

    refused:  those left out because they ask for a value that stays with another object
    issues:   why some were left out
    left_out: how many, by resource
    withheld: those that are wanted, but not to be done for now
    unmanaged: as in `GuardContext`
    """

    changes: pd.DataFrame
    refused: pd.DataFrame
    issues: tuple[Issue, ...]
    left_out: Mapping[str, int]
    withheld: pd.DataFrame
    unmanaged: Mapping[tuple[str, str], Unmanaged] = field(default_factory=dict)


def draft(alignments: Mapping[str, Alignment], differences: Mapping[str, Difference], terms: Terms) -> Draft:
    """Put all differences in order. `alignments` and `differences` are in the catalogue's order."""
    changes = working_frame(difference.changes for difference in differences.values())
    changes, protected = protect(alignments, changes, terms.protect, terms.conventions)
    changes, withheld = withhold(changes, terms.withheld)
    sendable = without_refused(alignments, changes, terms.refusals, terms.conventions)
    tried, disproved = without_disproved(changes, sendable.changes)
    moved = move(alignments, tried, terms.conventions)
    changes = in_order(alignments, cascade(alignments, moved.changes), terms.conventions)
    left_out = Counter(sendable.left_out) + moved.left_out
    issues = (*protected, *sendable.issues, *disproved_issues(disproved), *moved.issues)
    return Draft(changes, moved.refused, issues, left_out, pd.concat([withheld, disproved]))


def assemble(
    alignments: Mapping[str, Alignment],
    differences: Mapping[str, Difference],
    drafted: Draft,
    issues: Sequence[Issue],
    terms: Terms,
) -> Plan:
    """Make the plan of a draft, or the part of it that is asked for: what a guard stops is on hold."""
    changes, part = drafted.changes, terms.part
    context = guard_context(alignments, drafted, terms)
    changes["chain"] = _with_reliances(context)
    changes["hold"], holds = hold(context, terms.approvals)
    found = [*issues, *(issue for difference in differences.values() for issue in difference.issues)]
    found += [*drafted.issues, *dict.fromkeys(source_issues(context, holds))]
    found += left_empty(context, _waiting(changes, holds))
    inputs = _marked(context, drafted, holds, _doubted_deletes(alignments, differences, drafted, terms))
    withheld = drafted.withheld
    if part is not None:
        changes = limited(alignments, changes, part, terms.conventions)
        changes, holds = holds_of(changes, holds, terms.approvals)
        found = [issue for issue in found if concerns(part, issue, terms.conventions)]
        inputs = as_no_measure(inputs)
        withheld = chosen(alignments, withheld, part, terms.conventions)
    kept = proving(changes, _waiting(changes, holds))
    found += set_issues(alignments, changes, kept)
    withheld, changes = pd.concat([withheld, changes[~kept]]), only(changes, kept)
    found = with_holds(found, changes, _waiting(changes, holds), terms.conventions)
    counted = _beside_changes(alignments, differences, drafted, withheld) if part is None else _withheld(withheld)
    changes["status"] = changes["status"].mask(_waiting(changes, holds), "held")
    changes["status"] = changes["status"].mask(changes["covered_by"].notna(), "covered")
    return Plan(
        id=_plan_id(terms, changes),
        site=terms.site,
        created=terms.now,
        changes=changes[list(CHANGES)],
        holds=holds,
        issues=tuple(found),
        summary=_summary(changes, counted),
        inputs=inputs,
    )


def _waiting(changes: pd.DataFrame, holds: Sequence[Hold]) -> Flags:
    """Which changes are on hold and not approved."""
    approved = {each.id for each in holds if each.approved_by is not None}
    return (changes["hold"].notna() & ~changes["hold"].isin(approved)).to_numpy()


def guard_context(alignments: Mapping[str, Alignment], drafted: Draft, terms: Terms) -> GuardContext:
    """What the guards look at, for the changes of a draft."""
    changes = drafted.changes
    return GuardContext(
        changes=changes,
        refused=drafted.refused,
        deletes=removals(changes),
        removed={
            name: set_before(each.leaving, each.observed.rows)
            for name, each in alignments.items()
            if "to_set" in each.leaving
        },
        sent=(changes["cascaded_by"] < 0).to_numpy(),
        own={name: equals(changes["resource"], name) for name in alignments},
        holds=(),
        doubts=np.full(len(changes), -1, dtype=np.intp),
        free=np.ones(len(changes), dtype=bool),
        alignments=alignments,
        mappings=terms.mappings,
        inputs=terms.inputs,
        history=terms.history,
        turnover=terms.turnover,
        contributions=terms.contributions,
        undone=terms.undone,
        unmanaged=drafted.unmanaged,
        limits=terms.guards,
        graded_removals=terms.graded_removals,
        conventions=terms.conventions,
        now=terms.now,
    )


def _marked(
    context: GuardContext, drafted: Draft, holds: Sequence[Hold], doubted: Collection[str]
) -> tuple[Input, ...]:
    """The plan's inputs; marked are those that must not become the measure, and those whose removals were put off.

    doubted: mappings that must not, beside those that lost many rows
    """
    short = {mapping.name for mapping, _, _ in cut_short(context)} | {*doubted}
    postponed = _removing(context, drafted, holds)
    return tuple(
        replace(entry, doubtful=entry.mapping in short, postponed=entry.mapping in postponed)
        for entry in context.inputs
    )


def _removing(context: GuardContext, drafted: Draft, holds: Sequence[Hold]) -> set[str]:
    """The mappings whose removals wait or are withheld, of which none is sent."""
    left_out = drafted.withheld["claims"][removals(drafted.withheld)]
    waiting = [side.countdown.waiting["claims"] for side in context.alignments.values()]
    sent = context.changes["claims"][context.deletes & ~_waiting(context.changes, holds)]
    later, now = (
        {name for claims in each.dropna().unique() for name in claims.split()}
        for each in (pd.concat([left_out, *waiting]), sent)
    )
    return later - now


def _doubted_deletes(
    alignments: Mapping[str, Alignment], differences: Mapping[str, Difference], drafted: Draft, terms: Terms
) -> set[str]:
    """The mappings on which guards would cast doubt if nothing were withheld."""
    if not len(drafted.withheld):
        return set()
    whole = draft(alignments, differences, replace(terms, withheld=frozenset()))
    _, holds = hold(guard_context(alignments, whole, terms), terms.approvals)
    return doubted_by(holds, {mapping.name: mapping.resource for mapping in terms.mappings})


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


def _beside_changes(
    alignments: Mapping[str, Alignment],
    differences: Mapping[str, Difference],
    drafted: Draft,
    left_out: pd.DataFrame,
) -> dict[str, dict[str, int]]:
    """By resource, what the summary of a plan counts besides its changes, of which some are left out for now."""
    found, withheld = {}, _withheld(left_out)
    for name, alignment in alignments.items():
        rejected = alignment.desired.rejected + drafted.left_out.get(name, 0)
        counts = {"unchanged": differences[name].unchanged, "rejected": rejected}
        counts |= withheld.get(name, {})
        if any(counts.values()) or len(alignment.desired.rows):
            found[name] = counts
    return found


def _withheld(rows: pd.DataFrame) -> dict[str, dict[str, int]]:
    """By resource, how many changes are withheld."""
    found: dict[str, dict[str, int]] = {}
    for (name, op), count in Counter(zip(rows["resource"], rows["op"], strict=True)).items():
        found.setdefault(name, {})[WITHHELD[op]] = count
    return found


def _summary(changes: pd.DataFrame, beside: Mapping[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    covered = changes["status"] == "covered"
    ops = changes[~covered].groupby(["resource", "op"]).size().to_dict()
    statuses = changes.groupby(["resource", "status"]).size().to_dict()
    summary = {}
    for name in CATALOGUE:
        counts = {op: int(ops.get((name, op), 0)) for op in ("create", "update", "delete")}
        counts |= {"covered": int(statuses.get((name, "covered"), 0)), "unchanged": 0}
        counts |= {"held": int(statuses.get((name, "held"), 0)), "rejected": 0}
        if any(counts.values()) or name in beside:
            summary[name] = counts | beside.get(name, {})
    return summary


def _plan_id(terms: Terms, changes: pd.DataFrame) -> str:
    digest = hashlib.sha256(f"{terms.site} {terms.now.isoformat()}".encode())
    for column in ("resource", "op", "match", "after"):
        digest.update("\x1e".join(changes[column].fillna("").tolist()).encode())
    return f"p-{terms.now:%Y%m%dT%H%M%S}-{digest.hexdigest()[:6]}"
