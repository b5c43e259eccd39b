"""The changes course by course: how many of each kind there are, and how many people they concern."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from sync.model import Resource
from sync.model.resources import CATALOGUE
from sync.report.display_names import Names
from sync.report.groups import NOT_APPLICABLE
from sync.report.plan_report import PlanReport
from sync.report.subjects import SUBJECTS, subjects
from sync.report.summary import OPS
from sync.report.workbook.book import TabTable
from sync.report.workbook.changes import OPS as TITLES
from sync.report.workbook.changes import TabCells, table

COUNTED: Final = (*OPS, "covered", "held")
"""What is counted of a course; what is on hold is counted under its op as well."""


def roster_tables(report: PlanReport, names: Names) -> Iterator[tuple[Resource, TabTable]]:
    """A table of what rosters are of, which is courses, if any change is in one."""
    found = subjects(report.plan.changes, report.conventions)
    for name in SUBJECTS:
        resource, own = CATALOGUE[name], found[name].notna()
        if not resource.personal and own.any():
            columns = [*_columns(resource, report, found[own], names)]
            yield resource, table(f"By {resource.noun}", columns, len(columns[0].cells))


def _columns(resource: Resource, report: PlanReport, found: pd.DataFrame, names: Names) -> Iterator[TabCells]:
    """All columns, a row for each course, in the order of their names."""
    changes, place = report.plan.changes.loc[found.index], found[resource.name]
    counts = _counts(changes, place)
    known = names.get(resource.name, {})
    called = pd.Series([known.get((key,)) for key in counts.index], index=counts.index, dtype="str")
    order = called.fillna(counts.index.to_series()).str.casefold().argsort(kind="stable")
    counts, called = counts.iloc[order], called.iloc[order]
    yield TabCells(resource.called(resource.key[0]), pd.Series(counts.index, dtype="str"))
    if called.notna().any():
        yield TabCells(f"Name of {resource.noun}", called)
    yield from _groups(report, changes, place, counts.index)
    for name in COUNTED:
        yield TabCells(TITLES.get(name, "of which on hold"), counts[name], "count")
    people = [found[name] for name in SUBJECTS if CATALOGUE[name].personal]
    yield from (TabCells("People", each.groupby(place).nunique().reindex(counts.index), "count") for each in people)


def _counts(changes: pd.DataFrame, place: pd.Series[Any]) -> pd.DataFrame:
    """A row for each course, a column for each of `COUNTED`."""
    counted = changes["op"].mask(changes["status"] == "covered", "covered")
    sizes = changes.groupby([place, counted]).size().unstack(fill_value=0)
    held = (changes["status"] == "held").groupby(place).sum()
    return sizes.assign(held=held).reindex(columns=[*COUNTED], fill_value=0)


def _groups(report: PlanReport, changes: pd.DataFrame, place: pd.Series[Any], courses: pd.Index) -> Iterator[TabCells]:
    """What all changes in a course have in common of what people filter by."""
    values = report.group_values(changes)
    for title in map(str, values):
        each = values[title].mask(values[title] == NOT_APPLICABLE).groupby(place)
        common = each.first().where(each.nunique() == 1).reindex(courses)
        if common.notna().any():
            yield TabCells(title, common)
