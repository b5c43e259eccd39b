"""What an audience sees of an event, and whether that is new to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

import orjson
import pandas as pd

from sync.config.notifications import Audience, What
from sync.config.site import Config
from sync.errors import ConfigError, Fault
from sync.notify import outbox
from sync.notify.delivery_log import Entry
from sync.notify.events import Event, PlanEvent, Recovery, Trouble, lasting
from sync.report import mail, phrasing
from sync.report.plan_report import PlanReport

WEEK: Final = timedelta(days=7)
CONCERNED: Final[frozenset[What]] = frozenset({"everything", "problems"})
"""Contents whose recipients are notified that a run could not be done, and of differences."""

Remembered = Callable[[str], pd.DataFrame]
"""Gives the ledger rows of a resource."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an audience sees: all that is needed to decide, and to write. `view` is None where nothing was run.

    `state` and `says` are the status as far as the audience sees it. Without a view, `lead` says it in a
    sentence, and `faults` why.
    """

    audience: Audience
    state: mail.State
    says: str
    matters: bool
    view: mail.AudienceView | None = None
    lead: str = ""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """What came before, as far as it is reported too."""

    recovered: bool = False
    week: tuple[mail.MailStatus, ...] = ()


# -- audiences -------------------------------------------------------------------------------------------------


def audiences(config: Config) -> Iterator[Audience]:
    """Everybody who may be notified. A chat tool is an audience without an address, and gets no names."""
    if config.mail is not None:
        yield from config.mail.to
    if config.webhook is not None:
        yield Audience.model_construct(
            address=(), what=("everything",), only={}, when=config.webhook.when, pseudonymise=True
        )


def chosen(config: Config, address: str | None) -> list[Audience]:
    """Everybody who gets mails, or those with this address. Raises ConfigError if there are none."""
    if config.mail is None:
        raise ConfigError(Fault("the site file has no `mail:`, so there are no recipients", str(config.file)))
    found = [each for each in config.mail.to if address is None or address in each.address]
    if not found:
        raise _unknown(config, f"`mail:` does not name {address}", config.mail.to)
    return found


def comparing(config: Config, address: str | None = None) -> list[Audience]:
    """The chosen audiences that are notified of differences. Raises ConfigError if there are none."""
    found = [each for each in chosen(config, address) if CONCERNED & {*each.what}]
    if not found:
        known = [each for each in chosen(config, None) if CONCERNED & {*each.what}]
        raise _unknown(config, f"`mail:` notifies {address or 'everyone'} only of what is on hold", known)
    return found


def _unknown(config: Config, says: str, known: Sequence[Audience]) -> ConfigError:
    addresses = ", ".join(sorted({to for each in known for to in each.address})) or "none"
    return ConfigError(
        Fault(says, str(config.file), f"`mail:` decides who may see what. Possible recipients: {addresses}")
    )


def identity(audience: Audience) -> str:
    """A short name for who gets what and when, made from everything that makes their mails differ."""
    only = {name: dict(fields) for name, fields in audience.only.items()}
    said = [audience.address, audience.what, only, audience.when, audience.pseudonymise]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:10]


# -- what they see ---------------------------------------------------------------------------------------------


def was_notified(event: Event, before: Sequence[Entry]) -> bool:
    """Whether an audience was notified of it: of a run each time it ended, of a trouble once while it lasts."""
    if isinstance(event, Trouble):
        return any(entry.run == event.id for entry in lasting(before))
    return any((entry.run, entry.at) == (event.id, event.at) for entry in before)


def seen_of(config: Config, event: Event, audience: Audience, before: Sequence[Entry] = ()) -> Seen | None:
    """What an audience sees of an event; None if it does not concern it.

    `before` is what it was notified of.
    """
    if isinstance(event, PlanEvent):
        return _seen_run(config, event, audience)
    if not CONCERNED & {*audience.what}:
        return None
    if isinstance(event, Recovery):
        return _seen_recovery(audience, before)
    # Faults may name anybody; audiences that may not see everything do not get them.
    faults = () if audience.only or audience.pseudonymise else event.faults
    says = "; ".join(phrasing.plain(fault.message) for fault in faults) or "the run could not be carried out"
    lead = "The run could not be carried out, and nothing was changed."
    return Seen(audience, "not run", says, matters=True, lead=lead, faults=faults)


def _seen_run(config: Config, event: PlanEvent, audience: Audience) -> Seen:
    key = secret_key(config, audience)
    report = PlanReport.of(config, event.plan, event.past, event.run)
    view = mail.view(report, audience, key, event.sources)
    state = mail.state_of(view.whole, event.run, audience.what)
    matters = mail.matters(view.report.plan, audience.what) or state != "ok"
    return Seen(audience, state, mail.summary_line(view.whole, event.run, audience.what), matters, view)


def _seen_recovery(audience: Audience, before: Sequence[Entry]) -> Seen | None:
    """The status is again what it was before the troubles."""
    troubles = lasting(before)
    if not troubles:
        return None
    earlier = before[: -len(troubles)]
    state = cast("mail.State", earlier[-1].state) if earlier else "ok"
    lead = "The problem that stopped exports from being processed has been solved."
    return Seen(audience, state, "exports are being processed again", matters=True, lead=lead)


def secret_key(config: Config, audience: Audience) -> bytes:
    """The secret for an audience's pseudonyms; empty if people are not hidden. Raises OSError."""
    return outbox.secret_key(config.outbox) if audience.pseudonymise else b""


def news_of(config: Config, seen: Seen, before: Sequence[Entry], entry: Entry) -> tuple[News, bool]:
    """What is new to an audience, and whether it gets a message."""
    zone, when = config.site.timezone, seen.audience.when
    statuses = tuple(_status(each) for each in (*before, entry) if each.at > entry.at - WEEK)
    weekly = bool(before) and mail.week_of(before[-1].at, zone) != mail.week_of(entry.at, zone)
    state = before[-1].state if before else None
    due = mail.due(when, state, seen.state, matters=seen.matters, week=weekly)
    week = statuses if weekly and "weekly" in when else ()
    return News(mail.has_recovered(state, seen.state), week), due


def _status(entry: Entry) -> mail.MailStatus:
    return mail.MailStatus(entry.at, entry.tag, entry.says)
