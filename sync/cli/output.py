"""What commands print, and the files they write next to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from sync.errors import Fault, NexsisSyncError, legible_lines, masked

if TYPE_CHECKING:
    from rich.console import Console

    from sync.config.site import Config
    from sync.mapping.source import Source
    from sync.model import Plan, Run, Store

PAGE = 120
"""Columns of text that goes into a file or a mail."""


@dataclass(frozen=True, slots=True)
class Output:
    """How a command is to print, and which site file it is about."""

    site: str
    json: bool
    quiet: bool
    verbose: bool
    no_color: bool

    def console(self, *, err: bool = False) -> Console:
        """Where text for people goes: standard output, or standard error if JSON goes there."""
        from rich.console import Console

        stream = sys.stderr if err or self.json else sys.stdout
        return Console(
            file=stream,
            width=None if stream.isatty() else PAGE,
            no_color=self.no_color or None,
            highlight=False,
            soft_wrap=False,
            quiet=self.quiet and not err,
        )

    def say(self, text: str) -> None:
        """Print a line for people."""
        if not self.quiet:
            click.echo(legible_lines(masked(text)), err=self.json)


def note(text: str) -> None:
    """Print a line for people about something that stops nothing, on standard error."""
    with suppress(OSError):  # nobody may be reading any more
        click.echo(f"note: {text}", err=True)


def stdout() -> BinaryIO:
    """Standard output for bytes."""
    return sys.stdout.buffer


def show(
    output: Output, config: Config, store: Store, plan: Plan, run: Run | None = None, *, jsonl: bool = False
) -> None:
    """A plan or run in the form that was asked for.

    The exit code does not depend on whether the output could be written: what was done is done.
    """
    from sync.report import document

    try:
        if jsonl:
            document.write_jsonl(plan, config.conventions, stdout(), run)
        elif output.json:
            document.write_json(plan, config.conventions, stdout(), run)
        elif not output.quiet:
            _print(output, config, store, plan, run)
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - the interpreter flushes it when it exits
        if not isinstance(error, BrokenPipeError):
            click.echo(f"nexsis-sync: the report could not be written: {error.strerror}", err=True)


def _print(output: Output, config: Config, store: Store, plan: Plan, run: Run | None) -> None:
    """A plan or run for people."""
    from sync.report.plan_report import PlanReport
    from sync.report.terminal import show_plan, show_run

    report = PlanReport.of(config, plan, store, run)
    if run is None:
        show_plan(report, output.console(), verbose=output.verbose)
    else:
        show_run(report, run, output.console(), verbose=output.verbose)


def write_html(
    path: Path | None,
    config: Config,
    store: Store,
    plan: Plan,
    sources: Callable[[], Iterable[Source]],
    run: Run | None = None,
) -> None:
    """Write the page if it was requested. Raises NexsisSyncError if it cannot be written."""
    if path is None:
        return
    from sync.report.page import write_page
    from sync.report.plan_report import PlanReport
    from sync.report.row_owners import issue_rows
    from sync.report.rows_with_errors import issues_of
    from sync.report.since import preview_before

    rows = issue_rows(issues_of(plan), sources(), config.conventions)
    before = preview_before(store, plan) if run is None else None
    write_page(path, replace(PlanReport.of(config, plan, store, run), rows=rows, before=before))


def write_xlsx(
    path: Path | None,
    config: Config,
    store: Store,
    plan: Plan,
    sources: Callable[[], Iterable[Source]],
    run: Run | None = None,
) -> None:
    """Write the workbook if it was requested. Raises NexsisSyncError if it cannot be written."""
    if path is None:
        return
    from sync.report.plan_report import PlanReport
    from sync.report.rows_with_errors import sheets_of
    from sync.report.workbook import write_workbook

    write_workbook(path, PlanReport.of(config, plan, store, run), sheets_of(plan, sources()))


def write_rows(output: Output, folder: Path | None, plan: Plan, sources: Callable[[], Iterable[Source]]) -> None:
    """Write the rows with problems, a file for each source file, if they were requested, and say what was written.

    Raises NexsisSyncError if they cannot be written.
    """
    if folder is None:
        return
    from sync.report.phrasing import count, plain
    from sync.report.row_files import write_row_files
    from sync.report.rows_with_errors import issues_of, sheets_of

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NexsisSyncError(Fault(f"this folder cannot be created: {error.strerror}", str(folder))) from None
    places = {entry.name: Path(entry.path) for entry in plan.inputs if entry.kind == "sheet"}
    for made in write_row_files(folder, issues_of(plan), sheets_of(plan, sources()), places):
        rows = f"{count(made.rows, 'row')} with problems"
        if made.path is None:
            output.say(f"{made.source}: {rows}, not written: the file has been changed or removed since")
        else:
            output.say(f"{made.path}: {rows} of {made.source}")
        for left in made.left:
            output.say(f"    {plain(left)}")
