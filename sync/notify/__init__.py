"""Who is told of a run, of one that could not be, and of a reconciliation: letters are made, kept, and delivered.

`happening` says what there is to tell of, `seeing` what an audience sees of it, `letters` makes the letters,
`enclosing` what goes along, and `sending` hands them to a mail server or chat tool. Nothing here changes how a command
ended: what cannot be delivered is said, and waits for the next run.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.message import EmailMessage

from sync.config.notifications import Audience
from sync.config.site import Config
from sync.diff.reconciliation import Reconciliation
from sync.notify import delivery
from sync.notify.attachments import Enclosed, in_words
from sync.notify.events import Event, Happening, Recovery, Refusal, Trouble
from sync.notify.messages import along, letter, message, posted, reconciliation_message
from sync.notify.sending import deliver
from sync.notify.visibility import Remembered, audiences, chosen, comparing, identity, news_of, seen_of, was_told
from sync.report import mail

__all__ = [
    "Event",
    "Recovery",
    "Refusal",
    "Trouble",
    "comparing",
    "deliver",
    "in_words",
    "keep",
    "mails",
    "reconciliation_mails",
    "tell",
]


def tell(config: Config, happening: Happening, pause: Callable[[float], None]) -> Iterator[str]:
    """Write to all to whom it is news, once each, and deliver; sentences about what could not be made or delivered.

    What was told of it before is not told again; who could not be written to is told the next time. Raises OSError if
    the outbox cannot be used.
    """
    known, entries, missed = delivery.diary(config.outbox), list[delivery.Entry](), False
    for audience in audiences(config):
        name = identity(audience)
        try:
            entry, fault = _write(config, happening, audience, [each for each in known if each.audience == name])
        except Exception as error:  # noqa: BLE001 - what is wrong for one must not keep it from the others
            missed, entry = True, None
            fault = f"nothing could be written to {', '.join(audience.address) or 'the webhook'}: {in_words(error)}"
        if entry:
            entries.append(entry)
        if fault:
            yield fault
    if entries:
        delivery.note(config.outbox, entries, happening.at)
    if not missed:
        delivery.settle(config.outbox, happening.id)
    yield from deliver(config, happening.at, pause)


def _write(
    config: Config, happening: Happening, audience: Audience, before: Sequence[delivery.Entry]
) -> tuple[delivery.Entry | None, str]:
    """Put into the outbox what is news to an audience: what the diary says of it, and what its mail had to lack."""
    seen = None if was_told(happening, before) else seen_of(config, happening, audience, before)
    if seen is None:
        return None, ""
    name, fault = identity(audience), ""
    entry = delivery.Entry(happening.id, name, happening.at, seen.state, mail.tag(seen.state), seen.says)
    news, due = news_of(config, seen, before, entry)
    if due:
        goes = along(config, happening, seen) if audience.address else Enclosed()
        # A run that is gone on with keeps its id, and another mail is told of it.
        own = f"{happening.id}-{happening.at:%Y%m%dT%H%M%S%f}-{name}"
        delivery.keep(config.outbox, letter(config, happening, seen, news, own, goes))
        fault = goes.fault
    return entry, fault


def mails(config: Config, event: Event, address: str | None = None) -> Iterator[EmailMessage]:
    """The mails about a plan or run as all would get them, or those to one address, whether due or not.

    Raises ConfigError if the site file has no `mail:`, or does not name that address.
    """
    for audience in chosen(config, address):
        seen = seen_of(config, event, audience)
        assert seen is not None  # there is a plan
        own = f"{event.id}-{identity(audience)}-{secrets.token_hex(3)}"
        yield message(config, event, seen, own, along(config, event, seen))


def reconciliation_mails(
    config: Config, told: Reconciliation, ledger: Remembered, address: str | None = None
) -> Iterator[EmailMessage]:
    """The mails about a reconciliation to all who are told of such, or those to one address.

    `ledger` gives what is remembered of a resource. Raises ConfigError as `comparing` does.
    """
    for audience in comparing(config, address):
        own = f"c-{told.made:%Y%m%dT%H%M%S}-{identity(audience)}-{secrets.token_hex(3)}"
        yield reconciliation_message(config, told, audience, ledger, own)


def keep(config: Config, message: EmailMessage, now: datetime) -> None:
    """Put a mail into the outbox. Raises OSError."""
    delivery.keep(config.outbox, posted(message, message["Message-ID"].strip("<>").partition("@")[0], now))
