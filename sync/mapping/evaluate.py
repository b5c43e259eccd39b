"""A rule and the columns it refers to -> a field of every row, computed once for each distinct value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.rules import Rule, Value, ValueSheet
from sync.mapping.checks import RejectedValues, refusals
from sync.mapping.dates import read_dates, with_proposal, written
from sync.mapping.lookups import Library
from sync.mapping.row_filter import all_fit
from sync.mapping.steps import REFUSALS, apply_step
from sync.mapping.table import Column, Table, join_columns
from sync.model import Conventions, Field, values
from sync.model.canonical import from_cells
from sync.model.findings import listed
from sync.model.issue_texts import Wording, wording
from sync.model.written import identified

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Texts = pd.Series[Any]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A value of every row.

    `source` holds the distinct texts as the sheet gives them, `texts` the result for each (NA: not given, or refused),
    and `codes` which of them each row has; -1 where a cell has no value at all. `refusals` say which are rejected;
    `columns` names the columns from which the texts from some position on are built.
    """

    source: pa.Array
    texts: Texts
    codes: Codes
    columns: tuple[tuple[int, tuple[str, ...]], ...]
    refusals: tuple[RejectedValues, ...] = ()

    @property
    def column(self) -> Texts:
        """The result for every row."""
        codes = pa.array(self.codes, mask=self.codes < 0)
        return values.series(values.arrow(self.texts).take(codes))

    @property
    def invalid(self) -> Flags:
        """The rows whose value is refused."""
        invalid = self.codes < 0
        for refusal in self.refusals:
            invalid |= refusal.where(self.codes)
        return invalid

    def written(self, at: Flags) -> Texts:
        """The value of some rows as the sheet gives it; NA where a cell has no value."""
        codes = self.codes[at]
        return values.series(self.source.take(pa.array(codes, mask=codes < 0)))

    def columns_of(self, code: int) -> tuple[str, ...]:
        """The columns from which one of the texts is made."""
        return next(columns for start, columns in reversed(self.columns) if code >= start)

    def rows(self, at: Flags) -> Evaluated:
        """The same for some rows."""
        return replace(self, codes=self.codes[at])

    def as_column(self) -> Column:
        """As a column that other rules may refer to: no value where it is refused."""
        return Column(pc.fill_null(values.arrow(self.texts), ""), np.where(self.invalid, -1, self.codes))

    def with_refusal(self, refusal: RejectedValues) -> Evaluated:
        """The same with one more refusal."""
        return replace(self, refusals=(*self.refusals, refusal)) if refusal.at.any() else self


Note = Callable[[str, object, Evaluated], None]
"""Called for every step: the key of the mapping that asks for it, the argument, and the result."""


def ignore_step(key: str, what: object, evaluated: Evaluated) -> None:
    """Do nothing."""


def evaluate_value(value: Value, table: Table, library: Library, note: Note = ignore_step) -> Evaluated:
    """What a value's source gives every row, and what `when`, `then`, `lookup` and `values` make of it.

    Raises SheetError if a sheet needed for a look-up cannot be used.
    """
    if value.first is None:
        whole = join_columns(value.parts, table)
        evaluated = Evaluated(whole.texts, values.series(whole.texts), whole.codes, ((0, value.sources),))
        key = next(key for key in ("column", "text", "constant") if getattr(value, key) is not None)
        note(key, getattr(value, key), evaluated)
    else:
        evaluated = _first(
            [evaluate_value(each, table, library, note) for each in value.first], value.sources, len(table)
        )
        note("first", value.sources, evaluated)
    if value.when:
        evaluated = _only_when(evaluated, value, table)
        note("when", value.when, evaluated)
    for step in value.then:
        evaluated = _changed(evaluated, apply_step(step, evaluated.texts), REFUSALS.get(step.name))
        note("then", step, evaluated)
    return _found(value, evaluated, library, note)


def _found(value: Value, evaluated: Evaluated, library: Library, note: Note) -> Evaluated:
    """What `lookup` and `values` find for a value."""
    if value.lookup is not None:
        rest = None if value.values else value.otherwise
        unknown = wording("unknown-value", "lookup", file=value.lookup.sheet.file)
        evaluated = _looked_up(evaluated, library.entries(value.lookup), rest, unknown)
        note("lookup", value.lookup, evaluated)
    if isinstance(value.values, ValueSheet):
        unknown = wording("unknown-value", "list", file=value.values.sheet.file)
        evaluated = _looked_up(evaluated, library.entries(value.values), value.otherwise, unknown)
        note("values", value.values, evaluated)
    elif value.values:
        evaluated = _translated(evaluated, value.values, value.otherwise)
        note("values", value.values, evaluated)
    return evaluated


def _changed(evaluated: Evaluated, texts: Texts, refused: Wording | None) -> Evaluated:
    """The same with other texts. One that has become NA is refused with this wording; None if none can become NA."""
    changed = replace(evaluated, texts=texts)
    if refused is None:
        return changed
    at = (evaluated.texts.notna() & texts.isna()).to_numpy(dtype=bool)
    return changed.with_refusal(RejectedValues(at, evaluated.texts, refused))


def _looked_up(evaluated: Evaluated, entries: Any, rest: str | None, unknown: Wording) -> Evaluated:
    found = entries.find(evaluated.texts, 0)
    evaluated = replace(evaluated, refusals=(*evaluated.refusals, *found.refusals))
    if rest is not None:
        texts = found.texts.mask(~found.known, rest)
        return replace(evaluated, texts=texts.mask((evaluated.texts == "").to_numpy(dtype=bool, na_value=False), rest))
    refusal = RejectedValues(~found.known.to_numpy(dtype=bool), evaluated.texts, unknown)
    return replace(evaluated, texts=found.texts).with_refusal(refusal)


def _translated(evaluated: Evaluated, table: Any, rest: str | None) -> Evaluated:
    """Translate by the table of `values:`. A blank that is not listed becomes `else:`, and without it stays blank."""
    whole = {"": "" if rest is None else rest, **table}
    texts = values.by_distinct(evaluated.texts, lambda text: whole.get(text, rest))
    texts.index = evaluated.texts.index
    texts = texts.mask(evaluated.texts.isna())
    return _changed(evaluated, texts, wording("unknown-value", known=listed(table, "or")))


def _first(options: Sequence[Evaluated], sources: tuple[str, ...], length: int) -> Evaluated:
    """For every row the first value that is not blank. What cannot be read is not blank."""
    blank = sum(len(option.texts) for option in options)
    codes = np.full(length, blank, dtype=np.int64)
    open_ = np.ones(length, dtype=bool)
    refused: list[RejectedValues] = []
    columns: list[tuple[int, tuple[str, ...]]] = []
    start = 0
    for option in options:
        empty = (option.texts == "").to_numpy(dtype=bool, na_value=False)
        filled = open_ & ~np.append(empty, False)[option.codes]
        codes[filled] = np.where(option.codes < 0, -1, option.codes + start)[filled]
        open_ &= ~filled
        refused += [refusal.moved(start) for refusal in option.refusals]
        columns += [(start + own, names) for own, names in option.columns]
        start += len(option.texts)
    return Evaluated(
        pa.concat_arrays([*(option.source for option in options), pa.array([""], values.TEXT)]),
        pd.concat([*(option.texts for option in options), pd.Series([""], dtype="str")], ignore_index=True),
        codes,
        (*columns, (blank, sources)),
        tuple(refused),
    )


def _only_when(evaluated: Evaluated, value: Value, table: Table) -> Evaluated:
    """Blank where the conditions are not met; no value where that cannot be known."""
    met = all_fit(value.when, table)
    unread = np.zeros(len(table), dtype=bool)
    for column in value.when:
        unread |= table[column].codes < 0
    codes = np.where(met, evaluated.codes, len(evaluated.texts))
    return replace(
        evaluated,
        source=pa.concat_arrays([evaluated.source, pa.array([""], values.TEXT)]),
        texts=pd.concat([evaluated.texts, pd.Series([""], dtype="str")], ignore_index=True),
        codes=np.where(unread, -1, codes),
    )


def evaluate_field(
    rule: Rule, field: Field, table: Table, library: Library, conventions: Conventions, note: Note = ignore_step
) -> Evaluated:
    """A field of every row in canonical form: from the rule, `date`, kind, ownership and checks."""
    evaluated = evaluate_value(rule, table, library, note)
    if rule.date is not None:
        dates = read_dates(evaluated.texts, rule.date, conventions)
        unread = _no_date(evaluated, dates, wording("bad-date", "format", formats=written(rule.date)), rule.date.format)
        evaluated = _changed(evaluated, dates, unread)
        note("date", rule.date, evaluated)
    texts = canonical(evaluated.texts, field, conventions)
    evaluated = _changed(evaluated, texts, _no_value(evaluated, texts, field, conventions))
    note("kind", field.kind, evaluated)
    if rule.own == "never_blank" or field.fills:
        evaluated = replace(
            evaluated, texts=evaluated.texts.mask((evaluated.texts == "").to_numpy(dtype=bool, na_value=False))
        )
        note("own", rule.own, evaluated)
    return replace(evaluated, refusals=(*evaluated.refusals, *refusals(field, evaluated.texts)))


def canonical(texts: Texts, field: Field, conventions: Conventions) -> Texts:
    """Texts as values of the field's kind; NA where they are not of that kind."""
    read, _ = from_cells(texts, field.kind, conventions)
    if field.kind != "identifier":
        return read
    return values.series(identified(values.arrow(read)), read.index)


def _no_value(evaluated: Evaluated, read: Texts, field: Field, conventions: Conventions) -> Wording | None:
    """What is said of texts that are not values of the field's kind; None where every text is one."""
    match field.kind:
        case "role":
            return wording("bad-role", roles=listed(name for name, _ in conventions.roles))
        case "instant":
            return _no_date(evaluated, read, wording("bad-date"), ("iso",))
        case "flag":
            return wording("bad-flag")
        case "number":
            return wording("bad-number")
        case _:
            return None


def _no_date(evaluated: Evaluated, read: Texts, refused: Wording, forms: Sequence[str]) -> Wording:
    """What is said of texts that could not be read as dates: with a format that reads all of them, if there is one."""
    used = np.zeros(len(read) + 1, dtype=bool)
    used[evaluated.codes] = True
    texts = evaluated.texts[used[:-1]]
    texts = texts[(texts != "").to_numpy(dtype=bool, na_value=False)]
    lost = read[texts.index].isna()
    return with_proposal(refused, texts[lost], () if lost.all() else forms) if lost.any() else refused
