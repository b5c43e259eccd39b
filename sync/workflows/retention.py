"""`retention:`: after each run, what is older than the site file allows is purged."""

from __future__ import annotations

from sync.errors import NexsisSyncError
from sync.observe.context import Context
from sync.workflows.runtime import Runtime


def retain(context: Context, runtime: Runtime) -> None:
    """Purge what is too old, if the site file says so. What goes wrong is only a note to the operator.

    The caller holds the store's lock.
    """
    rule = context.config.retention
    if rule is None:
        return
    from sync.report.erasure import purged_text
    from sync.workflows.purge import outdated, purge

    try:
        found = outdated(context.config, context.store, rule.older_than, context.clock.now())
        purge(context.store, found)
    except (NexsisSyncError, OSError) as error:
        why = error.briefly if isinstance(error, NexsisSyncError) else error.strerror
        runtime.note(f"old records could not be purged: {why}")
    else:
        if any(found.counts.values()):
            runtime.note(purged_text(found.counts, found.before))
