"""`plan`: sheets and mappings -> desired; API and ledger -> observed; diff -> plan, stored. No write is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.diff.adoption import unlisted_issues
from sync.diff.compare import Difference, diff
from sync.diff.contributions import contributions, measured
from sync.diff.field_diff import Alignment, Retries
from sync.diff.ledger_updates import forgotten
from sync.mapping.source import Source
from sync.model import AppliedPlan, Input, Issue, Plan, Store
from sync.model.turns import Turns
from sync.observe.context import Context
from sync.observe.losses import Losses, look
from sync.observe.read_plan import ReadPolicy
from sync.plan import Terms, assemble, draft
from sync.plan.changed_back import changed_back
from sync.plan.early import countdown_issues, judge_early, without_doubted
from sync.plan.end_guards import with_ends
from sync.plan.history import Past, pasts
from sync.plan.losses import loss_issues, with_losses
from sync.plan.turnover import Turnover
from sync.workflows.collect import collect
from sync.workflows.inputs import inputs_of, repeated
from sync.workflows.waits import note

WEEK: Final = 7
"""What the site did not apply is tried again after this number of days, even if everything is read each day."""


@dataclass(frozen=True, slots=True)
class ComposedPlan:
    """A plan that is not stored yet, and what it was made of.

    waiting: by resource, ledger rows that will be deleted later, as in `Countdown`
    """

    plan: Plan
    alignments: Mapping[str, Alignment]
    differences: Mapping[str, Difference]
    waiting: Mapping[str, pd.DataFrame]


def make_plan(context: Context, sources: Sequence[Source], policy: ReadPolicy, *, retry_kept: bool = False) -> Plan:
    """Compare the sheets with the site, store what would be done, and send no write.

    With `retry_kept`, values of which the site keeps its own are sent once more.

    The caller holds the store's lock. Raises SiteRefused if the site cannot be read.
    """
    composed = compose(context, sources, policy, retry_kept=retry_kept)
    _update_ledger(context.store, composed.alignments, composed.differences)
    context.store.save_plan(composed.plan)
    return composed.plan


def compose(
    context: Context, sources: Sequence[Source], policy: ReadPolicy, *, retry_kept: bool = False
) -> ComposedPlan:
    """The same without storing anything."""
    config, now = context.config, context.clock.now()
    alignments, issues = collect(context, sources, policy, now)
    applied = context.store.applied_plans()
    retries = Retries(Turns(now.date().toordinal(), max(config.reads.share, WEEK)), all=retry_kept)
    terms = _terms(context, sources, alignments, issues, _Before(now, applied, retries))
    changed = _changed_mappings(terms.inputs, terms.history)
    day = now.date().toordinal()
    differences = {each: diff(side, changed, day, config.conventions, retries) for each, side in alignments.items()}
    early = judge_early(alignments, differences, terms)
    alignments, differences = without_doubted(alignments, differences, early.doubted)
    drafted = draft(alignments, differences, terms)
    losses = _look(context, alignments, drafted.changes, policy)
    drafted = replace(drafted, changes=with_losses(drafted.changes, losses))
    issues += [*repeated(terms.inputs, terms.history, now), *_found_at_first(context, alignments)]
    issues += [*loss_issues(losses, drafted.changes), *countdown_issues(early, terms)]
    plan = assemble(alignments, differences, drafted, issues, terms)
    again = changed_back(plan.changes, applied, context.store.corrections, now)
    plan = replace(plan, issues=(*plan.issues, *again))
    return ComposedPlan(plan, alignments, differences, early.waiting)


@dataclass(frozen=True, slots=True)
class _Before:
    """What happened before a plan that is made `now`, and what is tried again in it."""

    now: datetime
    applied: Sequence[AppliedPlan]
    retries: Retries


def _terms(
    context: Context,
    sources: Sequence[Source],
    alignments: Mapping[str, Alignment],
    issues: Sequence[Issue],
    before: _Before,
) -> Terms:
    """The conditions of a plan. `issues` report rows that were left out because what they refer to is unknown."""
    config, desired = context.config, {name: alignment.desired for name, alignment in alignments.items()}
    found = contributions(desired, sources, config.conventions, issues)
    return Terms(
        site=config.site.url,
        now=before.now,
        conventions=config.conventions,
        guards=config.guards,
        graded_removals=config.graded_removals,
        protect=config.protect,
        mappings=_with_modes(config.mappings, sources),
        inputs=tuple(with_ends(tuple(measured(inputs_of(config, sources), found)), alignments, config.mappings)),
        history=pasts(before.applied),
        turnover=Turnover(before.applied, context.store.turnover),
        contributions=found,
        approvals=context.store.approvals(before.now),
        refusals=_refusals(context.store, before.now, before.retries),
    )


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


def _with_modes(mappings: Sequence[MappingFile], sources: Sequence[Source]) -> tuple[MappingFile, ...]:
    """All mappings, those that were read with the mode that their sheets gave."""
    read = {source.mapping.name: source.mapping for source in sources}
    return tuple(read.get(mapping.name, mapping) for mapping in mappings)


def _changed_mappings(inputs: Iterable[Input], history: Mapping[str, Past]) -> frozenset[str]:
    return frozenset(
        entry.mapping
        for entry in inputs
        if entry.kind == "mapping"
        and entry.mapping
        and any(e.kind == "mapping" and e.digest != entry.digest for e in history.get(entry.mapping, Past()).last)
    )


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
