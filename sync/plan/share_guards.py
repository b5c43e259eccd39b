"""Guards of a resource as a whole, and of what one mapping lists of it: too large a share changed in one run.

All that is asked for counts, whether or not another guard has stopped it: the share is what the exports say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sync.config.mappings import Mapping as MappingFile
from sync.diff.field_diff import Sides
from sync.diff.removals import claimed_by
from sync.model import Op
from sync.plan.guard_context import Mask, Positions, Scene, Stop

MOST = 50
"""More than so many percent are most of a resource, however small it is."""

TINY = 4
"""Of so few objects, most may change on an ordinary day."""


@dataclass(frozen=True, slots=True)
class Share:
    """The changes of one kind to a resource, or to what one mapping lists of it, and how many objects there are."""

    side: Sides
    slice: Mapping[str, str]
    which: Positions
    count: int
    there: int

    def over(self, percent: int) -> bool:
        """Whether more than so many percent of the objects change."""
        return self.count * 100 > self.there * percent

    @property
    def most(self) -> bool:
        """Whether most of the objects change, if there are more than a few."""
        return self.there > TINY and self.over(MOST)

    def stop(self, guard: str, limit: str, message: str) -> Stop:
        """All of these changes, stopped."""
        return Stop(guard, self.side.resource.name, self.slice, self.which, self.there, limit, message)


def many_deletes(scene: Scene) -> Iterator[Stop]:
    """A large share of a resource that would be deleted, or most of a small one."""
    limits = scene.limits.delete
    if limits is None:
        return
    for share in _shares(scene, "delete"):
        large = share.count > limits.count and share.over(limits.percent)
        if large or share.most:
            says = f"{limits.percent} % and {limits.count}" if large else f"{MOST} %"
            yield share.stop("deletes", f"{says} of a resource", _says(share, "deleted"))


def many_updates(scene: Scene) -> Iterator[Stop]:
    """A large share of a resource that would be changed at once."""
    limits = scene.limits.update
    for share in _shares(scene, "update") if limits is not None else ():
        if limits is not None and share.count > limits.count and share.over(limits.percent):
            says = f"{limits.percent} % and {limits.count} of a resource"
            yield share.stop("updates", says, _says(share, "updated"))


def many_creates(scene: Scene) -> Iterator[Stop]:
    """A large share of new objects, or most of a small resource or sheet: re-keyed identifiers show up so."""
    limits = scene.limits.create
    if limits is None:
        return
    for share in _shares(scene, "create"):
        large = share.there > limits.over and share.over(limits.percent)
        if large or share.most:
            says = f"{limits.percent} % of more than {limits.over}" if large else f"{MOST} %"
            yield share.stop("creates", f"{says} of a resource", _says(share, "created"))
    for mapping in scene.mappings:
        yield from _rekeyed(scene, mapping)


def _rekeyed(scene: Scene, mapping: MappingFile) -> Iterator[Stop]:
    """Most of what a whole sheet lists is new, though as much was known from it before."""
    side = scene.sides[mapping.resource]
    if mapping.name not in side.desired.complete:
        return
    name = frozenset({mapping.name})
    share = _share(scene, side, "create", mapping)
    listed = int(claimed_by(side.desired.rows["claims"], name).sum())
    if share.count > TINY and share.count * 100 > listed * MOST and share.there > TINY and share.there * 2 >= listed:
        message = (
            f"{share.count:,} of the {listed:,} {side.resource.title} that {mapping.name} lists are new, and "
            f"{share.there:,} were known from it before: have their identifiers changed, or is it another term's file?"
        )
        yield share.stop("creates", f"{MOST} % of what a sheet lists", message)


def irreversible(scene: Scene) -> Iterator[Stop]:
    """An account or a course, or whatever else stands on nothing: all that is in it is lost with it."""
    if scene.limits.delete is None:
        return
    for share in _shares(scene, "delete"):
        resource = share.side.resource
        if share.count and not share.slice and not resource.refs:
            message = (
                f"{resource.counted(share.count)} would be deleted, with grades and everything else in "
                f"{'it' if share.count == 1 else 'them'}. That always needs approval."
            )
            yield share.stop("irreversible", f"{resource.title} are never deleted without approval", message)


def most_held(scene: Scene) -> Iterator[Stop]:
    """The rest of a mapping's deletes, where most of them are on hold: it is likely to be the same mistake."""
    if scene.limits.delete is None:
        return
    for mapping in scene.mappings:
        share = _share(scene, scene.sides[mapping.resource], "delete", mapping)
        held = share.which[scene.doubted[share.which]]
        rest = len(share.which) - len(held)
        if rest and len(held) * 100 > len(share.which) * MOST:
            resource = share.side.resource
            message = (
                f"{len(held):,} of the {resource.counted(len(share.which))} that {mapping.name} would delete are on "
                f"hold, so the other {rest:,} {'is' if rest == 1 else 'are'} on hold too."
            )
            yield share.stop("most-held", "most of a mapping's deletes on hold", message)


def _says(share: Share, done: str) -> str:
    resource = share.side.resource
    if share.slice:
        return (
            f"{resource.counted(share.count)} of the {share.there:,} that come from {share.slice['mapping']} would be "
            f"{done}: is that meant?"
        )
    return f"{resource.counted(share.count)} would be {done} where the site has {share.there:,}: is that meant?"


def _shares(scene: Scene, op: Op) -> Iterator[Share]:
    """Of every resource; and where several mappings feed one, of each mapping."""
    for name, side in scene.sides.items():
        which = np.flatnonzero(_of(scene, op) & scene.own[name])
        if not len(which):
            continue
        yield Share(side, {}, which, _objects(scene, which), len(side.observed.rows))
        feeding = [mapping for mapping in scene.mappings if mapping.resource == name]
        for mapping in feeding if len(feeding) > 1 else ():
            yield _share(scene, side, op, mapping)


def _share(scene: Scene, side: Sides, op: Op, mapping: MappingFile) -> Share:
    """What one mapping asks for, of all objects that are known from it."""
    name = frozenset({mapping.name})
    asked = _of(scene, op) & scene.own[side.resource.name] & claimed_by(scene.changes["claims"], name).to_numpy()
    which = np.flatnonzero(asked)
    there = int(claimed_by(side.ledger["claims"], name).sum()) if len(which) else 0
    return Share(side, {"mapping": mapping.name}, which, _objects(scene, which), there)


def _of(scene: Scene, op: Op) -> Mask:
    mask: Mask = (scene.changes["op"] == op).to_numpy() & scene.sent
    return mask


def _objects(scene: Scene, which: Positions) -> int:
    # An update may go through temporary values: two calls, one object.
    return int(scene.changes["match"].iloc[which].nunique())
