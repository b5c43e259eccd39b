"""Whom a row is about: the people and courses that rows with issues refer to, as far as they can be read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from sync.mapping.lookups import Library
from sync.mapping.source import Source
from sync.mapping.tracing import key_rows
from sync.model import Conventions, Issue, Resource
from sync.model.resources import CATALOGUE
from sync.model.values import match_of, no_rows, pack
from sync.report import phrasing
from sync.report.display_names import Names, display_names, names_along
from sync.report.summary import unpacked

ROW_COLUMNS: Final = ("resource", "match", "key", "before", "after", "file", "tab", "row")
"""Columns of what rows are about: those of changes, of which `after` has only the fields of a name."""

NAME_COLUMNS: Final = ("resource", "match", "key", "before", "after")
"""Those columns from which names are made."""

ResourceRow = tuple[str | None, str | None, str | None, int | None]
"""A resource, and the file, tab and row that is about it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom or what a row is about: the name, and the key, as far as the row gives them."""

    name: str
    id: str

    def __str__(self) -> str:
        return phrasing.with_id(self.name, self.id)


def issue_rows(issues: Sequence[Issue], sources: Iterable[Source], conventions: Conventions) -> pd.DataFrame:
    """What the rows with issues refer to: columns `ROW_COLUMNS`, bad rows too. Keys lack what cannot be read."""
    frames = [no_rows(*ROW_COLUMNS).astype({"row": "int64"})]
    for source in sources:
        resource = CATALOGUE[source.mapping.resource]
        wrong = [issue for issue in issues if issue.resource in (None, resource.name)]
        narrow = _narrowed(source, {(issue.file, issue.tab, issue.row) for issue in wrong})
        if narrow.sheets:
            frames.append(_rows_of(resource, narrow, conventions))
    return pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)


def names_with_rows(
    changes: pd.DataFrame, rows: pd.DataFrame, ledger: Callable[[str], pd.DataFrame], conventions: Conventions
) -> Names:
    """The names of the objects that changes and the rows of `issue_rows` lead to."""
    both = pd.concat([changes[[*NAME_COLUMNS]], rows[[*NAME_COLUMNS]]]) if len(rows) else changes
    return display_names(both, ledger, conventions)


def owners_by_row(rows: pd.DataFrame, known: Names) -> Mapping[ResourceRow, Owner]:
    """By row, what those of `issue_rows` are about; of a row that was split, what all its parts have in common."""
    found: dict[ResourceRow, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for row in rows.astype(object).where(rows.notna(), None).to_dict("records"):
        resource, key, own = CATALOGUE[row["resource"]], unpacked(row["key"]), unpacked(row["after"])
        traced = names_along(known, resource, {name: key.get(name, "") for name in resource.key})
        if not traced and own:
            traced = (resource.name_format.format(**dict.fromkeys(resource.name_fields, "") | own).strip(),)
        found.setdefault((resource.name, row["file"], row["tab"], row["row"]), []).append((traced, (*key.values(),)))
    return {
        row: Owner(" · ".join(_shared(name for name, _ in parts)), " / ".join(_shared(key for _, key in parts)))
        for row, parts in found.items()
    }


def _shared(of: Iterable[tuple[str, ...]]) -> Iterator[str]:
    first, *others = of
    return (text for text in first if text and all(text in other for other in others))


def _narrowed(source: Source, places: Collection[tuple[str | None, str | None, int | None]]) -> Source:
    """The source with only these rows of its sheets; sheets that have none of them are left out."""
    sheets = []
    for sheet in source.sheets:
        rows = [row for file, tab, row in places if (file, tab) == (sheet.file, sheet.tab)]
        frame = sheet.frame[sheet.frame.index.isin(rows)]
        if len(frame):
            sheets.append(replace(sheet, frame=frame))
    return replace(source, sheets=tuple(sheets))


def _rows_of(resource: Resource, source: Source, conventions: Conventions) -> pd.DataFrame:
    name_parts = resource.name_fields
    traced = key_rows(resource, source, conventions, Library(source.others), name_parts)
    fields: dict[str, Any] = {
        name: evaluated.column.mask(evaluated.invalid) for name, evaluated in traced.fields.items()
    }
    frame = pd.DataFrame(fields)
    at = [traced.table.origin(n) for n in range(len(traced.table))]
    return pd.DataFrame(
        {
            "resource": resource.name,
            "match": match_of(frame, resource.keys, conventions),
            "key": pack(frame, resource.key),
            "before": pd.Series(pd.NA, index=frame.index, dtype="str"),
            "after": pack(frame, [name for name in name_parts if name in fields]),
            "file": [origin.file for origin in at],
            "tab": pd.Series([origin.tab for origin in at], index=frame.index, dtype="str"),
            "row": [origin.row for origin in at],
        }
    )
