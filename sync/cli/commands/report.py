"""`report`: show a stored plan or run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.help import WithExamples
from sync.cli.mailing import Mailing, mail_options, mailed
from sync.cli.options import common, html_option, rows_option, xlsx_option
from sync.cli.output import Output, show, write_html, write_rows, write_xlsx
from sync.cli.wiring import load_config, opened_store

if TYPE_CHECKING:
    from email.message import EmailMessage

    from sync.config.site import Config
    from sync.mapping.source import Source
    from sync.model import Plan, Run, Store


@click.command(
    cls=WithExamples,
    examples=(
        "report",
        "report r-20261123T020100-77ab10 --html run.html",
        "report --rows to-fix",
        "report --adoption upload.csv",
        "report --mail",
    ),
)
@click.argument("name", metavar="[PLAN|RUN]", required=False)
@click.option("--jsonl", is_flag=True, help="Print JSON: a header line, then one line for each change.")
@html_option
@xlsx_option
@rows_option
@click.option(
    "--adoption",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a list of the accounts without their ID number in Moodle, to be uploaded there under "
    "`Upload users`.",
)
@mail_options("all recipients in the site file")
@common
def report(
    output: Output,
    name: str | None,
    jsonl: bool,
    html: Path | None,
    xlsx: Path | None,
    *,
    rows: Path | None,
    adoption: Path | None,
    mailing: Mailing,
) -> int:
    """Show a stored plan or run, by default the newest plan.

    Exits with code 4 if the emails could not be sent; the next run tries again.
    """
    from sync.workflows.history import find, notice_cut_runs
    from sync.workflows.sources import gather_again, known_to

    config = load_config(output)
    with opened_store(config) as store:
        notice_cut_runs(store)
        plan, run = find(store, name)
        show(output, config, store, plan, run, jsonl=jsonl)
        sources = gather_again(config, plan, known_to(store))
        write_html(html, config, store, plan, sources, run)
        write_xlsx(xlsx, config, store, plan, sources, run)
        write_rows(output, rows, plan, sources)
        if adoption:
            from sync.report.adoption_list import write_adoption_list

            write_adoption_list(adoption, plan)
        sent = mailed(config, mailing, lambda: _mails(config, store, plan, run, mailing.to, sources))
    return 0 if sent else 4


def _mails(
    config: Config, store: Store, plan: Plan, run: Run | None, to: str | None, sources: Callable[[], Sequence[Source]]
) -> Iterator[EmailMessage]:
    """The mails about a stored plan or run. Raises ConfigError if the site file has no recipients, or not that one."""
    from sync.notify import PlanEvent, mails

    at = (run.finished or run.started) if run else plan.created
    return mails(config, PlanEvent(run.id if run else plan.id, at, plan, run, store, sources), to)
