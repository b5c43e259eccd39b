"""How commands tell people who are not at the terminal; whatever happens here, a command ends as it would have."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sync.cli.common import SystemClock
from sync.errors import Fault, NexsisSyncError

if TYPE_CHECKING:
    from pathlib import Path

    from sync.engine import World
    from sync.mapping.feed import Feed
    from sync.model import Plan, Run, Store
    from sync.site import Config
    from sync.telling import Event, Refusal


def tell_run(world: World, plan: Plan, run: Run, feeds: Sequence[Feed]) -> None:
    """Write to those to whom a run is news."""
    from sync.cli.writing import sheets_of

    if _wanted(world.config):
        from sync.telling import Event

        at = run.finished or world.clock.now()
        _tell(world.config, Event(run.id, at, plan, run, world.store, lambda: sheets_of(feeds)))


def tell_refusal(config: Config, error: NexsisSyncError) -> None:
    """Write to those who are concerned that a run could not be."""
    if _wanted(config):
        from sync.telling import Refusal

        now = SystemClock().now()
        _tell(config, Refusal(f"n-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", now, error.faults))


def send_mails(config: Config, store: Store, plan: Plan, run: Run | None, to: str | None) -> bool:
    """Mail a plan or run to all whom the site file names, or to one of them; whether nothing waits now.

    Raises ConfigError if the site file names nobody, or not that one.
    """
    from sync.telling import deliver, keep, mails

    now = SystemClock().now()
    try:
        for message in [*mails(config, _event(config, store, plan, run), to)]:
            keep(config, message, now)
        troubles = [*deliver(config, now, time.sleep)]
    except OSError as error:
        raise NexsisSyncError(Fault(f"the outbox cannot be used: {error.strerror}", str(config.outbox))) from None
    for said in troubles:
        click.echo(f"note: {said}", err=True)
    return not troubles


def write_mails(config: Config, store: Store, plan: Plan, run: Run | None, to: str | None, folder: Path) -> None:
    """Write the mails into a folder. Raises ConfigError as `send_mails` does, NexsisSyncError if that cannot be."""
    from sync.report.files import written
    from sync.telling import mails

    folder.mkdir(parents=True, exist_ok=True)
    for n, message in enumerate(mails(config, _event(config, store, plan, run), to), 1):
        with written(folder / f"{n}-{message['To'].addresses[0].addr_spec.replace('/', '_')}.eml") as stream:
            stream.write(message.as_bytes())


def _event(config: Config, store: Store, plan: Plan, run: Run | None) -> Event:
    from sync.cli.writing import sheets_again
    from sync.telling import Event

    at = (run.finished or run.started) if run else plan.created
    return Event(run.id if run else plan.id, at, plan, run, store, lambda: sheets_again(config, plan))


@contextmanager
def refusal_told(config: Config) -> Iterator[None]:
    """What keeps a run from being is told to those who are concerned, and then raised as it was."""
    try:
        yield
    except NexsisSyncError as error:
        tell_refusal(config, error)
        raise


def _wanted(config: Config) -> bool:
    return config.mail is not None or config.webhook is not None


def _tell(config: Config, event: Event | Refusal) -> None:
    from sync.telling import tell

    try:
        for said in tell(config, event, time.sleep):
            click.echo(f"note: {said}", err=True)
    except Exception as error:  # noqa: BLE001 - what was done on the site is done, whatever is wrong with a mail
        click.echo(f"note: the mails could not be made: {type(error).__name__}: {error}", err=True)
