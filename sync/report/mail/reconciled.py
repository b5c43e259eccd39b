"""What one audience sees of a reconciliation, in a subject, in words, and as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import pandas as pd

from sync.config.notifications import Audience
from sync.diff.reconciliation import DIFFERENCES, Reconciliation
from sync.model import Conventions, Issue
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.display_names import Names
from sync.report.mail.audience import EVERYTHING, TO_MEND, belonging, issues_within
from sync.report.mail.message import Attachment
from sync.report.mail.pseudonymise import hidden_names, hidden_reconciliation
from sync.report.mail.rendering import MailFrame, rendered
from sync.report.printing import records
from sync.report.reconciliation.page import write_page
from sync.report.reconciliation.telling import (
    SAYS,
    SHORT,
    TITLES,
    UNREAD,
    FindingText,
    as_changes,
    briefly,
    by_kind,
    names_of,
    sentences,
    shown,
    tell,
    verdict,
    whole,
)
from sync.report.reconciliation.workbook import write_workbook
from sync.report.rows_with_errors import to_mend
from sync.report.summary import grouped

Accord = Literal["AGREE", "DIFFERENT", "INCOMPLETE"]

FINDINGS: Final = 6
"""Findings of one kind that a mail shows; all are in the workbook."""

Remembered = Callable[[str], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class ReconciledView:
    """A reconciliation as an audience may see it, with the names of what was found."""

    told: Reconciliation
    names: Names


def compared(
    told: Reconciliation, audience: Audience, ledger: Remembered, conventions: Conventions, key: bytes
) -> ReconciledView:
    """What an audience sees. `ledger` gives what is remembered of a resource; `key` the secret that hides people."""
    mine = _narrowed(_sliced(told, audience, ledger, conventions), audience)
    names = names_of(mine, ledger, conventions)
    if not audience.pseudonymise:
        return ReconciledView(mine, names)
    hidden = hidden_reconciliation(mine, key, conventions)
    return ReconciledView(hidden, hidden_names(names, hidden.findings))


def accord(told: Reconciliation) -> Accord:
    """The word a subject begins with."""
    if not whole(told):
        return "INCOMPLETE"
    return "DIFFERENT" if told.differences else "AGREE"


def outcome(told: Reconciliation) -> str:
    """The rest of the subject: `12 missing, 3 edited in Moodle, 2 rows to mend`."""
    rows = len(to_mend(told.issues))
    return f"{briefly(told)}, {phrasing.count(rows, 'row')} to mend" if rows else briefly(told)


def reconciliation_bodies(cover: MailFrame, seen: ReconciledView, conventions: Conventions) -> tuple[str, str]:
    """The plain text and the HTML."""
    told = seen.told
    context = {
        "verdict": verdict(told),
        "sentences": [*sentences(told)],
        "counts": told.counts,
        "columns": shown(told),
        "kinds": [
            (kind, len(rows), [*_examples(rows, seen.names)])
            for kind, rows in by_kind(told.findings)
            if kind in DIFFERENCES
        ],
        "problems": [group for group in grouped(told.issues) if group.severity in TO_MEND and group.code != UNREAD],
        "titles": TITLES,
        "says": SAYS,
        "short": SHORT,
    }
    return rendered("reconciliation", cover, context, conventions)


def reconciliation_files(seen: ReconciledView, conventions: Conventions, title: str = "") -> list[Attachment]:
    """The page and the workbook of what an audience sees. `title` is what the site calls itself."""
    name = f"moodle-reconciliation-{seen.told.made:%Y%m%dT%H%M%S}"
    with TemporaryDirectory(prefix="nexsis-sync-") as folder:
        page, book = Path(folder) / f"{name}.html", Path(folder) / f"{name}.xlsx"
        write_page(page, seen.told, seen.names, conventions, title)
        write_workbook(book, seen.told, seen.names)
        return [Attachment(file.name, file.read_bytes()) for file in (page, book)]


def _sliced(told: Reconciliation, audience: Audience, ledger: Remembered, conventions: Conventions) -> Reconciliation:
    """The findings of a slice. How many agree is known of the whole site alone, and is not in it."""
    if not audience.only:
        return told
    changes = as_changes(told.findings)
    inside = belonging(changes, changes, audience.only, ledger, conventions)
    findings = told.findings[inside].reset_index(drop=True)
    agreeing = {name: 0 for name in told.agreeing if (findings["resource"] == name).any()}
    issues = issues_within(told.issues, findings, changes, audience.only, ledger, conventions)
    if not whole(told):
        issues.append(Issue(UNREAD, "warning", "Moodle did not tell all, and nobody can say of whom"))
    return replace(told, findings=findings, agreeing=agreeing, issues=tuple(issues))


def _narrowed(told: Reconciliation, audience: Audience) -> Reconciliation:
    """`problems` are the differences, and what is to be mended; what is only to be known is not."""
    if EVERYTHING in audience.what:
        return told
    findings = told.findings[told.findings["kind"].isin(DIFFERENCES)].reset_index(drop=True)
    issues = tuple(issue for issue in told.issues if issue.severity in TO_MEND)
    return replace(told, findings=findings, issues=issues)


def _examples(rows: pd.DataFrame, names: Names) -> Iterator[tuple[str, FindingText]]:
    """The first findings, each with what it is: `enrolment`."""
    for row in records(rows.head(FINDINGS)):
        resource = CATALOGUE[row["resource"]]
        yield resource.noun, tell(resource, row, names)
