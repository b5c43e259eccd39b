"""The guard of what cannot be brought back: grades and completions that go with a removal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sync.plan.guard_context import GuardContext, Stop
from sync.plan.hold_texts import hold_text
from sync.plan.losses import losing, perhaps_losing


def graded_removals(context: GuardContext) -> Iterator[Stop]:
    """Deletes that lose something, or may, if somebody wants to approve them: one hold a resource in all courses."""
    if context.graded_removals != "hold":
        return
    graded = losing(context.changes) | perhaps_losing(context.changes)
    for name, own in context.own.items():
        which = np.flatnonzero(graded & own)
        if len(which):
            text = hold_text("graded-removals", "one" if len(which) == 1 else "", count=len(which))
            yield Stop(text, name, {}, which, int((own & context.deletes).sum()), alone=True)
