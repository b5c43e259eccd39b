"""What all commands share: options, consoles, and how a world is put together from a site file."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from sync.errors import legible_lines, masked

if TYPE_CHECKING:
    from rich.console import Console

    from sync.config.site import Config
    from sync.model import Plan, Reporter, Run, Store
    from sync.observe.context import Context


PAGE = 120
"""Columns of text that goes into a file or a mail."""


@dataclass(frozen=True, slots=True)
class Face:
    """How a command was asked to speak."""

    site: str
    json: bool
    quiet: bool
    verbose: bool
    no_color: bool

    def console(self, *, err: bool = False) -> Console:
        """Where people's text goes: standard output, or standard error when a machine has that."""
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
        """A line for people."""
        if not self.quiet:
            click.echo(legible_lines(masked(text)), err=self.json)


def duration(ctx: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    """A callback of options: a length of time with its unit, as in a site file."""
    from pydantic import TypeAdapter, ValidationError

    from sync.config.scalars import Duration

    if value is None:
        return None
    try:
        length: timedelta = TypeAdapter(Duration).validate_python(value)
    except ValidationError as error:
        raise click.BadParameter(str(error.errors()[0]["ctx"]["error"]), ctx, param) from None
    return length


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options every command takes; it gets them as a `Face`."""

    @click.option("--site", default=None, envvar="NEXSIS_SYNC_SITE", metavar="FILE", help="Site file [site.yaml].")
    @click.option("--json", "as_json", is_flag=True, help="A machine's answer on standard output.")
    @click.option("--quiet", is_flag=True, help="Nothing but errors and what was asked for.")
    @click.option("--verbose", is_flag=True, help="All of it, not the first few of each kind.")
    @click.option("--no-color", is_flag=True, help="Plain text.")
    @wraps(command)
    def with_face(site: str | None, as_json: bool, quiet: bool, verbose: bool, no_color: bool, **rest: Any) -> Any:
        no_color = no_color or "NO_COLOR" in os.environ
        return command(Face(site or "site.yaml", as_json, quiet, verbose, no_color), **rest)

    return with_face


def load_config(face: Face) -> Config:
    """The site file and its mappings, with notes about slips on standard error."""
    from sync.config.site import load

    config = load(face.site)
    for note in config.notes:
        click.echo(f"note: {note}", err=True)
    return config


def at_hand(config: Config) -> Config:
    """The config with the exports that count now: where they are taken out of the inbox, those of the newest set.

    Raises SheetError if the inbox cannot be listed.
    """
    from sync.inbox import standing
    from sync.sheets import read

    found = standing(config, read)
    if found.inbox != config.inbox:
        click.echo(f"note: no newer exports are in the inbox; these are the ones in {found.inbox}", err=True)
    return found


def reporter_of(face: Face) -> Reporter:
    """Who watches long work."""
    from sync.report.progress import silent, watching

    return silent() if face.quiet else watching(face.console(err=True), SystemClock())


@contextmanager
def opened_store(config: Config) -> Iterator[Store]:
    """The site's memory."""
    from sync.state import open_store

    with open_store(config.state, SystemClock()) as store:
        yield store


@contextmanager
def opened_world(face: Face) -> Iterator[Context]:
    """The site, its memory, locked, and who watches."""
    import random

    from sync.config.site import token
    from sync.observe.context import Context
    from sync.site import connect

    config = load_config(face)
    with (
        opened_store(config) as store,
        store.lock(),
        connect(config.site.api, token(config), permits=config.sending.permits) as site,
    ):
        yield Context(config, site, store, SystemClock(), reporter_of(face), random.random, time.sleep)


def stdout() -> BinaryIO:
    """Standard output for bytes."""
    return sys.stdout.buffer


def show(face: Face, config: Config, plan: Plan, run: Run | None = None, *, jsonl: bool = False) -> None:
    """A plan or run in the form that was asked for.

    What was done is done: that nobody reads it, or that the disk is full, does not change how the command ends.
    """
    try:
        _show(face, config, plan, run, jsonl=jsonl)
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - the interpreter flushes it when it leaves
        if not isinstance(error, BrokenPipeError):
            click.echo(f"nexsis-sync: the report could not be written: {error.strerror}", err=True)


def _show(face: Face, config: Config, plan: Plan, run: Run | None, *, jsonl: bool) -> None:
    from sync.report import document, terminal
    from sync.report.estimate import Throughput

    if jsonl:
        document.write_jsonl(plan, config.conventions, stdout(), run)
    elif face.json:
        document.write_json(plan, config.conventions, stdout(), run)
    elif face.quiet:
        return
    elif run is not None:
        terminal.show_run(plan, run, face.console(), verbose=face.verbose)
    else:
        pace = Throughput(permits=config.sending.permits)
        terminal.show_plan(plan, face.console(), verbose=face.verbose, throughput=pace)
