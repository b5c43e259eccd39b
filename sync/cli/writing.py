"""Files that `plan` and `report` write beside what they print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.errors import SheetError

if TYPE_CHECKING:
    from sync.config.site import Config
    from sync.mapping.source import Source
    from sync.model import Input, Plan, Run, Store

html_option = click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it as a page for a browser too: one file that needs nothing else.",
)
xlsx_option = click.option(
    "--xlsx",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it as an Excel workbook too.",
)


def write_html(
    path: Path | None,
    config: Config,
    store: Store,
    plan: Plan,
    sources: Callable[[], Iterable[Source]],
    run: Run | None = None,
) -> None:
    """Write the page, if one was asked for. Raises NexsisSyncError if it cannot be written."""
    if path is None:
        return
    from sync.report.estimate import Throughput
    from sync.report.page import write_page
    from sync.report.plan_report import PlanReport
    from sync.report.row_owners import issue_rows
    from sync.report.rows_with_errors import issues_of

    throughput = Throughput(permits=config.sending.permits)
    rows = issue_rows(issues_of(plan), sources(), config.conventions)
    write_page(path, PlanReport(plan, config.conventions, store, run, config.title, throughput, rows))


def write_xlsx(
    path: Path | None,
    config: Config,
    store: Store,
    plan: Plan,
    sources: Callable[[], Iterable[Source]],
    run: Run | None = None,
) -> None:
    """Write the workbook, if one was asked for. Raises NexsisSyncError if it cannot be written."""
    if path is None:
        return
    from sync.report.estimate import Throughput
    from sync.report.plan_report import PlanReport
    from sync.report.rows_with_errors import sheets_of
    from sync.report.workbook import write_workbook

    report = PlanReport(plan, config.conventions, store, run, throughput=Throughput(permits=config.sending.permits))
    write_workbook(path, report, sheets_of(plan, sources()))


def feeds_again(config: Config, plan: Plan) -> Callable[[], Sequence[Source]]:
    """What is read of the sheets with issues, read again when it is asked for first.

    Sheets that are gone or have changed are left out; what mappings look into is as it is now.
    """
    return cache(lambda: [*_again(config, plan)])


def _again(config: Config, plan: Plan) -> Iterator[Source]:
    from sync.workflows.sources import gather

    inputs = _wrong(plan)
    same = {(entry.name, entry.digest) for entry in inputs}
    readers = {entry.mapping for entry in inputs}
    for entry in inputs[:1]:
        # Where exports are taken out of the inbox, the plan read them elsewhere.
        config = replace(config, inbox=entry.folder)
    for mapping in config.mappings:
        # A sheet that is only looked into is of no mapping: any may look into it.
        if mapping.name in readers or None in readers:
            try:
                # Each mapping by itself: a file that one of them misses by now takes nothing from the others.
                sources = gather(replace(config, mappings=(mapping,)))
            except SheetError:
                continue
            for source in sources:
                yield replace(
                    source, sheets=tuple(sheet for sheet in source.sheets if (sheet.file, sheet.digest) in same)
                )


def _wrong(plan: Plan) -> list[Input]:
    """The sheets with rows that something is wrong with, as the plan read them."""
    from sync.report.rows_with_errors import issues_of

    wrong = {issue.file for issue in issues_of(plan) if issue.row is not None}
    return [entry for entry in plan.inputs if entry.kind == "sheet" and entry.name in wrong]
