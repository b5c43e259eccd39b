"""A reconciliation for a person at a terminal: counts, then examples."""

from __future__ import annotations

from typing import Final

import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table

from sync.diff.reconciliation import Kind, Reconciliation
from sync.model import Resource
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.display_names import Names
from sync.report.printing import arrow, line, more, printed, records, title
from sync.report.reconciliation.texts import (
    MEANINGS,
    SHORT,
    TITLES,
    FindingText,
    by_kind,
    counted_columns,
    double_count_note,
    finding_text,
    headline,
    sentences,
)
from sync.report.terminal import show_issues

STYLES: Final[dict[Kind, str]] = {
    "missing": "green", "extra": "red", "lingering": "red", "different": "yellow", "edited": "yellow",
    "kept": "cyan", "unseen": "cyan",
}  # fmt: skip
BRIEF, FULL = 4, 50
"""Number of findings of one kind and resource that are shown."""


def show(reconciliation: Reconciliation, names: Names, console: Console, *, verbose: bool = False) -> None:
    """Print the summary, counts, examples of each kind, and what could not be judged."""
    line(console, f"{reconciliation.site}, compared {reconciliation.made:%Y-%m-%d %H:%M %Z}", style="dim")
    console.print()
    line(console, headline(reconciliation), style="bold")
    for sentence in sentences(reconciliation):
        line(console, sentence)
    _counts(reconciliation, console)
    for kind, rows in by_kind(reconciliation.findings):
        title(console, TITLES[kind])
        line(console, MEANINGS[kind], style="dim")
        for name, of_one in rows.groupby("resource", sort=False):
            _examples(CATALOGUE[str(name)], kind, of_one, names, console, FULL if verbose else BRIEF)
    show_issues(reconciliation.issues, console, verbose=verbose)


def _counts(reconciliation: Reconciliation, console: Console) -> None:
    counts = reconciliation.counts
    columns = counted_columns(reconciliation)
    if not columns:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for of in columns:
        table.add_column(SHORT[of], justify="right", overflow="fold")
    for name, each in counts.items():
        table.add_row(CATALOGUE[name].title, *(f"{each[of]:,}" if each[of] else "-" for of in columns))
    console.print()
    console.print(table)
    if double_count_note(reconciliation):
        line(console, double_count_note(reconciliation), style="dim")


def _examples(resource: Resource, kind: Kind, rows: pd.DataFrame, names: Names, console: Console, most: int) -> None:
    line(console, resource.counted(len(rows)), 2, STYLES[kind])
    grid = Table.grid(*(Column(overflow="fold") for _ in range(4)), padding=(0, 2))
    for row in records(rows.head(most)):
        reconciliation = finding_text(resource, row, names)
        cells = (
            phrasing.pairs(reconciliation.key),
            reconciliation.name,
            _what(kind, reconciliation, console),
            reconciliation.origin,
        )
        grid.add_row(*(printed(console, cell) for cell in cells))
    console.print(Padding(grid, (0, 0, 0, 4)))
    more(len(rows) - most, 4, console)


def _what(kind: Kind, reconciliation: FindingText, console: Console) -> str:
    """The fields, and notes; where both sides have a value, an arrow leads from Moodle's to that of the SIS."""
    if kind in ("different", "edited", "kept"):
        fields = [
            f"{name} {phrasing.quoted(site)}{arrow(console)}{phrasing.quoted(sis)}"
            for name, sis, site in reconciliation.fields
        ]
    else:
        fields = [
            f"{name} {phrasing.quoted(sis if site is None else site)}" for name, sis, site in reconciliation.fields
        ]
    return "; ".join(part for part in (", ".join(fields), reconciliation.notes) if part)
