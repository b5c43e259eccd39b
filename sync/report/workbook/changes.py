"""A tab for each resource: every change with whom it concerns, what happens field by field, why, and its origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sync.model import Conventions, Hold, Resource
from sync.model.resources import CATALOGUE
from sync.model.values import TEXT, arrow, by_distinct, series, unpack
from sync.plan.losses import not_known
from sync.report import phrasing
from sync.report.causes import with_shown_causes
from sync.report.display_names import Names, named_references
from sync.report.groups import NOT_APPLICABLE
from sync.report.labels import field_label, value_label
from sync.report.plan_report import PlanReport
from sync.report.summary import changed_flags
from sync.report.workbook.book import StyledRow, TabColumn, TabTable
from sync.report.workbook.rows import Value

SLICE: Final = 5_000
"""Number of changes that are Python objects at one time."""

OPS: Final = {**phrasing.OPS, "covered": phrasing.COUNTS["covered"]}
STATUS_STYLES: Final = {"held": "held", "failed": "wrong", "skipped": "wrong", "unknown": "wrong"}

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TabCells:
    """A column of a tab: its header, its cells (text or whole numbers) and their look, one for all or one for each."""

    title: str
    cells: pd.Series[Any]
    style: str | NDArray[Any] = "text"

    @property
    def width(self) -> int:
        """Characters of its longest cell."""
        longest = pc.max(pc.utf8_length(arrow(self.cells.astype("str")))).as_py() or 0
        return max(int(longest), len(self.title))

    def part(self, start: int) -> tuple[Sequence[Value], Sequence[str]]:
        """Cells and styles of a slice of rows."""
        cells = self.cells.iloc[start : start + SLICE]
        numbers = pd.api.types.is_integer_dtype(cells)
        values = pa.array(cells).to_pylist() if numbers else arrow(cells).to_pylist()
        styles = (
            [self.style] * len(values) if isinstance(self.style, str) else self.style[start : start + SLICE].tolist()
        )
        return values, styles


def change_tables(report: PlanReport, names: Names) -> Iterator[tuple[Resource, TabTable]]:
    """A table for each resource that has changes, in order of the catalogue."""
    plan = with_shown_causes(report.plan)
    for resource in CATALOGUE.values():
        rows = plan.changes[plan.changes["resource"] == resource.name]
        if len(rows):
            groups = report.group_values(rows).reset_index(drop=True)
            rows = rows.reset_index(drop=True)
            columns = [*_columns(resource, rows, groups, plan.holds, names, report.conventions)]
            yield resource, table(resource.title, columns, len(rows))


def table(name: str, columns: Sequence[TabCells], count: int) -> TabTable:
    """A table with this many rows, made of these columns."""
    return TabTable(name, [TabColumn(column.title, column.width) for column in columns], _rows(columns, count))


def _rows(columns: Sequence[TabCells], count: int) -> Iterator[StyledRow]:
    for start in range(0, count, SLICE):
        parts = [column.part(start) for column in columns]
        values = zip(*(values for values, _ in parts), strict=True)
        styles = zip(*(styles for _, styles in parts), strict=True)
        yield from zip(values, styles, strict=True)


def _columns(
    resource: Resource,
    rows: pd.DataFrame,
    groups: pd.DataFrame,
    holds: Sequence[Hold],
    names: Names,
    conventions: Conventions,
) -> Iterator[TabCells]:
    """All columns in the order in which they are read; those with nothing in them are left out."""
    fields = [field.name for field in resource.image]
    before, after = unpack(rows["before"], fields), unpack(rows["after"], fields)
    covered = (rows["status"] == "covered").to_numpy()
    changed = _changed(resource, rows, before, after)
    op = rows["op"].mask(covered, "covered")
    yield TabCells("No.", number(rows["n"]), "number")
    yield TabCells("Action", op.map(OPS), op.to_numpy(dtype=object))
    yield TabCells("Status", rows["status"].map(phrasing.STATUSES), _styles(rows["status"].map(STATUS_STYLES)))
    found = [*key_columns(resource, rows, names)]
    found += [TabCells(str(name), groups[name].mask(groups[name] == NOT_APPLICABLE)) for name in groups]
    found.append(TabCells("What happens", _events(resource, rows, changed, covered)))
    # What is not known would be counted as a value where somebody counts the cells of a column.
    unknown = before[[field.name for field in resource.lost]].apply(not_known)
    known = before.assign(**{str(name): before[name].mask(unknown[name]) for name in unknown})
    found += _fields(resource, known, after, changed, conventions)
    found.append(TabCells("Not known", _labels(resource, unknown)))
    found.append(TabCells("Why", rows["cause"].mask(covered).map(phrasing.CAUSES)))
    found.append(
        TabCells("On hold because", rows["hold"].map({hold.id: f"{hold.limit} ({hold.id})" for hold in holds}))
    )
    found.append(TabCells("What went wrong", rows["error"], "wrong"))
    found += [
        TabCells("File", rows["file"]),
        TabCells("Tab", rows["tab"]),
        TabCells("Row", number(rows["row"]), "number"),
    ]
    found.append(TabCells("Also in", rows["also"]))
    yield from (column for column in found if column.cells.notna().any())


def number(column: pd.Series[Any]) -> pd.Series[Any]:
    """Whole numbers with gaps."""
    # The column's type depends on the store: whole numbers with gaps come as floats, objects or nullable integers.
    return pd.to_numeric(column).astype("Int64")


def _styles(styles: pd.Series[Any]) -> NDArray[Any]:
    return styles.fillna("text").to_numpy(dtype=object)


def key_columns(resource: Resource, rows: pd.DataFrame, names: Names) -> Iterator[TabCells]:
    """The parts of the key; next to the last part of a known object's key, the object's name."""
    key = unpack(rows["key"], resource.key)
    called = {parts[-1]: (name, parts) for name, parts in named_references(resource)}
    for part in resource.key:
        yield TabCells(field_label(resource, part), key[part])
        name, parts = called.get(part, ("", ()))
        known = names.get(name)
        if known:
            each = zip(*(arrow(key[at]).to_pylist() for at in parts), strict=True)
            title = f"Name of {CATALOGUE[name].noun}"
            yield TabCells(title, pd.Series([known.get(k) for k in each], dtype="str"))


def _changed(resource: Resource, rows: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """For each field, in which rows an update changes it. Fields that are only sent with others do not count."""
    changed = changed_flags(before, after)
    changed.loc[rows["op"] != "update"] = False
    changed[[field.name for field in resource.state if field.send == "with"]] = False
    return changed


def _events(resource: Resource, rows: pd.DataFrame, changed: pd.DataFrame, covered: Flags) -> pd.Series[Any]:
    """`to add`, `changed: Email address, Last name`, `removed automatically with change 17`."""
    done = rows["status"] == "done"
    text = rows["op"].map(phrasing.TO_DO).mask(done, rows["op"].map(phrasing.DONE))
    which = _labels(resource, changed)
    text = text.mask(which.notna(), text + ": " + which)
    return text.mask(covered, "removed automatically with change " + number(rows["covered_by"]).astype("str"))


def _labels(resource: Resource, flags: pd.DataFrame) -> pd.Series[Any]:
    """The labels of the fields that are flagged in each row: `Email address, Last name`; NA where none is."""
    blank = pa.scalar("", TEXT)
    labels = {str(name): pa.scalar(f"{field_label(resource, str(name))}, ", TEXT) for name in flags}
    named = [pc.if_else(pa.array(flags[name]), label, blank) for name, label in labels.items()]
    if not named:
        return pd.Series(None, index=flags.index, dtype="str")
    which = series(pc.utf8_rtrim(pc.binary_join_element_wise(*named, blank), ", "), flags.index)
    return which.mask(which == "")


def _fields(
    resource: Resource, before: pd.DataFrame, after: pd.DataFrame, changed: pd.DataFrame, conventions: Conventions
) -> Iterator[TabCells]:
    """Each field before and after, what differs marked; what an update leaves unchanged is shown once."""
    for name in map(str, before):
        differs = changed[name].to_numpy()
        was = before[name].mask(after[name].notna() & ~differs)
        label, old, new = field_label(resource, name), *shown((was, after[name]), resource, name, conventions)
        yield TabCells(f"{label} before", old, np.where(differs, "before", "text").astype(object))
        yield TabCells(f"{label} after", new, np.where(differs, "after", "text").astype(object))


def shown(
    columns: Iterable[pd.Series[Any]], resource: Resource, name: str, conventions: Conventions
) -> Iterator[pd.Series[Any]]:
    """Columns of values of a field as Moodle shows them: `Teacher`, not `editingteacher`."""
    (field,) = resource.named([name])
    yield from (by_distinct(column, partial(value_label, field, conventions=conventions)) for column in columns)
