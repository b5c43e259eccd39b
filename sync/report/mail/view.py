"""What one audience sees of a plan or run, in numbers, in words, and as files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from sync.config.notifications import Audience
from sync.mapping.source import Source
from sync.model import Plan, Run
from sync.model.resources import CATALOGUE
from sync.report.display_names import LedgerReader
from sync.report.mail.audience import narrowed, sliced
from sync.report.mail.message import Attachment
from sync.report.mail.pseudonymise import hidden, hidden_names, hidden_run
from sync.report.page import write_page
from sync.report.plan_report import PlanReport
from sync.report.row_owners import issue_rows, names_with_rows
from sync.report.rows_with_errors import issues_of, sheets_of
from sync.report.state import EVERYTHING, PROBLEMS
from sync.report.summary import NOT_DONE
from sync.report.workbook import write_workbook

Sources = Callable[[], Iterable[Source]]
"""Gives what was read; called only if somebody sees rows of it, because it may have to be read again."""


@dataclass(frozen=True, slots=True)
class AudienceView:
    """A plan and run as an audience may see them.

    `whole` is all that is theirs, for counting alone; `report` is what they are shown of it, with people hidden where
    that is wished. Its run is None where they are not shown the run as a whole, and it has no rows where people are
    hidden.
    """

    whole: Plan
    report: PlanReport


def view(report: PlanReport, audience: Audience, key: bytes, sources: Sources = tuple) -> AudienceView:
    """What an audience sees. `key` is the secret with which people are hidden; `sources` gives what was read."""
    conventions, ledger = report.conventions, report.store.ledger
    whole = sliced(report.plan, audience.only, ledger, conventions)
    plan = narrowed(whole, audience.what)
    issues = () if audience.pseudonymise else issues_of(plan)
    rows = issue_rows(issues, sources() if issues else (), conventions)
    names = names_with_rows(plan.changes, rows, ledger, conventions)
    run = report.run if _sees_run(plan, report.run, audience.what) else None
    report = replace(report, plan=plan)
    if audience.pseudonymise:
        report = _impersonal(report)
        plan = hidden(plan, key, conventions)
        names = hidden_names(names, plan.changes)
        run = run and hidden_run(run)
    store = _LedgerAlone(report.store) if audience.only else report.store
    return AudienceView(whole, replace(report, plan=plan, run=run, store=store, rows=rows, aliases=names))


def _impersonal(report: PlanReport) -> PlanReport:
    """The report without groups that may identify people.

    The values of the others are looked up here, while identifiers are still those of plan and store.
    """
    groups = tuple(each for each in report.groups if not any(CATALOGUE[name].personal for name in each.fields))
    report = replace(report, groups=groups)
    return replace(report, grouped=report.group_values(report.plan.changes))


def files(view: AudienceView, audience: Audience, sources: Sources = tuple) -> list[Attachment]:
    """The page and the workbook of what an audience sees."""
    plan, run = view.report.plan, view.report.run
    name = f"moodle-sync-{run.id if run else plan.id}"
    with tempfile.TemporaryDirectory(prefix="nexsis-sync-") as folder:
        page, book = Path(folder) / f"{name}.html", Path(folder) / f"{name}.xlsx"
        write_page(page, view.report)
        # The rows of the sheets show everything about people.
        write_workbook(book, view.report, () if audience.pseudonymise else sheets_of(plan, sources()))
        return [Attachment(file.name, file.read_bytes()) for file in (page, book)]


def _sees_run(plan: Plan, run: Run | None, what: Collection[str]) -> bool:
    """Whether the run as a whole concerns them, and not only what is on hold."""
    if EVERYTHING in what:
        return True
    cut = run is not None and run.state == "cut"
    return PROBLEMS in what and (cut or bool(plan.changes["status"].isin(NOT_DONE).any()))


@dataclass(frozen=True, slots=True)
class _LedgerAlone:
    """The ledger without previous runs, which are of the whole site."""

    store: LedgerReader

    def ledger(self, resource: str) -> pd.DataFrame:
        return self.store.ledger(resource)
