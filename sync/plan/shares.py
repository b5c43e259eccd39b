"""Guards of a resource as a whole: too large a share of it that would be changed in one night.

What other guards stopped already does not count: one course that goes wrong holds up that course, not all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sync.plan.scene import Scene, Stop


def many_deletes(scene: Scene) -> Iterator[Stop]:
    """A large share of a resource that would go."""
    limits = scene.limits.delete
    if limits is not None:
        says = f"{limits.percent} % and {limits.count}"
        yield from _share(scene, "delete", limits.percent, lambda count, there: count > limits.count, says)


def many_updates(scene: Scene) -> Iterator[Stop]:
    """A large share of a resource that would be changed at once."""
    limits = scene.limits.update
    if limits is not None:
        says = f"{limits.percent} % and {limits.count}"
        yield from _share(scene, "update", limits.percent, lambda count, there: count > limits.count, says)


def many_creates(scene: Scene) -> Iterator[Stop]:
    """A large share of new objects: identifiers that were re-keyed show up so."""
    limits = scene.limits.create
    if limits is not None:
        says = f"{limits.percent} % of more than {limits.over}"
        yield from _share(scene, "create", limits.percent, lambda count, there: there > limits.over, says)


def _share(scene: Scene, op: str, percent: int, counts: Callable[[int, int], bool], says: str) -> Iterator[Stop]:
    of_op = (scene.changes["op"] == op).to_numpy() & scene.sent & scene.free
    for name, side in scene.sides.items():
        which, there = np.flatnonzero(of_op & scene.own[name]), len(side.observed.rows)
        # An update may go through temporary values: two calls, one object.
        count = scene.changes["match"].iloc[which].nunique()
        if count and counts(count, there) and count * 100 > there * percent:
            yield Stop(
                f"{op}s",
                name,
                {},
                which,
                there,
                f"{says} of a resource",
                f"{side.resource.counted(count)} would be {op}d where the site has {there:,}: is that meant?",
            )
