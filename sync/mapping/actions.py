"""What a row of a file of changes asks for. A value that says neither "add" nor "delete" is no addition."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.mappings import Mapping as SheetMapping
from sync.config.scalars import as_regex
from sync.mapping.row_filter import all_fit
from sync.mapping.table import Column, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

MOST: Final = 50
"""A column with more values than this does not say what is to be done."""


def unknown_actions(mapping: SheetMapping, table: Table, seen: Mapping[str, Collection[str]]) -> dict[str, Flags]:
    """The rows of a delta that say neither "add" nor "delete", by the column that should.

    With `add_when`, these are all rows that it does not fit. Without it, what earlier files had is an addition (`seen`,
    by column); before there is such a file, a blank cell is not an addition if another value stands for additions.
    """
    if mapping.mode != "delta" or not mapping.delete_when:
        return {}
    if mapping.add_when:
        unknown = ~all_fit(mapping.add_when, table) & ~all_fit(mapping.delete_when, table)
        return {next(iter(mapping.add_when)): unknown} if unknown.any() else {}
    found = {}
    for name, patterns in mapping.delete_when.items():
        strange = _strange(table[name], patterns, seen.get(name, ()))
        if strange.any():
            found[name] = strange
    return found


def _strange(column: Column, patterns: Sequence[str], seen: Collection[str]) -> Flags:
    """The rows with a value that neither deletes nor is known to add."""
    adds, known = _additions(column, patterns), {*seen} - _deletions(seen, patterns)
    # Until there is something to compare with, a blank is strange only if another value stands for additions.
    strange = adds - known if known else adds & {""} if len(adds) > 1 else set()
    return column.where(pc.is_in(column.texts, pa.array([*strange], column.texts.type)))


def _deletions(texts: Collection[str], patterns: Sequence[str]) -> set[str]:
    array = pa.array([*texts], pa.large_string())
    fits = pc.match_substring_regex(array, rf"\A(?:{as_regex(patterns)})\z")
    return {*array.filter(fits).to_pylist()}


def _additions(column: Column, patterns: Sequence[str]) -> set[str]:
    """The values of a column that do not delete."""
    texts = column.texts.take(pa.array(np.unique(column.codes[column.codes >= 0]))).to_pylist()
    return {*texts} - _deletions(texts, patterns) if len(texts) <= MOST else set()


def additions(mapping: SheetMapping, table: Table, unknown: Mapping[str, Flags]) -> dict[str, tuple[str, ...]]:
    """By column, the values that stand for additions in a delta: later files may have them too."""
    found = {}
    for name, patterns in mapping.delete_when.items() if mapping.mode == "delta" else ():
        good = ~table.ragged & ~unknown[name] if name in unknown else ~table.ragged
        found[name] = tuple(sorted(_additions(table[name].rows(good), patterns)))
    return found
