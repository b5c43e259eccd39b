"""Letters as they go into the outbox: mails with what is enclosed, and posts to chat tools."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import orjson

from sync import post
from sync.notices import Audience, Mail
from sync.reconciling import Reconciliation
from sync.report import mail, words
from sync.report.estimate import Pace
from sync.site import Config
from sync.telling.happening import Event, Happening
from sync.telling.seeing import News, Remembered, Seen, secret_key

WHEN: Final = {
    "every": "with every run that has something for you",
    "change": "when it changes how it stands",
    "recovery": "when all is well again",
    "weekly": "once a week",
}
NAMES: Final = {"html": "a page that opens in any browser", "xlsx": "a workbook"}
LINKS: Final = {"html": "The page", "xlsx": "The workbook"}


def letter(config: Config, happening: Happening, seen: Seen, news: News, id: str) -> post.Letter:
    """What an audience is sent: a mail, or a post to a chat tool."""
    if seen.audience.address:
        return posted(message(config, happening, seen, id, news), id, happening.at)
    tag = mail.tag(seen.state, recovered=news.recovered)
    subject = mail.subject(_title(config), tag, seen.says)
    plan, run = (seen.view.plan, seen.view.run) if seen.view else (None, None)
    said = mail.notice(subject, seen.state, config.site.url, plan, run, news.week)
    return post.Letter(id, "webhook", ("webhook",), happening.at, orjson.dumps(said))


def posted(message: EmailMessage, id: str, at: datetime) -> post.Letter:
    """A mail as a letter."""
    to = tuple(address.addr_spec for address in message["To"].addresses)
    return post.Letter(id, "mail", to, at, message.as_bytes())


def message(config: Config, happening: Happening, seen: Seen, id: str, news: News | None = None) -> EmailMessage:
    """The mail about a plan or run, or about why there was none."""
    view, news = seen.view, news or News()
    tag = mail.tag(seen.state, recovered=news.recovered)
    files = _files(config, happening, seen.audience, view) if isinstance(happening, Event) and view else []
    cover = _cover(config, seen.audience, happening.at, tag, seen.says, files, f"report {happening.id}")
    telling = mail.Telling(lead=seen.lead, faults=seen.faults, week=news.week)
    if view:
        telling = mail.Telling(view.plan, view.run, view.names, week=news.week)
    subject = mail.subject(cover.title, tag, seen.says)
    return _mail(config, seen.audience, id, subject, cover, mail.bodies(cover, telling, config.manners), files)


def reconciliation_message(
    config: Config, told: Reconciliation, audience: Audience, ledger: Remembered, id: str
) -> EmailMessage:
    """The mail about a reconciliation."""
    seen = mail.compared(told, audience, ledger, config.manners, secret_key(config, audience))
    files = mail.reconciliation_files(seen, config.manners) if _encloses(config) else []
    tag, says = mail.accord(seen.told), mail.outcome(seen.told)
    cover = _cover(config, audience, told.made, tag, says, files, "reconcile")
    subject = mail.subject(cover.title, tag, says, "Moodle reconciliation")
    return _mail(config, audience, id, subject, cover, mail.reconciliation_bodies(cover, seen, config.manners), files)


# -- parts -----------------------------------------------------------------------------------------------------


def _mail(
    config: Config,
    audience: Audience,
    id: str,
    subject: str,
    cover: mail.Cover,
    bodies: tuple[str, str],
    files: Sequence[mail.File],
) -> EmailMessage:
    envelope = mail.Envelope(id, _settings(config).sender, audience.address, config.site.url, cover.at)
    return mail.message(envelope, subject, *bodies, files if cover.enclosed else ())


def _cover(
    config: Config,
    audience: Audience,
    at: datetime,
    tag: str,
    says: str,
    files: Sequence[mail.File],
    again: str,
) -> mail.Cover:
    """What stands around what a mail tells; `again` is the command that writes its files another time."""
    settings = _settings(config)
    fits = sum(len(file.content) for file in files) <= settings.attach_up_to
    return mail.Cover(
        title=_title(config),
        site=config.site.url,
        at=at,
        tag=tag,
        says=says,
        hidden=audience.pseudonymise,
        enclosed=tuple(NAMES[file.ending] for file in files) if fits else (),
        links={} if fits else _linked(config, settings, files),
        left="" if fits or settings.link else _left(files, settings, again),
        why=_why(audience),
    )


def _settings(config: Config) -> Mail:
    settings = config.mail
    assert settings is not None  # else nobody has an address
    return settings


def _encloses(config: Config) -> bool:
    """Whether files go along at all, or are linked."""
    settings = _settings(config)
    return bool(settings.attach_up_to or settings.link)


def _files(config: Config, event: Event, audience: Audience, view: mail.View) -> list[mail.File]:
    if not _encloses(config):
        return []
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


def _left(files: Sequence[mail.File], settings: Mail, again: str) -> str:
    size = sum(len(file.content) for file in files) / 1e6
    return (
        f"Page and workbook are too large for a mail ({size:.1f} MB, attached are at most "
        f"{settings.attach_up_to / 1e6:g} MB). `nexsis-sync {again} --html FILE --xlsx FILE` writes them."
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
