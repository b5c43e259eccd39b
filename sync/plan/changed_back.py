"""What is changed back on the site again and again: somebody else, or another program, writes to it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from sync.model import AppliedPlan, Issue
from sync.model.findings import listed
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE
from sync.model.values import unpack

TIMES: Final = 3
"""If this many runs, including this one, have to send the same again, it is no coincidence."""

SPAN: Final = timedelta(days=30)
"""They must lie within this time: most accounts are read once a week."""

LARGE: Final = 10_000
"""A plan with this many changes fills a site and corrects nothing: it is not looked into."""

EXAMPLES: Final = 3
"""Number of records that are named."""

SAME: Final = ["resource", "op", "match", "after"]
"""What makes two changes the same."""

Corrections = Callable[[Sequence[str]], pd.DataFrame]
"""What some plans have put right on the site, as `Store.corrections`."""


def changed_back(
    changes: pd.DataFrame, applied: Sequence[AppliedPlan], corrections: Corrections, now: datetime
) -> Iterator[Issue]:
    """An issue if this plan, with these changes, has to send again what earlier ones have sent for the same reason."""
    here = changes[(changes["cause"] == "site").to_numpy() & (changes["op"] != "delete").to_numpy()]
    plans = list(dict.fromkeys(plan.id for plan in applied if now - plan.created <= SPAN and _size(plan) < LARGE))
    if not len(here) or len(plans) < TIMES - 1:
        return
    before = corrections(plans).groupby(SAME)["plan"].nunique().rename("times").reset_index()
    again = here.merge(before[before["times"] >= TIMES - 1], on=SAME)
    for name, rows in again.groupby("resource", sort=False):
        resource = CATALOGUE[str(name)]
        keys = unpack(rows["key"].head(EXAMPLES), resource.key).agg(" / ".join, axis="columns").tolist()
        keys += [f"{len(rows) - EXAMPLES:,} more"] * (len(rows) > EXAMPLES)
        one = "one" if len(rows) == 1 else ""
        text = wording("changed-back", one, objects=resource.counted(len(rows)), examples=listed(keys), days=SPAN.days)
        yield text.issue("warning", resource=resource.name)


def _size(plan: AppliedPlan) -> int:
    return sum(counts.get(op, 0) for counts in plan.summary.values() for op in ("create", "update", "delete"))
