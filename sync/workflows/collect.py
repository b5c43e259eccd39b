"""Looking at a site: what the sheets want of each resource, what is there, and what is remembered of it.

Parents come first, so that nothing is asked below what is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import pandas as pd

from sync.config.site import Config
from sync.diff import dependencies, identity, removals
from sync.diff.contributions import trusted
from sync.diff.field_diff import Sides
from sync.diff.ledger_updates import no_memories
from sync.errors import ConfigError, Fault, SiteRefused
from sync.mapping.desired import build
from sync.mapping.feed import Feed
from sync.model import Desired, Issue, Manners, Observed, Resource
from sync.model.frames import ORIGIN_COLUMNS, records
from sync.model.resources import CATALOGUE
from sync.model.values import match_of, no_rows, position, unpack
from sync.observe import observation
from sync.observe.context import World, greet
from sync.observe.observation import Ask, Heard, Night
from sync.site.capabilities import offered
from sync.site.dispatch import read_all
from sync.site.requests import read_call

SAMPLE = 5_000
"""Ledger rows by which a changed comparison of identifiers is noticed."""


def look_around(
    world: World, feeds: Sequence[Feed], policy: observation.ReadPolicy, now: datetime
) -> tuple[dict[str, Sides], list[Issue]]:
    """The three sides of every resource as they are now, and what is wrong with them; nothing is stored.

    Raises SiteRefused if the site cannot be read.
    """
    _refuse_other_site(world)
    greet(world)
    _refuse_missing(world)
    desired, issues = build_desired(world.config, feeds)
    desired = dict(trusted(desired, feeds, world.store.good_inputs))
    night = Night(policy, now.date().toordinal(), world.config.reads.share)
    sides, noticed = _look(world, desired, night)
    return sides, [*issues, *noticed]


def _refuse_other_site(world: World) -> None:
    """What is remembered of one site says nothing of another."""
    remembered, url = world.store.site(), world.config.site.url
    if remembered not in (None, url):
        hint = f"Give {url} a state of its own with `state:` in the site file. Its first plan looks at everything anew."
        raise ConfigError(Fault(f"the state store remembers {remembered}, not {url}", str(world.config.file), hint))


def _refuse_missing(world: World) -> None:
    """A mapping for what the site does not have would fail in the middle of a run."""
    mapped = {mapping.resource for mapping in world.config.mappings}
    doubtful = [resource for name, resource in CATALOGUE.items() if resource.optional and name in mapped]
    if not doubtful:
        return
    there = offered(world.site, doubtful, world.sending.timeout)
    lacking = [mapping for mapping in world.config.mappings if there.get(mapping.resource) is False]
    if lacking:
        raise SiteRefused(
            *(
                Fault(
                    f"the site has no {CATALOGUE[mapping.resource].title}: its API does not answer for them",
                    where=mapping.where,
                    hint="They are part of Moodle Workplace. Take this mapping out of the site file.",
                )
                for mapping in lacking
            )
        )


def build_desired(config: Config, feeds: Sequence[Feed]) -> tuple[dict[str, Desired], list[Issue]]:
    """What the sheets say, for every resource of the catalogue, and what is wrong with them."""
    desired: dict[str, Desired] = {}
    issues: list[Issue] = []
    for name, resource in CATALOGUE.items():
        own = [feed for feed in feeds if feed.mapping.resource == name]
        desired[name], found = build(resource, own, config.manners) if own else (_idle(name).desired, [])
        issues += found
    noticed = {id(sheet): sheet.issues for feed in feeds for each in feed.others.values() for sheet in each}
    for feed in feeds:
        # A night without changes is nothing to worry about; a snapshot of nobody is, unless it may be empty.
        expected = {"no-rows"} if feed.mapping.mode == "delta" or feed.mapping.may_be_empty else set()
        noticed |= {id(s): tuple(i for i in s.issues if i.code not in expected) for s in feed.sheets}
    return desired, [*(issue for each in noticed.values() for issue in each), *issues]


def nothing_desired(resource: Resource) -> Desired:
    """What is desired of a resource no mapping speaks of."""
    origin = {"row": "Int64"}
    rows = no_rows("match", *resource.key, *ORIGIN_COLUMNS).astype(origin)
    removals = no_rows("match", *resource.key, "claims", "file", "tab", "row").astype(origin)
    return Desired(resource.name, rows, removals, no_rows("match", "slice", "claims"))


# -- resource by resource -----------------------------------------------------------------------------------------


def _look(world: World, desired: dict[str, Desired], night: Night) -> tuple[dict[str, Sides], list[Issue]]:
    """The three sides of every resource, parents first, so that nothing is asked below what is not there."""
    manners = world.config.manners
    mapped = {m.resource for m in world.config.mappings}
    names = frozenset(m.name for m in world.config.mappings)
    parents = {name: each for name, each in desired.items() if name in mapped}
    checked = dict(desired)
    sides: dict[str, Sides] = {}
    observed: dict[str, Observed] = {}
    issues: list[Issue] = []
    for name, resource in CATALOGUE.items():
        ledger = world.store.ledger(name)
        if name not in mapped and not len(ledger) and not _spoken_of(resource, desired, sides):
            sides[name] = replace(_idle(name), mappings=names)
            observed[name] = sides[name].observed
            continue
        _refuse_other_manners(world, resource, ledger)
        may_go = _may_go(world, resource, desired[name], ledger, parents)
        absent = {above: each.absent for above, each in observed.items()}
        extra = dependencies.wanted(resource, desired, CATALOGUE)
        below = observation.below_leaving(resource, {above: side.leaving for above, side in sides.items()})
        ask = observation.asks(resource, desired[name], ledger, extra, may_go, below, absent, night, manners)
        heard, unread = _hear(world, resource, ask)
        observed[name] = observation.observe(resource, desired[name], ledger, extra, heard, absent, manners)
        if _reconsider(world, observation.doubts(resource, observed[name], ledger, heard, observed), observed, desired):
            absent = {above: each.absent for above, each in observed.items() if above != name}
            observed[name] = observation.observe(resource, desired[name], ledger, extra, heard, absent, manners)
        leaving = {above: side.leaving["match"] for above, side in sides.items()}
        alike = identity.likenesses(resource, desired[name], observed[name], ledger, manners)
        stuck = identity.in_the_way(alike, may_go)
        checked[name], told = dependencies.check(resource, desired[name], stuck, checked, observed, leaving)
        misread = identity.lookalikes(resource, checked[name], observed[name], ledger)
        told += identity.issues(resource, checked[name], misread)
        checked[name] = identity.left_out(checked[name], misread)
        parents |= {name: checked[name]} if name in mapped else {}
        gone = removals.leaving(resource, checked[name], ledger, parents, world.config.mappings)
        strangers = removals.strangers(resource, checked[name], ledger, observed[name])
        issues += [*unread, *told, *strangers, *gone.issues, *_foreign(resource, observed[name])]
        sides[name] = Sides(resource, checked[name], observed[name], ledger, gone.rows, extra, alike, names)
    return {name: replace(side, observed=observed[name]) for name, side in sides.items()}, issues


def _spoken_of(resource: Resource, desired: Mapping[str, Desired], above: Mapping[str, Sides]) -> bool:
    """Whether others' rows stand on a resource, or others' deletes may take some of it along."""
    name = resource.name
    children = (child for child in CATALOGUE.values() if len(desired[child.name].rows))
    leaving = (side.resource for side in above.values() if len(side.leaving))
    return any(ref.resource == name for child in children for ref in child.refs) or any(
        takes.resource == name for parent in leaving for takes in parent.takes
    )


@cache
def _idle(name: str) -> Sides:
    """The sides of a resource that has no part in this night."""
    resource, ledger = CATALOGUE[name], no_memories()
    desired, wanted = nothing_desired(resource), no_rows(*resource.key, "match")
    observed = observation.observe(resource, desired, ledger, wanted, None, {}, Manners())
    return Sides(resource, desired, observed, ledger, ledger, wanted, identity.nothing_alike(), frozenset())


def _refuse_other_manners(world: World, resource: Resource, ledger: pd.DataFrame) -> None:
    """What was remembered under another comparison of identifiers would be taken for other objects."""
    some = ledger.head(SAMPLE)
    now = match_of(unpack(some["key"], resource.key), resource.keys, world.config.manners)
    if (now.to_numpy(dtype=object) != some["match"].to_numpy(dtype=object)).any():
        hint = "Set `identifiers` as it was, or give the site a new `state:`; its first plan looks at everything anew."
        message = "the state store was made with another `identifiers` than the site file has now"
        raise ConfigError(Fault(message, str(world.config.file), hint))


def _may_go(
    world: World, resource: Resource, desired: Desired, ledger: pd.DataFrame, parents: Mapping[str, Desired]
) -> pd.Series[Any]:
    """What may be deleted, as far as that decides what is read: lists are read in full anyway."""
    if not resource.reads or resource.reads[0].many:
        return ledger["match"].iloc[:0]
    return removals.leaving(resource, desired, ledger, parents, world.config.mappings).rows["match"]


def _hear(world: World, resource: Resource, ask: Ask | None) -> tuple[Heard | None, list[Issue]]:
    """Make the GETs of an `Ask`. Raises SiteRefused if too many of them fail."""
    if ask is None:
        return None, []
    count = len(ask.keys)
    calls = [read_call(ask.read, key) for key in records(ask.keys[list(ask.read.by)])]
    absent, failed = [False] * count, [False] * count
    faults: list[Fault] = []

    def good() -> Iterator[tuple[int, Any]]:
        answers = read_all(
            world.site, calls, world.sending, world.clock, world.reporter, random=world.random, pause=world.pause
        )
        for place, answer, judgement in answers:
            if judgement.verdict == "done":
                yield place, answer.data
            elif judgement.verdict == "absent":
                absent[place] = True
            else:
                failed[place] = True
                faults.append(Fault(judgement.message, where=f"GET /{calls[place].path}"))
                if len(faults) > world.sending.max_failures:
                    raise SiteRefused(Fault("the site cannot be read; nothing was sent"), *faults[:3])

    if count:
        world.reporter.begin(f"reading {resource.title}", count)
    try:
        rows = observation.take_in(resource, ask, good(), world.config.manners)
    finally:
        if count:
            world.reporter.end()
    heard = Heard(ask, rows, pd.Series(absent, dtype=bool), pd.Series(failed, dtype=bool))
    return heard, [_unread(resource, fault) for fault in faults]


def _foreign(resource: Resource, observed: Observed) -> list[Issue]:
    count = len(observed.foreign)
    if not count:
        return []
    return [
        Issue(
            code="foreign",
            severity="notice",
            resource=resource.name,
            message=f"{count:,} {resource.title} on the site came by hand or by another plugin, and are left alone",
        )
    ]


def _unread(resource: Resource, fault: Fault) -> Issue:
    return Issue(
        code="unread",
        severity="warning",
        resource=resource.name,
        value=fault.where,
        message=f"the site did not tell: {fault.message}; nothing is planned for what it would have told of",
        hint="It is asked again with the next plan.",
    )


def _reconsider(
    world: World, doubts: Mapping[str, pd.Series[Any]], observed: dict[str, Observed], desired: Mapping[str, Desired]
) -> bool:
    """Read again those parents whose children speak against what is remembered; tells whether any is gone."""
    found = False
    for name, suspects in doubts.items():
        resource, ledger = CATALOGUE[name], world.store.ledger(name)
        read = resource.reads[0]
        if read.many:
            continue
        known = ledger[position(ledger["match"], suspects) >= 0]
        keys = unpack(known["key"], read.by).assign(at=known["match"]).reset_index(drop=True)
        heard, _ = _hear(world, resource, Ask(read, keys))
        if heard is not None and heard.absent.any():
            observed[name] = observation.without(observed[name], heard.ask.keys["at"][heard.absent])
            found = True
    return found
