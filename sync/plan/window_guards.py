"""Guard of losses that add up: no run by itself is unusual, but all of the last days together are.

What counts is by how much a mapping's objects have become fewer: people who leave while others come are not lost. It
is measured from when there were the most of them within the window. Deletes that somebody has approved do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sync.config.mappings import Mapping as MappingFile
from sync.model import AppliedPlan
from sync.plan.guard_context import GuardContext, Stop
from sync.plan.hold_texts import span
from sync.plan.share_guards import MOST, Share, mapping_share


def many_deletes_over_time(context: GuardContext) -> Iterator[Stop]:
    """Deletes that pass the limit of one run together with those of the runs before it."""
    limits, window = context.limits.delete, context.limits.window
    if limits is None or window is None:
        return
    for mapping in context.mappings:
        now = mapping_share(context, "delete", mapping)
        plans = context.turnover.since(context.now - window, mapping) if now.count else []
        ops = ("delete", "update") if mapping.sets else ("delete",)
        asked = sum(plan.summary.get(mapping.resource, {}).get(op, 0) for plan in plans for op in ops)
        # What was done is only counted where what was planned could pass the limit.
        if asked and replace(now, count=now.count + asked, there=now.there + asked).too_many(limits):
            lost = _since_the_most(context, mapping, now, plans)
            if lost.too_many(limits):
                percent = limits.percent if lost.many(limits) else MOST
                removals, share = lost.alignment.resource.counted(now.count), lost.count * 100 // lost.there
                values = {"percent": percent, "span": span(window), "share": share, "count": lost.count}
                yield lost.stop(lost.text("deletes", "window", removals=removals, **values))


def _since_the_most(context: GuardContext, mapping: MappingFile, now: Share, plans: Sequence[AppliedPlan]) -> Share:
    """What would be lost since the mapping had the most objects, out of these."""
    fewer = max(0, *context.turnover.losses(plans, mapping))
    lost = now.count - mapping_share(context, "create", mapping).count + fewer
    return replace(now, count=lost, there=now.there + fewer)
