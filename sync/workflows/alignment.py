"""The three sides of a resource, put beside each other once its parents are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pandas as pd

from sync.diff import countdown, dependencies, identity, removals, renumbering, weak_evidence
from sync.diff.contributions import dropped
from sync.diff.field_diff import Alignment
from sync.diff.ledger_updates import no_memories
from sync.diff.missing_set import deleted, unsettled
from sync.diff.renumbering import MovedRows, nothing_moved, perhaps_renumbered, renumbered
from sync.model import Desired, Issue, Observed, Resource
from sync.model.index import Flags, Index, Numbers, Objects, among, no_objects, numbered, places
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE, companion
from sync.model.values import unpack
from sync.observe.context import Context
from sync.observe.observed import doubts, nothing_observed, observe, without
from sync.observe.read_plan import (
    Expected,
    ReadCycle,
    ReadPlan,
    below_absent,
    below_leaving,
    plan_reads,
)
from sync.observe.reading import Responses, read
from sync.plan.history import good_inputs
from sync.workflows.desired import Pasts, nothing_desired


@dataclass(slots=True)
class Collection:
    """What has been collected so far, by resource: each is aligned once its parents are.

    stated:  what the sheets say; all frames, those of `ledgers` too, have the numbers of `indexes`
    desired: what the sheets say; of those that are aligned, without rows with missing parents or misread identifiers
    scopes:  of these, the resources that a mapping feeds
    guessed: files whose encoding is not certain
    moved:   ledger rows that now have another identifier, as the site does
    absences: what was missing before (match, since, object); `waits`: the mappings that wait for it
    """

    context: Context
    cycle: ReadCycle
    past: Pasts
    indexes: Mapping[str, Index]
    stated: Mapping[str, Desired]
    ledgers: dict[str, pd.DataFrame]
    desired: dict[str, Desired]
    scopes: dict[str, Desired]
    absences: Mapping[str, pd.DataFrame]
    waits: countdown.Waits
    observed: dict[str, Observed] = field(default_factory=dict)
    aligned: dict[str, Alignment] = field(default_factory=dict)
    issues: dict[str, list[Issue]] = field(default_factory=lambda: {name: [] for name in CATALOGUE})
    guessed: frozenset[str] = frozenset()
    moved: dict[str, MovedRows] = field(default_factory=dict)

    @property
    def absent(self) -> dict[str, Numbers]:
        """What is known to be absent from the site."""
        return {name: each.absent for name, each in self.observed.items()}

    @property
    def alignments(self) -> dict[str, Alignment]:
        """By resource as in the catalogue, with what is observed in the end: a child may show that a parent is gone."""
        return {name: replace(self.aligned[name], observed=self.observed[name]) for name in CATALOGUE}


def align(found: Collection, generation: Sequence[Resource]) -> None:
    """Put the three sides of resources that do not depend on each other next to each other; they are read together."""
    here = [_expected(found, each) for each in generation if _has_part(found, each)]
    removable = {each.resource.name: _removable(found, each) for each in here}
    plans = {each.resource.name: _reads(found, each, removable[each.resource.name]) for each in here}
    made = {name: plan for name, plan in plans.items() if plan is not None}
    responses = read(found.context, found.indexes, made)
    for resource in generation:
        if resource.name not in plans:
            _leave_out(found, resource)
    for expected in here:
        name = expected.resource.name
        _align_one(found, expected, responses.get(name), removable[name])


def _align_one(found: Collection, expected: Expected, responses: Responses | None, removable: pd.DataFrame) -> None:
    resource, issues = expected.resource, found.issues[expected.resource.name]
    # What was read together may have shown that a parent is gone.
    expected = replace(expected, absent=found.absent)
    observed = _observed(found, expected, responses)
    if _follow(found, expected, observed):
        expected = replace(expected, ledger=found.ledgers[resource.name])
        observed, removable = _observed(found, expected, responses), _removable(found, expected)
    issues += _unread(expected, responses) if responses is not None else []
    alike = identity.likenesses(resource, expected.desired, observed, expected.ledger, found.context.config.conventions)
    resembling = _resembling(found, expected, observed, alike)
    desired = _sound(found, expected, identity.in_the_way(alike, deleted(removable)["object"]))
    leaving = _leaving(found, expected, desired)
    due, waiting = _due(found, expected, desired, leaving)
    issues += [*removals.unmanaged(resource, desired, expected.ledger, observed), *leaving.issues]
    issues += [*_foreign(resource, observed), *weak_evidence.issues(resource, desired, observed, resembling)]
    found.aligned[resource.name] = Alignment(
        resource=resource,
        index=expected.index,
        desired=desired,
        observed=observed,
        ledger=expected.ledger,
        leaving=due,
        countdown=waiting,
        wanted=expected.wanted,
        alike=alike,
        resembling=resembling,
        mappings=frozenset(mapping.name for mapping in found.context.config.mappings),
        guessed=found.guessed,
        moved=nothing_moved(),
    )


def _expected(found: Collection, resource: Resource) -> Expected:
    """What is known of a resource before the site is read."""
    name = resource.name
    wanted = dependencies.wanted(resource, found.stated, found.indexes)
    return Expected(resource, found.indexes[name], found.stated[name], found.ledgers[name], wanted, found.absent)


def _has_part(found: Collection, resource: Resource) -> bool:
    """Whether a resource is mapped, remembered, referred to by others' rows, or removed by others' deletes."""
    name = resource.name
    children = (child for child in CATALOGUE.values() if len(found.stated[child.name].rows))
    leaving = (each.resource for each in found.aligned.values() if len(deleted(each.leaving)))
    return (
        name in found.scopes
        or len(found.ledgers[name]) > 0
        or any(ref.resource == name for child in children for ref in child.refs)
        or any(takes.resource == name for parent in leaving for takes in parent.takes)
    )


def _leave_out(found: Collection, resource: Resource) -> None:
    names = frozenset(mapping.name for mapping in found.context.config.mappings)
    index = found.indexes[resource.name]
    found.aligned[resource.name] = replace(idle(resource.name), index=index, mappings=names)
    found.observed[resource.name] = found.aligned[resource.name].observed


@cache
def idle(name: str) -> Alignment:
    """A resource that plays no part in this plan."""
    resource, ledger = CATALOGUE[name], no_memories().assign(object=np.empty(0, np.int64))
    desired, wanted = nothing_desired(name), no_objects(*resource.key, "match")
    return Alignment(
        resource=resource,
        index=Index(resource.key, {}),
        desired=desired,
        observed=nothing_observed(resource),
        ledger=ledger,
        leaving=ledger,
        countdown=countdown.nothing_waits(),
        wanted=wanted,
        alike=identity.nothing_alike(),
        resembling=identity.nothing_alike(),
        mappings=frozenset(),
        guessed=frozenset(),
        moved=nothing_moved(),
    )


def _removable(found: Collection, expected: Expected) -> pd.DataFrame:
    """The ledger rows that may be removed, as far as they decide what is read: lists are read in full anyway."""
    reads = expected.resource.reads
    if not reads or reads[0].many:
        return expected.ledger.iloc[:0]
    due, _ = _due(found, expected, expected.desired, _leaving(found, expected, expected.desired))
    return due


def _reads(found: Collection, expected: Expected, removable: pd.DataFrame) -> ReadPlan | None:
    """What to read of a resource; None if nothing is. What has the values of `missing: set` is read in its turn."""
    leaving = {name: deleted(each.leaving) for name, each in found.aligned.items()}
    below = below_leaving(expected.resource, leaving)
    going = removable["object"][unsettled(removable)]
    return plan_reads(expected, going, below, found.cycle, found.context.config.conventions)


def _observed(found: Collection, expected: Expected, responses: Responses | None) -> Observed:
    """What is on the site; parents that these responses cast doubt on are read again first."""
    name = expected.resource.name
    found.observed[name] = observe(expected, responses)
    suspects = doubts(expected, found.observed[name], responses, found.observed)
    if _read_again(found, suspects):
        above = {each: absent for each, absent in found.absent.items() if each != name}
        found.observed[name] = observe(replace(expected, absent=above), responses)
    return found.observed[name]


def _sound(found: Collection, expected: Expected, in_the_way: pd.DataFrame) -> Desired:
    """What is desired, without rows with missing parents and those whose identifier may be misread."""
    resource, index, ledger = expected.resource, expected.index, expected.ledger
    leaving = {above: deleted(each.leaving)["object"] for above, each in found.aligned.items()}
    parents = dependencies.Parents(index, found.desired, found.observed, leaving)
    conventions = found.context.config.conventions
    desired, astray = dependencies.check(resource, expected.desired, in_the_way, parents, conventions)
    misread = identity.lookalikes(resource, desired, found.observed[resource.name], ledger)
    found.issues[resource.name] += [*astray, *identity.issues(resource, desired, misread)]
    found.desired[resource.name] = identity.left_out(index, desired, misread)
    if resource.name in found.scopes:
        found.scopes[resource.name] = found.desired[resource.name]
    return found.desired[resource.name]


def _resembling(found: Collection, expected: Expected, observed: Observed, alike: pd.DataFrame) -> pd.DataFrame:
    """What rows seem to mean by weak evidence, as far as a person must be asked about it."""
    resource, desired = expected.resource, expected.desired
    if not resource.company or resource.name not in found.scopes:
        return identity.nothing_alike()
    gone = identity.unnamed(desired, observed)
    if not len(gone) or not (resource.personal or len(identity.suspects(resource, desired, observed, ()))):
        return identity.nothing_alike()
    name, other = resource.company, companion(resource).name
    company = weak_evidence.company(
        resource,
        found.indexes[name],
        found.stated[name].rows["object"],
        found.ledgers[name]["object"],
        gone["object"],
        found.stated[other].rows["object"] if other in found.scopes else None,
    )
    shared = found.context.config.conventions.shared(resource)
    pairs = weak_evidence.resemblances(resource, desired, observed, expected.ledger, company, alike, shared=shared)
    mappings = [mapping for mapping in found.context.config.mappings if mapping.resource == resource.name]

    def left() -> int | None:
        return dropped(desired, expected.ledger["object"], mappings, good_inputs(found.past()))

    return pairs[weak_evidence.to_be_asked(resource, company, pairs, left)].reset_index(drop=True)


def _leaving(found: Collection, expected: Expected, desired: Desired) -> removals.Leaving:
    """What is in the ledger, is in no row any more, and may be deleted according to the mappings."""
    config = found.context.config
    return removals.leaving(expected.resource, expected.index, desired, expected.ledger, found.scopes, config)


def _due(
    found: Collection, expected: Expected, desired: Desired, leaving: removals.Leaving
) -> tuple[pd.DataFrame, countdown.Countdown]:
    """Of what may be deleted, that which has been missing for long enough, and the rest."""
    return countdown.split(leaving.rows, desired, expected.ledger, found.absences[expected.resource.name], found.waits)


# -- reading ------------------------------------------------------------------------------------------------------


def _read_again(found: Collection, suspects: Mapping[str, Numbers]) -> bool:
    """Read again those parents whose children contradict what is remembered; whether any is gone."""
    gone = False
    for name, objects in suspects.items():
        resource, ledger = CATALOGUE[name], found.ledgers[name]
        if resource.reads[0].many:
            continue
        known = ledger[among(ledger["object"], objects)]
        keys = unpack(known["key"], resource.reads[0].by).assign(at=known["object"]).reset_index(drop=True)
        responses = read(found.context, found.indexes, {name: ReadPlan(resource.reads[0], keys)})[name]
        if responses.absent.any():
            found.observed[name] = without(found.observed[name], keys["at"].to_numpy()[responses.absent])
            gone = True
    return gone


def _follow(found: Collection, expected: Expected, observed: Observed) -> bool:
    """Let the ledger follow what somebody has renumbered on the site, with all that is below; whether there is any."""
    if found.cycle.policy == "named":  # A rollback has no sheets that could say what is meant.
        return False
    resource, conventions = expected.resource, found.context.config.conventions
    pairs = perhaps_renumbered(resource, expected.desired, observed, expected.ledger, conventions)
    pairs = pairs[_gone(found, expected, pairs["object"])] if len(pairs) else pairs
    for name, ledger in found.ledgers.items() if len(pairs) else ():
        followed, moved = renumbered(CATALOGUE[name], ledger.drop(columns="object"), pairs)
        if len(moved.gone):
            (found.ledgers[name],) = numbered(found.indexes[name], followed)
            found.moved[name] = found.moved.get(name, nothing_moved()).followed_by(moved)
    found.issues[resource.name] += renumbering.issues(resource, pairs)
    return len(pairs) > 0


def _gone(found: Collection, expected: Expected, objects: Objects) -> Flags:
    """Which objects of the ledger are not on the site any more; one GET for each."""
    read_one, ledger = expected.resource.reads[0], expected.ledger
    known = ledger.iloc[places(objects, ledger["object"])].reset_index(drop=True)
    plan = ReadPlan(read_one, unpack(known["key"], read_one.by).assign(at=known["object"]))
    return read(found.context, found.indexes, {expected.resource.name: plan})[expected.resource.name].absent


def _foreign(resource: Resource, observed: Observed) -> list[Issue]:
    count = len(observed.foreign)
    text = wording("foreign", "one" if count == 1 else "", objects=resource.counted(count))
    return [text.issue("notice", resource=resource.name)] if count else []


def _unread(expected: Expected, responses: Responses) -> list[Issue]:
    """What could not be read, except below a parent that is not there."""
    resource, keys = expected.resource, responses.plan.keys["at"]
    moot = below_absent(expected, keys, responses.plan.read.by)
    return [
        wording("unread", reason=fault.message).issue("warning", resource=resource.name, value=fault.where)
        for place, fault in responses.faults.items()
        if not moot[place]
    ]
