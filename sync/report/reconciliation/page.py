"""A reconciliation as one HTML file, in the dress of the preview page and without a script."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import jinja2
import pandas as pd
from markupsafe import Markup

from sync.files import written
from sync.model import Manners, Resource
from sync.reconciling import DIFFERENCES, Reconciliation
from sync.report import words
from sync.report.facts import grouped
from sync.report.names import Names
from sync.report.page.write import beside, hashed
from sync.report.printing import records
from sync.report.reconciliation.telling import SAYS, SHORT, TITLES, Told, by_kind, sentences, shown, tell, verdict
from sync.report.templates import environment
from sync.resources import CATALOGUE

ROWS: Final = 500
"""Findings of one kind and resource; all of them are in the workbook."""

CASES: Final = 20
"""Issues of one cause."""


def write_page(path: Path, told: Reconciliation, names: Names, manners: Manners) -> None:
    """Write it as one HTML file that loads nothing and that its owner alone can read.

    Raises NexsisSyncError if it cannot be written.
    """
    page = _environment().get_template("page.html.j2")
    with written(path) as stream:
        for piece in page.generate(_context(told, names, manners)):
            stream.write(piece.encode("utf-8", "backslashreplace"))


def _context(told: Reconciliation, names: Names, manners: Manners) -> dict[str, Any]:
    css = beside("page.css")
    return {
        "told": told,
        "zone": manners.timezone,
        "version": version("nexsis-sync"),
        "verdict": verdict(told),
        "sentences": [*sentences(told)],
        "columns": shown(told),
        "kinds": [(kind, kind in DIFFERENCES, _parts(rows, names)) for kind, rows in by_kind(told.findings)],
        "issues": grouped(told.issues),
        "css": Markup(css),  # noqa: S704 - ours
        "policy": hashed(css),
    }


def _parts(rows: pd.DataFrame, names: Names) -> Iterator[tuple[Resource, int, list[Told]]]:
    """By resource, how many there are and the first of them."""
    for name, of_one in rows.groupby("resource", sort=False):
        resource = CATALOGUE[str(name)]
        yield resource, len(of_one), [tell(resource, row, names) for row in records(of_one.head(ROWS))]


@cache
def _environment() -> jinja2.Environment:
    made = environment(Path(__file__).parent)
    made.globals |= {"words": words, "titles": TITLES, "says": SAYS, "short": SHORT, "most_cases": CASES}
    return made
