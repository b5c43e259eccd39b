"""`reconcile`: sheets, site and ledger are compared, and neither site nor store is written to."""

from __future__ import annotations

from collections.abc import Sequence

from sync.diff import reconciliation
from sync.diff.reconciliation import Reconciliation
from sync.mapping.source import Source
from sync.observe.context import Context
from sync.plan.history import pasts
from sync.workflows.collect import collect
from sync.workflows.terms import day_of, in_terms


def reconcile(context: Context, sources: Sequence[Source]) -> Reconciliation:
    """Compare sheets, site and ledger, reading everything on the site that can be read.

    Neither site nor store is written to. The caller holds the store's lock, so that no run changes one side in the
    meantime. Raises SiteRefused if the site cannot be read.
    """
    config, now = context.config, context.clock.now()
    sources = in_terms(config, sources, day_of(config, now))
    alignments, issues = collect(
        context, sources, "full", now, lambda: pasts(context.store.applied_plans(), config.resources), activity=True
    )
    mappings = [source.mapping for source in sources]
    findings, agreeing, unjudged = reconciliation.reconcile(
        alignments, mappings, context.store.written, config.conventions
    )
    return Reconciliation(config.site.url, now, findings, agreeing, (*issues, *unjudged))
