"""What is requested: in which way, and for which keys."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import pandas as pd

from sync.errors import Fault, NexsisSyncError, SheetError
from sync.mapping.source import Source
from sync.model import Conventions, Field, Pull, Resource
from sync.model.canonical import from_cells
from sync.model.findings import listed
from sync.model.resources import CATALOGUE, PULLS
from sync.model.values import fold, match_of, no_rows, unpack
from sync.observe.context import Context
from sync.report.phrasing import count
from sync.workflows.aliases import applied
from sync.workflows.desired import build_desired
from sync.workflows.sources import gather


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be exported.

    keys:  the columns `pull.by`, each key once, in the order of the rows; a single row without columns if none
    query: what every call has in its query
    since: rows older than this are left out
    """

    name: str
    pull: Pull
    keys: pd.DataFrame
    query: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    since: pd.Timestamp | None = None

    @property
    def title(self) -> str:
        """What the rows are, in the plural."""
        return CATALOGUE[self.name].title if self.name in CATALOGUE else f"{self.name}s"

    @property
    def asked(self) -> str:
        """What was requested, such as `for 210 courses`; nothing if there are no keys."""
        by, of = self.pull.by, CATALOGUE.get(self.pull.of or "")
        if not by:
            return ""
        if of is not None and set(by) == set(of.key):
            return f" for {of.counted(len(self.keys))}"
        return f" for {count(len(self.keys), 'key')} ({', '.join(by)})"


def columns_of(pull: Pull) -> list[str]:
    """The columns of the rows."""
    return [*(name for name in pull.by if name not in pull.columns), *pull.columns]


def choose(name: str, by: str | None, named: Collection[str]) -> Pull:
    """The first way to read a resource that takes `by` and everything that is named.

    Raises ValueError with what is possible.
    """
    ways = [pull for pull in PULLS[name] if by in (None, *pull.by[:1])]
    if not ways:
        possible = [pull.by[0] for pull in PULLS[name] if pull.by]
        raise ValueError(f"{name} cannot be read by {by}; possible: {listed(possible) or 'nothing'}")
    fitting = [pull for pull in ways if {*pull.by, *pull.filters} >= set(named)]
    if not fitting:
        possible = [" and ".join((*pull.by, *pull.filters)) for pull in ways]
        raise ValueError(
            f"{name} cannot be selected by {listed(named)}; possible: {', or '.join(filter(None, possible))}"
        )
    return fitting[0]


def instant(text: str, conventions: Conventions) -> pd.Timestamp:
    """A date or an ISO time; in the site's zone if it has none. Raises ValueError."""
    canonical = from_cells(pd.Series([text], dtype="str"), "instant", conventions)[0].iloc[0]
    if pd.isna(canonical) or not canonical:
        raise ValueError(f"`{text}` is not a time; write 2026-11-01 or 2026-11-01T08:00")
    return pd.Timestamp(canonical)


def prepare(context: Context, name: str, pull: Pull, named: Mapping[str, Sequence[str]]) -> Reading:
    """What is to be read: for the keys that are named, or for all that today's sheets or the ledger know.

    Raises NexsisSyncError if there are none.
    """
    query = {pull.filters[each]: _parameter(pull.filters[each], named[each]) for each in named if each in pull.filters}
    return Reading(name, pull, _keys(context, pull, {each: named[each] for each in pull.by if each in named}), query)


def _parameter(name: str, values: Sequence[str]) -> str | tuple[str, ...]:
    """Several values of a parameter, in the form that PHP and this API accept."""
    return tuple(values) if name.endswith("[]") else ",".join(values)


def _keys(context: Context, pull: Pull, named: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    by, conventions = list(pull.by), context.config.conventions
    fields = CATALOGUE[pull.of].named(by) if pull.of else ()
    _refuse_unaddressable(pull, named)
    if len(named) == len(by):
        keys = pd.DataFrame(list(product(*(named[name] for name in by))), columns=by)
    else:
        keys = _known(context, pull)
        for field in fields:
            if field.name in named:
                keys = _only(keys, field, named[field.name], conventions)
    if by:
        first = ~match_of(keys.astype("str"), fields, conventions).duplicated()
        keys = keys[first].sort_values(by, ignore_index=True)
    return keys


def _refuse_unaddressable(pull: Pull, named: Mapping[str, Sequence[str]]) -> None:
    fields = [(field, named.get(field.name, ())) for field in CATALOGUE[pull.of].fields] if pull.of else []
    faults = [
        Fault(f"`{value}` cannot be used as {field.called}: {field.pattern_hint}")
        for field, values in fields
        for value in values
        if field.pattern and not re.fullmatch(field.pattern, value)
    ]
    if faults:
        raise NexsisSyncError(*faults)


def _only(keys: pd.DataFrame, field: Field, values: Sequence[str], conventions: Conventions) -> pd.DataFrame:
    wanted = fold(pd.Series(values, dtype="str"), conventions, field.compares)
    there = fold(keys[field.name], conventions, field.compares)
    unknown = [value for value, known in zip(values, wanted.isin(there), strict=True) if not known]
    if unknown:
        hint = "To read it all the same, name the other parts of the key with --only as well."
        raise NexsisSyncError(
            Fault(f"{field.called} not known from exports or earlier plans: {listed(unknown)}", hint=hint)
        )
    return keys[there.isin(wanted)]


def _known(context: Context, pull: Pull) -> pd.DataFrame:
    """All keys that today's sheets or the ledger know: of the resource itself, or else of what refers to it."""
    of = CATALOGUE[pull.of or ""]
    own = [(of, {name: name for name in pull.by})]
    referring = [
        (resource, {there: here for here, there in ref.on.items() if there in pull.by})
        for resource in CATALOGUE.values()
        for ref in resource.refs
        if ref.resource == of.name and set(pull.by) <= set(ref.on.values())
    ]
    unread: list[Fault] = []
    for resources in (own, referring):
        keys = (
            pd.concat(list(_keys_known_to(context, resources, unread)), ignore_index=True)
            if resources
            else no_rows(*pull.by)
        )
        if len(keys):
            for fault in unread:
                context.reporter.say(f"the exports were not used: {fault}")
            return keys[list(pull.by)]
    hint = f"Make a plan first, or say what to read: {' '.join(f'--only {name}=...' for name in pull.by)}"
    raise NexsisSyncError(*unread, Fault(f"no {of.title} are known from exports or earlier plans", hint=hint))


def _keys_known_to(
    context: Context, resources: Sequence[tuple[Resource, Mapping[str, str]]], unread: list[Fault]
) -> Iterator[pd.DataFrame]:
    """The keys of these resources in sheets and ledger, under the names of the key that is requested."""
    names = {resource.name for resource, _ in resources}
    mappings = [mapping for mapping in context.config.mappings if mapping.resource in names]
    sources: list[Source] = []
    for mapping in mappings:
        try:
            sources += gather(replace(context.config, mappings=(mapping,)))
        except SheetError as error:
            unread += error.faults
    named = applied(context.config, sources, context.store.ledger)
    desired, _ = build_desired(context.config, named.sources, context.store.tombstones())
    for resource, names_there in resources:
        columns = {here: there for there, here in names_there.items()}
        yield desired[resource.name].rows[list(columns)].rename(columns=columns)
        yield unpack(context.store.ledger(resource.name)["key"], list(columns)).rename(columns=columns)
