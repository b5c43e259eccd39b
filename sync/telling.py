"""Who is told of a run, and of one that could not be: letters are made, put into the outbox, and delivered.

Nothing here changes how a run ended. What cannot be delivered is said, and waits for the next run.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import orjson

from sync import post
from sync.errors import ConfigError, Fault
from sync.model import Plan, Run, Sheet
from sync.notices import Audience, Mail, What
from sync.report import mail, words
from sync.report.estimate import Pace
from sync.report.names import Past
from sync.secret import Source, found
from sync.site import Config

WEEK: Final = timedelta(days=7)
CONCERNED: Final[frozenset[What]] = frozenset({"everything", "problems"})
"""Those who are told that a run could not be."""

WHEN: Final = {
    "every": "with every run that has something for you",
    "change": "when it changes how it stands",
    "recovery": "when all is well again",
    "weekly": "once a week",
}


@dataclass(frozen=True, slots=True)
class Event:
    """A run of a plan, or a plan alone, and what else is known."""

    id: str
    at: datetime
    plan: Plan
    run: Run | None
    past: Past
    sheets: Callable[[], Iterable[Sheet]] = tuple


@dataclass(frozen=True, slots=True)
class Refusal:
    """A run that could not be, and why."""

    id: str
    at: datetime
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an audience sees of an event: all that is needed to decide, and to tell. `view` is None for a refusal.

    `state` is how it stands, `concern` as far as it has to do with what the audience is told of.
    """

    audience: Audience
    state: mail.State
    concern: mail.State
    says: str
    matters: bool
    view: mail.View | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """What came before, as far as it is told along."""

    recovered: bool = False
    week: tuple[mail.Night, ...] = ()


def tell(config: Config, event: Event | Refusal, pause: Callable[[float], None]) -> Iterator[str]:
    """Write to all to whom the event is news, once each, and deliver; sentences about what could not be delivered.

    What was told of this event before is not told again. Raises OSError if the outbox cannot be used.
    """
    known = post.diary(config.outbox)
    entries = []
    for audience in _audiences(config):
        name = _identity(audience)
        before = [entry for entry in known if entry.audience == name]
        if any(entry.run == event.id for entry in before):
            continue
        seen = _seen(config, event, audience)
        if seen is None:
            continue
        entry = post.Entry(event.id, name, event.at, seen.concern, mail.tag(seen.state), seen.says)
        news, due = _news(config, audience, seen, before, entry)
        if due:
            post.keep(config.outbox, _letter(config, event, seen, news, f"{event.id}-{name}"))
        entries.append(entry)
    if entries:
        post.note(config.outbox, entries, event.at)
    yield from deliver(config, event.at, pause)


def deliver(config: Config, now: datetime, pause: Callable[[float], None]) -> Iterator[str]:
    """Deliver all that waits; sentences about what could not be delivered."""
    ways: dict[post.Way, post.Send] = {}
    if config.mail is not None:
        ways["mail"] = partial(_send_mails, config, config.mail)
    if config.webhook is not None:
        ways["webhook"] = partial(_send_posts, config)
    return post.deliver(config.outbox, ways, now, pause)


def mails(config: Config, event: Event, address: str | None = None) -> Iterator[EmailMessage]:
    """The mails about a plan or run as all would get them, or those to one address, whether due or not.

    Raises ConfigError if the site file has no `mail:`, or does not name that address.
    """
    if config.mail is None:
        raise ConfigError(Fault("there is no `mail:`, so nobody is known to whom to write", str(config.file)))
    chosen = [each for each in config.mail.to if address is None or address in each.address]
    if not chosen:
        known = ", ".join(sorted({to for each in config.mail.to for to in each.address}))
        hint = f"What somebody may see is told there too. Known are: {known}"
        raise ConfigError(Fault(f"`mail:` does not name {address}", str(config.file), hint))
    for audience in chosen:
        seen = _seen(config, event, audience)
        assert seen is not None  # there is a plan
        yield _message(config, event, seen, News(), f"{event.id}-{_identity(audience)}-{secrets.token_hex(3)}")


def keep(config: Config, message: EmailMessage, now: datetime) -> None:
    """Put a mail into the outbox. Raises OSError."""
    post.keep(config.outbox, _posted(message, message["Message-ID"].strip("<>").partition("@")[0], now))


# -- audiences -------------------------------------------------------------------------------------------------


def _audiences(config: Config) -> Iterator[Audience]:
    """All who may be told. A chat tool is one without an address, to which nobody is named."""
    if config.mail is not None:
        yield from config.mail.to
    if config.webhook is not None:
        yield Audience.model_construct(
            address=(), what=("everything",), only={}, when=config.webhook.when, pseudonymise=True
        )


def _identity(audience: Audience) -> str:
    """A short name for who gets what: when they get it may change without a new one."""
    said = [audience.address, audience.what, {name: dict(fields) for name, fields in audience.only.items()}]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:10]


def _seen(config: Config, event: Event | Refusal, audience: Audience) -> Seen | None:
    """What an audience sees of an event; None if it has nothing to do with it."""
    if isinstance(event, Refusal):
        if not CONCERNED & {*audience.what}:
            return None
        # Faults may name anybody; who may not see all is not told them.
        faults = () if audience.only or audience.pseudonymise else event.faults
        says = faults[0].message if faults else "it could not be run"
        return Seen(audience, "not run", "not run", says, matters=True, view=None, faults=faults)
    key = post.secret_key(config.outbox) if audience.pseudonymise else b""
    view = mail.view(event.plan, event.run, audience, event.past, config.manners, key)
    state = mail.state_of(view.whole, event.run, ("everything",))
    concern = mail.state_of(view.whole, event.run, audience.what)
    matters = mail.matters(view.plan, audience.what) or concern != "ok"
    return Seen(audience, state, concern, mail.says(view.whole, event.run), matters, view)


def _news(
    config: Config, audience: Audience, seen: Seen, before: Sequence[post.Entry], entry: post.Entry
) -> tuple[News, bool]:
    """What is news to an audience, and whether it is written to."""
    zone = config.site.timezone
    nights = tuple(_night(each) for each in (*before, entry) if each.at > entry.at - WEEK)
    weekly = bool(before) and mail.week_of(before[-1].at, zone) != mail.week_of(entry.at, zone)
    state = before[-1].state if before else None
    due = mail.due(audience.when, state, seen.concern, matters=seen.matters, week=weekly)
    week = nights if weekly and "weekly" in audience.when else ()
    return News(mail.has_recovered(state, seen.concern), week), due


def _night(entry: post.Entry) -> mail.Night:
    return mail.Night(entry.at, entry.tag, entry.says)


# -- letters ---------------------------------------------------------------------------------------------------


def _letter(config: Config, event: Event | Refusal, seen: Seen, news: News, id: str) -> post.Letter:
    if seen.audience.address:
        return _posted(_message(config, event, seen, news, id), id, event.at)
    tag = mail.tag(seen.state, recovered=news.recovered)
    subject = mail.subject(_title(config), tag, seen.says)
    plan, run = (seen.view.plan, seen.view.run) if seen.view else (None, None)
    said = mail.notice(subject, seen.state, config.site.url, plan, run, news.week)
    return post.Letter(id, "webhook", ("webhook",), event.at, orjson.dumps(said))


def _posted(message: EmailMessage, id: str, at: datetime) -> post.Letter:
    to = tuple(address.addr_spec for address in message["To"].addresses)
    return post.Letter(id, "mail", to, at, message.as_bytes())


def _message(config: Config, event: Event | Refusal, seen: Seen, news: News, id: str) -> EmailMessage:
    settings, audience, view = config.mail, seen.audience, seen.view
    assert settings is not None
    wanted = settings.attach_up_to or settings.link
    files = _files(config, event, audience, view) if isinstance(event, Event) and view and wanted else []
    tag = mail.tag(seen.state, recovered=news.recovered)
    fits = sum(len(file.content) for file in files) <= settings.attach_up_to
    telling = mail.Telling(
        title=_title(config),
        site=config.site.url,
        at=event.at,
        tag=tag,
        says=seen.says,
        plan=view.plan if view else None,
        run=view.run if view else None,
        names=view.names if view else {},
        hidden=audience.pseudonymise,
        faults=seen.faults,
        week=news.week,
        enclosed=tuple(NAMES[file.ending] for file in files) if fits else (),
        links={} if fits else _linked(config, settings, files),
        left="" if fits or settings.link else _left(files, settings, event.id),
        why=_why(audience),
    )
    envelope = mail.Envelope(id, settings.sender, audience.address, config.site.url, event.at)
    subject = mail.subject(telling.title, tag, seen.says)
    return mail.message(envelope, subject, *mail.bodies(telling, config.manners), files if fits else ())


NAMES: Final = {"html": "a page that opens in any browser", "xlsx": "a workbook"}
LINKS: Final = {"html": "The page", "xlsx": "The workbook"}


def _files(config: Config, event: Event, audience: Audience, view: mail.View) -> list[mail.File]:
    pace = Pace(permits=config.sending.permits)
    return mail.files(view, audience, event.past, config.manners, pace, event.sheets())


def _linked(config: Config, settings: Mail, files: Sequence[mail.File]) -> dict[str, str]:
    """Put files where they are served, under names that cannot be guessed, and say where."""
    if settings.link is None:
        return {}
    folder, links = config.folder / settings.reports, {}
    folder.mkdir(exist_ok=True)
    for file in files:
        name = f"{Path(file.name).stem}-{secrets.token_urlsafe(12)}.{file.ending}"
        (folder / name).write_bytes(file.content)
        links[LINKS[file.ending]] = f"{settings.link.rstrip('/')}/{name}"
    return links


def _left(files: Sequence[mail.File], settings: Mail, id: str) -> str:
    size = sum(len(file.content) for file in files) / 1e6
    return (
        f"Page and workbook are too large for a mail ({size:.1f} MB, attached are at most "
        f"{settings.attach_up_to / 1e6:g} MB). `nexsis-sync report {id} --html FILE --xlsx FILE` writes them."
    )


def _title(config: Config) -> str:
    title = config.mail.title if config.mail else None
    return title or urlsplit(config.site.url).hostname or config.site.url


def _why(audience: Audience) -> str:
    what = words.listed(audience.what)
    only = "; ".join(
        f"{name} {field} {' or '.join(patterns)}"
        for name, fields in audience.only.items()
        for field, patterns in fields.items()
    )
    when = words.listed(WHEN[each] for each in audience.when)
    return f"To {', '.join(audience.address)}: {what}{f', of {only} only' if only else ''}, {when}."


# -- sending ---------------------------------------------------------------------------------------------------


def _send_mails(
    config: Config, settings: Mail, letters: Sequence[post.Letter]
) -> Iterator[tuple[post.Letter, post.Fate]]:
    password = _secret(config, settings.password, "password", settings.host) if settings.password else None
    sender = parseaddr(settings.sender)[1]
    server = post.Server(settings.host, settings.at, settings.security, sender, settings.user, password)
    yield from post.send_mails(server, letters)


def _send_posts(config: Config, letters: Sequence[post.Letter]) -> Iterator[tuple[post.Letter, post.Fate]]:
    webhook = config.webhook
    assert webhook is not None
    url = _secret(config, webhook.url, "address", "webhook") if isinstance(webhook.url, Source) else webhook.url
    key = _secret(config, webhook.secret, "key", urlsplit(url).hostname or "") if webhook.secret else None
    yield from post.send_posts(url, key, letters)


def _secret(config: Config, source: Source, noun: str, user: str) -> str:
    """A secret that is needed now. Raises Unreachable, since letters can wait for it."""
    try:
        secret, hint = found(source, noun, user, config.folder)
    except ConfigError as error:
        raise post.Unreachable(str(error), curable=False) from None
    if not secret:
        raise post.Unreachable(f"there is no {noun}: {hint}", curable=False)
    return secret
