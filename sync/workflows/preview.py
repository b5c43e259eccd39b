"""`plan --as-of`: what a plan would contain if it were another day for terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sync.mapping.source import Source
from sync.model import Plan
from sync.model.issue_texts import wording
from sync.observe.context import Context
from sync.workflows.plan import PlanRequest, make_plan


def preview(context: Context, sources: Sequence[Source], asked: PlanRequest, day: date) -> Plan:
    """A plan with the terms of another day, which says that it is one. The context's store is thrown away afterwards.

    Everything else is as it is now: exports, site, and the age of files.
    """
    plan = make_plan(context, sources, replace(asked, as_of=day))
    return replace(plan, issues=(wording("preview", day=day.isoformat()).issue("notice"), *plan.issues))
