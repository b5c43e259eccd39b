"""How single rows became what they are: from the cells, step by step, to canonical values.

`keyed` finds the rows that speak of an object, working out keys alone; `trace` tells of a few rows all there is.
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
from sync.mapping import row_filter as selection
from sync.mapping.evaluate import Drawn, Note, evaluate
from sync.mapping.lookups import Library
from sync.mapping.rows import made_columns, rules, sound, state
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
    """One step: the key of the mapping that asks for it, what it says there, and the value after it.

    None is no value: an unreadable cell, or one that a step could make nothing of.
    """

    key: str
    says: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """The way to one field, or one new column: its steps, its value, and why it cannot stand, if it cannot."""

    name: str
    stages: tuple[Stage, ...]
    value: str | None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Traced:
    """One row of a sheet, and what a mapping makes of it.

    cells:    the columns the mapping needs, as they came (None: no value at all)
    fate:     `counts`, `left out`, `gone` (it says that its object is gone) or `bad` (it cannot be used)
    why:      what decided that, in words; empty where it simply counts
    columns:  the new columns of the mapping
    """

    mapping: str
    where: str
    origin: Origin
    cells: Mapping[str, str | None]
    fate: str
    why: str
    columns: tuple[Way, ...]
    fields: tuple[Way, ...]


# -- which rows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keyed:
    """All rows of a feed, left out and bad ones too, as its mapping lays them out, and the fields of their keys."""

    source: Source
    table: Table
    fields: Mapping[str, Drawn]

    def speaking(self, key: Mapping[str, str], conventions: Conventions) -> Flags:
        """Which rows have this key, or this part of one, as far as it can be read."""
        hits = np.ones(len(self.table), dtype=bool)
        for name, value in key.items():
            field = CATALOGUE[self.source.mapping.resource].field(name) or Field(name)
            hits &= _same(self.fields[name], value, field, conventions)
        return hits

    def narrowed(self, hits: Flags) -> Source:
        """The feed with those rows of its sheets alone that these are made of."""
        sheets = []
        for part, sheet in enumerate(self.source.sheets):
            rows = np.unique(self.table.row[hits & (self.table.part == part)])
            told = tuple(issue for issue in sheet.issues if issue.row in set(rows.tolist()))
            sheets.append(replace(sheet, frame=sheet.frame[sheet.frame.index.isin(rows)], issues=told))
        return replace(self.source, sheets=tuple(sheets))


def keyed(
    resource: Resource, source: Source, conventions: Conventions, library: Library, beside: Collection[str] = ()
) -> Keyed:
    """Work out the keys of all rows of a feed, the fields named `beside` them, and nothing else."""
    mapping = source.mapping
    table, _ = sound(resource, mapping, tabulate(source.sheets, mapping.sheet))
    table, _ = made_columns(mapping, table, library)
    fields = {
        name: evaluate(rule, resource.field(name) or Field(name), table, library, conventions)
        for name, rule in rules(resource, mapping)
        if name in resource.key or name in beside
    }
    return Keyed(source, table, fields)


def _same(drawn: Drawn, value: str, field: Field, conventions: Conventions) -> Flags:
    if not len(drawn.texts):
        return np.zeros(len(drawn.codes), dtype=bool)
    wanted = values.fold(pd.Series([value], dtype="str"), conventions, field.compares).iloc[0]
    equal = (values.fold(drawn.texts, conventions, field.compares) == wanted).to_numpy(dtype=bool, na_value=False)
    flags: Flags = np.append(equal, False)[drawn.codes]
    return flags


# -- what becomes of them --------------------------------------------------------------------------------------


@dataclass
class _Notes:
    """What came of each step, by what it was for."""

    steps: dict[str, list[tuple[str, str, Drawn]]] = field(default_factory=dict)

    def of(self, name: str) -> Note:
        steps = self.steps.setdefault(name, [])
        return lambda key, what, drawn: steps.append((key, said(what), drawn))

    def way(self, name: str, drawn: Drawn, n: int) -> Way:
        """The way to the value of the n-th row."""
        told = ((key, says, _value(each, n)) for key, says, each in self.steps[name])
        code = int(drawn.codes[n])
        refused = tuple(each.why(code) for each in drawn.refusals if code >= 0 and each.where(drawn.codes)[n])
        return Way(name, tuple(_telling(told)), _value(drawn, n), refused)


def _telling(steps: Iterator[tuple[str, str, str | None]]) -> Iterator[Stage]:
    """All steps but that to the field's kind where it changes nothing: every value takes it."""
    before: str | None = None
    for key, says, value in steps:
        if key != "kind" or value != before:
            yield Stage(key, says, value)
        before = value


def _value(drawn: Drawn, n: int) -> str | None:
    code = int(drawn.codes[n])
    text = drawn.texts.iloc[code] if code >= 0 else None
    return text if isinstance(text, str) else None


def trace(
    resource: Resource, source: Source, key: Mapping[str, str], conventions: Conventions, library: Library
) -> tuple[list[Traced], list[Issue]]:
    """What becomes of the few rows of a feed that have this key, and what is wrong with them."""
    mapping = source.mapping
    notes, made_notes = _Notes(), _Notes()
    table, _ = sound(resource, mapping, tabulate(source.sheets, mapping.sheet))
    table, made = made_columns(mapping, table, library, made_notes.of)
    fields = {
        name: evaluate(rule, resource.field(name) or Field(name), table, library, conventions, notes.of(name))
        for name, rule in rules(resource, mapping)
    }
    told = [*(issue for sheet in source.sheets for issue in sheet.issues)]
    told += issues(state(resource, source, conventions, library).findings)
    hits = Keyed(source, table, fields).speaking(key, conventions)
    fates = _Fates(mapping, table)
    found = []
    for n in np.flatnonzero(hits).tolist():
        ways = tuple(notes.way(name, drawn, n) for name, drawn in fields.items())
        origin = table.origin(n)
        wrong = any(_at(issue, origin) and issue.severity == "error" for issue in told)
        fate, why = fates.of(n, bad=wrong)
        columns = tuple(made_notes.way(name, drawn, n) for name, drawn in made.items())
        cells = _cells(source, table, n)
        found.append(Traced(mapping.name, mapping.where, origin, cells, fate, why, columns, ways))
    return found, told


def _at(issue: Issue, origin: Origin) -> bool:
    return (issue.file, issue.tab, issue.row) == (origin.file, origin.tab, origin.row)


def _cells(source: Source, table: Table, n: int) -> dict[str, str | None]:
    frame = source.sheets[int(table.part[n])].frame
    row = frame[frame.index == int(table.row[n])].iloc[0]
    names = source.mapping.sheet.needs(source.mapping.needed)
    return {name: None if pd.isna(row[name]) else str(row[name]) for name in names}


@dataclass
class _Fates:
    """Which rows count, and what decides it."""

    mapping: SheetMapping
    table: Table

    def of(self, n: int, *, bad: bool) -> tuple[str, str]:
        """The fate of the n-th row, and why."""
        drops = [name for name, patterns in self.mapping.rows.drop.items() if self._fits({name: patterns}, n)]
        if drops:
            return "left out", f"`rows: drop` names {self._said(drops, n)}"
        both = self.mapping.rows.keep.keys() & self.mapping.rows.drop.keys()
        lacks = [name for name, patterns in self.mapping.rows.keep.items() if not self._fits({name: patterns}, n)]
        if [name for name in lacks if name not in both]:
            return "left out", f"`rows: keep` does not name {self._said(lacks, n)}"
        if bad:
            return "bad", "what is wrong with it stands below; until it is mended, its object stays as it is"
        if self._fits(self.mapping.delete_when, n):
            return "gone", f"`delete_when` names {self._said([*self.mapping.delete_when], n)}"
        return "counts", ""

    def _fits(self, conditions: Mapping[str, Sequence[str]], n: int) -> bool:
        return bool(selection.all_fit(conditions, self.table)[n])

    def _said(self, columns: Sequence[str], n: int) -> str:
        cells = ((name, self.table[name]) for name in columns)
        return ", ".join(
            f"{name} `{column.texts[int(column.codes[n])].as_py() if column.codes[n] >= 0 else ''}`"
            for name, column in cells
        )


# -- in words --------------------------------------------------------------------------------------------------


def said(what: object) -> str:
    """What stands at a key of a mapping, near to how it is written there."""
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
            return ", ".join(f"{name}: {said(value)}" for name, value in what.items())
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
