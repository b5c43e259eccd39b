"""A reconciliation as one HTML file: the preview page's frame, table and drawings, filled with findings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd

from sync.diff.reconciliation import DIFFERENCES, KINDS, Reconciliation
from sync.model import Conventions
from sync.model.values import no_rows
from sync.report import phrasing
from sync.report.display_names import Names
from sync.report.page import charts
from sync.report.page.dress import STATIC, dress, generated, templates
from sync.report.page.embed import MOST, embedded
from sync.report.page.lines import ListTexts, lines
from sync.report.reconciliation.telling import SAYS, SHORT, TITLES, besides, sentences, shown, twice, verdict
from sync.report.row_owners import SPOKEN, owners
from sync.report.summary import grouped

SIDES: Final = {
    "missing": ("after",), "extra": ("before",), "lingering": ("before",), "unseen": ("before",),
    "different": ("after", "before"), "edited": ("after", "before"), "kept": ("after", "before"),
}  # fmt: skip
FINDINGS: Final = ListTexts("findings", {kind: SHORT[kind] for kind in KINDS}, SIDES, {}, {})

TABLE: Final = {
    "title": "Findings",
    "intro": "What is red is in Moodle, what is green is in the SIS.",
    "first": "what differs, then what is only to be known",
    "filters": {"op": "What", "resource": "Kind", "by": "Through"},
    "columns": {
        "op": "What", "who": "Who and where", "what": "In Moodle → in the SIS", "why": "Beside", "origin": "Comes from",
    },
    "says": FINDINGS,
}  # fmt: skip


def write_page(
    path: Path,
    told: Reconciliation,
    names: Names,
    conventions: Conventions,
    title: str = "",
    rows: pd.DataFrame | None = None,
) -> None:
    """Write it as one HTML file that loads nothing and that its owner alone can read.

    `title` is what the site calls itself; `rows` tell whose rows have issues, as `whose.spoken` does. Raises
    NexsisSyncError if it cannot be written.
    """
    page = templates(Path(__file__).parent).get_template("reconciliation.html.j2")
    known = owners(no_rows(*SPOKEN) if rows is None else rows, names)
    generated(path, page, {"title": title, "owners": known, **_context(told, names, conventions)})


def _context(told: Reconciliation, names: Names, conventions: Conventions) -> dict[str, Any]:
    here = _as_lines(told.findings)
    issues = grouped(told.issues)
    sizes = told.findings["kind"].value_counts()
    parts = {"overview": ("How many", told.counts), "problems": ("Beside this", issues), "changes": ("Findings", True)}
    return {
        **dress(embedded(here, names, len(told.findings), FINDINGS)),
        "told": told,
        "zone": conventions.timezone,
        "verdict": verdict(told),
        "sentences": [*sentences(told)],
        "kinds": {kind: int(sizes[kind]) for kind in KINDS if kind in sizes},
        "differences": DIFFERENCES,
        "titles": TITLES,
        "meanings": SAYS,
        "short": SHORT,
        "counted": {of: SHORT[of] for of in shown(told)},
        "note": twice(told),
        "drawn": {kind: SHORT[kind] for kind in shown(told) if kind in DIFFERENCES},
        "bars": charts.by_resource(told.counts, DIFFERENCES),
        "issues": issues,
        "table": {**TABLE, "all": len(told.findings), "here": len(here)},
        "lines": lines(here.head(STATIC), names, FINDINGS),
        "parts": {part: text for part, (text, there) in parts.items() if there},
        "words": phrasing,
    }


def _as_lines(findings: pd.DataFrame) -> pd.DataFrame:
    """As many findings as find room, with the columns of the page's table; what somebody has to see to first."""
    order = findings["kind"].map({kind: place for place, kind in enumerate(KINDS)})
    rows = findings.iloc[order.argsort(kind="stable")[:MOST]].reset_index(drop=True)
    told = rows.drop(columns="before").rename(columns={"kind": "op", "site": "before", "sis": "after"})
    return told.assign(n=range(1, len(rows) + 1), cause=besides(rows), status="", error="")
