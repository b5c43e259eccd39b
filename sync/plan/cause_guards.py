"""Guards of one cause: most of what a mapping would delete is on hold, and what it has in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

import numpy as np

from sync.config.guards import DeleteGuard
from sync.config.mappings import Mapping as MappingFile
from sync.diff.removals import claimed_by
from sync.plan.groupings import Grouping, groupings, missing_part
from sync.plan.guard_context import GuardContext, Positions, Stop
from sync.plan.hold_texts import HoldText, hold_text
from sync.plan.share_guards import MOST, Share, mapping_share

OTHER_TIMES = frozenset({"scope-matches-nothing", "used-before", "overtaken", "creates"})
"""Guards whose holds suggest that a whole file is from another term or another night."""


def many_deletes_of_a_part(context: GuardContext) -> Iterator[Stop]:
    """A large share of what has the same value of a field made from one of the columns of `guards: by`."""
    # A header may be spelled in another case than in the mapping.
    limits, by = context.limits.delete, {name.casefold() for name in context.limits.by}
    if limits is None or not by:
        return
    for mapping in context.mappings:
        share = mapping_share(context, "delete", mapping)
        for grouping in groupings(context, mapping) if share.count else ():
            if by & {name.casefold() for name in grouping.columns}:
                parts = _by_value(context, share, grouping)
                yield from (_part(part, grouping, limits) for part in parts if part.too_many(limits))


def _by_value(context: GuardContext, share: Share, grouping: Grouping) -> Iterator[Share]:
    """The changes value by value, each out of all that the mapping lists with that value, or did."""
    ledger = share.alignment.ledger
    known = ledger["object"][claimed_by(ledger["claims"], frozenset({share.slice["mapping"]}))]
    there = grouping.values(known).value_counts()
    values = grouping.values(context.changes["object"].to_numpy()[share.which])
    for value, at in values.groupby(values, sort=False).indices.items():
        which = share.which[at]
        slice_ = {**share.slice, grouping.field: str(value)}
        yield replace(share, slice=slice_, which=which, count=len(which), there=int(there[str(value)]))


def _part(part: Share, grouping: Grouping, limits: DeleteGuard) -> Stop:
    values = {"field": grouping.called, "value": part.slice[grouping.field], "over": limits.count}
    if part.many(limits):
        return part.stop(part.text("deletes", "by", percent=limits.percent, **values))
    return part.stop(part.text("deletes", "by", "by-most", percent=MOST, **values))


def most_held(context: GuardContext) -> Iterator[Stop]:
    """All that a mapping deletes, if most of it is on hold: it is likely to be one mistake, and one decision.

    The holds of single rosters are its parts.
    """
    if context.limits.delete is None:
        return
    bundled: set[int] = set()
    for mapping in context.mappings:
        share = mapping_share(context, "delete", mapping)
        held = int((context.doubts[share.which] >= 0).sum())
        if held * 100 <= len(share.which) * MOST:
            continue
        rest = len(share.which) - held
        parts = _within(context, share.which) if share.alignment.resource.slice else frozenset()
        if rest or len(parts) > 1:
            bundled |= parts
            yield replace(share.stop(_text(context, mapping, share, held)), parts=parts)
    yield from _of_several_mappings(context, frozenset(bundled))


def _of_several_mappings(context: GuardContext, bundled: frozenset[int]) -> Iterator[Stop]:
    """Holds of rosters that more than one mapping lists, if most of what would be deleted of a resource is in them.

    bundled: holds that are parts of another one already
    """
    for name, alignment in context.alignments.items():
        which = np.flatnonzero(context.own[name] & context.deletes & context.sent)
        parts = _within(context, which) - bundled if alignment.resource.slice and len(which) else frozenset()
        own = which[np.isin(context.doubts[which], [*parts])]
        if len(parts) > 1 and len(own) * 100 > len(which) * MOST:
            share = Share(alignment, {}, own, len(own), len(alignment.observed.rows))
            yield replace(share.stop(share.text("most-held", "several", held=len(own), parts=len(parts))), parts=parts)


def _within(context: GuardContext, which: Positions) -> frozenset[int]:
    """The holds that stop nothing but these changes, and have no parts themselves."""
    doubts = context.doubts
    inside, all_ = (np.bincount(each[each >= 0], minlength=len(context.holds)) for each in (doubts[which], doubts))
    whole = np.flatnonzero((inside > 0) & (inside == all_)).tolist()
    return frozenset(n for n in whole if context.holds[n].guard != "most-held")


def _text(context: GuardContext, mapping: MappingFile, share: Share, held: int) -> HoldText:
    part = missing_part(context, mapping, context.changes["object"].to_numpy()[share.which])
    if part is not None:
        file = next(sheet.name for each, sheet in context.sheets() if each is mapping)
        return share.text("most-held", "missing", file=file, **asdict(part))
    rest = len(share.which) - held
    return share.text("most-held", "" if rest > 1 else "one" if rest else "all", held=held, rest=rest)


def rest_of_set(context: GuardContext) -> Iterator[Stop]:
    """What the other exports ask for, if most of those that arrived together look as if from a different time."""
    read = [mapping for mapping, sheet in context.sheets() if not sheet.delta]
    waiting = [hold for hold in context.holds if hold.guard in OTHER_TIMES and hold.approved_by is None]
    doubted = {hold.slice["mapping"] for hold in waiting if "mapping" in hold.slice}
    others = [mapping for mapping in read if mapping.name not in doubted]
    if len(others) * 2 >= len(read):
        return
    for mapping in others:
        which = context.asked_by(mapping)
        if len(which):
            values = {"doubted": len(doubted), "read": len(read), "mapping": mapping.name, "count": len(which)}
            text = hold_text("rest-of-set", "one" if len(which) == 1 else "", **values)
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, len(which))
