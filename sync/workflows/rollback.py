"""`rollback`: a plan like any other that undoes a run, made from the run's journal instead of from exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import pandas as pd

from sync.config.site import Config
from sync.diff.compare import ChangedMappings, diff
from sync.diff.field_diff import Alignment
from sync.errors import Fault, PlanError
from sync.model import Desired, Input, Issue, Plan, Run, Store
from sync.model.issue_texts import wording
from sync.observe.context import Context
from sync.plan import Terms
from sync.plan.inverse import Inverse, as_desired, as_left, changed_again, inverses, keeping_parents, net_effects
from sync.plan.turnover import Turnover
from sync.workflows.collect import collect_named
from sync.workflows.desired import nothing_desired
from sync.workflows.inputs import inputs_of
from sync.workflows.plan import finished
from sync.workflows.standstill import standing_issues


def make_rollback(context: Context, run_id: str, *, created: bool) -> Plan:
    """Plan and store what undoes a run; send no write. With `created`, what the run has created is to be deleted.

    The caller holds the store's lock. Raises PlanError if there is no such run, or it has done nothing, SiteRefused if
    the site cannot be read.
    """
    config, now, run = context.config, context.clock.now(), context.store.run(run_id)
    undo, issues = _inverses(context.store, run, created=created)
    alignments, found = collect_named(context, lambda name, ledger: _desired(undo, name, ledger), now)
    alignments, moved_on = _as_left(alignments, undo, config)
    day = now.date().toordinal()
    differences = {name: diff(each, ChangedMappings(), day, config.conventions) for name, each in alignments.items()}
    issues = [*_about(context, run, now), *issues, *moved_on, *found]
    plan = finished(context, alignments, differences, _terms(context, run, now), issues)
    context.store.save_plan(plan)
    return plan


def _inverses(store: Store, run: Run, *, created: bool) -> tuple[dict[str, Inverse], list[Issue]]:
    """What is to be undone, by resource, and what is not undone."""
    effects = net_effects(store.journal(run.id))
    if not len(effects) and any(issue.code == "purged" for issue in store.plan(run.plan).issues):
        raise PlanError(Fault(f"run {run.id} cannot be undone: its records have been purged"))
    if not len(effects):
        raise PlanError(Fault(f"run {run.id} has changed nothing in Moodle, so there is nothing to undo"))
    later = [store.journal(each.id) for each in store.runs() if each.started > run.started]
    effects, again = changed_again(effects, pd.concat([effects.iloc[:0], *later], ignore_index=True))
    found, issues = inverses(effects, created=created)
    return found, [*again, *issues]


def _about(context: Context, run: Run, now: datetime) -> Iterator[Issue]:
    """What a rollback reports about itself, the run and the present."""
    yield wording("rollback", run=run.id, started=f"{run.started:%Y-%m-%d %H:%M %Z}").issue("notice")
    status = context.store.plan(run.plan).changes["status"]
    unknown = int(status.isin(["sending", "unknown"]).sum())
    if unknown:
        yield wording("undo-unknown", "one" if unknown == 1 else "", count=unknown).issue("warning")
    yield from standing_issues(context.config, context.store, now)


def _desired(undo: Mapping[str, Inverse], name: str, ledger: pd.DataFrame) -> Desired:
    return as_desired(undo[name], ledger) if name in undo else nothing_desired(name)


def _as_left(
    alignments: Mapping[str, Alignment], undo: Mapping[str, Inverse], config: Config
) -> tuple[dict[str, Alignment], list[Issue]]:
    """The alignments without what has been changed on the site since the run."""
    left, issues = {**alignments}, list[Issue]()
    for name, inverse in undo.items():
        left[name], found = as_left(alignments[name], inverse, config.conventions)
        issues += found
    left, kept = keeping_parents(left)
    return left, [*issues, *kept]


def _terms(context: Context, run: Run, now: datetime) -> Terms:
    config = context.config
    return Terms(
        site=config.site.url,
        now=now,
        conventions=config.conventions,
        guards=config.guards_at(now),
        graded_removals=config.graded_removals,
        protect=config.protect,
        mappings=(),
        inputs=(*inputs_of(config, ()), Input("run", run.id, "", "")),
        history={},
        turnover=Turnover((), context.store.turnover),
        contributions={},
        approvals=context.store.approvals(now),
        withheld=config.withheld_at(now),
    )
