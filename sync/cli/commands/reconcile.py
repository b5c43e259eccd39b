"""`reconcile`: how the sides differ. Writes neither to the site nor to the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.help import WithExamples
from sync.cli.mailing import Mailing, mail_options, mailed
from sync.cli.options import common, html_option, xlsx_option
from sync.cli.output import Output, stdout
from sync.cli.wiring import opened_context, with_current_exports

if TYPE_CHECKING:
    from pandas import DataFrame

    from sync.config.site import Config
    from sync.diff.reconciliation import Reconciliation
    from sync.report.display_names import Names


@click.command(
    cls=WithExamples,
    examples=(
        "reconcile",
        "reconcile --xlsx differences.xlsx",
        "reconcile --mail --to registry@example.edu",
    ),
)
@html_option
@xlsx_option
@mail_options("the recipients in the site file who get `everything` or `problems`")
@common
def reconcile(output: Output, html: Path | None, xlsx: Path | None, mailing: Mailing) -> int:
    """Compare the exports with Moodle, and report what differs and why. Changes nothing, plans nothing.

    Exits with code 0 if everything agrees, 2 if there are differences, 4 if Moodle did not answer everything.
    """
    from sync.notify import comparing, reconciliation_mails
    from sync.report.change_lines import Vocabulary
    from sync.report.reconciliation import show, write_json
    from sync.report.reconciliation.texts import names_of_findings
    from sync.report.row_owners import issue_rows
    from sync.workflows.exit_codes import reconcile_code
    from sync.workflows.reconcile import reconcile as reconciled
    from sync.workflows.sources import gather, known_to

    with opened_context(output) as context:
        config, ledger = context.config, context.store.ledger
        if mailing.wanted:
            comparing(config, mailing.to)  # refused before the whole site is read, not afterwards
        sources = gather(with_current_exports(config), known_to(context.store))
        found = reconciled(context, sources)
        rows = issue_rows(found.issues, sources, config.conventions)
        names = names_of_findings(found, ledger, config.conventions, rows)
        if output.json:
            write_json(found, names, stdout())
        else:
            show(found, Vocabulary(names, config.conventions), output.console(), verbose=output.verbose)
        _write_page(html, found, names, config, rows)
        _write_workbook(xlsx, found, names, config)
        mailed(config, mailing, lambda: reconciliation_mails(config, found, ledger, mailing.to))
    return reconcile_code(found)


def _write_page(html: Path | None, found: Reconciliation, names: Names, config: Config, rows: DataFrame) -> None:
    """Write the page, if one was asked for. Raises NexsisSyncError if it cannot be written."""
    if html:
        from sync.report.reconciliation.page import write_page

        write_page(html, found, names, config.conventions, config.title, rows)


def _write_workbook(xlsx: Path | None, found: Reconciliation, names: Names, config: Config) -> None:
    """Write the workbook, if one was asked for. Raises NexsisSyncError if it cannot be written."""
    if xlsx:
        from sync.report.reconciliation.workbook import write_workbook

        write_workbook(xlsx, found, names, config.conventions)
