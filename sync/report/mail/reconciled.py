"""What one audience sees of a reconciliation, in a subject, in words, and as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import pandas as pd

from sync.config.notifications import Audience
from sync.diff.reconciliation import DIFFERENCES, Reconciliation
from sync.model import Conventions, Resource
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.display_names import Names
from sync.report.labels import field_label, value_label
from sync.report.mail.audience import NEEDS_FIXING, belonging, issues_within
from sync.report.mail.message import Attachment
from sync.report.mail.pseudonymise import hidden_names, hidden_reconciliation
from sync.report.mail.rendering import MailFrame, rendered
from sync.report.printing import records
from sync.report.reconciliation.page import write_page
from sync.report.reconciliation.texts import (
    MEANINGS,
    SHORT,
    TITLES,
    FindingText,
    as_changes,
    by_kind,
    counted_columns,
    counts_line,
    finding_text,
    headline,
    is_complete,
    names_of_findings,
    sentences,
    summary_line,
)
from sync.report.reconciliation.workbook import write_workbook
from sync.report.rows_with_errors import with_errors
from sync.report.state import EVERYTHING, UNREAD
from sync.report.summary import grouped

Accord = Literal["AGREE", "CHECK", "DIFFERENT", "INCOMPLETE"]

FINDINGS: Final = 6
"""Number of findings of one kind that a mail shows; all are in the workbook."""

Remembered = Callable[[str], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class ReconciledView:
    """A reconciliation as an audience may see it, with the names of what was found."""

    reconciliation: Reconciliation
    names: Names


def compared(
    reconciliation: Reconciliation, audience: Audience, ledger: Remembered, conventions: Conventions, key: bytes
) -> ReconciledView:
    """What an audience sees. `ledger` gives what is remembered of a resource; `key` the secret that hides people."""
    mine = _narrowed(_sliced(reconciliation, audience, ledger, conventions), audience)
    names = names_of_findings(mine, ledger, conventions)
    if not audience.pseudonymise:
        return ReconciledView(mine, names)
    hidden = hidden_reconciliation(mine, key, conventions)
    return ReconciledView(hidden, hidden_names(names, hidden.findings))


def accord(reconciliation: Reconciliation) -> Accord:
    """The word a subject begins with."""
    if not is_complete(reconciliation):
        return "INCOMPLETE"
    if reconciliation.differences:
        return "DIFFERENT"
    return "CHECK" if with_errors(reconciliation.issues) else "AGREE"


def outcome(reconciliation: Reconciliation) -> str:
    """The rest of the subject: `12 missing, 3 edited in Moodle, 2 rows with errors`."""
    rows = len(with_errors(reconciliation.issues))
    return (
        f"{summary_line(reconciliation)}, {phrasing.count(rows, 'row')} with errors"
        if rows
        else summary_line(reconciliation)
    )


def reconciliation_bodies(frame: MailFrame, view: ReconciledView, conventions: Conventions) -> tuple[str, str]:
    """The plain text and the HTML."""
    reconciliation = view.reconciliation
    context = {
        "headline": headline(reconciliation),
        "sentences": [*sentences(reconciliation)],
        "counts": reconciliation.counts,
        "columns": counted_columns(reconciliation),
        "kinds": [
            (kind, len(rows), [*_examples(rows, view.names, conventions)])
            for kind, rows in by_kind(reconciliation.findings)
            if kind in DIFFERENCES
        ],
        "problems": [
            group for group in grouped(reconciliation.issues) if group.severity in NEEDS_FIXING and group.code != UNREAD
        ],
        "titles": TITLES,
        "says": MEANINGS,
        "short": SHORT,
        "counted": counts_line,
    }
    return rendered("reconciliation", frame, context, conventions)


def reconciliation_files(view: ReconciledView, conventions: Conventions, title: str = "") -> list[Attachment]:
    """The page and the workbook of what an audience sees. `title` is what the site calls itself."""
    name = f"moodle-reconciliation-{view.reconciliation.made:%Y%m%dT%H%M%S}"
    with TemporaryDirectory(prefix="nexsis-sync-") as folder:
        page, book = Path(folder) / f"{name}.html", Path(folder) / f"{name}.xlsx"
        write_page(page, view.reconciliation, view.names, conventions, title)
        write_workbook(book, view.reconciliation, view.names, conventions)
        return [Attachment(file.name, file.read_bytes()) for file in (page, book)]


def _sliced(
    reconciliation: Reconciliation, audience: Audience, ledger: Remembered, conventions: Conventions
) -> Reconciliation:
    """The findings of a slice. How many agree is known only for the whole site, and is not in it."""
    if not audience.only:
        return reconciliation
    changes = as_changes(reconciliation.findings)
    inside = belonging(changes, changes, audience.only, ledger, conventions)
    findings = reconciliation.findings[inside].reset_index(drop=True)
    agreeing = {name: 0 for name in reconciliation.agreeing if (findings["resource"] == name).any()}
    issues = issues_within(reconciliation.issues, findings, changes, audience.only, ledger, conventions)
    if not is_complete(reconciliation):
        issues.append(wording(UNREAD, "part").issue("warning"))
    return replace(reconciliation, findings=findings, agreeing=agreeing, issues=tuple(issues))


def _narrowed(reconciliation: Reconciliation, audience: Audience) -> Reconciliation:
    """`problems` are the differences, and the rows with errors; what is for information is not."""
    if EVERYTHING in audience.what:
        return reconciliation
    findings = reconciliation.findings[reconciliation.findings["kind"].isin(DIFFERENCES)].reset_index(drop=True)
    issues = tuple(issue for issue in reconciliation.issues if issue.severity in NEEDS_FIXING)
    return replace(reconciliation, findings=findings, issues=issues)


def _examples(rows: pd.DataFrame, names: Names, conventions: Conventions) -> Iterator[tuple[str, FindingText]]:
    """The first findings, each with what it is, its fields as Moodle shows them: `enrolment`."""
    for row in records(rows.head(FINDINGS)):
        resource = CATALOGUE[row["resource"]]
        found = finding_text(resource, row, names, conventions)
        yield resource.noun, replace(found, fields=tuple(_labelled(resource, found.fields, conventions)))


def _labelled(
    resource: Resource, fields: Sequence[tuple[str, str | None, str | None]], conventions: Conventions
) -> Iterator[tuple[str, str | None, str | None]]:
    """Fields and values as Moodle shows them."""
    for (name, sis, site), field in zip(fields, resource.named([name for name, *_ in fields]), strict=True):
        ours, theirs = (value and value_label(field, value, conventions) for value in (sis, site))
        yield field_label(resource, name), ours, theirs
