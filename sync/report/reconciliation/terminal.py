"""A reconciliation for a person at a terminal: counts, then examples."""

from __future__ import annotations

from typing import Final

import pandas as pd
from rich.console import Console
from rich.table import Column, Table

from sync.diff.reconciliation import Kind, Reconciliation
from sync.model import Conventions, Resource
from sync.model.resources import CATALOGUE
from sync.report.change_lines import Vocabulary
from sync.report.display_names import identified
from sync.report.issue_lines import show_issues
from sync.report.labels import labelled, labelled_changes
from sync.report.printing import arrow, line, more, printed, put, records, title
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

STYLES: Final[dict[Kind, str]] = {
    "missing": "green", "extra": "red", "lingering": "red", "different": "yellow",
    "suspended": "yellow", "edited": "yellow", "kept": "cyan", "unseen": "cyan",
}  # fmt: skip
BRIEF, FULL = 4, 50
"""Number of findings of one kind and resource that are shown."""


def show(reconciliation: Reconciliation, words: Vocabulary, console: Console, *, verbose: bool = False) -> None:
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
            _examples(CATALOGUE[str(name)], kind, of_one, words, console, FULL if verbose else BRIEF)
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
    put(console, table)
    if double_count_note(reconciliation):
        line(console, double_count_note(reconciliation), style="dim")


def _examples(
    resource: Resource, kind: Kind, rows: pd.DataFrame, words: Vocabulary, console: Console, most: int
) -> None:
    line(console, resource.counted(len(rows)), 2, STYLES[kind])
    grid = Table.grid(*(Column(overflow="fold") for _ in range(3)), padding=(0, 2))
    for row in records(rows.head(most)):
        finding = finding_text(resource, row, words.names, words.conventions)
        who = identified(words.names, resource, finding.key)
        cells = who, _what(resource, kind, finding, words.conventions, arrow(console)), finding.origin
        grid.add_row(*(printed(console, cell) for cell in cells))
    put(console, grid, 4)
    more(len(rows) - most, 4, console)


def _what(resource: Resource, kind: Kind, finding: FindingText, conventions: Conventions, separator: str) -> str:
    """The fields, and notes; where both sides have a value, an arrow leads from Moodle's to that of the SIS."""
    if kind in ("different", "edited", "kept"):
        sides = {name: (site, sis) for name, sis, site in finding.fields}
        fields = labelled_changes(resource, sides, conventions, separator)
    else:
        held = {name: value for name, sis, site in finding.fields if (value := sis if site is None else site)}
        fields = labelled(resource, held, conventions)
    return "; ".join(part for part in (fields, finding.notes) if part)
