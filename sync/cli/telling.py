"""How commands tell people who are not at the terminal; whatever happens here, a command ends as it would have."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli.common import SystemClock, opened_store
from sync.cli.writing import feeds_again
from sync.errors import Fault, NexsisSyncError, StoreInUse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

    from sync.config.site import Config
    from sync.mapping.source import Source
    from sync.model import Plan, Run, Store
    from sync.notify.events import Happening
    from sync.observe.context import Context


# -- what happened ---------------------------------------------------------------------------------------------


@contextmanager
def to_be_told(config: Config, run: str) -> Iterator[None]:
    """Note that a run is to be told of before it begins: whatever ends the program, `tell_owed` tells of it.

    What keeps it from being begun at all is raised, and told otherwise.
    """
    from sync.notify import delivery

    if not _wanted(config):
        yield
        return
    with _noted():
        delivery.owe(config.outbox, run)
    try:
        yield
    except NexsisSyncError:
        delivery.settle(config.outbox, run)
        raise


def tell_run(context: Context, plan: Plan, run: Run, sources: Sequence[Source] | None = None) -> None:
    """Write to those to whom a run is news. What was read is read again if it is not at hand."""
    if _wanted(context.config):
        from sync.notify import Event

        at = run.finished or context.clock.now()
        read = (lambda: sources) if sources is not None else feeds_again(context.config, plan)
        _tell(context.config, Event(run.id, at, plan, run, context.store, read))


def tell_owed(config: Config, store: Store, going_on: str | None = None) -> None:
    """Tell of runs that ended, or were cut off, and were not told of, since the program was ended.

    The caller holds the store's lock. A run that it is `going_on` with is told of when that has ended.
    """
    for each in _owed(config):
        from sync.notify import Event, delivery
        from sync.report.summary import as_known

        run = next((run for run in store.runs() if run.id == each), None)
        at = (run.finished or run.started) if run else None
        if run is None or at is None or run.id == going_on or SystemClock().now() - at > delivery.GIVEN_UP:
            delivery.settle(config.outbox, each)
        else:
            plan = as_known(store.plan(run.plan), run)
            _tell(config, Event(each, at, plan, run, store, feeds_again(config, plan)))


def catch_up(config: Config) -> None:
    """The same before the store is used otherwise. Who is at work on it tells of its own run."""
    if _owed(config):
        with suppress(NexsisSyncError), opened_store(config) as store, store.lock():
            tell_owed(config, store)


def _owed(config: Config) -> list[str]:
    if not _wanted(config):
        return []
    from sync.notify import delivery

    return delivery.owed(config.outbox)


def tell_refusal(config: Config, error: NexsisSyncError) -> None:
    """Write to those who are concerned that a run could not be."""
    if _wanted(config):
        from sync.notify import Refusal

        now = SystemClock().now()
        _tell(config, Refusal(f"n-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", now, error.faults))


def tell_trouble(config: Config, kind: str, error: NexsisSyncError) -> None:
    """Write to those who are concerned what keeps exports from being taken, once as long as it lasts."""
    if _wanted(config):
        from sync.notify import Trouble

        _tell(config, Trouble(kind, SystemClock().now(), error.faults))


def tell_relief(config: Config) -> None:
    """Write to those who were told of troubles that they are over, if nothing has told them so."""
    if _wanted(config):
        from sync.notify import Recovery

        _tell(config, Recovery(SystemClock().now()))


@contextmanager
def refusal_told(config: Config) -> Iterator[None]:
    """What keeps a run from being is told to those who are concerned, and then raised as it was.

    That another one is at work is no trouble for them: that one tells how it ended.
    """
    try:
        yield
    except StoreInUse:
        raise
    except NexsisSyncError as error:
        tell_refusal(config, error)
        raise


def _wanted(config: Config) -> bool:
    return config.mail is not None or config.webhook is not None


def _tell(config: Config, happening: Happening) -> None:
    from sync.notify import tell

    with _noted():
        for said in tell(config, happening, time.sleep):
            click.echo(f"note: {said}", err=True)


@contextmanager
def _noted() -> Iterator[None]:
    """What is wrong with telling is said, and no more: what was done on the site is done."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - as said
        from sync.notify import in_words

        click.echo(f"note: the mails could not be made: {in_words(error)}", err=True)


# -- what was asked for ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mailing:
    """How a report was asked to be mailed: sent, written into a folder, both or neither; to all, or to one address."""

    mail: bool
    to: str | None
    eml: Path | None

    @property
    def wanted(self) -> bool:
        """Whether mails are to be made at all."""
        return self.mail or self.eml is not None


def mail_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options by which its report is mailed; it gets them as a `Mailing`."""

    @click.option("--mail", is_flag=True, help="Mail it to those whom the site file names, whenever they would get it.")
    @click.option("--to", default=None, metavar="ADDRESS", help="With --mail or --eml: only to this one of them.")
    @click.option(
        "--eml",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="Write the mails there instead of sending them.",
    )
    @wraps(command)
    def with_mailing(*args: Any, mail: bool, to: str | None, eml: Path | None, **rest: Any) -> Any:
        mailing = Mailing(mail, to, eml)
        if to and not mailing.wanted:
            raise click.UsageError("--to is for --mail or --eml")
        return command(*args, mailing=mailing, **rest)

    return with_mailing


def mailed(config: Config, mailing: Mailing, messages: Callable[[], Iterable[EmailMessage]]) -> bool:
    """Make the mails that were asked for, and write or send them; whether nothing waits now.

    Raises what `messages` raises, and NexsisSyncError if they cannot be written.
    """
    if not mailing.wanted:
        return True
    try:
        made = [*messages()]
        sent = not mailing.mail or _send(config, made)
    except OSError as error:
        raise NexsisSyncError(Fault(f"the outbox cannot be used: {error.strerror}", str(config.outbox))) from None
    if mailing.eml is not None:
        _write(made, mailing.eml)
    return sent


def mails_of(
    config: Config, store: Store, plan: Plan, run: Run | None, to: str | None, sources: Callable[[], Sequence[Source]]
) -> Iterator[EmailMessage]:
    """The mails about a stored plan or run. Raises ConfigError if the site file names nobody, or not that one."""
    from sync.notify import Event, mails

    at = (run.finished or run.started) if run else plan.created
    event = Event(run.id if run else plan.id, at, plan, run, store, sources)
    return mails(config, event, to)


def _write(messages: Iterable[EmailMessage], folder: Path) -> None:
    from sync.sheets.output import written

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NexsisSyncError(Fault(f"the mails cannot be written: {error.strerror}", str(folder))) from None
    for n, message in enumerate(messages, 1):
        with written(folder / f"{n}-{message['To'].addresses[0].addr_spec.replace('/', '_')}.eml") as stream:
            stream.write(message.as_bytes())


def _send(config: Config, messages: Iterable[EmailMessage]) -> bool:
    from sync.notify import deliver, keep

    now = SystemClock().now()
    for message in messages:
        keep(config, message, now)
    troubles = [*deliver(config, now, time.sleep)]
    for said in troubles:
        click.echo(f"note: {said}", err=True)
    return not troubles
