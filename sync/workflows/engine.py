"""The story of one night, readable top to bottom; every adapter is handed in.

sheets + mappings -> desired; API + ledger -> observed; diff -> plan -> (hold, approve) -> apply -> outcomes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Event

from sync.apply.run import apply
from sync.config.entries import Inbox
from sync.config.mappings import Mapping as MappingFile
from sync.config.site import Config
from sync.diff import reconciliation
from sync.diff.compare import Difference, diff
from sync.diff.contributions import contributions, measured
from sync.diff.field_diff import Alignment
from sync.diff.ledger_updates import forgotten
from sync.diff.reconciliation import Reconciliation
from sync.errors import Fault, PlanError, SheetError
from sync.mapping.source import Source
from sync.model import Input, Plan, Run, Store
from sync.observe.context import Context, check_connection
from sync.observe.read_plan import ReadPolicy
from sync.plan import Terms, assemble
from sync.sheets import digest
from sync.workflows.collect import collect
from sync.workflows.inputs import inputs_of, repeated

# -- plan ------------------------------------------------------------------------------------------------------


def make_plan(context: Context, sources: Sequence[Source], policy: ReadPolicy) -> Plan:
    """Compare the sheets with the site, store what would be done, and send no write.

    The caller holds the store's lock. Raises SiteRefused if the site cannot be read.
    """
    config, now = context.config, context.clock.now()
    alignments, issues = collect(context, sources, policy, now)
    good = context.store.good_inputs()
    found = contributions({name: alignment.desired for name, alignment in alignments.items()}, sources, issues)
    inputs = tuple(measured(inputs_of(config, sources), found))
    changed = _changed_mappings(inputs, good)
    day = now.date().toordinal()
    differences = {name: diff(alignment, changed, day, config.conventions) for name, alignment in alignments.items()}
    plan = assemble(
        alignments,
        differences,
        [*issues, *repeated(inputs, good)],
        Terms(
            site=config.site.url,
            now=now,
            conventions=config.conventions,
            guards=config.guards,
            protect=config.protect,
            mappings=_settled(config.mappings, sources),
            inputs=inputs,
            good_inputs=good,
            used_inputs=context.store.used_inputs(),
            contributions=found,
            approvals=context.store.approvals(now),
        ),
    )
    _learn(context.store, alignments, differences)
    context.store.save_plan(plan)
    return plan


def reconcile(context: Context, sources: Sequence[Source]) -> Reconciliation:
    """Compare sheets, site and ledger, all that can be read of the site; neither site nor store is written to.

    The caller holds the store's lock, so that no run moves one side meanwhile. Raises SiteRefused if the site cannot
    be read.
    """
    config, now = context.config, context.clock.now()
    alignments, issues = collect(context, sources, "full", now)
    mappings = [source.mapping for source in sources]
    findings, agreeing, unjudged = reconciliation.reconcile(
        alignments, mappings, context.store.written, config.conventions
    )
    return Reconciliation(config.site.url, now, findings, agreeing, (*issues, *unjudged))


def _settled(mappings: Sequence[MappingFile], sources: Sequence[Source]) -> tuple[MappingFile, ...]:
    """All mappings, those that were read with the mode their sheets turned out to have."""
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


def _learn(store: Store, alignments: Mapping[str, Alignment], differences: Mapping[str, Difference]) -> None:
    for name, alignment in alignments.items():
        gone = forgotten(alignment) if len(alignment.ledger) else ()
        if len(gone):
            store.forget(name, list(gone))
        if len(differences[name].learned):
            store.remember(name, differences[name].learned)


# -- apply -----------------------------------------------------------------------------------------------------


def stale(context: Context, plan: Plan) -> list[str]:
    """Why a plan may not be applied any more, in sentences; empty if it may.

    What happened on the site meanwhile does not make it stale: every delete is read again just before it is sent.
    """
    reasons = []
    newest = context.store.newest_plan()
    if newest != plan.id:
        reasons.append(f"a newer plan exists: {newest}")
    reasons += [
        f"run {run.id} has written to the site since"
        for run in context.store.runs()
        if run.plan != plan.id and (run.finished or run.started) > plan.created
    ]
    known = {entry.name for entry in plan.inputs if entry.kind == "mapping"}
    reasons += [
        f"the mapping {mapping.name} is new since" for mapping in context.config.mappings if mapping.name not in known
    ]
    now: dict[tuple[str, str | None], str] = {("site", None): context.config.digest}
    now |= {("mapping", mapping.name): mapping.digest for mapping in context.config.mappings}
    for entry in plan.inputs:
        name = entry.name if entry.kind == "mapping" else None
        present = now.get((entry.kind, name)) if entry.kind != "sheet" else _present(context.config, entry)
        if present != entry.digest:
            reasons.append(f"the {entry.kind} {entry.name} has {'changed' if present else 'gone'} since")
    return reasons


def _present(config: Config, entry: Input) -> str | None:
    """The digest of a sheet's file as it is now, if it can be read."""
    try:
        return digest(Path(entry.path), Inbox(entry.folder, config.follow_links))
    except SheetError:
        return None


def refuse_stale(context: Context, plan: Plan) -> None:
    """Raise PlanError with every reason why this plan may not be applied any more."""
    reasons = stale(context, plan)
    if reasons:
        hint = "Make a new plan with `nexsis-sync plan`; approvals carry over to holds that stay the same."
        raise PlanError(Fault(f"plan {plan.id} is stale: {'; '.join(reasons)}", hint=hint))


def apply_plan(context: Context, plan: Plan, run_id: str, stop: Event) -> Run:
    """Send what a plan plans and nothing holds; with the id of a run that was cut off, go on with it.

    The caller holds the store's lock and has made sure that the plan is not stale. `stop` ends the run early, with
    what is in flight waited for. Raises SiteRefused if the site refuses us before anything was done.
    """
    check_connection(context)
    conventions = context.config.conventions
    result = apply(plan, context.connection, context.store, conventions, run_id=run_id, stop=stop)
    return result.run
