"""Which rows of a sheet count, by `rows: {keep, drop}` and `delete_when`; and why none does, if none can be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.mappings import Mapping as SheetMapping
from sync.config.mappings import Rows
from sync.config.scalars import as_regex
from sync.mapping.table import RAGGED, Column, Table
from sync.model import Issue, values
from sync.model.findings import Finding, listed
from sync.model.issue_texts import issue_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


EXAMPLES = 5
"""How many of a column's values (the most frequent), and how many kinds of errors, are named."""

WIDE = 30
"""Number of characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class FilteredRows:
    """`counted` flags the rows that are not left out. Those of `unexpected`, by column, are in neither list."""

    counted: Flags
    unexpected: Mapping[str, Flags]


def choose(rows: Rows, table: Table) -> FilteredRows:
    """Which rows count. A cell without a value leaves nothing out: somebody must look at its row."""
    fits = {
        column: _fits(table[column], patterns) | (table[column].codes < 0) for column, patterns in rows.keep.items()
    }
    counted = np.ones(len(table), dtype=bool)
    for column, patterns in (*rows.drop.items(), *rows.drop_if_there.items()):
        counted = counted & ~_fits(table[column], patterns)
    for column in fits.keys() - rows.drop.keys():
        counted = counted & fits[column]
    unexpected = {column: counted & ~fits[column] for column in rows.keep if column in rows.drop}
    return FilteredRows(counted, unexpected)


def all_fit(conditions: Mapping[str, Sequence[str]], table: Table) -> Flags:
    """The rows that fit the patterns of every column; none if there are no conditions."""
    fit = np.full(len(table), bool(conditions))
    for column, patterns in conditions.items():
        fit &= _fits(table[column], patterns)
    return fit


def _fits(column: Column, patterns: Sequence[str]) -> Flags:
    return column.where(pc.match_substring_regex(column.texts, rf"\A(?:{as_regex(patterns)})\z"))


# -- why none can be used --------------------------------------------------------------------------------------


def left_out(mapping: SheetMapping, table: Table) -> str:
    """Why `rows:` and `delete_when` leave out every row of a table."""
    reasons = [*_unkept(mapping, table)] or [*_dropped(mapping, table)]
    return "; ".join(reasons) or "rows: and delete_when: together leave out every row"


def without_rows(mapping: SheetMapping, table: Table) -> str:
    """Why a table has no rows."""
    records = sum(len(sheet.frame) for sheet in table.sheets)
    if not records:
        return "it contains only the header" if len(table.sheets) == 1 else "they contain only their headers"
    columns = mapping.sheet.unpivot.columns if mapping.sheet.unpivot else ()
    return f"the columns of unpivot: ({listed(columns)}) are blank in every row"


def all_bad(ragged: int, findings: Iterable[Finding], issues: Sequence[Issue]) -> str:
    """What is wrong with most rows if every one has an error. `issues` are those of the findings."""
    counts = Counter({RAGGED: ragged})
    for finding in findings:
        if finding.like.severity == "error":
            counts[finding.like.code] += finding.count
    first = {each.code: each for each in reversed(issues) if each.row is not None}
    kinds = [
        f"{count:,} x {issue_text(code).title}{_where(first.get(code))}"
        for code, count in counts.most_common(EXAMPLES)
        if count
    ]
    example = first.get(counts.most_common(1)[0][0])
    return f"every row has an error: {'; '.join(kinds)}{f' ({example.message})' if example else ''}"


def _where(first: Issue | None) -> str:
    return "" if first is None else f", first in row {first.row}"


def _unkept(mapping: SheetMapping, table: Table) -> Iterator[str]:
    """Columns in which `keep` matches no value that occurs."""
    for name, patterns in mapping.rows.keep.items():
        if name not in mapping.rows.drop and not all_fit({name: patterns}, table).any():
            has = _occurring(table[name])
            yield f"rows: keep expects {name} = {listed(patterns, 'or')}, but the column has {has}"


def _dropped(mapping: SheetMapping, table: Table) -> Iterator[str]:
    """Columns in which `drop` matches all values that occur; `delete_when` does if its columns match every row."""
    for name, patterns in mapping.rows.drop.items():
        if all_fit({name: patterns}, table).all():
            yield f"rows: drop leaves out every row: the column {name} has {_occurring(table[name])}"
    if all_fit(mapping.delete_when, table).all():
        has = listed(f"{name} has {_occurring(table[name])}" for name in mapping.delete_when)
        yield f"delete_when: leaves out every row: the column {has}"


def _occurring(column: Column) -> str:
    """`Registered (12 rows), Waiting (3 rows)`; the most frequent first."""
    counts = values.series(column.texts.take(pa.array(column.codes[column.codes >= 0]))).value_counts()
    first = counts.head(EXAMPLES)
    texts = [f"{str(text)[:WIDE] or 'blank cells'} ({n:,} row{'s' * (n != 1)})" for text, n in first.items()]
    more = len(counts) - len(texts)
    return ", ".join([*texts, f"{more:,} more value{'s' * (more != 1)}"] if more > 0 else texts)
