"""A reconciliation as one Excel workbook: a tab for each kind of record and each way in which it differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from sync.diff.reconciliation import Kind, Reconciliation
from sync.model import Conventions, Resource
from sync.model.resources import CATALOGUE
from sync.model.values import unpack
from sync.report.display_names import Names
from sync.report.labels import field_label
from sync.report.reconciliation.texts import MEANINGS, SHORT, TITLES, by_kind, counted_columns, headline, sentences
from sync.report.workbook.book import opened
from sync.report.workbook.changes import TabCells, key_columns, number, shown, table
from sync.report.workbook.front import FIRST, OTHERS, FrontPage
from sync.report.workbook.problems import problem_tables

STYLES: Final[Mapping[Kind, str]] = {
    "missing": "create", "extra": "delete", "lingering": "delete", "different": "update",
    "suspended": "update", "edited": "update", "kept": "covered", "unseen": "covered",
}  # fmt: skip


def write_workbook(path: Path, reconciliation: Reconciliation, names: Names, conventions: Conventions) -> None:
    """Write it as one xlsx file that its owner alone can read. Raises NexsisSyncError if it cannot be written."""
    with opened(path, "SIS and Moodle compared", reconciliation.made) as book:
        page = FrontPage(book.sheet("Summary"))
        links: list[tuple[str, str]] = []
        for kind, of_kind in by_kind(reconciliation.findings):
            for name, rows in of_kind.groupby("resource", sort=False):
                resource = CATALOGUE[str(name)]
                columns = list(_columns(resource, kind, rows.reset_index(drop=True), names, conventions))
                tabs = book.table(table(f"{SHORT[kind]}, {resource.title}", columns, len(rows)))
                links += [(tab, f"{resource.title.capitalize()}. {MEANINGS[kind]}") for tab in tabs]
        for text, each in problem_tables(reconciliation.issues, ()):
            links += [(tab, text) for tab in book.table(each)]
        _front(page, reconciliation, links)


def _columns(
    resource: Resource, kind: Kind, rows: pd.DataFrame, names: Names, conventions: Conventions
) -> Iterator[TabCells]:
    """All columns in the order in which they are read; those with nothing in them are left out."""
    fields = [field.name for field in resource.state]
    sis, site, before = (unpack(rows[name], fields) for name in ("sis", "site", "before"))
    found = [TabCells("What", pd.Series(TITLES[kind], index=rows.index, dtype="str"), STYLES[kind])]
    found += key_columns(resource, rows, names)
    for name in fields:
        label = field_label(resource, name)
        ours, theirs, seen = shown((sis[name], site[name], before[name]), resource, name, conventions)
        found += [TabCells(f"{label} in the SIS", ours), TabCells(f"{label} in Moodle", theirs, "before")]
        found.append(TabCells(f"{label} when last seen", seen))
    found += [TabCells("Plugin", rows["by"]), TabCells("Last sent or seen", rows["since"].str.slice(stop=10))]
    found += [
        TabCells("File", rows["file"]),
        TabCells("Tab", rows["tab"]),
        TabCells("Row", number(rows["row"]), "number"),
    ]
    yield from (column for column in found if column.cells.notna().any())


def _front(page: FrontPage, reconciliation: Reconciliation, links: list[tuple[str, str]]) -> None:
    page.tab.worksheet.set_column(0, 0, FIRST)
    page.tab.worksheet.set_column(1, len(SHORT), OTHERS)
    page.tab.worksheet.hide_gridlines(2)
    page.sentence("What differs between the SIS and Moodle", "title")
    page.sentence(f"{reconciliation.site}, compared {reconciliation.made:%Y-%m-%d %H:%M %Z}", "pale")
    page.row += 1
    page.sentence(headline(reconciliation), "first")
    for sentence in sentences(reconciliation):
        page.sentence(sentence, "wrapped")
    columns = counted_columns(reconciliation)
    if columns:
        page.section("Counts")
        page.cells(["", *(SHORT[of] for of in columns)], ["count_header"] * (len(columns) + 1))
    for name, counts in reconciliation.counts.items() if columns else ():
        page.cells([CATALOGUE[name].title, *(counts[of] for of in columns)], ["strong", *["count"] * len(columns)])
    if links:
        page.section("The tabs of this workbook")
    for tab, text in links:
        page.link(tab, text)
