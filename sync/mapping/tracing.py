"""How single rows became what they are: from the cells, step by step, to canonical values.

`key_rows` finds the rows that refer to an object by computing only keys; `trace` gives the full detail of a few rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as SheetMapping
from sync.config.rules import Lookup, ValueSheet
from sync.config.steps import Step
from sync.mapping.aliases import as_on_site
from sync.mapping.evaluate import Evaluated, Note, evaluate_field
from sync.mapping.lookups import Library
from sync.mapping.row_filter import all_fit
from sync.mapping.rows import clean_table, made_columns, map_rows, rules
from sync.mapping.source import Source
from sync.mapping.table import Table, tabulate
from sync.model import Conventions, Field, Issue, Origin, Resource, values
from sync.model.findings import issues
from sync.model.resources import CATALOGUE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: the key of the mapping that asks for it, its argument, and the value after it.

    None means no value: an unreadable cell, or one to which a step could not be applied.
    """

    key: str
    says: str
    value: str | None


@dataclass(frozen=True, slots=True)
class FieldTrace:
    """The way to one field, or one new column: its steps, its value, and why it is refused, if it is."""

    name: str
    stages: tuple[Stage, ...]
    value: str | None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TracedRow:
    """One row of a sheet, and what a mapping makes of it.

    cells:    the columns the mapping needs, as they came (None: no value at all)
    fate:     `counts`, `left out`, `gone` (it deletes its object) or `bad` (it cannot be used)
    why:      what decided that, in words; empty where it simply counts
    columns:  the new columns of the mapping
    """

    mapping: str
    where: str
    origin: Origin
    cells: Mapping[str, str | None]
    fate: str
    why: str
    columns: tuple[FieldTrace, ...]
    fields: tuple[FieldTrace, ...]


# -- which rows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyedRows:
    """All rows of a source as its mapping lays them out, even bad ones, with the fields of their keys."""

    source: Source
    table: Table
    fields: Mapping[str, Evaluated]

    def with_key(self, key: Mapping[str, str], conventions: Conventions) -> Flags:
        """Which rows have this key, or this part of one, as far as it can be read."""
        hits = np.ones(len(self.table), dtype=bool)
        for name, value in key.items():
            field = CATALOGUE[self.source.mapping.resource].field(name) or Field(name)
            hits &= _same(self.fields[name], value, field, conventions)
        return hits

    def narrowed(self, hits: Flags) -> Source:
        """The source with only those rows of its sheets from which these are made."""
        sheets = []
        for part, sheet in enumerate(self.source.sheets):
            rows = np.unique(self.table.row[hits & (self.table.part == part)])
            own = tuple(issue for issue in sheet.issues if issue.row in set(rows.tolist()))
            sheets.append(replace(sheet, frame=sheet.frame[sheet.frame.index.isin(rows)], issues=own))
        return replace(self.source, sheets=tuple(sheets))


def key_rows(
    resource: Resource, source: Source, conventions: Conventions, library: Library, beside: Collection[str] = ()
) -> KeyedRows:
    """Compute the keys of all rows of a source and the fields named `beside` them, and nothing else."""
    mapping = source.mapping
    table, _ = clean_table(resource, mapping, tabulate(source.sheets, mapping.sheet))
    table, _ = made_columns(mapping, table, library)
    fields = {
        name: as_on_site(
            resource,
            name,
            evaluate_field(rule, resource.field(name) or Field(name), table, library, conventions),
            source.renames,
            conventions,
        )
        for name, rule in rules(resource, mapping)
        if name in resource.key or name in beside
    }
    return KeyedRows(source, table, fields)


def _same(evaluated: Evaluated, value: str, field: Field, conventions: Conventions) -> Flags:
    if not len(evaluated.texts):
        return np.zeros(len(evaluated.codes), dtype=bool)
    wanted = values.fold(pd.Series([value], dtype="str"), conventions, field.compares).iloc[0]
    equal = (values.fold(evaluated.texts, conventions, field.compares) == wanted).to_numpy(dtype=bool, na_value=False)
    flags: Flags = np.append(equal, False)[evaluated.codes]
    return flags


# -- their outcomes ------------------------------------------------------------------------------------------------


@dataclass
class _Notes:
    """The result of each step, by what it was for."""

    steps: dict[str, list[tuple[str, str, Evaluated]]] = field(default_factory=dict)

    def of(self, name: str) -> Note:
        steps = self.steps.setdefault(name, [])
        return lambda key, what, evaluated: steps.append((key, described(what), evaluated))

    def trace(self, name: str, evaluated: Evaluated, n: int) -> FieldTrace:
        """The way to the value of the n-th row."""
        steps = ((key, says, _value(each, n)) for key, says, each in self.steps[name])
        code = int(evaluated.codes[n])
        refused = tuple(each.why(code) for each in evaluated.refusals if code >= 0 and each.where(evaluated.codes)[n])
        return FieldTrace(name, tuple(_stages(steps)), _value(evaluated, n), refused)


def _stages(steps: Iterator[tuple[str, str, str | None]]) -> Iterator[Stage]:
    """All steps, without the one to the field's kind if that changes nothing: every value takes it."""
    before: str | None = None
    for key, says, value in steps:
        if key != "kind" or value != before:
            yield Stage(key, says, value)
        before = value


def _value(evaluated: Evaluated, n: int) -> str | None:
    code = int(evaluated.codes[n])
    text = evaluated.texts.iloc[code] if code >= 0 else None
    return text if isinstance(text, str) else None


def trace(
    resource: Resource, source: Source, key: Mapping[str, str], conventions: Conventions, library: Library
) -> tuple[list[TracedRow], list[Issue]]:
    """What a mapping makes of the few rows of a source that have this key, and what is wrong with them."""
    mapping = source.mapping
    notes, made_notes = _Notes(), _Notes()
    table, _ = clean_table(resource, mapping, tabulate(source.sheets, mapping.sheet))
    table, made = made_columns(mapping, table, library, made_notes.of)
    fields = {
        name: as_on_site(
            resource,
            name,
            evaluate_field(rule, resource.field(name) or Field(name), table, library, conventions, notes.of(name)),
            source.renames,
            conventions,
            notes.of(name),
        )
        for name, rule in rules(resource, mapping)
    }
    found = [*(issue for sheet in source.sheets for issue in sheet.issues)]
    found += issues(map_rows(resource, source, conventions, library).findings)
    hits = KeyedRows(source, table, fields).with_key(key, conventions)
    statuses = _RowStatuses(mapping, table)
    rows = []
    for n in np.flatnonzero(hits).tolist():
        traces = tuple(notes.trace(name, evaluated, n) for name, evaluated in fields.items())
        origin = table.origin(n)
        wrong = any(_at(issue, origin) and issue.severity == "error" for issue in found)
        fate, why = statuses.of(n, bad=wrong)
        columns = tuple(made_notes.trace(name, evaluated, n) for name, evaluated in made.items())
        cells = _cells(source, table, n)
        rows.append(TracedRow(mapping.name, mapping.where, origin, cells, fate, why, columns, traces))
    return rows, found


def _at(issue: Issue, origin: Origin) -> bool:
    return (issue.file, issue.tab, issue.row) == (origin.file, origin.tab, origin.row)


def _cells(source: Source, table: Table, n: int) -> dict[str, str | None]:
    frame = source.sheets[int(table.part[n])].frame
    row = frame[frame.index == int(table.row[n])].iloc[0]
    names = source.mapping.sheet.needs(source.mapping.needed)
    return {name: None if pd.isna(row[name]) else str(row[name]) for name in names}


@dataclass
class _RowStatuses:
    """Which rows count, and what decides that."""

    mapping: SheetMapping
    table: Table

    def of(self, n: int, *, bad: bool) -> tuple[str, str]:
        """The fate of the n-th row, and why."""
        leaving_out = {**self.mapping.rows.drop, **self.mapping.rows.drop_if_there}
        drops = [name for name, patterns in leaving_out.items() if self._fits({name: patterns}, n)]
        if drops:
            return "left out", f"`rows: drop` matches {self._cells_text(drops, n)}"
        both = self.mapping.rows.keep.keys() & self.mapping.rows.drop.keys()
        lacks = [name for name, patterns in self.mapping.rows.keep.items() if not self._fits({name: patterns}, n)]
        if [name for name in lacks if name not in both]:
            return "left out", f"`rows: keep` does not match {self._cells_text(lacks, n)}"
        if bad:
            return (
                "bad",
                "its errors are listed below; until they are fixed, the record this row refers to is left unchanged",
            )
        if self._fits(self.mapping.delete_when, n):
            return "gone", f"`delete_when` matches {self._cells_text([*self.mapping.delete_when], n)}"
        return "counts", ""

    def _fits(self, conditions: Mapping[str, Sequence[str]], n: int) -> bool:
        return bool(all_fit(conditions, self.table)[n])

    def _cells_text(self, columns: Sequence[str], n: int) -> str:
        cells = ((name, self.table[name]) for name in columns)
        return ", ".join(
            f"{name} `{column.texts[int(column.codes[n])].as_py() if column.codes[n] >= 0 else ''}`"
            for name, column in cells
        )


# -- in words --------------------------------------------------------------------------------------------------


def described(what: object) -> str:
    """The argument of a mapping's key, close to how it is written there."""
    match what:
        case str():
            return what
        case Step():
            return what.name if what.argument is None else f"{what.name}: {_argument(what)}"
        case Lookup():
            return f"{what.sheet.file}, by {_cell(what.by)}, take {_cell(what.take)}"
        case ValueSheet():
            return what.sheet.file
        case tuple():
            return ", ".join(map(str, what))
        case Mapping():
            return ", ".join(f"{name}: {described(value)}" for name, value in what.items())
        case _:
            return ", ".join(map(str, getattr(what, "format", (what,))))


def _argument(step: Step) -> str:
    argument: Any = step.argument
    if step.name == "cut":
        return ", ".join(str(number + (place == 0)) for place, number in enumerate(argument))
    if isinstance(argument, tuple):
        return ", ".join(": ".join(pair) if isinstance(pair, tuple) else str(pair) for pair in argument)
    return str(argument)


def _cell(cell: Any) -> str:
    return str(cell.column or cell.text)
