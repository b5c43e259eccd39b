"""All mappings of a resource and their sheets -> what should be true of it, and issues for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sync.mapping.lookups import Library
from sync.mapping.merging import duplicates, fields_of, unite
from sync.mapping.objects import MappedObjects, gather, placed
from sync.mapping.row_filter import all_bad
from sync.mapping.rows import MappedRows, guards, identifying, map_rows
from sync.mapping.source import Source
from sync.model import Conventions, Desired, Issue, Resource, findings, values
from sync.model.columns import rows_where, selected, stacked
from sync.model.findings import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORIGIN = ["claims", "file", "tab", "row"]


def build(resource: Resource, sources: Sequence[Source], conventions: Conventions) -> tuple[Desired, list[Issue]]:
    """What the sheets of all mappings of one resource say should be true, and the issues found in them.

    `sources` are in order of precedence, at least one; each sheet has all columns its mapping names. Issues the
    sheets came with are not reported again, but their bad rows protect their objects as others do. Raises SheetError if
    columns cannot be laid out, or a sheet cannot be looked into, as a mapping says.

    An object that a bad row refers to is in `guarded` and nowhere else, whatever good rows say of it: it is left
    unchanged. If the key of a bad row cannot be read, its slice is guarded, and failing that the whole mapping.
    """
    library = Library({choice: sheets for source in sources for choice, sheets in source.others.items()})
    mapped = [map_rows(resource, source, conventions, library) for source in sources]
    objects = [gather(resource, each, conventions) for each in mapped]
    columns = {each.mapping.name: each.columns for each in mapped}
    clashed = [guards(each.clashed["match"], None, of) for each, of in zip(objects, columns, strict=True)]
    guarded = stacked(*(each.guarded for each in mapped), *clashed)
    unguarded = [_without(each.rows, guarded["match"]) for each in objects]
    rows, overruled = unite(resource, [rows_where(each, ~_gone(each)) for each in unguarded], columns, conventions)
    shared, doubled = duplicates(resource, rows, columns, conventions)
    unused, rows = rows_where(rows, shared), rows_where(rows, ~shared)
    guarded = stacked(guarded, guards(unused["match"], None, unused["claims"]))
    found = [[*each.findings, *more.findings] for each, more in zip(mapped, objects, strict=True)]
    issues = [findings.issues(each) for each in [*found, [*overruled, *doubled]]]
    desired = Desired(
        resource=resource.name,
        rows=selected(rows, ["match", *fields_of(resource, columns), *ORIGIN, "also"]),
        removals=_removals(resource, unguarded, conventions),
        guarded=_in_order(guarded),
        complete=frozenset(each.mapping.name for each in mapped if _is_complete(each)),
        on_create=_on_create(each.mapping for each in mapped),
        rejected_by=_rejected(mapped, objects, unused["claims"]),
        refused=_refused(resource, mapped, objects, unused),
        columns=columns,
        additions={each.mapping.name: each.additions for each in mapped if each.additions},
        unusable=dict(_unusable(mapped, rows, [[*each, *doubled] for each in found], issues)),
    )
    return desired, [*chain.from_iterable(issues)]


def _in_order(guarded: pd.DataFrame) -> pd.DataFrame:
    """Each item once, in order."""
    if len(guarded) < 2:
        return guarded
    return guarded.drop_duplicates().sort_values(["match", "slice", "claims"], ignore_index=True)


def _gone(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """The objects that a sheet marks as deleted."""
    return rows["gone"].to_numpy()


def _removals(resource: Resource, objects: Sequence[pd.DataFrame], conventions: Conventions) -> pd.DataFrame:
    """As in Desired."""
    gone = [rows_where(selected(each, ["match", *resource.key, *ORIGIN, "also"]), _gone(each)) for each in objects]
    removals, _ = unite(resource, gone, {}, conventions)
    return selected(removals, ["match", *resource.key, *ORIGIN])


def _refused(
    resource: Resource, mapped: Sequence[MappedRows], objects: Sequence[MappedObjects], shared: pd.DataFrame
) -> pd.DataFrame:
    """As in Desired: bad rows, rows that contradict each other, and those that share a value that must be unique."""
    unused = [placed(each.refused, each) for each in mapped] + [each.clashed for each in objects]
    unused.append(selected(shared, ["match", *identifying(resource, shared), *ORIGIN]))
    return stacked(*unused)


def _rejected(
    mapped: Sequence[MappedRows], objects: Sequence[MappedObjects], shared: pd.Series[Any]
) -> Mapping[str, int]:
    """As in Desired."""
    bad = {rows.mapping.name: rows.bad + len(of.clashed) for rows, of in zip(mapped, objects, strict=True)}
    return values.tallied(bad, shared)


def _without(rows: pd.DataFrame, matches: pd.Series[Any]) -> pd.DataFrame:
    return rows[values.position(rows["match"], matches.dropna()) < 0] if matches.notna().any() else rows


def _is_complete(rows: MappedRows) -> bool:
    unplaced = rows.guarded["match"].isna() & rows.guarded["slice"].isna()
    good = all(sheet.whole for sheet in rows.table.sheets)
    return rows.mapping.mode == "snapshot" and good and not unplaced.any()


def _unusable(
    mapped: Sequence[MappedRows],
    rows: pd.DataFrame,
    found: Sequence[Sequence[Finding]],
    issues: Sequence[Sequence[Issue]],
) -> Iterator[tuple[str, str]]:
    """As in Desired. `found` and `issues` are by mapping; `issues` end with those between mappings."""
    used = {name for claims in rows["claims"].unique() for name in claims.split()}
    for each, own, own_issues in zip(mapped, found, issues, strict=False):
        name, ragged = each.mapping.name, int(each.table.ragged.sum())
        if each.mapping.mode == "snapshot" and name not in used:
            yield name, each.empty or all_bad(ragged, own, [*own_issues, *issues[-1]])


def _on_create(mappings: Any) -> frozenset[str]:
    return frozenset(name for mapping in mappings for name, rule in mapping.fields.items() if rule.own == "on_create")
