"""All mappings of a resource and their sheets -> what should be true of it, and what people must know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import pandas as pd

from sync.mapping.lookups import Library
from sync.mapping.merging import duplicates, fields_of, united
from sync.mapping.objects import gather, placed
from sync.mapping.rows import MappedRows, guards, identifying, state
from sync.mapping.source import Source
from sync.mapping.unusable import all_bad
from sync.model import Conventions, Desired, Issue, Resource, findings, values
from sync.model.findings import Finding

ORIGIN = ["claims", "file", "tab", "row"]


def build(resource: Resource, sources: Sequence[Source], conventions: Conventions) -> tuple[Desired, list[Issue]]:
    """What the sheets of all mappings of one resource say should be true, and the issues found in them.

    `sources` are in order of precedence, at least one; each sheet has all columns its mapping names. Issues the
    sheets came with are not told again, but their bad rows protect their objects as others do. Raises SheetError if
    columns cannot be laid out, or a sheet cannot be looked into, as a mapping says.

    An object a bad row speaks of is in `guarded` and nowhere else, whatever good rows say of it: it stays as it
    is. If the key of a bad row cannot be read, its slice is guarded, and failing that the whole mapping.
    """
    library = Library({choice: sheets for source in sources for choice, sheets in source.others.items()})
    statements = [state(resource, source, conventions, library) for source in sources]
    objects = [gather(resource, statement, conventions) for statement in statements]
    columns = {each.mapping.name: each.columns for each in statements}
    clashed = [guards(each.clashed["match"], None, of) for each, of in zip(objects, columns, strict=True)]
    guarded = pd.concat([*(each.guarded for each in statements), *clashed], ignore_index=True)
    spoken = [_without(each.rows, guarded["match"]) for each in objects]
    kept = [each[~each["gone"].to_numpy()] for each in spoken]
    rows, overruled = united(resource, kept, columns, conventions)
    gone = [each.loc[each["gone"].to_numpy(), ["match", *resource.key, *ORIGIN, "also"]] for each in spoken]
    removals, _ = united(resource, gone, {}, conventions)
    shared, doubled = duplicates(resource, rows, columns, conventions)
    guarded = pd.concat([guarded, guards(rows["match"][shared], None, rows["claims"][shared])], ignore_index=True)
    unused = [placed(each.refused, each) for each in statements] + [each.clashed for each in objects]
    unused.append(rows.loc[shared, ["match", *identifying(resource, rows), *ORIGIN]])
    rows = rows.loc[~shared, ["match", *fields_of(resource, columns), *ORIGIN, "also"]].reset_index(drop=True)
    found = [[*each.findings, *more.findings] for each, more in zip(statements, objects, strict=True)]
    told = [findings.issues(each) for each in [*found, [*overruled, *doubled]]]
    desired = Desired(
        resource=resource.name,
        rows=rows,
        removals=removals[["match", *resource.key, *ORIGIN]],
        guarded=_settled(guarded),
        complete=frozenset(each.mapping.name for each in statements if _whole(each)),
        on_create=_on_create(each.mapping for each in statements),
        rejected=sum(each.bad for each in statements) + sum(len(each.clashed) for each in objects) + int(shared.sum()),
        refused=pd.concat(unused, ignore_index=True),
        columns=columns,
        unusable=dict(_unusable(statements, rows, [[*each, *doubled] for each in found], told)),
    )
    return desired, [*chain.from_iterable(told)]


def _without(rows: pd.DataFrame, matches: pd.Series[Any]) -> pd.DataFrame:
    return rows[values.position(rows["match"], matches.dropna()) < 0] if matches.notna().any() else rows


def _settled(guarded: pd.DataFrame) -> pd.DataFrame:
    return guarded.drop_duplicates().sort_values(["match", "slice", "claims"], ignore_index=True)


def _whole(statement: MappedRows) -> bool:
    unplaced = statement.guarded["match"].isna() & statement.guarded["slice"].isna()
    good = all(sheet.whole for sheet in statement.table.sheets)
    return statement.mapping.mode == "snapshot" and good and not unplaced.any()


def _unusable(
    statements: Sequence[MappedRows],
    rows: pd.DataFrame,
    found: Sequence[Sequence[Finding]],
    told: Sequence[Sequence[Issue]],
) -> Iterator[tuple[str, str]]:
    """As in Desired. `found` and `told` have what is wrong by statement; `told` ends with what is between them."""
    used = {name for claims in rows["claims"].unique() for name in claims.split()}
    for statement, own, issues in zip(statements, found, told, strict=False):
        name, ragged = statement.mapping.name, int(statement.table.ragged.sum())
        if statement.mapping.mode == "snapshot" and name not in used:
            yield name, statement.empty or all_bad(ragged, own, [*issues, *told[-1]])


def _on_create(mappings: Any) -> frozenset[str]:
    return frozenset(name for mapping in mappings for name, rule in mapping.fields.items() if rule.own == "on_create")
