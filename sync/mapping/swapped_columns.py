"""Swapped columns: most values of one field are not of its kind, but those of another field are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as SheetMapping
from sync.mapping.checks import MISSING
from sync.mapping.evaluate import Evaluated, evaluate_field
from sync.mapping.lookups import Library
from sync.mapping.table import Table
from sync.model import Conventions, Field, Resource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

FEWEST = 3
"""Minimum number of rows that must look swapped: one or two may be typing errors."""


@dataclass(frozen=True, slots=True)
class SwappedColumns:
    """Two fields whose columns seem to be swapped, and the rows that show it."""

    fields: tuple[str, str]
    columns: tuple[str, str]
    rows: Flags


def find_swaps(
    resource: Resource,
    mapping: SheetMapping,
    fields: Mapping[str, Evaluated],
    table: Table,
    library: Library,
    conventions: Conventions,
) -> Iterator[SwappedColumns]:
    """Pairs of fields of which one is refused in most rows, and both are good once their columns are swapped.

    Looks further only where most rows are refused, so a good sheet costs nothing.
    """
    plain = {
        name: value.column for name, value in mapping.fields.items() if value.column not in (None, *mapping.columns)
    }
    refused = {name: _refused(fields[name], resource.field(name)) for name in plain}
    for one, other in combinations(plain, 2):
        bad = refused[one] | refused[other]
        column, instead = plain[one], plain[other]
        if column == instead or column is None or instead is None or bad.sum() * 2 <= len(table) or bad.sum() < FEWEST:
            continue
        crossed = table.with_columns({column: table[instead], instead: table[column]})
        good = bad.copy()
        for name in (one, other):
            rule, field = mapping.fields[name], resource.field(name) or Field(name)
            good &= ~evaluate_field(rule, field, crossed, library, conventions).invalid
        if good.sum() * 2 > bad.sum() and good.sum() >= FEWEST:
            yield SwappedColumns((one, other), (column, instead), good)


def _refused(evaluated: Evaluated, field: Field | None) -> Flags:
    """The rows whose value is of another kind; a blank one is of no kind, nor is one refused for its capitals only."""
    flags = np.zeros(len(evaluated.codes), dtype=bool)
    for refusal in evaluated.refusals:
        if refusal.code != MISSING:
            flags |= replace(refusal, at=refusal.at & ~_in_capitals(refusal.texts, field)).where(evaluated.codes)
    return flags


def _in_capitals(texts: pd.Series[Any], field: Field | None) -> Flags:
    """Which texts are in capitals throughout, and would be values of the field in small letters."""
    if field is None or field.pattern is None:
        return np.zeros(len(texts), dtype=bool)
    good = (texts == texts.str.upper()) & texts.str.lower().str.fullmatch(field.pattern)
    return good.to_numpy(dtype=bool, na_value=False)
