"""Collects, for each resource, what the sheets want, what is on the site, and what is remembered of it.

Parents come first, so that nothing is read below an object that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pandas as pd

from sync.diff import countdown
from sync.diff.contributions import trusted
from sync.diff.damaged_text import guessed_files
from sync.diff.field_diff import Alignment
from sync.diff.missing_set import values_of
from sync.diff.renumbering import nothing_moved, renumbered
from sync.diff.set_back import set_back
from sync.mapping.source import Source
from sync.model import Desired, Issue
from sync.model.index import indexed, indexes
from sync.model.resources import CATALOGUE, generations
from sync.model.turns import Turns
from sync.observe.alias_states import asking, not_asking
from sync.observe.context import Context, check_connection
from sync.observe.read_plan import (
    ReadCycle,
    ReadPolicy,
)
from sync.plan.history import good_inputs
from sync.workflows.aliases import applied
from sync.workflows.alignment import Collection, align, idle
from sync.workflows.desired import Pasts, build_desired, with_memory
from sync.workflows.open_files import open_file_issues
from sync.workflows.site_checks import refuse_missing, refuse_other_conventions, refuse_other_site
from sync.workflows.sources import as_read
from sync.workflows.waits import known_absences, waits_of


def collect(
    context: Context,
    sources: Sequence[Source],
    policy: ReadPolicy,
    now: datetime,
    past: Pasts,
    *,
    activity: bool = False,
) -> tuple[dict[str, Alignment], list[Issue]]:
    """The three sides of every resource as they are now, and what is wrong with them; nothing is stored.

    With `activity`, what is not in force is known too.

    Raises SiteRefused if the site cannot be read.
    """
    refuse_other_site(context)
    check_connection(context)
    refuse_missing(context)
    sources = with_memory(sources, past)
    context = replace(context, config=replace(context.config, mappings=as_read(context.config.mappings, sources)))
    stones = context.store.tombstones()
    # The ledger is read while the sheets are evaluated: neither needs the other, and both take a second for a million.
    with ThreadPoolExecutor(1) as other:
        remembered = other.submit(lambda: {name: context.store.ledger(name) for name in CATALOGUE})
        asked = not_asking if policy == "ledger" else asking(context)
        named = applied(context.config, sources, lambda name: remembered.result()[name], asked)
        desired, issues = build_desired(context.config, named.sources, stones)
        ledgers = remembered.result()
    moved = {name: renumbered(resource, ledgers[name], named.moved) for name, resource in CATALOGUE.items()}
    conventions = context.config.conventions
    desired = dict(trusted(desired, named.sources, conventions, lambda: good_inputs(past())))
    desired, returning = _set_back(context, desired, {name: ledger for name, (ledger, _) in moved.items()})
    cycle = ReadCycle(policy, Turns(now.date().toordinal(), context.config.reads.share), activity)
    waits = waits_of(context.config, named.sources, past, now)
    found = _collection(context, desired, {name: ledger for name, (ledger, _) in moved.items()}, cycle, past, waits)
    found.guessed = guessed_files(issues)
    found.moved = {name: rows for name, (_, rows) in moved.items()}
    alignments, own = _aligned(found)
    return alignments, [*named.issues, *issues, *returning, *own]


def _set_back(
    context: Context, desired: Mapping[str, Desired], ledgers: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, Desired], list[Issue]]:
    """What is desired, with what is to be set back because it is listed again."""
    config, found, issues = context.config, {**desired}, list[Issue]()
    for name, resource in CATALOGUE.items():
        values = values_of(resource, config.mappings, config.conventions)
        found[name], own = set_back(resource, desired[name], ledgers[name], values, context.store.updates)
        issues += own
    return found, issues


def collect_named(
    context: Context, wanted: Callable[[str, pd.DataFrame], Desired], now: datetime
) -> tuple[dict[str, Alignment], list[Issue]]:
    """The same where no sheets say what should be true.

    wanted: for a resource and its ledger rows, what is desired; of the site, only what that names is read
    """
    refuse_other_site(context)
    check_connection(context)
    ledgers = {name: context.store.ledger(name) for name in CATALOGUE}
    desired = {name: wanted(name, ledger) for name, ledger in ledgers.items()}
    cycle = ReadCycle("named", Turns(now.date().toordinal(), context.config.reads.share))
    nothing = countdown.Waits({}, now, context.config.site.timezone)
    return _aligned(_collection(context, desired, ledgers, cycle, dict, nothing))


def _aligned(found: Collection) -> tuple[dict[str, Alignment], list[Issue]]:
    """All resources, parents first, and what is wrong with them."""
    for generation in generations():
        align(found, generation)
    alignments = {
        name: replace(each, moved=found.moved.get(name, nothing_moved())) for name, each in found.alignments.items()
    }
    issues = [issue for name in CATALOGUE for issue in found.issues[name]]
    return alignments, [*issues, *open_file_issues(found.context.config)]


def _collection(
    context: Context,
    sheets: Mapping[str, Desired],
    remembered: Mapping[str, pd.DataFrame],
    cycle: ReadCycle,
    past: Pasts,
    waits: countdown.Waits,
) -> Collection:
    mapped = {mapping.resource for mapping in context.config.mappings}
    numbers = indexes()
    stated, ledgers = dict[str, Desired](), dict[str, pd.DataFrame]()
    for name, resource in CATALOGUE.items():
        refuse_other_conventions(context, resource, remembered[name])
        if name in mapped or len(remembered[name]) or len(sheets[name].rows):
            stated[name], ledgers[name] = indexed(resource, numbers[name], sheets[name], remembered[name])
        else:
            stated[name], ledgers[name] = sheets[name], idle(name).ledger
    scopes = {name: each for name, each in stated.items() if name in mapped}
    absences = known_absences(context.store, numbers)
    return Collection(context, cycle, past, numbers, stated, ledgers, dict(stated), scopes, absences, waits)
