"""The first rows of a sheet before and after mapping."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from sync.mapping.lookups import Library
from sync.mapping.rows import MappedRows, map_rows
from sync.mapping.source import Source
from sync.model import Conventions, Issue, Origin, Resource
from sync.model.findings import issues


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of a file: the cells of the columns the mapping needs (None: no value).

    `after` is the result: the fields of each row made from it that counts, with `gone` for one that deletes its object.
    If there are none and no issues, the row is left out.
    """

    origin: Origin
    cells: dict[str, str | None]
    after: tuple[dict[str, str], ...]
    issues: tuple[Issue, ...]


def preview(resource: Resource, source: Source, conventions: Conventions, count: int) -> list[SourceRow]:
    """The first `count` rows of a source. Raises SheetError as `build` does."""
    sheets, left = [], count
    for sheet in source.sheets:
        head = sheet.frame.head(left)
        rows = {int(row) for row in head.index}
        own = tuple(issue for issue in sheet.issues if issue.row in rows)
        sheets.append(replace(sheet, frame=head, issues=own))
        left -= len(head)
    mapped = map_rows(resource, replace(source, sheets=tuple(sheets)), conventions, Library(source.others))
    found = [*(issue for sheet in sheets for issue in sheet.issues), *issues(mapped.findings)]
    columns = source.mapping.sheet.needs(source.mapping.needed)
    return [
        SourceRow(
            Origin(sheet.file, sheet.tab, int(row)),
            {name: _text(sheet.frame[name].iloc[n]) for name in columns},
            _after(mapped, part, int(row)),
            tuple(issue for issue in found if (issue.file, issue.tab, issue.row) == (sheet.file, sheet.tab, int(row))),
        )
        for part, sheet in enumerate(sheets)
        for n, row in enumerate(sheet.frame.index)
    ]


def _text(cell: Any) -> str | None:
    return None if pd.isna(cell) else str(cell)


def _after(mapped: MappedRows, part: int, row: int) -> tuple[dict[str, str], ...]:
    mine = mapped.rows[(mapped.rows["part"] == part) & (mapped.rows["row"] == row)]
    names = list(mapped.mapping.fields)
    return tuple(
        {name: str(each[name]) for name in names if not pd.isna(each[name])} | ({"gone": "yes"} if each["gone"] else {})
        for each in mine.to_dict("records")
    )
