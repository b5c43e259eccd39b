"""Guards of a resource as a whole, and of what one mapping lists of it: too large a share changed in one run.

All that is asked for counts, whether or not another guard has stopped it: the share is what the exports say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sync.config.guards import DeleteGuard, UpdateGuard
from sync.config.mappings import Mapping as MappingFile
from sync.diff.field_diff import Alignment
from sync.diff.removals import claimed_by
from sync.model import Op
from sync.model.columns import rows_where
from sync.model.index import among
from sync.model.values import equals
from sync.plan.guard_context import GuardContext, Mask, Positions, Stop
from sync.plan.hold_texts import HoldText, hold_text

MOST = 50
"""More than this percentage is most of a resource, however small it is."""

TINY = 4
"""Of at most this many objects, most may change on a normal day."""


@dataclass(frozen=True, slots=True)
class Share:
    """The changes of one kind to a resource, or to what one mapping lists of it, and how many objects there are."""

    alignment: Alignment
    slice: Mapping[str, str]
    which: Positions
    count: int
    there: int

    def over(self, percent: int) -> bool:
        """Whether more than this percentage of the objects change."""
        return self.count * 100 > self.there * percent

    def many(self, limits: DeleteGuard | UpdateGuard) -> bool:
        """Whether more objects change than both limits allow."""
        return self.count > limits.count and self.over(limits.percent)

    @property
    def most(self) -> bool:
        """Whether most of the objects change, if there are more than a few."""
        return self.there > TINY and self.over(MOST)

    def too_many(self, limits: DeleteGuard) -> bool:
        """Whether more objects change than any run should delete."""
        return self.many(limits) or self.most

    def text(self, guard: str, *variants: str, **values: object) -> HoldText:
        """What a guard says of these changes."""
        resource = self.alignment.resource
        return hold_text(
            guard,
            *variants,
            changes=resource.counted(self.count),
            objects=resource.title,
            there=self.there,
            **self.slice,
            **values,
        )

    def stop(self, text: HoldText) -> Stop:
        """All of these changes, stopped."""
        return Stop(text, self.alignment.resource.name, self.slice, self.which, self.there)


def many_deletes(context: GuardContext) -> Iterator[Stop]:
    """A large share of a resource that would be deleted, or most of a small one."""
    limits = context.limits.delete
    if limits is not None:
        percent, over = limits.percent, limits.count
        yield from _too_many(context, "delete", lambda share: share.many(limits), percent=percent, over=over)


def many_updates(context: GuardContext) -> Iterator[Stop]:
    """A large share of a resource that would be changed at once."""
    limits = context.limits.update
    for share in _shares(context, "update") if limits is not None else ():
        if limits is not None and share.many(limits):
            yield share.stop(share.text("updates", *share.slice, percent=limits.percent, over=limits.count))


def many_creates(context: GuardContext) -> Iterator[Stop]:
    """A large share of new objects, or most of a small resource or sheet: this is how changed identifiers show up."""
    limits = context.limits.create
    if limits is None:
        return
    percent, over = limits.percent, limits.over
    large: Callable[[Share], bool] = lambda share: share.there > over and share.over(percent)  # noqa: E731
    yield from _too_many(context, "create", large, percent=percent, over=over)
    for mapping in context.mappings:
        yield from _rekeyed(context, mapping)


def _rekeyed(context: GuardContext, mapping: MappingFile) -> Iterator[Stop]:
    """Most of what a whole sheet lists is new, though at least as much was known from it before."""
    alignment = context.alignments[mapping.resource]
    if mapping.name not in alignment.desired.complete:
        return
    name = frozenset({mapping.name})
    share = mapping_share(context, "create", mapping)
    listed = int(claimed_by(alignment.desired.rows["claims"], name).sum())
    if share.count > TINY and share.count * 100 > listed * MOST and share.there > TINY and share.there * 2 >= listed:
        yield share.stop(share.text("creates", "rekeyed", percent=MOST, count=share.count, listed=listed))


def _too_many(context: GuardContext, op: Op, exceeds: Callable[[Share], bool], **limits: int) -> Iterator[Stop]:
    """The shares of changes of one kind that exceed the limits, or are most of what there is."""
    for share in _shares(context, op):
        if exceeds(share):
            yield share.stop(share.text(f"{op}s", *share.slice, **limits))
        elif share.most:
            yield share.stop(share.text(f"{op}s", "most", *share.slice, percent=MOST))


def irreversible(context: GuardContext) -> Iterator[Stop]:
    """An account or a course, or whatever else depends on nothing: everything in it would be lost with it."""
    if context.limits.delete is None:
        return
    for share in _shares(context, "delete"):
        which = share.which[context.free[share.which]]
        which = which[equals(context.changes["op"].iloc[which], "delete")]
        if len(which) and not share.slice and not share.alignment.resource.refs:
            left = replace(share, which=which, count=_objects(context, which))
            yield left.stop(left.text("irreversible", "one" if left.count == 1 else ""))


def _shares(context: GuardContext, op: Op) -> Iterator[Share]:
    """One for every resource; and if several mappings feed one, one for each mapping."""
    asked = _of(context, op)
    for name, alignment in context.alignments.items():
        which = np.flatnonzero(asked & context.own[name])
        if not len(which):
            continue
        yield Share(alignment, {}, which, _objects(context, which), len(context.there(alignment)))
        feeding = [mapping for mapping in context.mappings if mapping.resource == name]
        for mapping in feeding if len(feeding) > 1 else ():
            yield mapping_share(context, op, mapping)


def mapping_share(context: GuardContext, op: Op, mapping: MappingFile) -> Share:
    """What one mapping asks for, out of all objects known from it."""
    alignment, name = context.alignments[mapping.resource], frozenset({mapping.name})
    which = np.flatnonzero(_of(context, op) & context.own[mapping.resource])
    which = which[claimed_by(context.changes["claims"].iloc[which], name).to_numpy(dtype=bool)]
    there = int(claimed_by(_known(context, alignment)["claims"], name).sum()) if len(which) else 0
    return Share(alignment, {"mapping": mapping.name}, which, _objects(context, which), there)


def _known(context: GuardContext, alignment: Alignment) -> pd.DataFrame:
    """What is remembered of a resource, without what was removed before by setting values."""
    ledger, removed = alignment.ledger, context.removed.get(alignment.resource.name)
    return ledger if removed is None else rows_where(ledger, ~among(ledger["object"], removed))


def _of(context: GuardContext, op: Op) -> Mask:
    """What is sent of one kind. What is set instead of a delete counts as one."""
    mask: Mask = context.deletes if op == "delete" else equals(context.changes["op"], op) & ~context.deletes
    return mask & context.sent


def _objects(context: GuardContext, which: Positions) -> int:
    # An update may go through temporary values: two calls, one object.
    return int(context.changes["match"].iloc[which].nunique()) if len(which) else 0
