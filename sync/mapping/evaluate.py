"""A rule and the columns it names -> a field of every row, worked out once for each distinct value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.rules import Rule, Value, ValueSheet
from sync.mapping.checks import MEND, RejectedValues, code_of, refusals
from sync.mapping.dates import proposal, read_dates, written
from sync.mapping.joining import joined
from sync.mapping.lookups import Library
from sync.mapping.row_filter import all_fit
from sync.mapping.table import Column, Table
from sync.mapping.texts import SAYS, done
from sync.model import Conventions, Field, values
from sync.model.findings import listed
from sync.model.written import identified

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Texts = pd.Series[Any]

CORRECT = "Correct it in the SIS, or list it in the mapping under `values:` of the field."


@dataclass(frozen=True, slots=True)
class Drawn:
    """A value of every row.

    `source` holds the distinct texts as the sheet gives them, `texts` what became of each (NA: not said, or refused),
    and `codes` which of them each row has; -1 where a cell is no value at all. `refusals` tell which cannot stand;
    `columns` what the texts from some position on are made of.
    """

    source: pa.Array
    texts: Texts
    codes: Codes
    columns: tuple[tuple[int, tuple[str, ...]], ...]
    refusals: tuple[RejectedValues, ...] = ()

    @property
    def column(self) -> Texts:
        """What became of the value of every row."""
        codes = pa.array(self.codes, mask=self.codes < 0)
        return values.series(values.arrow(self.texts).take(codes))

    @property
    def unfit(self) -> Flags:
        """The rows whose value cannot stand."""
        unfit = self.codes < 0
        for refusal in self.refusals:
            unfit |= refusal.where(self.codes)
        return unfit

    def written(self, at: Flags) -> Texts:
        """The value of some rows as the sheet gives it; NA where a cell is no value at all."""
        codes = self.codes[at]
        return values.series(self.source.take(pa.array(codes, mask=codes < 0)))

    def made_of(self, code: int) -> tuple[str, ...]:
        """The columns that one of the texts is made of."""
        return next(columns for start, columns in reversed(self.columns) if code >= start)

    def rows(self, at: Flags) -> Drawn:
        """The same of some rows."""
        return replace(self, codes=self.codes[at])

    def as_column(self) -> Column:
        """As a column that other rules may name: no value at all where it cannot stand."""
        return Column(pc.fill_null(values.arrow(self.texts), ""), np.where(self.unfit, -1, self.codes))

    def objecting(self, refusal: RejectedValues) -> Drawn:
        """The same with one refusal more."""
        return replace(self, refusals=(*self.refusals, refusal)) if refusal.at.any() else self


Note = Callable[[str, object, Drawn], None]
"""Told of every step: the key of the mapping that asks for it, what stands there, and what came of it."""


def unnoted(key: str, what: object, drawn: Drawn) -> None:
    """Nobody wants to know."""


def draw(value: Value, table: Table, library: Library, note: Note = unnoted) -> Drawn:
    """What a value's source gives every row, and what `when`, `then`, `lookup` and `values` make of it.

    Raises SheetError if a sheet that is looked into cannot serve.
    """
    if value.first is None:
        whole = joined(value.parts, table)
        drawn = Drawn(whole.texts, values.series(whole.texts), whole.codes, ((0, value.sources),))
        key = next(key for key in ("column", "text", "constant") if getattr(value, key) is not None)
        note(key, getattr(value, key), drawn)
    else:
        drawn = _first([draw(each, table, library, note) for each in value.first], value.sources, len(table))
        note("first", value.sources, drawn)
    if value.when:
        drawn = _only_when(drawn, value, table)
        note("when", value.when, drawn)
    for step in value.then:
        code, says, hint = SAYS.get(step.name, ("", "", ""))
        drawn = _changed(drawn, done(step, drawn.texts), code, says, hint)
        note("then", step, drawn)
    return _found(value, drawn, library, note)


def _found(value: Value, drawn: Drawn, library: Library, note: Note) -> Drawn:
    """What `lookup` and `values` find for a value."""
    if value.lookup is not None:
        rest = None if value.values else value.otherwise
        hint = f"Correct it in the SIS, or add it to {value.lookup.sheet.file}."
        says = f"is not found in {value.lookup.sheet.file}"
        drawn = _looked_up(drawn, library.entries(value.lookup), rest, says, hint)
        note("lookup", value.lookup, drawn)
    if isinstance(value.values, ValueSheet):
        hint = f"Correct it in the SIS, or add it to {value.values.sheet.file}."
        says = f"is not listed in {value.values.sheet.file}"
        drawn = _looked_up(drawn, library.entries(value.values), value.otherwise, says, hint)
        note("values", value.values, drawn)
    elif value.values:
        drawn = _translated(drawn, value.values, value.otherwise)
        note("values", value.values, drawn)
    return drawn


def _changed(drawn: Drawn, texts: Texts, code: str, says: str, hint: str) -> Drawn:
    """The same with other texts; where one was made NA, it is refused so."""
    at = (drawn.texts.notna() & texts.isna()).to_numpy(dtype=bool)
    refusal = RejectedValues(code, at, drawn.texts, says, hint)
    return replace(drawn, texts=texts).objecting(refusal)


def _looked_up(drawn: Drawn, entries: Any, rest: str | None, says: str, hint: str) -> Drawn:
    found = entries.find(drawn.texts, 0)
    drawn = replace(drawn, refusals=(*drawn.refusals, *found.refusals))
    if rest is not None:
        texts = found.texts.mask(~found.known, rest)
        return replace(drawn, texts=texts.mask((drawn.texts == "").to_numpy(dtype=bool, na_value=False), rest))
    refusal = RejectedValues("unknown-value", ~found.known.to_numpy(dtype=bool), drawn.texts, says, hint)
    return replace(drawn, texts=found.texts).objecting(refusal)


def _translated(drawn: Drawn, table: Any, rest: str | None) -> Drawn:
    """By the table of `values:`. A blank that is not listed is what `else:` says, and stays blank without it."""
    whole = {"": "" if rest is None else rest, **table}
    texts = values.by_distinct(drawn.texts, lambda text: whole.get(text, rest))
    texts.index = drawn.texts.index
    texts = texts.mask(drawn.texts.isna())
    return _changed(drawn, texts, "unknown-value", f"is not one of {listed(table, 'or')}", CORRECT)


def _first(options: Sequence[Drawn], sources: tuple[str, ...], length: int) -> Drawn:
    """For every row the first that is not blank. What cannot be read is not blank."""
    blank = sum(len(option.texts) for option in options)
    codes = np.full(length, blank, dtype=np.int64)
    open_ = np.ones(length, dtype=bool)
    refused: list[RejectedValues] = []
    columns: list[tuple[int, tuple[str, ...]]] = []
    start = 0
    for option in options:
        empty = (option.texts == "").to_numpy(dtype=bool, na_value=False)
        said = open_ & ~np.append(empty, False)[option.codes]
        codes[said] = np.where(option.codes < 0, -1, option.codes + start)[said]
        open_ &= ~said
        refused += [refusal.moved(start) for refusal in option.refusals]
        columns += [(start + own, names) for own, names in option.columns]
        start += len(option.texts)
    return Drawn(
        pa.concat_arrays([*(option.source for option in options), pa.array([""], values.TEXT)]),
        pd.concat([*(option.texts for option in options), pd.Series([""], dtype="str")], ignore_index=True),
        codes,
        (*columns, (blank, sources)),
        tuple(refused),
    )


def _only_when(drawn: Drawn, value: Value, table: Table) -> Drawn:
    """Blank where the conditions are not met; no value at all where that cannot be told."""
    met = all_fit(value.when, table)
    unread = np.zeros(len(table), dtype=bool)
    for column in value.when:
        unread |= table[column].codes < 0
    codes = np.where(met, drawn.codes, len(drawn.texts))
    return replace(
        drawn,
        source=pa.concat_arrays([drawn.source, pa.array([""], values.TEXT)]),
        texts=pd.concat([drawn.texts, pd.Series([""], dtype="str")], ignore_index=True),
        codes=np.where(unread, -1, codes),
    )


def evaluate(
    rule: Rule, field: Field, table: Table, library: Library, conventions: Conventions, note: Note = unnoted
) -> Drawn:
    """A field of every row in canonical form: what the rule draws, `date`, kind, ownership, checks."""
    drawn = draw(rule, table, library, note)
    if rule.date is not None:
        dates = read_dates(drawn.texts, rule.date, conventions)
        hint = _date_hint(drawn, dates, rule.date.format)
        drawn = _changed(drawn, dates, "bad-date", f"is not a date written as {written(rule.date)}", hint)
        note("date", rule.date, drawn)
    canonical = _canonical(drawn.texts, field, conventions)
    hint = _date_hint(drawn, canonical, ("iso",)) if field.kind == "instant" else _hint(field, conventions)
    drawn = _changed(drawn, canonical, code_of(field), f"is not {values.SAYS[field.kind]}", hint)
    note("kind", field.kind, drawn)
    if rule.own == "never_blank":
        drawn = replace(drawn, texts=drawn.texts.mask((drawn.texts == "").to_numpy(dtype=bool, na_value=False)))
        note("own", rule.own, drawn)
    return replace(drawn, refusals=(*drawn.refusals, *refusals(field, drawn.texts)))


def _canonical(texts: Texts, field: Field, conventions: Conventions) -> Texts:
    """Texts as values of the field's kind; NA where they are none."""
    canonical, _ = values.from_cells(texts, field.kind, conventions)
    if field.kind != "identifier":
        return canonical
    return values.series(identified(values.arrow(canonical)), canonical.index)


def _date_hint(drawn: Drawn, read: Texts, forms: Sequence[str]) -> str:
    """What to do about texts that could not be read as dates: a format that reads all of them, if there is one."""
    used = np.zeros(len(read) + 1, dtype=bool)
    used[drawn.codes] = True
    said = drawn.texts[used[:-1]]
    said = said[(said != "").to_numpy(dtype=bool, na_value=False)]
    lost = read[said.index].isna()
    if not lost.any():
        return MEND
    form = proposal(said[lost], () if lost.all() else forms)
    return f"Correct it in the SIS if it is wrong. {form}" if form else MEND


def _hint(field: Field, conventions: Conventions) -> str:
    if field.kind != "role":
        return MEND
    known = listed(name for name, _ in conventions.roles)
    return f"Correct it in the SIS, or translate it with `values:` in the mapping: the roles of this site are {known}."
