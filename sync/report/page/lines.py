"""One change as a reader sees it. `lines.js` does the same for the changes it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from sync.model import Conventions, Origin, Resource
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.display_names import Names, names_along
from sync.report.labels import field_label, value_label
from sync.report.since import NEW
from sync.report.summary import changed_fields, unpacked


@dataclass(frozen=True, slots=True)
class ListTexts:
    """The texts of a table.

    nouns:    what its rows are: one of them, and several
    ops:      what is done, or found, in the words of a button
    sides:    by op, of which of `before` and `after` all filled fields are shown; without them, those that differ
    causes:   why, where that is not a text already
    statuses: the status of a row
    """

    nouns: tuple[str, str]
    ops: Mapping[str, str]
    sides: Mapping[str, tuple[str, ...]]
    causes: Mapping[str, str]
    statuses: Mapping[str, str]


CHANGES: Final = ListTexts(
    ("change", "changes"),
    phrasing.OPS,
    {"create": ("after",), "delete": ("before",)},
    phrasing.CAUSES,
    phrasing.STATUSES,
)


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value as Moodle shows it, and as programs read it."""

    text: str
    code: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field under Moodle's label, with what it was and what it becomes; None where it is not there."""

    field: str
    label: str
    before: FieldValue | None
    after: FieldValue | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change: what is done to whom, field by field, and why; `id` is the key, `name` what people call it.

    `new`: it was not in the preview before.
    """

    n: int
    op: str
    kind: str
    name: str
    id: str
    pairs: tuple[FieldChange, ...]
    why: str
    origin: str
    status: str
    error: str
    new: bool


def lines(
    changes: pd.DataFrame, names: Names, conventions: Conventions, texts: ListTexts = CHANGES
) -> Iterator[ChangeRow]:
    """The changes in words. Python objects, one a row: for the few that are shown without a script.

    `changes` may have the column `since`, as `Comparison.marks`.
    """
    columns = ["n", "resource", "op", "key", "before", "after", "cause", "file", "tab", "row", "status", "error"]
    objects = changes[[*columns, *({"since"} & {*changes.columns})]].astype(object)
    for row in objects.where(objects.notna(), None).to_dict("records"):
        resource, key = CATALOGUE[row["resource"]], unpacked(row["key"])
        number = None if row["row"] is None else int(row["row"])
        yield ChangeRow(
            n=int(row["n"]),
            op=row["op"],
            kind=resource.noun,
            name=" · ".join(names_along(names, resource, key)),
            id=" / ".join(key.values()),
            pairs=tuple(_pairs(resource, row, conventions, texts)),
            why=texts.causes.get(row["cause"], row["cause"] or ""),
            origin=str(Origin(row["file"], row["tab"], number)) if row["file"] else "",
            status=row["status"],
            error=row["error"] or "",
            new=row.get("since") == NEW,
        )


def _pairs(
    resource: Resource, row: Mapping[Any, Any], conventions: Conventions, texts: ListTexts
) -> Iterator[FieldChange]:
    before, after = unpacked(row["before"]), unpacked(row["after"])
    sides = texts.sides.get(row["op"])
    if sides is None:
        fields = changed_fields(before, after, resource)
    else:
        shown = [{"before": before, "after": after}[side] for side in sides]
        fields = [*dict.fromkeys(field for side in shown for field, value in side.items() if value)]
    for name, field in zip(fields, resource.named(fields), strict=True):
        old, new = (
            None if name not in side else FieldValue(value_label(field, side[name], conventions), side[name])
            for side in (before, after)
        )
        yield FieldChange(name, field_label(resource, name), old, new)
