"""What changes can be filtered by: values such as the school, of the object itself or of the course it is in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.model import Conventions, Resource
from sync.model.resources import CATALOGUE, lineage
from sync.model.values import by_distinct, match_of, pick, position, unpack
from sync.report.known_fields import Ledger, known_fields
from sync.report.labels import value_label
from sync.report.summary import OPS

NOT_KNOWN: Final = "not known"
NOT_APPLICABLE: Final = "does not apply"
"""What stands for the value of what has none: the store does not know it, or such a record has no such field."""


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """What people filter by: a column of the exports, or a field, and the field that says it, by resource.

    `asked`: the site file names it.
    """

    title: str
    fields: Mapping[str, str]
    asked: bool = True


@dataclass(frozen=True, slots=True)
class GroupCount:
    """How many changes of each op have a value; what Moodle removes by itself is left out."""

    value: str
    counts: Mapping[str, int]


def group_columns(mappings: Iterable[MappingFile], wanted: Sequence[str]) -> tuple[GroupColumn, ...]:
    """What changes can be filtered by: the columns wanted, and categories that are mapped."""
    made = [*_made(mappings)]
    columns = [GroupColumn(name, _fields_from(name, made)) for name in dict.fromkeys(wanted)]
    known = {item for column in columns for item in column.fields.items()}
    for resource_name, name in dict.fromkeys((each.resource, each.name) for each in made):
        resource = CATALOGUE[resource_name]
        field = resource.field(name)
        if field is not None and field.kind == "path" and (resource.name, name) not in known:
            columns.append(GroupColumn(resource.called(name), {resource.name: name}, asked=False))
    return tuple(column for column in columns if column.fields)


def group_values(
    changes: pd.DataFrame,
    columns: Sequence[GroupColumn],
    planned: pd.DataFrame,
    ledger: Ledger,
    conventions: Conventions,
) -> pd.DataFrame:
    """The value of each column for some changes of a plan, a row each: text, `NOT_KNOWN` or `NOT_APPLICABLE`.

    `planned` are all changes of the plan. Where a change's own resource has the field, the value is what it will be,
    else what it was; where not, that of the course or the like. What the plan does not say, the ledger does.
    """
    found = pd.DataFrame(NOT_APPLICABLE, index=changes.index, columns=[each.title for each in columns], dtype="str")
    ledger = cache(ledger)
    for name in changes["resource"].unique() if columns else ():
        resource = CATALOGUE[str(name)]
        keys = unpack(changes.loc[changes["resource"] == name, "key"], resource.key)
        for column in columns:
            for holder, on in _holders(resource, column.fields):
                theirs = keys[[*on]].rename(columns=dict(on))
                values = _values(holder, column.fields[holder.name], theirs, planned, ledger, conventions)
                found.loc[keys.index, column.title] = values
    return found


def group_counts(changes: pd.DataFrame, values: pd.Series[Any]) -> list[GroupCount]:
    """The changes of each value of a column, most first; those to which it does not apply are left out."""
    counted = (changes["status"] != "covered") & (values != NOT_APPLICABLE)
    sizes = changes[counted].groupby([values[counted], "op"], sort=False).size().unstack(fill_value=0)
    sizes = sizes.reindex(columns=[*OPS], fill_value=0)
    sizes = sizes.iloc[(-sizes.sum(axis="columns")).argsort(kind="stable")]
    counts = zip(sizes.index, sizes.to_numpy().tolist(), strict=True)
    return [GroupCount(str(value), dict(zip(OPS, each, strict=True))) for value, each in counts]


# -- which fields ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _MadeField:
    resource: str
    name: str
    columns: Collection[str]
    rank: tuple[bool, bool, int]


def _made(mappings: Iterable[MappingFile]) -> Iterator[_MadeField]:
    """The fields that mappings make, with the columns they need; those that suit a filter best have the lowest rank."""
    for mapping in mappings:
        resource = CATALOGUE[mapping.resource]
        for name, rule in mapping.fields.items():
            field = resource.field(name)
            columns = {column.casefold() for column in mapping.read(rule.columns)}
            single = field is not None and field.unique
            yield _MadeField(resource.name, name, columns, (name in resource.key, single, len(columns)))


def _fields_from(column: str, made: Iterable[_MadeField]) -> dict[str, str]:
    """By resource, the field that says most plainly what a column says."""
    found = sorted((each for each in made if column.casefold() in each.columns), key=lambda each: each.rank)
    return {each.resource: each.name for each in reversed(found)}


def _holders(resource: Resource, fields: Collection[str]) -> Iterator[tuple[Resource, Mapping[str, str]]]:
    """What has the field for objects of a resource, with {key field here: key field there}; at most one.

    The object itself comes first, then what it is in, such as its course, then anything else it depends on.
    """
    above = sorted(lineage(resource), key=lambda each: (each[0] is not resource, (*each[1],) != resource.slice))
    yield from [each for each in above if each[0].name in fields and {*each[1].values()} == {*each[0].key}][:1]


# -- which values ----------------------------------------------------------------------------------------------


def _values(
    holder: Resource,
    name: str,
    keys: pd.DataFrame,
    planned: pd.DataFrame,
    ledger: Ledger,
    conventions: Conventions,
) -> pd.Series[Any]:
    """A field of the objects with these keys, as Moodle shows it; looked up once for each object."""
    (field,) = holder.named([name])
    if name in holder.key:
        values = keys[name]
    else:
        match = match_of(keys, holder.keys, conventions)
        distinct = match.drop_duplicates().dropna().reset_index(drop=True)
        known = known_fields(holder, [name], distinct, planned, ledger)[name]
        values = pick(known, position(match, distinct)).set_axis(keys.index)
    shown = by_distinct(values, partial(value_label, field, conventions=conventions))
    return shown.mask(shown == "").fillna(NOT_KNOWN)
