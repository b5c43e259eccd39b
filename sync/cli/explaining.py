"""`reconcile` and `explain`: how things stand, and why. Neither writes to the site or to what is remembered."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.common import Face, at_hand, common, load_config, opened_store, opened_world, stdout
from sync.cli.telling import Mailing, mail_options, mailed
from sync.cli.writing import html_option, xlsx_option
from sync.errors import Fault, NexsisSyncError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

    from sync.config.site import Config
    from sync.diff.reconciliation import Reconciliation
    from sync.model import Site
    from sync.report.display_names import Names


def reconcile_code(told: Reconciliation) -> int:
    """4 if the site did not tell all, 2 if there are differences, 0 if there are none."""
    if any(issue.code == "unread" for issue in told.issues):
        return 4
    return 2 if told.differences else 0


@click.command()
@html_option
@xlsx_option
@mail_options
@common
def reconcile(face: Face, html: Path | None, xlsx: Path | None, mailing: Mailing) -> int:
    """Compare exports, site and memory, and tell what differs and why. Writes nothing, plans nothing.

    Leaves with 0 if all agree, 2 if there are differences.
    """
    from sync.notify import comparing, reconciliation_mails
    from sync.report.reconciliation import show, write_json
    from sync.report.reconciliation.texts import names_of_findings
    from sync.report.row_owners import issue_rows
    from sync.workflows.engine import reconcile as compared
    from sync.workflows.sources import gather

    with opened_world(face) as context:
        config, ledger = context.config, context.store.ledger
        if mailing.wanted:
            comparing(config, mailing.to)  # told before all of the site is read, not after it
        feeds = gather(at_hand(config))
        told = compared(context, feeds)
        rows = issue_rows(told.issues, feeds, config.conventions)
        names = names_of_findings(told, ledger, config.conventions, rows)
        if face.json:
            write_json(told, names, stdout())
        else:
            show(told, names, face.console(), verbose=face.verbose)
        _write(told, names, config, rows, html, xlsx)
        mailed(config, mailing, lambda: reconciliation_mails(config, told, ledger, mailing.to))
    return reconcile_code(told)


def _write(
    told: Reconciliation, names: Names, config: Config, rows: DataFrame, html: Path | None, xlsx: Path | None
) -> None:
    """The files that were asked for. Raises NexsisSyncError if they cannot be written."""
    if html:
        from sync.report.reconciliation.page import write_page

        write_page(html, told, names, config.conventions, config.title, rows)
    if xlsx:
        from sync.report.reconciliation.workbook import write_workbook

        write_workbook(xlsx, told, names)


@click.command()
@click.argument("key", metavar="KEY...", nargs=-1, required=True)
@click.option("--offline", is_flag=True, help="Do not ask the site.")
@common
def explain(face: Face, key: tuple[str, ...], offline: bool) -> int:
    """Why an object is as it is: rows, mappings, what was sent, what the site says now. Writes nothing.

    KEY is the identifier of a user or course, or two of them for who is where: `S1 C1`. To be exact, name the resource:
    `enrolment userid=S1 courseid=C1`.
    """
    from sync.report.explanation import show, write_json
    from sync.workflows.explain import explain as explained
    from sync.workflows.explain import near
    from sync.workflows.sources import gather

    config = load_config(face)
    feeds = gather(at_hand(config))
    with opened_store(config) as store, _asked(config, offline=offline) as site:
        try:
            told = explained(config, feeds, store, site, key)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        if not told:
            raise _unknown(key, near(config, feeds, store, key), offline=offline)
    if face.json:
        write_json(told, stdout())
    else:
        show(told, face.console(), verbose=face.verbose)
    return 0


@contextmanager
def _asked(config: Config, *, offline: bool) -> Iterator[Site | None]:
    """The site, if it is to be asked."""
    if offline:
        yield None
        return
    from sync.config.site import token
    from sync.site import connect

    with connect(config.site.api, token(config), permits=1) as site:
        yield site


def _unknown(key: tuple[str, ...], near: list[str], *, offline: bool) -> NexsisSyncError:
    where = (
        "in the exports or in what is remembered" if offline else "in the exports, in what is remembered or in Moodle"
    )
    hint = f"Perhaps one of these was meant: {', '.join(near)}." if near else "Is the identifier that of the SIS?"
    return NexsisSyncError(Fault(f"nothing called {' '.join(key)} is known {where}", hint=hint))
