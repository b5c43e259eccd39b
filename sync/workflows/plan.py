"""`plan`: sheets and mappings -> desired; API and ledger -> observed; diff -> plan, stored. No write is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

import pandas as pd

from sync.diff.adoption import unlisted_issues
from sync.diff.compare import ChangedMappings, Difference, diff
from sync.diff.contributions import contributions, measured
from sync.diff.field_diff import Alignment, Retries
from sync.diff.ledger_updates import forgotten
from sync.mapping.source import Source
from sync.model import AppliedPlan, Input, Issue, Plan, Store
from sync.model.issue_texts import wording
from sync.model.turns import Turns
from sync.observe.context import Context
from sync.observe.losses import Losses, look
from sync.observe.read_plan import ReadPolicy
from sync.observe.unmanaged import Unmanaged, look_beyond
from sync.plan import Terms, assemble, draft
from sync.plan.changed_back import changed_back
from sync.plan.early import countdown_issues, judge_early, without_doubted
from sync.plan.end_guards import with_ends
from sync.plan.history import Past, good_inputs, pasts
from sync.plan.losses import loss_issues, with_losses
from sync.plan.part import PlanPart
from sync.plan.turnover import Turnover
from sync.plan.undone import note_asked_otherwise, still_undone
from sync.workflows.collect import collect
from sync.workflows.inputs import inputs_of, repeated
from sync.workflows.sources import as_read
from sync.workflows.standstill import standing_issues
from sync.workflows.terms import day_of, in_terms
from sync.workflows.waits import note

WEEK: Final = 7
"""What the site did not apply is tried again after this number of days, even if everything is read each day."""


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What is asked of a plan.

    read:       how much is read of the site
    retry_kept: whether values of which the site keeps its own are sent once more
    as_of:      the day whose terms are current; None for today
    part:       what the plan is limited to, with what that depends on; None for everything
    """

    read: ReadPolicy
    retry_kept: bool = False
    as_of: date | None = None
    part: PlanPart | None = None


@dataclass(frozen=True, slots=True)
class ComposedPlan:
    """A plan that is not stored yet, and what it was made of.

    waiting: by resource, ledger rows that will be deleted later, as in `Countdown`
    undone:  what rollbacks have undone, as in `Terms`
    """

    plan: Plan
    alignments: Mapping[str, Alignment]
    differences: Mapping[str, Difference]
    waiting: Mapping[str, pd.DataFrame]
    undone: pd.DataFrame


def make_plan(context: Context, sources: Sequence[Source], asked: PlanRequest) -> Plan:
    """Compare the sheets with the site, store what would be done, and send no write.

    The caller holds the store's lock. Raises SiteRefused if the site cannot be read, SheetError if the sheet of terms
    cannot be, and PlanError if nothing is known of a record that the part names.
    """
    composed = compose(context, sources, asked)
    _update_ledger(context.store, composed.alignments, composed.differences)
    note_asked_otherwise(context.store, composed.undone, composed.alignments, composed.plan.created)
    context.store.save_plan(composed.plan)
    return composed.plan


def compose(context: Context, sources: Sequence[Source], asked: PlanRequest) -> ComposedPlan:
    """The same without storing anything."""
    config, now = context.config, context.clock.now()
    sources, day = in_terms(config, sources, asked.as_of or day_of(config, now)), now.date().toordinal()
    before = _before(context, now)
    alignments, issues = collect(context, sources, asked.read, now, lambda: before.history)
    retries = Retries(Turns(day, max(config.reads.share, WEEK)), all=asked.retry_kept)
    terms = replace(_terms(context, sources, alignments, issues, before, retries), part=asked.part)
    changed = _changed_mappings(terms.inputs, good_inputs(before.history))
    differences = {each: diff(side, changed, day, config.conventions, retries) for each, side in alignments.items()}
    early = judge_early(alignments, differences, terms)
    alignments, differences = without_doubted(alignments, differences, early.doubted, terms)
    issues = [*standing_issues(config, context.store, now), *issues, *repeated(terms.inputs, before.history, now)]
    issues += [*_found_at_first(context, alignments), *countdown_issues(early, terms)]
    plan = finished(context, alignments, differences, terms, issues, policy=asked.read)
    again = changed_back(plan.changes, before.applied, context.store.corrections, now)
    plan = replace(plan, issues=(*plan.issues, *again))
    return ComposedPlan(plan, alignments, differences, early.waiting, terms.undone)


@dataclass(frozen=True, slots=True)
class _Before:
    """What happened before a plan that is made `now`."""

    now: datetime
    applied: Sequence[AppliedPlan]
    history: Mapping[str, Past]


def _before(context: Context, now: datetime) -> _Before:
    applied = context.store.applied_plans()
    return _Before(now, applied, pasts(applied, context.config.resources))


def _terms(
    context: Context,
    sources: Sequence[Source],
    alignments: Mapping[str, Alignment],
    issues: Sequence[Issue],
    before: _Before,
    retries: Retries,
) -> Terms:
    """The conditions of a plan. `issues` report rows that were left out because what they refer to is unknown."""
    config, desired = context.config, {name: alignment.desired for name, alignment in alignments.items()}
    found = contributions(desired, sources, config.conventions, issues)
    return Terms(
        site=config.site.url,
        now=before.now,
        conventions=config.conventions,
        guards=config.guards_at(before.now),
        graded_removals=config.graded_removals,
        protect=config.protect,
        mappings=as_read(config.mappings, sources),
        inputs=tuple(with_ends(tuple(measured(inputs_of(config, sources), found)), alignments, config.mappings)),
        history=before.history,
        turnover=Turnover(before.applied, context.store.turnover),
        contributions=found,
        approvals=context.store.approvals(before.now),
        refusals=_refusals(context.store, before.now, retries),
        undone=still_undone(before.applied, context.store),
        withheld=config.withheld_at(before.now),
    )


def finished(
    context: Context,
    alignments: Mapping[str, Alignment],
    differences: Mapping[str, Difference],
    terms: Terms,
    issues: Sequence[Issue],
    *,
    policy: ReadPolicy = "share",
) -> Plan:
    """The plan of some differences, in order, with what its deletes would lose, and what guards put on hold."""
    drafted = draft(alignments, differences, terms)
    losses = _look(context, alignments, drafted.changes, policy)
    beyond = _look_beyond(context, alignments, drafted.changes, policy) if terms.guards.delete is not None else {}
    drafted = replace(drafted, changes=with_losses(drafted.changes, losses), unmanaged=beyond)
    found = [*loss_issues(losses, drafted.changes), *_unread(beyond)]
    return assemble(alignments, differences, drafted, [*issues, *found], terms)


def _found_at_first(context: Context, alignments: Mapping[str, Alignment]) -> Iterable[Issue]:
    """What is on a site that this store has never sent anything to, and in no export."""
    return unlisted_issues(alignments, context.config.mappings) if not context.store.runs() else ()


def _refusals(store: Store, now: datetime, retries: Retries) -> pd.DataFrame:
    """What the site has refused and is not asked again today."""
    known = store.refusals(now - timedelta(days=retries.turns.days + 1))
    return known[~retries.turns.of(known["match"]) & (not retries.all)].reset_index(drop=True)


def _look(
    context: Context, alignments: Mapping[str, Alignment], changes: pd.DataFrame, policy: ReadPolicy
) -> list[Losses]:
    """What the planned deletes would lose for good, as far as that is wanted."""
    if context.config.graded_removals == "ignore" or not (changes["op"] == "delete").any():
        return []
    looked = (look(context, each.observed, each.index, changes, policy) for each in alignments.values())
    return [losses for losses in looked if losses is not None]


def _look_beyond(
    context: Context, alignments: Mapping[str, Alignment], changes: pd.DataFrame, policy: ReadPolicy
) -> dict[tuple[str, str], Unmanaged]:
    """What the planned deletes would remove of what no list shows, by the resource deleted and the one removed."""
    if policy == "ledger" or not (changes["op"] == "delete").any():
        return {}
    found = {}
    for name, alignment in alignments.items():
        for takes in alignment.resource.takes:
            child = alignments[takes.resource]
            looked = look_beyond(context, alignment.resource, takes, (child.observed, child.index), changes)
            if looked is not None:
                found[name, takes.resource] = looked
    return found


def _unread(beyond: Mapping[tuple[str, str], Unmanaged]) -> Iterator[Issue]:
    """What could not be read of what deletes would remove."""
    for (_, name), looked in beyond.items():
        for fault in looked.faults:
            yield wording("unread", "beyond", reason=fault.message).issue("warning", resource=name, value=fault.where)


def _changed_mappings(inputs: Iterable[Input], good: Mapping[str, Sequence[Input]]) -> ChangedMappings:
    names: dict[str, set[str]] = {"mapping": set(), "sheet": set()}
    for entry in inputs:
        if entry.mapping and entry.kind in names:
            before = {each.digest for each in good.get(entry.mapping, ()) if each.kind == entry.kind}
            if before and entry.digest not in before:
                names[entry.kind].add(entry.mapping)
    return ChangedMappings(frozenset(names["mapping"]), frozenset(names["mapping"] & names["sheet"]))


def _update_ledger(store: Store, alignments: Mapping[str, Alignment], differences: Mapping[str, Difference]) -> None:
    for name, alignment in alignments.items():
        if len(alignment.moved.gone):
            store.forget(name, list(alignment.moved.gone))
            store.remember(name, alignment.moved.rows)
        gone = forgotten(alignment) if len(alignment.ledger) else ()
        if len(gone):
            store.forget(name, list(gone))
        if len(differences[name].learned):
            store.remember(name, differences[name].learned)
        note(store, name, alignment.countdown)
