"""One mapping and its sheets -> what they say, row by row, and what their bad rows protect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.mappings import Mapping as SheetMapping
from sync.config.rules import Rule
from sync.mapping import row_filter as selection
from sync.mapping.evaluate import Drawn, Note, draw, evaluate, unnoted
from sync.mapping.lookups import Library
from sync.mapping.roles import role_of
from sync.mapping.row_issues import ERROR_CELL, SHORTENED_NUMBER, RowIssues, SpreadsheetDamage
from sync.mapping.source import Source
from sync.mapping.swapped_columns import Swap, find_swaps
from sync.mapping.table import Column, Table, errors, tabulate
from sync.mapping.unusable import left_out, without_rows
from sync.model import Conventions, Field, Resource, values
from sync.model.findings import Finding
from sync.model.written import identified

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Spoilt = tuple[SpreadsheetDamage, str, Column]

SHORTENED = r"\A-?\d(?:[.,]\d+)?[eE][+-]\d{2,3}\z"
"""How a spreadsheet shows a long number: of its digits only the first are left."""

UNREADABLE = "unreadable"
"""A role of which nothing can be read, where a row deletes."""


@dataclass(frozen=True, slots=True)
class MappedRows:
    """What the sheets of a mapping say.

    rows:    match, fields..., gone, row, part; one for each good row that counts, in the order of the sheets, of
             which `part` tells the one
    columns: for each field, the columns in the header of the sheet that it is made of
    guarded: match, slice, claims; as in Desired
    refused: match, key..., unique fields, row, part; as in Desired, of each bad row
    bad:     how many rows of the sheets cannot be used
    empty:   why no row counts, good or bad
    """

    mapping: SheetMapping
    table: Table
    columns: Mapping[str, tuple[str, ...]]
    rows: pd.DataFrame
    guarded: pd.DataFrame
    refused: pd.DataFrame
    bad: int
    findings: tuple[Finding, ...]
    empty: str = ""


def state(resource: Resource, source: Source, conventions: Conventions, library: Library) -> MappedRows:
    """What the sheets of a mapping say.

    A row is bad if it is ragged, if a cell it needs is an error or a shortened number, if it fits neither of
    two lists of `rows:`, or if a field cannot stand; of a row that says its object is gone, only the key must stand.
    """
    mapping = source.mapping
    table, spoilt = sound(resource, mapping, tabulate(source.sheets, mapping.sheet))
    table, made = made_columns(mapping, table, library)
    at, unexpected, gone = _counted(mapping, table)
    empty = "" if at.any() else left_out(mapping, table) if len(table) else without_rows(mapping, table)
    table, made = table.only(at), {name: drawn.rows(at) for name, drawn in made.items()}
    spoilt = [(spoiling, name, cells.rows(at)) for spoiling, name, cells in spoilt]
    unexpected, gone = {name: flags[at] for name, flags in unexpected.items()}, gone[at]
    fields = {
        name: evaluate(rule, resource.field(name) or Field(name), table, library, conventions)
        for name, rule in rules(resource, mapping)
    }
    swaps = tuple(find_swaps(resource, mapping, fields, table, library, conventions))
    misplaced = _any((swap.rows for swap in swaps if set(swap.fields) & set(resource.key)), len(table))
    keyless = misplaced | _any((fields[name].unfit for name in resource.key), len(table))
    unread = (table[name].codes < 0 for name in (*mapping.rows.keep, *mapping.rows.drop, *mapping.delete_when))
    unfit = (each.unfit & ~gone for name, each in fields.items() if name not in resource.key)
    swapped = (swap.rows for swap in swaps)
    bad = table.ragged | keyless | _any([*unread, *unexpected.values(), *unfit, *swapped], len(table))
    key = pd.DataFrame({name: fields[name].column for name in resource.key})
    match = values.match_of(key, resource.keys, conventions)
    slices = _slices(resource, fields, key, conventions)
    said = pd.DataFrame({"match": match, **{name: each.column for name, each in fields.items()}})
    said = _with_roles_deleted(resource, said, fields, gone)
    said = said.assign(gone=gone, row=table.row, part=table.part)
    unsure = {name: fields[name].unfit | table.ragged | misplaced for name in resource.key}
    teller = RowIssues(resource, mapping, table, ~table.ragged, key, unsure)
    return MappedRows(
        mapping,
        table,
        columns={name: table.headers(mapping.read(rule.sources)) for name, rule in mapping.fields.items()},
        rows=said if not bad.any() else said[~bad].reset_index(drop=True),
        guarded=_guarded(match, slices, bad, keyless, table.ragged | misplaced, mapping.name),
        refused=_refused(resource, said, fields, bad, keyless),
        bad=len(said.loc[bad, ["row", "part"]].drop_duplicates()),
        findings=tuple(_findings(teller, fields, made, spoilt, unexpected, gone, swaps)),
        empty=empty,
    )


def _findings(
    teller: RowIssues,
    fields: Mapping[str, Drawn],
    made: Mapping[str, Drawn],
    spoilt: Sequence[Spoilt],
    unexpected: Mapping[str, Flags],
    gone: Flags,
    swaps: tuple[Swap, ...],
) -> Iterator[Finding]:
    """All that is wrong with the rows. What a swap of columns explains is not told field by field."""
    explained = {name: _any((s.rows for s in swaps if name in s.fields), len(gone)) for name in fields}
    for swap in swaps:
        yield teller.swapped(swap)
    for spoiling, column, cells in spoilt:
        yield teller.spoilt(spoiling, column, cells)
    for column, flags in unexpected.items():
        yield teller.unexpected(column, flags)
    for name, drawn in made.items():
        for refusal in drawn.refusals:
            yield teller.refused_column(name, drawn, refusal)
    for name, drawn in fields.items():
        for refusal in drawn.refusals:
            silent = explained[name] if name in teller.resource.key else explained[name] | gone
            yield teller.refused(name, drawn, refusal, silent)


def sound(resource: Resource, mapping: SheetMapping, table: Table) -> tuple[Table, list[Spoilt]]:
    """The table without cells that a spreadsheet has spoilt, and those; its identifiers as they are written alike.

    Spoilt cells are a spreadsheet's errors, and identifiers of which it has left the first digits only.
    """
    table, wrong = table.without(errors, mapping.needed)
    sources = (rule.sources for name, rule in mapping.fields.items() if _identifies(resource, name))
    named = mapping.read(chain.from_iterable(sources))
    table = table.rewritten(identified, named)
    table, short = table.without(lambda texts: pc.match_substring_regex(texts, SHORTENED), named)
    return table, [
        *((ERROR_CELL, name, cells) for name, cells in wrong.items()),
        *((SHORTENED_NUMBER, name, cells) for name, cells in short.items()),
    ]


def _identifies(resource: Resource, name: str) -> bool:
    field = resource.field(name)
    return field is not None and field.kind == "identifier"


def made_columns(
    mapping: SheetMapping, table: Table, library: Library, notes: Callable[[str], Note] = lambda name: unnoted
) -> tuple[Table, dict[str, Drawn]]:
    """The table with the columns of `columns:`; `notes` gives who is told of the steps to one of them."""
    made: dict[str, Drawn] = {}
    for name in mapping.made:
        made[name] = draw(mapping.columns[name], table, library, notes(name))
        table = table.also({name: made[name].as_column()})
    return table, made


def _counted(mapping: SheetMapping, table: Table) -> tuple[Flags, Mapping[str, Flags], Flags]:
    """Which rows count; which are unexpected, by column; which say that an object is gone.

    A ragged row always counts: a cell that says it is left out may be another column's. In a snapshot, a row that
    says its object is gone is one row less.
    """
    choice = selection.choose(mapping.rows, table)
    gone = selection.all_fit(mapping.delete_when, table)
    if mapping.mode == "delta":
        return choice.counted | table.ragged, choice.unexpected, gone
    return (choice.counted & ~gone) | table.ragged, choice.unexpected, np.zeros(len(table), dtype=bool)


def rules(resource: Resource, mapping: SheetMapping) -> Iterator[tuple[str, Rule]]:
    """The fields of a mapping, and where the value of each comes from."""
    for name, rule in mapping.fields.items():
        # A key is always said: without one, a row speaks of nothing.
        yield name, rule.model_copy(update={"own": "always"}) if name in resource.key else rule


def _with_roles_deleted(
    resource: Resource, said: pd.DataFrame, fields: Mapping[str, Drawn], gone: Flags
) -> pd.DataFrame:
    """The rows; where one deletes in a role that the site does not have, the role stands as the sheet gives it.

    It is another one than those that the site has, and not left blank.
    """
    name = role_of(resource, said)
    if name is None or not gone.any():
        return said
    drawn = fields[name]
    unread = gone & drawn.unfit
    given = values.series(drawn.source.take(pa.array(drawn.codes, mask=drawn.codes < 0))).fillna(UNREADABLE)
    return said.assign(**{name: said[name].mask(unread, given)})


def _guarded(
    match: pd.Series[Any], slices: pd.Series[Any], bad: Flags, keyless: Flags, doubtful: Flags, claims: str
) -> pd.DataFrame:
    """What bad rows protect. In a doubtful row cells stand in each other's place: its key may be another's."""
    spoken = guards(match[bad].mask(keyless[bad]), slices[bad].where(keyless[bad]), claims)
    anything = pd.Series(pd.NA, index=range(min(1, int(doubtful.sum()))), dtype="str")
    return pd.concat([spoken, guards(anything, None, claims)], ignore_index=True)


def _refused(
    resource: Resource, said: pd.DataFrame, fields: Mapping[str, Drawn], bad: Flags, keyless: Flags
) -> pd.DataFrame:
    """The bad rows as far as they can be read: what identifies an object, its key as written where it cannot stand."""
    rows = said.loc[bad, ["match", *identifying(resource, said), "row", "part"]].reset_index(drop=True)
    for name in rows.columns.intersection(list(fields)) if len(rows) else ():
        unfit = fields[name].unfit[bad]
        rows[name] = rows[name].mask(unfit, fields[name].written(bad) if name in resource.key else None)
    return rows.assign(match=rows["match"].mask(keyless[bad]))


def identifying(resource: Resource, rows: pd.DataFrame) -> list[str]:
    """Those of a frame's fields by which an object can be told: its key, and what is unique on the site."""
    return [
        field.name for field in resource.fields if (field.name in resource.key or field.unique) and field.name in rows
    ]


def guards(match: pd.Series[Any], slices: pd.Series[Any] | None, claims: str | pd.Series[Any]) -> pd.DataFrame:
    """What is protected, as in Desired: each thing once."""
    if not len(match):
        return values.no_rows("match", "slice", "claims")
    frame = pd.DataFrame({"match": match, "slice": pd.NA if slices is None else slices, "claims": claims})
    return frame.astype("str").drop_duplicates(ignore_index=True)


def _any(flags: Any, length: int) -> Flags:
    result = np.zeros(length, dtype=bool)
    for each in flags:
        result |= each
    return result


def _slices(
    resource: Resource, fields: Mapping[str, Drawn], key: pd.DataFrame, conventions: Conventions
) -> pd.Series[Any]:
    """The slice of every row, folded; NA where a part of it cannot be read, or the resource has none."""
    if not resource.slice:
        return pd.Series(pd.NA, index=key.index, dtype="str")
    unread = _any((fields[name].unfit for name in resource.slice), len(key))
    return values.match_of(key, resource.named(resource.slice), conventions).mask(unread)
