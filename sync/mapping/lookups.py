"""Look-ups in other sheets: the keys of a sheet, and the value taken for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sync.config.rules import Lookup, Part, ValueSheet
from sync.config.sheet_selection import SheetChoice
from sync.errors import Fault, SheetError
from sync.mapping.checks import RejectedValues
from sync.mapping.row_filter import all_fit
from sync.mapping.table import Table, errors, join_columns, tabulate
from sync.model import Origin, Sheet, values
from sync.model.findings import shown
from sync.model.issue_texts import wording
from sync.model.written import identified

if TYPE_CHECKING:
    Texts = pd.Series[Any]


@dataclass(frozen=True, slots=True)
class LookupResult:
    """The result of looking texts up: the value for each, NA where there is nothing, and which are refused."""

    texts: Texts
    known: pd.Series[bool]
    refusals: tuple[RejectedValues, ...]


@dataclass(frozen=True, slots=True)
class LookupTable:
    """Keys of a sheet, each once, and the value taken for it; `clash` says where its rows differ (NA: nowhere).

    Keys, and the texts looked up among them, are brought into the one spelling of identifiers before they are compared.
    """

    where: str
    key: Texts
    taken: Texts
    clash: Texts

    def find(self, texts: Texts, start: int) -> LookupResult:
        """Look texts up; blank stays blank, and NA stays NA. `start` is their position among a field's texts."""
        at = values.position(values.series(identified(values.arrow(texts))), self.key)
        taken, clash = (values.pick(column, at) for column in (self.taken, self.clash))
        taken.index = clash.index = texts.index
        blank = (texts == "").to_numpy(dtype=bool, na_value=False) & (at < 0)
        several = clash.notna().to_numpy()
        return LookupResult(
            taken.mask(blank, ""),
            pd.Series((at >= 0) | blank | texts.isna().to_numpy(), index=texts.index),
            tuple(self._refused(texts, several, clash, start)),
        )

    def _refused(self, texts: Texts, several: Any, clash: Texts, start: int) -> Iterator[RejectedValues]:
        if several.any():
            yield RejectedValues(several, texts, wording("several-found", file=self.where), start, clash)


@dataclass(frozen=True)
class Library:
    """The sheets that rules look values up in, and what has been read from them."""

    sheets: Mapping[SheetChoice, Sequence[Sheet]] = field(default_factory=dict)
    _tables: dict[SheetChoice, Table] = field(default_factory=dict)
    _entries: dict[int, tuple[Lookup | ValueSheet, LookupTable]] = field(default_factory=dict)

    def entries(self, lookup: Lookup | ValueSheet) -> LookupTable:
        """The keys of a sheet and the values taken for them. Raises SheetError if the columns are not plain."""
        if id(lookup) not in self._entries:
            choice = lookup.sheet
            if choice not in self._tables:
                self._tables[choice] = tabulate(self.sheets[choice], choice)
            self._entries[id(lookup)] = (lookup, _entries(lookup, self._tables[choice]))
        return self._entries[id(lookup)][1]


def _entries(lookup: Lookup | ValueSheet, table: Table) -> LookupTable:
    by, take = _columns(lookup, table)
    keep = lookup.keep if isinstance(lookup, Lookup) else {}
    table, _ = table.without(errors, [*keep, *(part.column for part in (*by, *take) if part.column is not None)])
    prefer = lookup.prefer if isinstance(lookup, Lookup) else None
    counted = ~table.ragged & all_fit(keep, table) if keep else ~table.ragged
    table = table.only(counted)
    keys, taken = join_columns(by, table), join_columns(take, table)
    size = len(taken.texts) + 1
    pairs = keys.codes * size + taken.codes + 1
    pairs = np.where(keys.codes < 0, -1, pairs)[:: -1 if prefer == "last" else 1]
    found, at = np.unique(pairs, return_index=True)
    found, at = found[found >= 0], at[found >= 0]
    order = np.argsort(at, kind="stable")
    found, at = found[order], at[order]
    cell = found % size - 1
    frame = pd.DataFrame(
        {
            "key": values.series(identified(keys.texts).take(pa.array(found // size))),
            "taken": values.series(taken.texts.take(pa.array(cell, mask=cell < 0))),
            "at": len(table) - 1 - at if prefer == "last" else at,
        }
    )
    filled = (frame["key"] != "") & (frame["taken"].notna() | (prefer is None))
    frame = frame[filled.to_numpy()].drop_duplicates(["key", "taken"], ignore_index=True)
    clash = pd.Series(pd.NA, index=frame.index, dtype="str")
    if prefer is None:
        # A cell that cannot be read has no value either, and is reported in the same place.
        ambiguous = (frame["key"].duplicated(keep=False) | frame["taken"].isna()).to_numpy()
        clash = _clashes(frame[ambiguous], table).reindex(frame["key"]).reset_index(drop=True)
    once = ~frame["key"].duplicated().to_numpy()
    file = table.sheets[0].file if table.sheets else lookup.sheet.file
    columns = (frame["key"], frame["taken"], clash)
    return LookupTable(file, *(column[once].reset_index(drop=True) for column in columns))


def _clashes(frame: pd.DataFrame, table: Table) -> Texts:
    """For each key, what its rows say, and where."""
    by_key: dict[str, list[str]] = {}
    for key, taken, at in zip(frame["key"], frame["taken"], frame["at"], strict=True):
        what = "no value" if pd.isna(taken) else shown(taken)
        texts = by_key.setdefault(key, [])
        if len(texts) < 3:
            texts.append(f"{what} in {table.origin(int(at))}")
    return pd.Series({key: " and ".join(each) for key, each in by_key.items()}, dtype="str")


def _columns(lookup: Lookup | ValueSheet, table: Table) -> tuple[Sequence[Part], Sequence[Part]]:
    if isinstance(lookup, Lookup):
        return lookup.by.parts, lookup.take.parts
    by, take = lookup.by, lookup.take
    if by is None or take is None:
        for sheet in table.sheets:
            if len(sheet.frame.columns) != 2:
                where = str(Origin(sheet.file, sheet.tab, sheet.header_row))
                n = len(sheet.frame.columns)
                has = f"the file has {n} column{'s' * (n != 1)}"
                message = f"{has}, so the mapping must say which to translate from and to"
                raise SheetError(Fault(message, where, "Add `from:` and `to:` next to `sheet:` below `values:`."))
        by, take = (str(name) for name in table.sheets[0].frame.columns)
    return (Part(column=by),), (Part(column=take),)
