"""One mapping and its sheets -> what they say, row by row, and what their bad rows protect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.mappings import Mapping as SheetMapping
from sync.config.rules import Rule
from sync.mapping.actions import additions, unknown_actions
from sync.mapping.aliases import as_on_site
from sync.mapping.evaluate import Evaluated, Note, evaluate_field, evaluate_value, ignore_step
from sync.mapping.lookups import Library
from sync.mapping.mapping_mistakes import mistyped_filters, own_values, wrong_values
from sync.mapping.roles import role_of
from sync.mapping.row_filter import all_fit, choose, left_out, without_rows
from sync.mapping.row_issues import RowIssues
from sync.mapping.source import Source
from sync.mapping.swapped_columns import SwappedColumns, find_swaps
from sync.mapping.table import Column, Table, errors, tabulate
from sync.model import Conventions, Field, Resource, values
from sync.model.columns import filled, framed, rows_where, selected, stacked
from sync.model.findings import Finding
from sync.model.issue_texts import Wording, wording
from sync.model.written import identified

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    DamagedCells = tuple[Wording, str, Column]

SHORTENED = r"\A-?\d(?:[.,]\d+)?[eE][+-]\d{2,3}\z"
"""How a spreadsheet shows a long number: only the first of its digits are left."""

UNREADABLE = "unreadable"
"""A role that cannot be read, in a row that deletes."""


@dataclass(frozen=True, slots=True)
class MappedRows:
    """What the sheets of a mapping say.

    rows:    match, fields..., gone, row, part; one for each good row that counts, in the order of the sheets, of
             which `part` gives the index
    columns: for each field, the columns in the header of the sheet that it is made of
    guarded: match, slice, claims; as in Desired
    refused: match, key..., unique fields, name fields, row, part; as in Desired, of each bad row
    bad:     how many rows of the sheets cannot be used
    empty:   why no row counts, good or bad
    additions: of a delta, by column of `delete_when`, the values that stand for additions
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
    additions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EvaluatedRows:
    """The rows of a table that count, good or bad, with what their mapping makes of them.

    fields:      of the resource
    new_columns: those of `columns:`
    damaged:     cells that a spreadsheet has damaged
    unexpected:  by column, rows that fit neither list of `rows:`
    unknown:     by column, rows of a delta that say neither "add" nor "delete"
    gone:        rows that delete their object
    mistakes:    what is wrong with the mapping's filters
    """

    table: Table
    fields: Mapping[str, Evaluated]
    new_columns: Mapping[str, Evaluated]
    damaged: Sequence[DamagedCells]
    unexpected: Mapping[str, Flags]
    unknown: Mapping[str, Flags]
    gone: Flags
    swaps: tuple[SwappedColumns, ...]
    mistakes: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Flaws:
    """Rows with a part of the key in another part's place; rows whose key cannot be read; rows that are bad."""

    misplaced: Flags
    keyless: Flags
    bad: Flags


def map_rows(resource: Resource, source: Source, conventions: Conventions, library: Library) -> MappedRows:
    """What the sheets of a mapping say."""
    mapping = source.mapping
    rows, empty = _evaluated(resource, source, conventions, library)
    table, fields, flaws = rows.table, rows.fields, _flaws(resource, mapping, rows)
    index = pd.RangeIndex(len(table))
    key = framed({name: fields[name].column for name in resource.key}, index)
    match = values.match_of(key, resource.keys, conventions)
    given = {"match": match, **{name: each.column for name, each in fields.items()}}
    frame = framed({**given, "gone": rows.gone, "row": table.row, "part": table.part}, index)
    frame = _with_roles_deleted(resource, frame, fields, rows.gone)
    untrusted = table.ragged | flaws.misplaced
    unreliable = {name: fields[name].invalid | untrusted for name in resource.key}
    row_issues = RowIssues(resource, mapping, table, ~table.ragged, key, unreliable)
    guarded = _guarded(match, _slices(resource, fields, key, conventions), flaws, untrusted, mapping.name)
    return MappedRows(
        mapping,
        table,
        columns={name: table.headers(mapping.read(rule.sources)) for name, rule in mapping.fields.items()},
        rows=rows_where(frame, ~flaws.bad),
        guarded=guarded,
        refused=_refused(resource, frame, fields, flaws),
        bad=len(selected(frame, ["row", "part"])[flaws.bad].drop_duplicates()) if flaws.bad.any() else 0,
        findings=tuple(_findings(row_issues, rows)),
        empty=empty,
        additions=additions(mapping, table, rows.unknown),
    )


def _evaluated(
    resource: Resource, source: Source, conventions: Conventions, library: Library
) -> tuple[EvaluatedRows, str]:
    """The rows of the sheets that count, and why none does."""
    mapping = source.mapping
    table, damaged = clean_table(resource, mapping, tabulate(source.sheets, mapping.sheet))
    table, made = made_columns(mapping, table, library)
    at, unexpected, gone = _counted(mapping, table)
    mistakes = tuple(mistyped_filters(resource, mapping, table))
    empty = "" if at.any() else left_out(mapping, table) if len(table) else without_rows(mapping, table)
    table = table.only(at)
    fields = {
        name: as_on_site(
            resource,
            name,
            evaluate_field(rule, resource.field(name) or Field(name), table, library, conventions),
            source.renames,
            conventions,
        )
        for name, rule in rules(resource, mapping)
    }
    rows = EvaluatedRows(
        table,
        fields,
        {name: evaluated.rows(at) for name, evaluated in made.items()},
        [(damage, name, cells.rows(at)) for damage, name, cells in damaged],
        {name: flags[at] for name, flags in unexpected.items()},
        unknown_actions(mapping, table, source.seen),
        gone[at],
        tuple(find_swaps(resource, mapping, fields, table, library, conventions)),
        mistakes,
    )
    return rows, empty


def listed(resource: Resource, source: Source, conventions: Conventions, library: Library) -> pd.Series[Any]:
    """The identifiers that rows of a source list, each once, as the site compares them; rows that delete do not.

    Only for resources that identify themselves.
    """
    mapping, (field,) = source.mapping, resource.keys
    table, _ = clean_table(resource, mapping, tabulate(source.sheets, mapping.sheet))
    table, _ = made_columns(mapping, table, library)
    counted, _, gone = _counted(mapping, table)
    rule = dict(rules(resource, mapping))[field.name]
    evaluated = evaluate_field(rule, field, table.only(counted & ~gone), library, conventions)
    used = values.pick(evaluated.texts, np.unique(evaluated.codes))
    return values.fold(used.dropna(), conventions, field.compares)


def _flaws(resource: Resource, mapping: SheetMapping, rows: EvaluatedRows) -> _Flaws:
    """Which rows are bad.

    A row is bad if it is ragged, if a cell it needs is an error or a shortened number, if it fits neither of
    two lists of `rows:`, if it does not say what to do, or if a field is refused; in a row that deletes its object,
    only the key must be valid.
    """
    table, fields, length = rows.table, rows.fields, len(rows.table)
    misplaced = _any((swap.rows for swap in rows.swaps if set(swap.fields) & set(resource.key)), length)
    keyless = misplaced | _any((fields[name].invalid for name in resource.key), length)
    decisive = (*mapping.rows.keep, *mapping.rows.drop, *mapping.delete_when, *mapping.add_when)
    unread = (table[name].codes < 0 for name in decisive)
    invalid = (each.invalid & ~rows.gone for name, each in fields.items() if name not in resource.key)
    swapped = (swap.rows for swap in rows.swaps)
    astray = (*rows.unexpected.values(), *rows.unknown.values())
    bad = table.ragged | keyless | _any([*unread, *astray, *invalid, *swapped], length)
    return _Flaws(misplaced, keyless, bad)


def _findings(row_issues: RowIssues, rows: EvaluatedRows) -> Iterator[Finding]:
    """Everything that is wrong with the rows. What a swap of columns explains is not reported field by field.

    What is the mapping's own mistake is reported once, and not for each row.
    """
    resource, mapping = row_issues.resource, row_issues.mapping
    yield from rows.mistakes
    for swap in rows.swaps:
        yield row_issues.swapped(swap)
    for damage, column, cells in rows.damaged:
        yield row_issues.damaged_cells(damage, column, cells)
    for column, flags in rows.unexpected.items():
        yield row_issues.unexpected(column, flags)
    for column, flags in rows.unknown.items():
        yield row_issues.unknown_action(column, flags)
    for name, evaluated in rows.new_columns.items():
        for refusal in evaluated.refusals:
            yield row_issues.rejected_column(name, evaluated, refusal)
    for name, evaluated in rows.fields.items():
        explained = _any((swap.rows for swap in rows.swaps if name in swap.fields), len(rows.table))
        for refusal in evaluated.refusals:
            silent = explained if name in resource.key else explained | rows.gone
            own = own_values(mapping.fields[name], refusal)
            yield wrong_values(resource, mapping, name, evaluated, own)
            yield row_issues.rejected(name, evaluated, replace(refusal, at=refusal.at & ~own.at), silent)


def clean_table(resource: Resource, mapping: SheetMapping, table: Table) -> tuple[Table, list[DamagedCells]]:
    """The table without cells that a spreadsheet has damaged, and those cells; its identifiers in one spelling.

    Damaged cells are a spreadsheet's errors, and identifiers of which only the first digits are left.
    """
    table, wrong = table.without(errors, mapping.needed)
    sources = (rule.sources for name, rule in mapping.fields.items() if _identifies(resource, name))
    named = mapping.read(chain.from_iterable(sources))
    table = table.rewritten(identified, named)
    table, short = table.without(lambda texts: pc.match_substring_regex(texts, SHORTENED), named)
    return table, [
        *((wording("error-cell"), name, cells) for name, cells in wrong.items()),
        *((wording("shortened-number"), name, cells) for name, cells in short.items()),
    ]


def _identifies(resource: Resource, name: str) -> bool:
    field = resource.field(name)
    return field is not None and field.kind == "identifier"


def made_columns(
    mapping: SheetMapping, table: Table, library: Library, notes: Callable[[str], Note] = lambda name: ignore_step
) -> tuple[Table, dict[str, Evaluated]]:
    """The table with the columns of `columns:`; `notes` says which callbacks get the steps of a column."""
    made: dict[str, Evaluated] = {}
    for name in mapping.new_columns:
        made[name] = evaluate_value(mapping.columns[name], table, library, notes(name))
        table = table.with_columns({name: made[name].as_column()})
    return table, made


def _counted(mapping: SheetMapping, table: Table) -> tuple[Flags, Mapping[str, Flags], Flags]:
    """Which rows count; which are unexpected, by column; which mark their object as deleted.

    A ragged row always counts: a cell that says it is left out may be another column's. In a snapshot, a row that
    says its object is gone does not count.
    """
    choice = choose(mapping.rows, table)
    gone = all_fit(mapping.delete_when, table)
    if mapping.mode == "delta":
        return choice.counted | table.ragged, choice.unexpected, gone
    return (choice.counted & ~gone) | table.ragged, choice.unexpected, np.zeros(len(table), dtype=bool)


def rules(resource: Resource, mapping: SheetMapping) -> Iterator[tuple[str, Rule]]:
    """The fields of a mapping, and where the value of each comes from."""
    for name, rule in mapping.fields.items():
        # A key is always given: without one, a row refers to nothing.
        yield name, rule.model_copy(update={"own": "always"}) if name in resource.key else rule


def _with_roles_deleted(
    resource: Resource, rows: pd.DataFrame, fields: Mapping[str, Evaluated], gone: Flags
) -> pd.DataFrame:
    """The rows; if one deletes in a role that the site does not have, the role is kept as the sheet gives it.

    It differs from those that the site has, and is not left blank.
    """
    name = role_of(resource, rows)
    if name is None or not gone.any():
        return rows
    evaluated = fields[name]
    unread = gone & evaluated.invalid
    given = values.series(evaluated.source.take(pa.array(evaluated.codes, mask=evaluated.codes < 0))).fillna(UNREADABLE)
    return rows.assign(**{name: rows[name].mask(unread, given)})


def _guarded(
    match: pd.Series[Any], slices: pd.Series[Any], flaws: _Flaws, untrusted: Flags, claims: str
) -> pd.DataFrame:
    """What bad rows protect. In an unreliable row, cells may be in the wrong columns: its key may be another's."""
    bad, keyless = flaws.bad, flaws.keyless
    if not bad.any() and not untrusted.any():
        return guards(match.iloc[:0], None, claims)
    named = guards(match[bad].mask(keyless[bad]), slices[bad].where(keyless[bad]), claims)
    anything = pd.Series(pd.NA, index=range(min(1, int(untrusted.sum()))), dtype="str")
    return stacked(named, guards(anything, None, claims))


def _refused(resource: Resource, frame: pd.DataFrame, fields: Mapping[str, Evaluated], flaws: _Flaws) -> pd.DataFrame:
    """The bad rows as far as they can be read: what identifies an object, its key as written if it is refused."""
    bad = flaws.bad
    rows = rows_where(selected(frame, ["match", *identifying(resource, frame), "row", "part"]), bad)
    if not len(rows):
        return rows
    for name in rows.columns.intersection(list(fields)):
        invalid = fields[name].invalid[bad]
        rows[name] = rows[name].mask(invalid, fields[name].written(bad) if name in resource.key else None)
    return rows.assign(match=rows["match"].mask(flaws.keyless[bad]))


def identifying(resource: Resource, rows: pd.DataFrame) -> list[str]:
    """Those of a frame's fields by which an object can be recognised: its key, what is unique on the site, its name."""
    names = {*resource.key, *resource.name_fields, *(field.name for field in resource.fields if field.unique)}
    return [field.name for field in resource.fields if field.name in names and field.name in rows]


def guards(match: pd.Series[Any], slices: pd.Series[Any] | None, claims: str | pd.Series[Any]) -> pd.DataFrame:
    """What is protected, as in Desired: each item once."""
    if not len(match):
        return values.no_rows("match", "slice", "claims")
    slices = filled(None, match.index) if slices is None else slices
    return framed({"match": match, "slice": slices, "claims": claims}, match.index).drop_duplicates(ignore_index=True)


def _any(flags: Any, length: int) -> Flags:
    result = np.zeros(length, dtype=bool)
    for each in flags:
        result |= each
    return result


def _slices(
    resource: Resource, fields: Mapping[str, Evaluated], key: pd.DataFrame, conventions: Conventions
) -> pd.Series[Any]:
    """The slice of every row, folded; NA if a part of it cannot be read, or the resource has none."""
    if not resource.slice:
        return pd.Series(pd.NA, index=key.index, dtype="str")
    unread = _any((fields[name].invalid for name in resource.slice), len(key))
    return values.match_of(key, resource.named(resource.slice), conventions).mask(unread)
