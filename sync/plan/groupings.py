"""What objects of a mapping have in common: values of their own, and of the course or the like that they are in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.diff.removals import claimed_by, slice_parent
from sync.model import Resource
from sync.model.index import Objects, places
from sync.model.values import pick
from sync.plan.guard_context import GuardContext
from sync.plan.share_guards import MOST


@dataclass(frozen=True, slots=True)
class Grouping:
    """A field, the columns in the header of a sheet that it is made of, and its `values` for objects (NA: unknown)."""

    field: str
    called: str
    columns: tuple[str, ...]
    values: Callable[[Objects], pd.Series[Any]]


def groupings(context: GuardContext, mapping: MappingFile) -> Iterator[Grouping]:
    """By what the objects of a mapping can be grouped, even those that no sheet lists any more."""
    alignment = context.alignments[mapping.resource]
    ref = slice_parent(alignment.resource)
    if ref is not None:
        above = context.alignments[ref.resource]

        def parents(objects: Objects) -> Objects:
            return alignment.index.part(objects, alignment.resource.slice)

        for columns in above.desired.columns.values():
            yield from _made_of(above.resource, columns, above.desired.rows, parents)
    own = alignment.desired.columns.get(mapping.name, {})
    yield from _made_of(alignment.resource, own, alignment.observed.rows, lambda objects: objects)


def _made_of(
    resource: Resource,
    columns: Mapping[str, tuple[str, ...]],
    rows: pd.DataFrame,
    those: Callable[[Objects], Objects],
) -> Iterator[Grouping]:
    """The fields of some rows that several of them may share; `those` are the rows' objects for some others."""
    for name, made_of in columns.items():
        field = resource.field(name)
        if name in resource.key or name not in rows or (field is not None and field.unique):
            continue

        def values(objects: Objects, name: str = name) -> pd.Series[Any]:
            return pick(rows[name], places(those(objects), rows["object"]))

        called = resource.called(name)
        yield Grouping(name, called[:1].lower() + called[1:], made_of, values)


@dataclass(frozen=True, slots=True)
class MissingPart:
    """A value of a field that nothing in a file has any more, and how many of the lost objects have it."""

    field: str
    value: str
    lost: int


def missing_part(context: GuardContext, mapping: MappingFile, gone: Objects) -> MissingPart | None:
    """What most of these objects of a mapping have in common, and nothing has that it still lists; None: nothing."""
    rows = context.alignments[mapping.resource].desired.rows
    listed = rows["object"].to_numpy()[claimed_by(rows["claims"], frozenset({mapping.name})).to_numpy(dtype=bool)]
    found = []
    for grouping in groupings(context, mapping):
        counts = grouping.values(gone).value_counts()
        counts = counts[counts * 100 > len(gone) * MOST]
        if len(counts) and counts.index[0] not in {*grouping.values(listed)}:
            found.append(MissingPart(grouping.called, str(counts.index[0]), int(counts.iloc[0])))
    return max(found, key=lambda part: part.lost, default=None)
