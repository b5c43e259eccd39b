"""Which reads to make.

Lists are read in full. Single objects are read at first sight, when the sheets changed them, when they are about to be
deleted or a delta says that they are gone, and in a rolling share of the rest with each plan; the others are taken as
remembered. Parents are read before their children: below an object that is not there, nothing is read and nothing is
remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from sync.model import Conventions, Desired, Field, Read, Resource
from sync.model.columns import rows_where, selected, stacked, with_columns
from sync.model.frames import fields_of, unnamed
from sync.model.index import Flags, Index, Numbers, Objects, among, firsts, parent_key, places
from sync.model.resources import CATALOGUE
from sync.model.turns import Turns
from sync.model.values import match_of, no_rows, same, unpack

ReadPolicy = Literal["share", "full", "ledger", "named"]
"""How much of what can be read is read: `share` by the rules above, everything, nothing at all, or only the lists and
objects that rows name."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of one resource before the site is read, with the numbers of its index.

    ledger: its ledger rows (columns `LEDGER`, object)
    wanted: match, object and key columns of objects that children refer to and no sheet lists
    absent: by parent resource, the objects that are known not to be on the site
    """

    resource: Resource
    index: Index
    desired: Desired
    ledger: pd.DataFrame
    wanted: pd.DataFrame
    absent: Mapping[str, Numbers] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadCycle:
    """What decides how much is read: the policy, and the turns in which everything is read once.

    `activity` says whether to read as well which objects are not in force.
    """

    policy: ReadPolicy
    turns: Turns
    activity: bool = False


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """The GETs to make for one resource.

    `keys` has the columns `read.by`, and `at`, the index number of the key they make up. `extra` are fields
    that are not in the catalogue but to be taken from the responses if they are there, and the properties that show
    who owns an object.
    """

    read: Read
    keys: pd.DataFrame
    extra: tuple[str, ...] = ()


def below_leaving(resource: Resource, leaving: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The lists of a resource to read because a parent may be deleted with everything below it.

    leaving: ledger rows that may be deleted, by resource
    """
    by = resource.reads[0].by if resource.reads and resource.reads[0].many else ()
    frames = [
        unpack(rows["key"], list(takes.on)).rename(columns=takes.on)[list(by)]
        for name, rows in leaving.items()
        for takes in CATALOGUE[name].takes
        if len(rows) and takes.resource == resource.name and by and set(by) <= set(takes.on.values())
    ]
    return stacked(no_rows(*by), *frames)


def plan_reads(
    expected: Expected, leaving: Objects, below: pd.DataFrame, cycle: ReadCycle, conventions: Conventions
) -> ReadPlan | None:
    """The GETs to make for this plan; None if nothing of the resource is read.

    leaving: objects of ledger rows that may be deleted
    below:   columns `by` of lists of what would be removed with parents that may be deleted
    """
    resource, desired, ledger, wanted = expected.resource, expected.desired, expected.ledger, expected.wanted
    if not resource.reads or cycle.policy == "ledger":
        return None
    read, index = resource.reads[0], expected.index
    named = cycle.policy == "named"
    whole = read.many or cycle.policy == "full"
    known = _removed(expected) if named else ledger if whole else _due(expected, leaving, cycle)
    rows = desired.rows if whole or named else _fresh(expected, cycle, conventions)
    removals = rows_where(desired.removals, ~among(desired.removals["object"], ledger["object"]))
    if not read.many:
        wanted = rows_where(wanted, ~among(wanted["object"], ledger["object"]))
    by = list(read.by)
    rows, known = (rows_where(frame, firsts(index.part(frame["object"], by))) for frame in (rows, known))
    first, *others = [selected(frame, by) for frame in (rows, removals, wanted)]
    keys = stacked(first, unpack(known["key"], by), *others, below)
    keys = with_columns(keys, at=index.space(by).numbers(match_of(keys, resource.named(read.by), conventions)))
    keys = rows_where(keys, firsts(keys["at"]) & ~below_absent(expected, keys["at"], by))
    asked = read.active if cycle.activity else ()
    return ReadPlan(read, keys, tuple(dict.fromkeys((*unnamed(resource, desired.rows), *read.ours, *asked))))


def _removed(expected: Expected) -> pd.DataFrame:
    """Remembered objects that a delta says are gone."""
    return rows_where(expected.ledger, among(expected.ledger["object"], expected.desired.removals["object"]))


def _due(expected: Expected, leaving: Objects, cycle: ReadCycle) -> pd.DataFrame:
    """Remembered objects that no sheet lists: those about to be deleted, and those whose turn it is."""
    ledger = expected.ledger
    named = among(ledger["object"], expected.desired.rows["object"])
    going = among(ledger["object"], leaving)
    turn = cycle.turns.of(ledger["match"])
    due: pd.DataFrame = ledger[~named & (going | turn)]
    return due


def _fresh(expected: Expected, cycle: ReadCycle, conventions: Conventions) -> pd.DataFrame:
    """Rows of objects that are new or changed since they were sent, and those whose turn it is."""
    resource, desired, ledger = expected.resource, expected.desired, expected.ledger
    rows = desired.rows
    at = places(rows["object"], ledger["object"])
    changed = pd.Series(at < 0, index=rows.index)
    names = [name for name in fields_of(resource, rows) if name not in desired.on_create]
    sent = unpack(ledger["sent"].iloc[at[at >= 0]], names)
    inside = rows[at >= 0]
    for name in names:
        was = sent[name].set_axis(inside.index)
        equal = same(inside[name], was, resource.field(name) or Field(name), conventions)
        changed[at >= 0] |= inside[name].notna() & ~equal
    return rows[changed | cycle.turns.of(rows["match"])]


def below_absent(expected: Expected, objects: Objects, names: Sequence[str]) -> Flags:
    """Which objects, or parts of them (the key fields `names`, numbered), have a parent that is not there."""
    below = np.zeros(len(objects), dtype=bool)
    for ref in expected.resource.refs:
        if set(ref.on) <= set(names) and len(expected.absent.get(ref.resource, ())):
            key = parent_key(ref.resource, ref.on)
            # A part that is the whole key of a parent has the parent's number already.
            whole = key == tuple(names)
            parents = objects if whole else expected.index.space(names).part(objects, key)
            below |= among(parents, expected.absent[ref.resource])
    return below
