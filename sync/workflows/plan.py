"""`plan`: sheets and mappings -> desired; API and ledger -> observed; diff -> plan, stored. No write is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
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
from sync.model import Input, Issue, Plan, Store
from sync.model.turns import Turns
from sync.observe.context import Context
from sync.observe.losses import Losses, look
from sync.observe.read_plan import ReadPolicy
from sync.plan import Terms, assemble, draft
from sync.plan.changed_back import changed_back
from sync.plan.end_guards import with_ends
from sync.plan.history import pasts
from sync.plan.losses import loss_issues, with_losses
from sync.plan.part import PlanPart
from sync.plan.turnover import Turnover
from sync.plan.undone import still_undone
from sync.workflows.collect import collect
from sync.workflows.inputs import inputs_of, repeated
from sync.workflows.standstill import standing_issues

WEEK: Final = 7
"""What the site did not apply is tried again after this number of days, even if everything is read each day."""


def make_plan(
    context: Context,
    sources: Sequence[Source],
    policy: ReadPolicy,
    *,
    retry_kept: bool = False,
    part: PlanPart | None = None,
) -> Plan:
    """Compare the sheets with the site, store what would be done, and send no write.

    With `retry_kept`, values of which the site keeps its own are sent once more. With a `part`, the plan contains only
    that, and what it depends on.

    The caller holds the store's lock. Raises SiteRefused if the site cannot be read, PlanError if nothing is known of
    a record that the part names.
    """
    config, now = context.config, context.clock.now()
    alignments, issues = collect(context, sources, policy, now)
    applied = context.store.applied_plans()
    history = pasts(applied)
    good = {mapping: past.last for mapping, past in history.items()}
    desired = {name: alignment.desired for name, alignment in alignments.items()}
    found = contributions(desired, sources, config.conventions, issues)
    inputs = tuple(measured(inputs_of(config, sources), found))
    inputs = tuple(with_ends(inputs, alignments, config.mappings))
    changed = _changed_mappings(inputs, good)
    day = now.date().toordinal()
    retries = Retries(Turns(day, max(config.reads.share, WEEK)), all=retry_kept)
    differences = {each: diff(side, changed, day, config.conventions, retries) for each, side in alignments.items()}
    terms = Terms(
        site=config.site.url,
        now=now,
        conventions=config.conventions,
        guards=config.guards_at(now),
        graded_removals=config.graded_removals,
        protect=config.protect,
        mappings=_with_modes(config.mappings, sources),
        inputs=inputs,
        history=history,
        turnover=Turnover(applied, context.store.turnover),
        contributions=found,
        approvals=context.store.approvals(now),
        refusals=_refusals(context.store, now, retries),
        undone=still_undone(applied, context.store),
        withheld=config.withheld_at(now),
        part=part,
    )
    issues = [*standing_issues(config, context.store, now), *issues, *repeated(inputs, history, now)]
    issues += _found_at_first(context.store, alignments, config.mappings)
    plan = finished(context, alignments, differences, terms, issues, policy=policy)
    again = changed_back(plan.changes, applied, context.store.corrections, now)
    plan = replace(plan, issues=(*plan.issues, *again))
    _update_ledger(context.store, alignments, differences)
    context.store.save_plan(plan)
    return plan


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
    drafted = replace(drafted, changes=with_losses(drafted.changes, losses))
    return assemble(alignments, differences, drafted, [*issues, *loss_issues(losses, drafted.changes)], terms)


def _found_at_first(
    store: Store, alignments: Mapping[str, Alignment], mappings: Sequence[MappingFile]
) -> Iterable[Issue]:
    """What is on a site that this store has never sent anything to, and in no export."""
    return unlisted_issues(alignments, mappings) if not store.runs() else ()


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


def _changed_mappings(inputs: Iterable[Input], good: Mapping[str, Sequence[Input]]) -> frozenset[str]:
    return frozenset(
        entry.mapping
        for entry in inputs
        if entry.kind == "mapping"
        and entry.mapping
        and any(e.kind == "mapping" and e.digest != entry.digest for e in good.get(entry.mapping, ()))
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
