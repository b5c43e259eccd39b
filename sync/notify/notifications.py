"""Notifying: every audience is written to once of what is new to it, and what is in the outbox is delivered."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from email.message import EmailMessage
from functools import partial

from sync.config.notifications import Audience
from sync.config.site import Config
from sync.diff.reconciliation import Reconciliation
from sync.notify import delivery, delivery_log, outbox
from sync.notify.attachments import Attachments, in_words
from sync.notify.delivery_log import Entry
from sync.notify.events import Event, PlanEvent
from sync.notify.messages import attachments_of, mail_message, outgoing, plan_mail, reconciliation_mail
from sync.notify.smtp import deliver_mails
from sync.notify.visibility import Remembered, audiences, chosen, comparing, identity, news_of, seen_of, was_notified
from sync.notify.webhook import deliver_posts
from sync.report import mail


def write(config: Config, event: Event) -> Iterator[str]:
    """Put into the outbox what is news to somebody, once for each; sentences about what could not be made.

    Nobody is notified of it twice; those who could not be written to are the next time. Raises OSError if
    the outbox cannot be used.
    """
    known, entries, missed = delivery_log.entries(config.outbox), list[Entry](), False
    for audience in audiences(config):
        name = identity(audience)
        try:
            entry, fault = _write(config, event, audience, [each for each in known if each.audience == name])
        except Exception as error:  # noqa: BLE001 - what is wrong for one must not keep it from the others
            missed, entry = True, None
            what = f"email to {', '.join(audience.address)}" if audience.address else "webhook message"
            fault = f"no {what} could be prepared: {in_words(error)}"
        if entry:
            entries.append(entry)
        if fault:
            yield fault
    if entries:
        delivery_log.record(config.outbox, entries, event.at)
    if not missed:
        delivery_log.settle(config.outbox, event.id)


def _write(config: Config, event: Event, audience: Audience, before: Sequence[Entry]) -> tuple[Entry | None, str]:
    """Put what is new to an audience into the outbox: the entry for the log, and what its mail had to leave out."""
    seen = None if was_notified(event, before) else seen_of(config, event, audience, before)
    if seen is None:
        return None, ""
    name, fault = identity(audience), ""
    entry = Entry(event.id, name, event.at, seen.state, mail.tag(seen.state), seen.says)
    news, due = news_of(config, seen, before, entry)
    if due:
        attachments = attachments_of(config, event, seen) if audience.address else Attachments()
        # A run that is resumed keeps its id, and another mail is about it.
        own = f"{event.id}-{event.at:%Y%m%dT%H%M%S%f}-{name}"
        outbox.keep(config.outbox, outgoing(config, event, seen, news, own, attachments))
        fault = attachments.fault
    return entry, fault


def deliver(
    config: Config, now: datetime, pause: Callable[[float], None], monotonic: Callable[[], float] = time.monotonic
) -> Iterator[str]:
    """Deliver what is in the outbox by the ways the site file names, as far as that is quick; what failed.

    A secret is looked for only when something is to be sent.
    """
    ways: dict[outbox.Way, delivery.Send] = {}
    if config.mail is not None:
        ways["mail"] = partial(deliver_mails, config, config.mail)
    if config.webhook is not None:
        ways["webhook"] = partial(deliver_posts, config, config.webhook)
    return delivery.deliver(config.outbox, ways, now, pause, monotonic)


# -- on request ------------------------------------------------------------------------------------------------


def mails(config: Config, event: PlanEvent, address: str | None = None) -> Iterator[EmailMessage]:
    """The mails about a plan or run as all would get them, or those to one address, whether due or not.

    Raises ConfigError if the site file has no `mail:`, or does not name that address.
    """
    for audience in chosen(config, address):
        seen = seen_of(config, event, audience)
        assert seen is not None  # there is a plan
        own = f"{event.id}-{identity(audience)}-{secrets.token_hex(3)}"
        yield plan_mail(config, event, seen, own, attachments_of(config, event, seen))


def reconciliation_mails(
    config: Config, found: Reconciliation, ledger: Remembered, address: str | None = None
) -> Iterator[EmailMessage]:
    """The mails about a reconciliation to all who are notified of such, or those to one address.

    `ledger` gives what is remembered of a resource. Raises ConfigError as `comparing` does.
    """
    for audience in comparing(config, address):
        own = f"c-{found.made:%Y%m%dT%H%M%S}-{identity(audience)}-{secrets.token_hex(3)}"
        yield reconciliation_mail(config, found, audience, ledger, own)


def send(config: Config, mails: Iterable[EmailMessage], now: datetime, pause: Callable[[float], None]) -> list[str]:
    """Put mails into the outbox, and deliver everything that waits; sentences about failures. Raises OSError."""
    for each in mails:
        outbox.keep(config.outbox, mail_message(each, each["Message-ID"].strip("<>").partition("@")[0], now))
    return [*deliver(config, now, pause)]
