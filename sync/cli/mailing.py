"""Reports that are mailed on request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli.output import note
from sync.cli.wiring import SystemClock
from sync.errors import Fault, NexsisSyncError

if TYPE_CHECKING:
    from email.message import EmailMessage

    from sync.config.site import Config


@dataclass(frozen=True, slots=True)
class Mailing:
    """How a report is to be mailed: sent, written into a folder, both or neither; to all, or to one address."""

    mail: bool
    to: str | None
    eml: Path | None

    @property
    def wanted(self) -> bool:
        """Whether mails are requested at all."""
        return self.mail or self.eml is not None


def mail_options(recipients: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options for mailing its report to `recipients`; it gets them as a `Mailing`."""
    return partial(_with_mail_options, recipients)


def _with_mail_options(recipients: str, command: Callable[..., Any]) -> Callable[..., Any]:
    @click.option("--mail", is_flag=True, help=f"Email it to {recipients}, whatever their `when` says.")
    @click.option("--to", default=None, metavar="ADDRESS", help="With --mail or --eml: only to this recipient.")
    @click.option(
        "--eml",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="FOLDER",
        help="Write the emails to this folder instead of sending them.",
    )
    @wraps(command)
    def with_mailing(*args: Any, mail: bool, to: str | None, eml: Path | None, **rest: Any) -> Any:
        mailing = Mailing(mail, to, eml)
        if to and not mailing.wanted:
            raise click.UsageError("--to needs --mail or --eml")
        return command(*args, mailing=mailing, **rest)

    return with_mailing


def mailed(config: Config, mailing: Mailing, mails: Callable[[], Iterable[EmailMessage]]) -> bool:
    """Make the requested mails, and write or send them; whether none is left waiting.

    Raises what `mails` raises, and NexsisSyncError if they cannot be written.
    """
    if not mailing.wanted:
        return True
    try:
        made = [*mails()]
        sent = not mailing.mail or _send(config, made)
    except OSError as error:
        raise NexsisSyncError(Fault(f"the outbox cannot be used: {error.strerror}", str(config.outbox))) from None
    if mailing.eml is not None:
        _write(made, mailing.eml)
    return sent


def _send(config: Config, mails: Iterable[EmailMessage]) -> bool:
    from sync.notify import send

    faults = send(config, mails, SystemClock().now(), time.sleep)
    for fault in faults:
        note(fault)
    return not faults


def _write(mails: Iterable[EmailMessage], folder: Path) -> None:
    from sync.sheets.output import written

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NexsisSyncError(Fault(f"the emails cannot be written: {error.strerror}", str(folder))) from None
    for n, message in enumerate(mails, 1):
        with written(folder / f"{n}-{message['To'].addresses[0].addr_spec.replace('/', '_')}.eml") as stream:
            stream.write(message.as_bytes())
