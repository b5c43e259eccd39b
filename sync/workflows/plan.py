"""`plan`: sheets and mappings -> desired; API and ledger -> observed; diff -> plan, stored. No write is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sync.config.mappings import Mapping as MappingFile
from sync.diff.compare import Difference, diff
from sync.diff.contributions import contributions, measured
from sync.diff.field_diff import Alignment
from sync.diff.ledger_updates import forgotten
from sync.mapping.source import Source
from sync.model import Input, Plan, Store
from sync.observe.context import Context
from sync.observe.read_plan import ReadPolicy
from sync.plan import Terms, assemble
from sync.plan.history import pasts
from sync.plan.turnover import Turnover
from sync.workflows.collect import collect
from sync.workflows.inputs import inputs_of, repeated


def make_plan(context: Context, sources: Sequence[Source], policy: ReadPolicy) -> Plan:
    """Compare the sheets with the site, store what would be done, and send no write.

    The caller holds the store's lock. Raises SiteRefused if the site cannot be read.
    """
    config, now = context.config, context.clock.now()
    alignments, issues = collect(context, sources, policy, now)
    applied = context.store.applied_plans()
    history = pasts(applied)
    good = {mapping: past.last for mapping, past in history.items()}
    desired = {name: alignment.desired for name, alignment in alignments.items()}
    found = contributions(desired, sources, config.conventions, issues)
    inputs = tuple(measured(inputs_of(config, sources), found))
    changed = _changed_mappings(inputs, good)
    day = now.date().toordinal()
    differences = {name: diff(alignment, changed, day, config.conventions) for name, alignment in alignments.items()}
    plan = assemble(
        alignments,
        differences,
        [*issues, *repeated(inputs, history)],
        Terms(
            site=config.site.url,
            now=now,
            conventions=config.conventions,
            guards=config.guards,
            protect=config.protect,
            mappings=_with_modes(config.mappings, sources),
            inputs=inputs,
            history=history,
            turnover=Turnover(applied, context.store.turnover),
            contributions=found,
            approvals=context.store.approvals(now),
        ),
    )
    _update_ledger(context.store, alignments, differences)
    context.store.save_plan(plan)
    return plan


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
        gone = forgotten(alignment) if len(alignment.ledger) else ()
        if len(gone):
            store.forget(name, list(gone))
        if len(differences[name].learned):
            store.remember(name, differences[name].learned)
