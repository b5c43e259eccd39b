"""A rule and the columns it names -> a field of every row, worked out once for each distinct value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync import values
from sync.mapping import steps
from sync.mapping.checks import MEND, Refusal, code_of, refusals
from sync.mapping.findings import listed
from sync.mapping.models import Date, Part, Rule
from sync.model import Field, Manners

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Column = pd.Series[Any]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A field of every row.

    `source` holds the distinct texts as the sheet gives them, `canonical` what became of each (NA: not said), and
    `codes` which of them each row has; -1 where a cell is no value at all. `refusals` tell which cannot stand.
    """

    source: pa.Array
    canonical: Column
    codes: Codes
    refusals: tuple[Refusal, ...]

    @property
    def column(self) -> Column:
        """The canonical value of every row."""
        codes = pa.array(self.codes, mask=self.codes < 0)
        return values.series(values.arrow(self.canonical).take(codes))

    def where(self, refusal: Refusal) -> NDArray[np.bool_]:
        """The rows whose value is refused so."""
        return np.append(refusal.at, False)[self.codes]

    @property
    def unfit(self) -> NDArray[np.bool_]:
        """The rows whose value cannot stand."""
        refused = np.zeros(len(self.source) + 1, dtype=bool)
        refused[-1] = True
        for refusal in self.refusals:
            refused[:-1] |= refusal.at
        return refused[self.codes]


def evaluate(rule: Rule, field: Field, frame: pd.DataFrame, manners: Manners) -> Evaluated:
    """What a rule makes of the cells of `frame` for a field: `then`, `values`, `date`, kind, ownership, checks."""
    source, codes = joined(rule.parts, frame)
    objections: list[Refusal] = []
    texts = steps.apply_steps(values.series(source), rule)
    if rule.values:
        translated = steps.translate(texts, rule)
        hint = "Correct it in the SIS, or list it in the mapping under `values:` of the field."
        objections.append(
            _unread("unknown-value", texts, translated, f"is not one of {listed(rule.values, 'or')}", hint)
        )
        texts = translated
    if rule.date is not None:
        dates = steps.read_dates(texts, rule.date, manners)
        objections.append(_unread("bad-date", texts, dates, f"is not a date written as {_form(rule.date)}", MEND))
        texts = dates
    canonical, _ = values.from_cells(texts, field.kind, manners)
    says = f"is not {values.SAYS[field.kind]}"
    objections.append(_unread(code_of(field), texts, canonical, says, _hint(field, manners)))
    if rule.own == "never_blank":
        canonical = canonical.mask(canonical == "")
    objections += refusals(field, canonical)
    return Evaluated(source, canonical, codes, tuple(objections))


def _unread(code: str, before: Column, after: Column, says: str, hint: str) -> Refusal:
    at = (before.notna() & after.isna()).to_numpy(dtype=bool)
    return Refusal(code, at, before, says, hint)


def _form(date: Date) -> str:
    named = {"iso": "2026-09-01 or 2026-09-01T08:00:00+01:00", "epoch": "seconds since 1970"}
    return named.get(date.format, f"`{date.format}`")


def _hint(field: Field, manners: Manners) -> str:
    if field.kind != "role":
        return MEND
    known = listed(name for name, _ in manners.roles)
    return f"The roles of this site are {known}. Translate what the SIS says with `values:` in the mapping."


def joined(parts: Sequence[Part], frame: pd.DataFrame) -> tuple[pa.Array, Codes]:
    """The distinct texts the parts make, and which of them each row has; blank if a column's cell is blank.

    Cells are stripped first. -1 where a cell is NA.
    """
    texts, codes = pa.array([""], values.TEXT), np.zeros(len(frame), dtype=np.int64)
    for part in parts:
        if part.column is None:
            texts = _glued(texts, pa.scalar(part.literal, values.TEXT))
            continue
        cells, own = distinct(frame[part.column])
        cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, values.TEXT), cells)
        size = max(len(cells), 1)
        pairs = np.where((codes < 0) | (own < 0), -1, codes * size + own)
        # One text pairs with each cell once, so the column's own codes serve.
        codes, used = (pairs, np.arange(len(cells))) if len(texts) == 1 else pd.factorize(pairs)
        codes, used = np.where(pairs < 0, -1, codes), np.maximum(used, 0)
        texts = _glued(texts.take(pa.array(used // size)), cells.take(pa.array(used % size)))
    return pc.fill_null(texts, ""), codes


def _glued(left: pa.Array, right: pa.Array | pa.Scalar) -> pa.Array:
    return pc.binary_join_element_wise(left, right, pa.scalar("", values.TEXT))


def distinct(cells: Column) -> tuple[pa.Array, Codes]:
    """The distinct texts of a column, stripped, and which of them each row has; -1 where it is NA."""
    encoded = values.arrow(cells).dictionary_encode()
    codes = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)
    return pc.utf8_trim_whitespace(encoded.dictionary), codes
