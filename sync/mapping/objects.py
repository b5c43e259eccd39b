"""Rows of one mapping -> one row for each object: repeated rows become one, contradicting ones protect their object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.mapping.clashes import ambiguous_identifiers, find_clashes
from sync.mapping.groups import RowGroups, ordered
from sync.mapping.roles import in_delta, in_snapshot
from sync.mapping.rows import MappedRows, identifying
from sync.model import Conventions, Resource, values
from sync.model.columns import framed, rows_where, selected
from sync.model.findings import NAMED, Finding

ROW = ["match", "file", "tab", "row"]


@dataclass(frozen=True, slots=True)
class MappedObjects:
    """What one mapping says, object by object.

    rows:    match, fields..., gone, claims, file, tab, row, also; one row an object, in order of match
    clashed: match, key..., unique fields, claims, file, tab, row; rows of objects that contradict each other; not among
             the rows
    """

    rows: pd.DataFrame
    clashed: pd.DataFrame
    findings: tuple[Finding, ...] = ()


def gather(resource: Resource, mapped: MappedRows, conventions: Conventions) -> MappedObjects:
    """One row for each object.

    In a snapshot, all rows of an object must agree; only if they differ in nothing but a role, the highest of the
    site's order counts. In a delta, a later row replaces an earlier one of the same role, and a deleted role is
    forgotten; of several roles the highest active one counts.
    """
    mapping = mapped.mapping
    delta = mapping.mode == "delta"
    rows = ordered(mapped.rows[::-1] if delta else mapped.rows)
    rows = placed(rows, mapped)
    ambiguous, ambiguities = ambiguous_identifiers(resource, mapped, rows, conventions)
    refused = rows_where(selected(rows, _origin(resource, rows)), ambiguous)
    rows = rows_where(rows, ~ambiguous)
    groups = RowGroups.by_match(rows)
    if groups.single:
        return MappedObjects(rows.assign(also=_same(None, len(rows))), refused.drop_duplicates(ROW), tuple(ambiguities))
    repeated = (groups.sizes > 1)[groups.of]
    several = rows_where(rows, repeated)
    groups = RowGroups.by_match(several)
    ranked = (in_delta if delta else in_snapshot)(resource, several, groups, conventions)
    several = ranked.rows
    clashes = find_clashes(resource, mapped, ranked, groups, conventions)
    merged = merge(several, groups, mapping.fields).assign(also=_also(several, groups))
    single = rows_where(rows, ~repeated)
    return MappedObjects(
        ordered(pd.concat([single.assign(also=_same(None, len(single))), merged[~clashes.serious]], ignore_index=True)),
        pd.concat([refused, several.loc[clashes.serious[groups.of], _origin(resource, several)]]).drop_duplicates(ROW),
        (*ambiguities, *clashes.findings()),
    )


def _origin(resource: Resource, rows: pd.DataFrame) -> list[str]:
    return ["match", *identifying(resource, rows), "claims", "file", "tab", "row"]


def placed(rows: pd.DataFrame, mapped: MappedRows) -> pd.DataFrame:
    """The rows with the mapping that claims them, and with file and tab instead of `part`."""
    sheets = mapped.table.sheets
    claims = _same(mapped.mapping.name, len(rows))
    if len(sheets) == 1:
        place = {"file": _same(sheets[0].file, len(rows)), "tab": _same(sheets[0].tab, len(rows))}
    else:
        part = pa.array(rows["part"].to_numpy())
        names = {"file": [sheet.file for sheet in sheets], "tab": [sheet.tab for sheet in sheets]}
        place = {name: values.series(pa.array(texts, values.TEXT).take(part)) for name, texts in names.items()}
    columns = {name: rows[name] for name in map(str, rows) if name != "part"}
    return framed({**columns, "claims": claims, **place}, rows.index)


def merge(rows: pd.DataFrame, groups: RowGroups, fields: Iterable[str]) -> pd.DataFrame:
    """One row for each group: for each field the first value given, everything else from the first row."""
    merged = rows.take(groups.starts)
    for name in fields:
        merged[name] = rows[name].take(groups.first_value(rows[name])).array
    return merged.reset_index(drop=True)


def origins(rows: pd.DataFrame) -> pd.Series[str]:
    """Where each row comes from, as a person reads it: `users.xlsx, tab Staff, row 7`."""
    empty = pa.scalar("", values.TEXT)
    tab = pc.fill_null(
        pc.binary_join_element_wise(pa.scalar(", tab ", values.TEXT), values.arrow(rows["tab"]), empty), ""
    )
    row = pc.binary_join_element_wise(pa.scalar(", ", values.TEXT), _numbered(rows), empty)
    return values.series(pc.binary_join_element_wise(values.arrow(rows["file"]), tab, row, empty), rows.index)


def _numbered(rows: pd.DataFrame) -> pa.Array:
    number = pa.array(rows["row"].to_numpy()).cast(values.TEXT)
    return pc.binary_join_element_wise(pa.scalar("row", values.TEXT), number, pa.scalar(" ", values.TEXT))


def _same(text: str | None, length: int) -> pd.Series[str]:
    return values.series(pa.repeat(pa.scalar(text, values.TEXT), length))


def _also(rows: pd.DataFrame, groups: RowGroups) -> pd.Series[str]:
    """The other rows of each object, the first ones by name; a file is named once for rows that follow each other."""
    nth = np.arange(len(rows)) - groups.starts[groups.of]
    elsewhere = nth == 1
    for name in ("file", "tab"):
        text = rows[name].fillna("")
        elsewhere |= (text != text.shift()).to_numpy()
    label = origins(rows).where(elsewhere, values.series(_numbered(rows), rows.index))
    named = groups.joined(label.mask((nth == 0) | (nth > NAMED)), "; ")
    more = groups.sizes - 1 - NAMED
    return named.where(more <= 0, named + "; " + pd.Series(more, dtype="str") + " more")
