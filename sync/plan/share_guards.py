"""Guards of a resource as a whole, and of what one mapping lists of it: too large a share changed in one run.

All that is asked for counts, whether or not another guard has stopped it: the share is what the exports say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sync.config.mappings import Mapping as MappingFile
from sync.diff.field_diff import Alignment
from sync.diff.removals import claimed_by
from sync.model import Op
from sync.plan.guard_context import GuardContext, Mask, Positions, Stop

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

    @property
    def most(self) -> bool:
        """Whether most of the objects change, if there are more than a few."""
        return self.there > TINY and self.over(MOST)

    def stop(self, guard: str, limit: str, message: str) -> Stop:
        """All of these changes, stopped."""
        return Stop(guard, self.alignment.resource.name, self.slice, self.which, self.there, limit, message)


def many_deletes(context: GuardContext) -> Iterator[Stop]:
    """A large share of a resource that would be deleted, or most of a small one."""
    limits = context.limits.delete
    if limits is None:
        return
    for share in _shares(context, "delete"):
        large = share.count > limits.count and share.over(limits.percent)
        if large or share.most:
            says = f"over {limits.percent} % and over {limits.count}" if large else f"over {MOST} %"
            yield share.stop("deletes", f"{says} of the {share.alignment.resource.title}", _says(share, "deleted"))


def many_updates(context: GuardContext) -> Iterator[Stop]:
    """A large share of a resource that would be changed at once."""
    limits = context.limits.update
    for share in _shares(context, "update") if limits is not None else ():
        if limits is not None and share.count > limits.count and share.over(limits.percent):
            says = f"over {limits.percent} % and over {limits.count} of the {share.alignment.resource.title}"
            yield share.stop("updates", says, _says(share, "updated"))


def many_creates(context: GuardContext) -> Iterator[Stop]:
    """A large share of new objects, or most of a small resource or sheet: this is how changed identifiers show up."""
    limits = context.limits.create
    if limits is None:
        return
    for share in _shares(context, "create"):
        large = share.there > limits.over and share.over(limits.percent)
        if large or share.most:
            says = f"over {limits.percent} % of more than {limits.over}" if large else f"over {MOST} % of the"
            yield share.stop("creates", f"{says} {share.alignment.resource.title}", _says(share, "created"))
    for mapping in context.mappings:
        yield from _rekeyed(context, mapping)


def _rekeyed(context: GuardContext, mapping: MappingFile) -> Iterator[Stop]:
    """Most of what a whole sheet lists is new, though at least as much was known from it before."""
    alignment = context.alignments[mapping.resource]
    if mapping.name not in alignment.desired.complete:
        return
    name = frozenset({mapping.name})
    share = _share(context, alignment, "create", mapping)
    listed = int(claimed_by(alignment.desired.rows["claims"], name).sum())
    if share.count > TINY and share.count * 100 > listed * MOST and share.there > TINY and share.there * 2 >= listed:
        message = (
            f"{share.count:,} of the {listed:,} {alignment.resource.title} that {mapping.name} lists are new, although "
            f"{share.there:,} were known from it. Have their identifiers changed, or is this another term's file?"
        )
        yield share.stop("creates", f"over {MOST} % of what an export lists", message)


def irreversible(context: GuardContext) -> Iterator[Stop]:
    """An account or a course, or whatever else depends on nothing: everything in it would be lost with it."""
    if context.limits.delete is None:
        return
    for share in _shares(context, "delete"):
        resource = share.alignment.resource
        if share.count and not share.slice and not resource.refs:
            message = (
                f"{resource.counted(share.count)} would be deleted, with grades and everything else in "
                f"{'it' if share.count == 1 else 'them'}. That always needs approval."
            )
            yield share.stop("irreversible", f"{resource.title} are never deleted without approval", message)


def most_held(context: GuardContext) -> Iterator[Stop]:
    """The rest of a mapping's deletes if most of them are on hold: it is likely to be the same mistake."""
    if context.limits.delete is None:
        return
    for mapping in context.mappings:
        share = _share(context, context.alignments[mapping.resource], "delete", mapping)
        held = share.which[context.doubted[share.which]]
        rest = len(share.which) - len(held)
        if rest and len(held) * 100 > len(share.which) * MOST:
            resource = share.alignment.resource
            message = (
                f"{len(held):,} of the {resource.counted(len(share.which))} that {mapping.name} would delete are on "
                f"hold, so the other {rest:,} {'is' if rest == 1 else 'are'} on hold too."
            )
            yield share.stop("most-held", "most of the mapping's removals on hold", message)


def _says(share: Share, done: str) -> str:
    resource = share.alignment.resource
    if share.slice:
        return (
            f"{resource.counted(share.count)} of the {share.there:,} that come from {share.slice['mapping']} would be "
            f"{done}. Is that intended?"
        )
    return f"{resource.counted(share.count)} would be {done}; Moodle has {share.there:,}. Is that intended?"


def _shares(context: GuardContext, op: Op) -> Iterator[Share]:
    """One for every resource; and if several mappings feed one, one for each mapping."""
    for name, alignment in context.alignments.items():
        which = np.flatnonzero(_of(context, op) & context.own[name])
        if not len(which):
            continue
        yield Share(alignment, {}, which, _objects(context, which), len(alignment.observed.rows))
        feeding = [mapping for mapping in context.mappings if mapping.resource == name]
        for mapping in feeding if len(feeding) > 1 else ():
            yield _share(context, alignment, op, mapping)


def _share(context: GuardContext, alignment: Alignment, op: Op, mapping: MappingFile) -> Share:
    """What one mapping asks for, out of all objects known from it."""
    name = frozenset({mapping.name})
    asked = (
        _of(context, op) & context.own[alignment.resource.name] & claimed_by(context.changes["claims"], name).to_numpy()
    )
    which = np.flatnonzero(asked)
    there = int(claimed_by(alignment.ledger["claims"], name).sum()) if len(which) else 0
    return Share(alignment, {"mapping": mapping.name}, which, _objects(context, which), there)


def _of(context: GuardContext, op: Op) -> Mask:
    mask: Mask = (context.changes["op"] == op).to_numpy() & context.sent
    return mask


def _objects(context: GuardContext, which: Positions) -> int:
    # An update may go through temporary values: two calls, one object.
    return int(context.changes["match"].iloc[which].nunique())
