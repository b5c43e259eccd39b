"""A reconciliation as one HTML file: the report page's frame, table and drawings, filled with findings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from sync.diff.reconciliation import DIFFERENCES, KINDS, Reconciliation
from sync.model import Conventions
from sync.model.values import no_rows
from sync.report.display_names import Names
from sync.report.page import charts
from sync.report.page.embed import MOST, embedded, views, with_subjects
from sync.report.page.frame import STATIC, frame_context, templates, write_template
from sync.report.page.lines import ListTexts, lines
from sync.report.page.problem_table import problem_table
from sync.report.reconciliation.texts import (
    MEANINGS,
    SHORT,
    TITLES,
    counted_columns,
    double_count_note,
    headline,
    notes,
    sentences,
    state_of_reconciliation,
)
from sync.report.row_owners import ROW_COLUMNS, Owner, ResourceRow, owners_by_row
from sync.report.summary import grouped

SIDES: Final = {
    "missing": ("after",), "extra": ("before",), "lingering": ("before",), "unseen": ("before",),
    "suspended": ("after",), "different": ("after", "before"), "edited": ("after", "before"),
    "kept": ("after", "before"),
}  # fmt: skip
FINDINGS: Final = ListTexts(("finding", "findings"), {kind: SHORT[kind] for kind in KINDS}, SIDES, {}, {})

TABLE: Final = {
    "title": "Findings",
    "intro": "Where both have a value, Moodle's comes first (red), then that of the SIS (green).",
    "first": "differences first, then what is for information",
    "filters": {"op": "Finding", "resource": "Kind", "by": "Plugin"},
    "columns": {
        "op": "Finding", "who": "Who and where", "what": "In Moodle → in the SIS", "why": "Notes", "origin": "Source",
    },
    "says": FINDINGS,
}  # fmt: skip


def write_page(
    path: Path,
    reconciliation: Reconciliation,
    names: Names,
    conventions: Conventions,
    title: str = "",
    rows: pd.DataFrame | None = None,
) -> None:
    """Write it as one HTML file that loads nothing and that only its owner can read.

    `title` is what the site calls itself; `rows` are those with issues, as `issue_rows` gives them. Raises
    NexsisSyncError if it cannot be written.
    """
    page = templates(Path(__file__).parent).get_template("reconciliation.html.j2")
    known = owners_by_row(no_rows(*ROW_COLUMNS) if rows is None else rows, names)
    write_template(path, page, {"title": title, **_context(reconciliation, names, conventions, known)})


def _context(
    reconciliation: Reconciliation, names: Names, conventions: Conventions, owners: Mapping[ResourceRow, Owner]
) -> dict[str, Any]:
    here = _as_lines(reconciliation.findings, conventions)
    issues, total = grouped(reconciliation.issues), len(reconciliation.findings)
    problems = problem_table(issues, owners)
    data = embedded(here, names, conventions, total, FINDINGS, problems=problems)
    sizes = reconciliation.findings["kind"].value_counts()
    parts = {
        "overview": ("Counts", reconciliation.counts),
        "problems": ("Other issues", issues),
        "changes": ("Findings", True),
    }
    return {
        **frame_context(data),
        "owners": owners,
        "file": f"reconciliation-{reconciliation.made:%Y%m%d-%H%M}",
        "reconciliation": reconciliation,
        "zone": conventions.timezone,
        "headline": headline(reconciliation),
        "state": state_of_reconciliation(reconciliation),
        "sentences": [*sentences(reconciliation)],
        "kinds": {kind: int(sizes[kind]) for kind in KINDS if kind in sizes},
        "differences": DIFFERENCES,
        "titles": TITLES,
        "meanings": MEANINGS,
        "short": SHORT,
        "counted": {of: SHORT[of] for of in counted_columns(reconciliation)},
        "note": double_count_note(reconciliation),
        "drawn": {kind: SHORT[kind] for kind in counted_columns(reconciliation) if kind in DIFFERENCES},
        "bars": charts.by_resource(reconciliation.counts, DIFFERENCES),
        "issues": issues,
        "table": {**TABLE, "views": views(here), "all": total, "here": len(here)},
        "unplaced": {},
        "lines": lines(here.head(STATIC), names, conventions, FINDINGS),
        "parts": {part: text for part, (text, there) in parts.items() if there},
    }


def _as_lines(findings: pd.DataFrame, conventions: Conventions) -> pd.DataFrame:
    """As many findings as find room, with the columns of the page's table; those that need attention first."""
    order = findings["kind"].map({kind: place for place, kind in enumerate(KINDS)})
    rows = findings.iloc[order.argsort(kind="stable")[:MOST]].reset_index(drop=True)
    reconciliation = rows.drop(columns="before").rename(columns={"kind": "op", "site": "before", "sis": "after"})
    found = reconciliation.assign(n=range(1, len(rows) + 1), cause=notes(rows, conventions), status="", error="")
    return with_subjects(found, conventions)
