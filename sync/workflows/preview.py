"""`plan --as-of`: what a plan would contain if it were another day for terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sync.mapping.source import Source
from sync.model import Plan
from sync.model.issue_texts import wording
from sync.observe.context import Context
from sync.observe.read_plan import ReadPolicy
from sync.plan.part import PlanPart
from sync.workflows.plan import make_plan


def preview(
    context: Context,
    sources: Sequence[Source],
    policy: ReadPolicy,
    day: date,
    *,
    retry_kept: bool = False,
    part: PlanPart | None = None,
) -> Plan:
    """A plan with the terms of another day, which says that it is one. The context's store is thrown away afterwards.

    Everything else is as it is now: exports, site, and the age of files.
    """
    plan = make_plan(context, sources, policy, retry_kept=retry_kept, as_of=day, part=part)
    return replace(plan, issues=(wording("preview", day=day.isoformat()).issue("notice"), *plan.issues))
