"""Guards of identity: what an identifier means now may not be what it meant before.

Of people and courses with a new identifier, nothing is removed without approval, nor created a second time. Of an
account whose number seems to mean somebody else, nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.contributions import dropped
from sync.diff.field_diff import Alignment
from sync.diff.identity import alias_row, damaged, in_common
from sync.diff.reuse import somebody_else
from sync.model import Origin, Resource
from sync.model.findings import listed
from sync.model.frames import standing_on
from sync.model.index import Numbers, among
from sync.model.resources import CATALOGUE
from sync.model.values import equals
from sync.plan.guard_context import GuardContext, Mask, Positions, Stop
from sync.plan.hold_texts import HoldText, hold_text

SEVERAL = 5
"""If this many occur at once, they are one hold: most likely all identifiers have changed."""

EXAMPLES = 3
"""Number of objects that are named in that case."""


def new_identifier(context: GuardContext) -> Iterator[Stop]:
    """Deletes of what seems to be in the sheets under another identifier, and creates of what seems to be there.

    Everything below both is stopped with them. Each pair is one hold; many pairs of a resource are one.
    """
    for alignment in context.alignments.values():
        if not len(alignment.alike) and not len(alignment.resembling):
            continue
        pairs = _pairs(alignment)
        if not len(pairs):
            continue
        stakes = _stakes(context, alignment, pairs)
        if not len(stakes.which):
            yield from _left_out(context, alignment, pairs, stakes)
            continue
        found = np.unique(stakes.pair)
        if len(found) >= SEVERAL:
            yield stakes.stop(_many(alignment.resource, pairs.iloc[found], stakes), {})
            continue
        for at in found.tolist():
            own, row = stakes.of(at), pairs.iloc[at].to_dict()
            text = _one(alignment.resource, row, own)
            yield own.stop(text, {alignment.resource.key[0]: str(row["called"])}, alone=True)


def reused_identifier(context: GuardContext) -> Iterator[Stop]:
    """Updates of accounts that seem to be somebody else's now, with everything below them. Many are one hold."""
    for name, alignment in context.alignments.items() if context.limits.update is not None else ():
        updates = context.own[name] & equals(context.changes["op"], "update") & context.sent
        if not alignment.resource.personal or not updates.any():
            continue
        rows = somebody_else(alignment, context.changes["object"][updates])
        every = [(context.sent, rows["object"])]
        stakes = _below(context, alignment, every) if len(rows) else None
        if stakes is None:
            continue
        if len(rows) >= SEVERAL:
            yield stakes.stop(_many_reused(alignment.resource, rows, stakes), {})
            continue
        for at, row in enumerate(rows.to_dict("records")):
            own = stakes.of(at)
            slice_ = {part: str(row[part]) for part in alignment.resource.key}
            yield own.stop(_one_reused(alignment.resource, row, own), slice_, alone=True)


def _pairs(alignment: Alignment) -> pd.DataFrame:
    """By strong and weak evidence: columns as in `LIKENESS`, object, and `case`, a variant of the guard's text.

    `taken`: the site already has a value of the new one; `merged`: the new one is there too.
    """
    likely = alignment.alike[~damaged(alignment.alike).to_numpy(dtype=bool)]
    weak = alignment.resembling
    merged = pd.Series(among(weak["object"], alignment.observed.rows["object"]), index=weak.index)
    cases = likely.assign(case="taken"), weak.assign(case=merged.map({True: "merged", False: ""}))
    return pd.concat(cases, ignore_index=True)


def _left_out(context: GuardContext, alignment: Alignment, pairs: pd.DataFrame, stakes: _Stakes) -> Iterator[Stop]:
    """Many rows that are left out, while nothing of those whom they seem to mean would be changed: a hold all the same.

    Only in the run in which these are missing for the first time: most of what the exports have just lost is in the
    pairs. Afterwards each row is still reported.
    """
    own = [mapping for mapping in context.mappings if mapping.resource == alignment.resource.name]
    good = {mapping.name: context.past(mapping).last for mapping in own}
    lost = dropped(alignment.desired, alignment.ledger["object"], own, good) if len(pairs) >= SEVERAL else None
    if lost is not None and lost < len(pairs) * 2 and len(pairs) <= lost:
        text = _many(alignment.resource, pairs, stakes)
        about = "\x1e".join(pairs["called"] + "\x1f" + pairs["new"].fillna(""))
        yield Stop(text, alignment.resource.name, {}, stakes.which, len(pairs), about=about)


# -- what is at stake ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stakes:
    """Changes (by position) of what pairs consist of, and of what is below it: which pair each belongs to."""

    changes: pd.DataFrame
    which: Positions
    pair: Numbers

    def of(self, pair: int) -> _Stakes:
        """Those of one pair."""
        own = self.pair == pair
        return _Stakes(self.changes, self.which[own], self.pair[own])

    def counts(self, op: str) -> list[tuple[Resource, int]]:
        """How many objects are changed in this way, resource by resource; a set instead of a delete counts as one."""
        rows = self.changes.iloc[self.which]
        done = rows["op"].mask(rows["set"] > 0, "delete")
        counts = rows["resource"][(done == op).to_numpy()].value_counts()
        return [(resource, int(counts[name])) for name, resource in CATALOGUE.items() if name in counts]

    def stop(self, text: HoldText, slice_: dict[str, str], alone: bool = False) -> Stop:
        """All of them, stopped; what depends on nothing gives the hold its name."""
        names = {*self.changes["resource"].iloc[self.which]}
        first = next(name for name in CATALOGUE if name in names)
        return Stop(text, first, slice_, self.which, len(self.which), alone=alone)


def _stakes(context: GuardContext, alignment: Alignment, pairs: pd.DataFrame) -> _Stakes:
    """Deletes of the old objects and creates of the new ones, with everything below them.

    Where two are merged, what the one gains is not at stake.
    """
    new = pairs["object"].mask((pairs["case"] == "merged").to_numpy(), -1)
    sides = [
        (context.limits.delete, context.deletes, pairs["old"]),
        (context.limits.create, (context.changes["op"] == "create").to_numpy(), new),
    ]
    asked = [(of_op, roots) for limit, of_op, roots in sides if limit is not None]
    return _below(context, alignment, asked)


def _below(context: GuardContext, alignment: Alignment, sides: Sequence[tuple[Mask, pd.Series[Any]]]) -> _Stakes:
    """Those of some changes that are of root objects of a resource, or below one."""
    objects = context.changes["object"].to_numpy()
    which, pair = [np.empty(0, np.intp)], [np.empty(0, np.int64)]
    for of_op, roots in sides:
        for name, below in context.alignments.items():
            where = np.flatnonzero(context.own[name] & of_op & context.sent)
            of = standing_on(below.resource, below.index, alignment.resource.name, objects[where], roots)
            which.append(where[of >= 0])
            pair.append(of[of >= 0])
    return _Stakes(context.changes, np.concatenate(which), np.concatenate(pair))


# -- in words --------------------------------------------------------------------------------------------------


def _one(resource: Resource, row: Mapping[Any, Any], stakes: _Stakes) -> HoldText:
    known = isinstance(row["new"], str)
    old, new = row["called"], row["new"] if known else f"a {resource.noun} without an identifier"
    deleted, created = (
        _of_one(resource, stakes.counts(op), called) for op, called in (("delete", old), ("create", new))
    )
    return hold_text(
        "new-identifier",
        row["case"],
        "" if known else "blank",
        object=resource.noun,
        subject=resource.noun.capitalize(),
        old=old,
        new=new,
        place=Origin(row["file"], row["tab"] if isinstance(row["tab"], str) else None, int(row["row"])),
        same=in_common(resource, row["evidence"]),
        changes=_changes(deleted, created),
        alias=alias_row(resource, old, new),
    )


def _many(resource: Resource, pairs: pd.DataFrame, stakes: _Stakes) -> HoldText:
    examples = [f"{row['called']} (now {row['new']})" for row in pairs.head(EXAMPLES).to_dict("records")]
    deleted, created = (listed(each.counted(count) for each, count in stakes.counts(op)) for op in ("delete", "create"))
    return hold_text(
        "new-identifier",
        "many",
        "" if len(stakes.which) else "idle",
        object=resource.noun,
        objects=resource.counted(len(pairs)),
        pairs=listed(examples),
        alias=alias_row(resource, pairs["called"].iloc[0], pairs["new"].iloc[0]),
        changes=_changes(deleted, created),
    )


def _one_reused(resource: Resource, row: Mapping[Any, Any], stakes: _Stakes) -> HoldText:
    called = str(row[resource.key[0]])
    done = [_of_one(resource, stakes.counts(op), called) for op in ("update", "delete", "create")]
    return hold_text(
        "reused-identifier",
        object=resource.noun,
        subject=resource.noun.capitalize(),
        called=called,
        place=Origin(row["file"], row["tab"] if isinstance(row["tab"], str) else None, int(row["row"])),
        changes=_all_changes(done),
    )


def _many_reused(resource: Resource, rows: pd.DataFrame, stakes: _Stakes) -> HoldText:
    done = [listed(each.counted(count) for each, count in stakes.counts(op)) for op in ("update", "delete", "create")]
    return hold_text(
        "reused-identifier",
        "many",
        object=resource.noun,
        objects=resource.counted(len(rows)),
        examples=listed(rows[resource.key[0]].head(EXAMPLES)),
        changes=_all_changes(done),
    )


def _of_one(resource: Resource, counts: Sequence[tuple[Resource, int]], called: str) -> str:
    """What of an object is changed: `user S3 with 2 enrolments`, `2 enrolments of S3`; nothing if nothing is."""
    below = listed(each.counted(count) for each, count in counts if each is not resource)
    if any(each is resource for each, _ in counts):
        return f"{resource.noun} {called}{f' with {below}' if below else ''}"
    return f"{below} {'of' if resource.personal else 'in'} {called}" if below else ""


def _changes(deleted: str, created: str) -> str:
    """`deleting 2 enrolments of S3, and creating user N3 with 2 enrolments`."""
    return ", and ".join([f"deleting {deleted}"] * bool(deleted) + [f"creating {created}"] * bool(created))


def _all_changes(done: Sequence[str]) -> str:
    """`changing user S3, deleting 2 enrolments of S3 and creating 1 enrolment of S3`: what is changed by each op."""
    return listed(
        f"{doing} {what}" for doing, what in zip(("changing", "deleting", "creating"), done, strict=True) if what
    )
