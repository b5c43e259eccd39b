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
from sync.diff.field_diff import Alignment
from sync.diff.ledger_updates import no_memories
from sync.errors import ConfigError, Fault, SiteRefused
from sync.mapping.desired import build
from sync.mapping.source import Source
from sync.model import Conventions, Desired, Issue, Observed, Resource
from sync.model.frames import ORIGIN_COLUMNS, records
from sync.model.resources import CATALOGUE
from sync.model.values import match_of, no_rows, position, unpack
from sync.observe import observation
from sync.observe.context import Context, check_connection
from sync.observe.observation import ReadCycle, ReadPlan, Responses
from sync.plan.history import good_inputs
from sync.site.capabilities import offered
from sync.site.dispatch import read_all
from sync.site.requests import read_request

SAMPLE = 5_000
"""Ledger rows by which a changed comparison of identifiers is noticed."""


def collect(
    context: Context, sources: Sequence[Source], policy: observation.ReadPolicy, now: datetime
) -> tuple[dict[str, Alignment], list[Issue]]:
    """The three sides of every resource as they are now, and what is wrong with them; nothing is stored.

    Raises SiteRefused if the site cannot be read.
    """
    _refuse_other_site(context)
    check_connection(context)
    _refuse_missing(context)
    desired, issues = build_desired(context.config, sources)
    desired = dict(trusted(desired, sources, lambda: good_inputs(context.store.applied_plans())))
    night = ReadCycle(policy, now.date().toordinal(), context.config.reads.share)
    alignments, noticed = _look(context, desired, night)
    return alignments, [*issues, *noticed]


def _refuse_other_site(context: Context) -> None:
    """What is remembered of one site says nothing of another."""
    remembered, url = context.store.site(), context.config.site.url
    if remembered not in (None, url):
        hint = f"Give {url} a state of its own with `state:` in the site file. Its first plan looks at everything anew."
        raise ConfigError(Fault(f"the state store remembers {remembered}, not {url}", str(context.config.file), hint))


def _refuse_missing(context: Context) -> None:
    """A mapping for what the site does not have would fail in the middle of a run."""
    mapped = {mapping.resource for mapping in context.config.mappings}
    doubtful = [resource for name, resource in CATALOGUE.items() if resource.optional and name in mapped]
    if not doubtful:
        return
    there = offered(context.site, doubtful, context.sending.timeout)
    lacking = [mapping for mapping in context.config.mappings if there.get(mapping.resource) is False]
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


def build_desired(config: Config, sources: Sequence[Source]) -> tuple[dict[str, Desired], list[Issue]]:
    """What the sheets say, for every resource of the catalogue, and what is wrong with them."""
    desired: dict[str, Desired] = {}
    issues: list[Issue] = []
    for name, resource in CATALOGUE.items():
        own = [source for source in sources if source.mapping.resource == name]
        desired[name], found = build(resource, own, config.conventions) if own else (_idle(name).desired, [])
        issues += found
    noticed = {id(sheet): sheet.issues for source in sources for each in source.others.values() for sheet in each}
    for source in sources:
        # A night without changes is nothing to worry about; a snapshot of nobody is, unless it may be empty.
        expected = {"no-rows"} if source.mapping.mode == "delta" or source.mapping.may_be_empty else set()
        noticed |= {id(s): tuple(i for i in s.issues if i.code not in expected) for s in source.sheets}
    return desired, [*(issue for each in noticed.values() for issue in each), *issues]


def nothing_desired(resource: Resource) -> Desired:
    """What is desired of a resource no mapping speaks of."""
    origin = {"row": "Int64"}
    rows = no_rows("match", *resource.key, *ORIGIN_COLUMNS).astype(origin)
    removals = no_rows("match", *resource.key, "claims", "file", "tab", "row").astype(origin)
    return Desired(resource.name, rows, removals, no_rows("match", "slice", "claims"))


# -- resource by resource -----------------------------------------------------------------------------------------


def _look(context: Context, desired: dict[str, Desired], night: ReadCycle) -> tuple[dict[str, Alignment], list[Issue]]:
    """The three sides of every resource, parents first, so that nothing is asked below what is not there."""
    conventions = context.config.conventions
    mapped = {m.resource for m in context.config.mappings}
    names = frozenset(m.name for m in context.config.mappings)
    parents = {name: each for name, each in desired.items() if name in mapped}
    checked = dict(desired)
    alignments: dict[str, Alignment] = {}
    observed: dict[str, Observed] = {}
    issues: list[Issue] = []
    for name, resource in CATALOGUE.items():
        ledger = context.store.ledger(name)
        if name not in mapped and not len(ledger) and not _spoken_of(resource, desired, alignments):
            alignments[name] = replace(_idle(name), mappings=names)
            observed[name] = alignments[name].observed
            continue
        _refuse_other_manners(context, resource, ledger)
        may_go = _may_go(context, resource, desired[name], ledger, parents)
        absent = {above: each.absent for above, each in observed.items()}
        extra = dependencies.wanted(resource, desired, CATALOGUE)
        below = observation.below_leaving(
            resource, {above: alignment.leaving for above, alignment in alignments.items()}
        )
        ask = observation.plan_reads(resource, desired[name], ledger, extra, may_go, below, absent, night, conventions)
        heard, unread = _hear(context, resource, ask)
        observed[name] = observation.observe(resource, desired[name], ledger, extra, heard, absent, conventions)
        if _reconsider(
            context, observation.doubts(resource, observed[name], ledger, heard, observed), observed, desired
        ):
            absent = {above: each.absent for above, each in observed.items() if above != name}
            observed[name] = observation.observe(resource, desired[name], ledger, extra, heard, absent, conventions)
        leaving = {above: alignment.leaving["match"] for above, alignment in alignments.items()}
        alike = identity.likenesses(resource, desired[name], observed[name], ledger, conventions)
        stuck = identity.in_the_way(alike, may_go)
        checked[name], told = dependencies.check(resource, desired[name], stuck, checked, observed, leaving)
        misread = identity.lookalikes(resource, checked[name], observed[name], ledger)
        told += identity.issues(resource, checked[name], misread)
        checked[name] = identity.left_out(checked[name], misread)
        parents |= {name: checked[name]} if name in mapped else {}
        gone = removals.leaving(resource, checked[name], ledger, parents, context.config.mappings)
        strangers = removals.unmanaged(resource, checked[name], ledger, observed[name])
        issues += [*unread, *told, *strangers, *gone.issues, *_foreign(resource, observed[name])]
        alignments[name] = Alignment(resource, checked[name], observed[name], ledger, gone.rows, extra, alike, names)
    return {name: replace(alignment, observed=observed[name]) for name, alignment in alignments.items()}, issues


def _spoken_of(resource: Resource, desired: Mapping[str, Desired], above: Mapping[str, Alignment]) -> bool:
    """Whether others' rows stand on a resource, or others' deletes may take some of it along."""
    name = resource.name
    children = (child for child in CATALOGUE.values() if len(desired[child.name].rows))
    leaving = (alignment.resource for alignment in above.values() if len(alignment.leaving))
    return any(ref.resource == name for child in children for ref in child.refs) or any(
        takes.resource == name for parent in leaving for takes in parent.takes
    )


@cache
def _idle(name: str) -> Alignment:
    """The sides of a resource that has no part in this night."""
    resource, ledger = CATALOGUE[name], no_memories()
    desired, wanted = nothing_desired(resource), no_rows(*resource.key, "match")
    observed = observation.observe(resource, desired, ledger, wanted, None, {}, Conventions())
    return Alignment(resource, desired, observed, ledger, ledger, wanted, identity.nothing_alike(), frozenset())


def _refuse_other_manners(context: Context, resource: Resource, ledger: pd.DataFrame) -> None:
    """What was remembered under another comparison of identifiers would be taken for other objects."""
    some = ledger.head(SAMPLE)
    now = match_of(unpack(some["key"], resource.key), resource.keys, context.config.conventions)
    if (now.to_numpy(dtype=object) != some["match"].to_numpy(dtype=object)).any():
        hint = "Set `identifiers` as it was, or give the site a new `state:`; its first plan looks at everything anew."
        message = "the state store was made with another `identifiers` than the site file has now"
        raise ConfigError(Fault(message, str(context.config.file), hint))


def _may_go(
    context: Context, resource: Resource, desired: Desired, ledger: pd.DataFrame, parents: Mapping[str, Desired]
) -> pd.Series[Any]:
    """What may be deleted, as far as that decides what is read: lists are read in full anyway."""
    if not resource.reads or resource.reads[0].many:
        return ledger["match"].iloc[:0]
    return removals.leaving(resource, desired, ledger, parents, context.config.mappings).rows["match"]


def _hear(context: Context, resource: Resource, ask: ReadPlan | None) -> tuple[Responses | None, list[Issue]]:
    """Make the GETs of a `ReadPlan`. Raises SiteRefused if too many of them fail."""
    if ask is None:
        return None, []
    count = len(ask.keys)
    calls = [read_request(ask.read, key) for key in records(ask.keys[list(ask.read.by)])]
    absent, failed = [False] * count, [False] * count
    faults: list[Fault] = []

    def good() -> Iterator[tuple[int, Any]]:
        responses = read_all(
            context.site,
            calls,
            context.sending,
            context.clock,
            context.reporter,
            random=context.random,
            pause=context.pause,
        )
        for place, response, classification in responses:
            if classification.verdict == "done":
                yield place, response.data
            elif classification.verdict == "absent":
                absent[place] = True
            else:
                failed[place] = True
                faults.append(Fault(classification.message, where=f"GET /{calls[place].path}"))
                if len(faults) > context.sending.max_failures:
                    raise SiteRefused(Fault("the site cannot be read; nothing was sent"), *faults[:3])

    if count:
        context.reporter.begin(f"reading {resource.title}", count)
    try:
        rows = observation.parse(resource, ask, good(), context.config.conventions)
    finally:
        if count:
            context.reporter.end()
    heard = Responses(ask, rows, pd.Series(absent, dtype=bool), pd.Series(failed, dtype=bool))
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
    context: Context,
    doubts: Mapping[str, pd.Series[Any]],
    observed: dict[str, Observed],
    desired: Mapping[str, Desired],
) -> bool:
    """Read again those parents whose children speak against what is remembered; tells whether any is gone."""
    found = False
    for name, suspects in doubts.items():
        resource, ledger = CATALOGUE[name], context.store.ledger(name)
        read = resource.reads[0]
        if read.many:
            continue
        known = ledger[position(ledger["match"], suspects) >= 0]
        keys = unpack(known["key"], read.by).assign(at=known["match"]).reset_index(drop=True)
        heard, _ = _hear(context, resource, ReadPlan(read, keys))
        if heard is not None and heard.absent.any():
            observed[name] = observation.without(observed[name], heard.ask.keys["at"][heard.absent])
            found = True
    return found
