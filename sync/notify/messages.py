"""Letters as they go into the outbox: mails with what is enclosed, and posts to chat tools."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import orjson

from sync.config.notifications import Audience, Mail
from sync.config.site import Config
from sync.diff.reconciliation import Reconciliation
from sync.notify import delivery
from sync.notify.attachments import Enclosed, enclosed
from sync.notify.events import Event, Happening
from sync.notify.visibility import News, Remembered, Seen, secret_key
from sync.report import mail, phrasing

WHEN: Final = {
    "every": "with every run that has something for you",
    "change": "when it changes how it stands",
    "recovery": "when all is well again",
    "weekly": "once a week",
}


def along(config: Config, happening: Happening, seen: Seen) -> Enclosed:
    """What goes along with a mail about what happened. Where there is nothing to tell of, that is nothing."""
    view = seen.view
    if not isinstance(happening, Event) or view is None or not mail.matters(view.report.plan, seen.audience.what):
        return Enclosed()
    make = partial(mail.files, view, seen.audience, happening.sources)
    return enclosed(config, make, f"report {happening.id}")


def letter(config: Config, happening: Happening, seen: Seen, news: News, id: str, goes: Enclosed) -> delivery.Letter:
    """What an audience is sent: a mail with what `goes` along, or a post to a chat tool."""
    if seen.audience.address:
        return posted(message(config, happening, seen, id, goes, news), id, happening.at)
    tag = mail.tag(seen.state, recovered=news.recovered)
    subject = mail.subject(_title(config), tag, seen.says)
    plan, run = (seen.view.report.plan, seen.view.report.run) if seen.view else (None, None)
    said = mail.webhook_payload(subject, seen.state, config.site.url, plan, run, news.week)
    return delivery.Letter(id, "webhook", ("webhook",), happening.at, orjson.dumps(said))


def posted(message: EmailMessage, id: str, at: datetime) -> delivery.Letter:
    """A mail as a letter."""
    to = tuple(address.addr_spec for address in message["To"].addresses)
    return delivery.Letter(id, "mail", to, at, message.as_bytes())


def message(
    config: Config, happening: Happening, seen: Seen, id: str, goes: Enclosed, news: News | None = None
) -> EmailMessage:
    """The mail about a plan or run, or about why there was none."""
    view, news = seen.view, news or News()
    tag = mail.tag(seen.state, recovered=news.recovered)
    cover = _cover(config, seen.audience, happening.at, tag, seen.says, goes)
    telling = mail.MailText(lead=seen.lead, faults=seen.faults, week=news.week)
    if view:
        telling = mail.MailText.of(view.report, seen.audience.what, news.week)
    subject = mail.subject(cover.title, tag, seen.says)
    return _mail(config, seen.audience, id, subject, cover, mail.bodies(cover, telling, config.conventions), goes)


def reconciliation_message(
    config: Config, told: Reconciliation, audience: Audience, ledger: Remembered, id: str
) -> EmailMessage:
    """The mail about a reconciliation."""
    seen = mail.compared(told, audience, ledger, config.conventions, secret_key(config, audience))
    goes = enclosed(config, partial(mail.reconciliation_files, seen, config.conventions, config.title), "reconcile")
    tag, says = mail.accord(seen.reconciliation), mail.outcome(seen.reconciliation)
    cover = _cover(config, audience, told.made, tag, says, goes)
    subject = mail.subject(cover.title, tag, says, "Moodle reconciliation")
    return _mail(
        config, audience, id, subject, cover, mail.reconciliation_bodies(cover, seen, config.conventions), goes
    )


# -- parts -----------------------------------------------------------------------------------------------------


def _mail(
    config: Config,
    audience: Audience,
    id: str,
    subject: str,
    cover: mail.MailFrame,
    bodies: tuple[str, str],
    goes: Enclosed,
) -> EmailMessage:
    envelope = mail.Envelope(id, _settings(config).sender, audience.address, config.site.url, cover.at)
    return mail.message(envelope, subject, *bodies, goes.files)


def _cover(config: Config, audience: Audience, at: datetime, tag: str, says: str, goes: Enclosed) -> mail.MailFrame:
    """What stands around what a mail tells."""
    return mail.MailFrame(
        title=_title(config),
        site=config.site.url,
        at=at,
        tag=tag,
        summary=says,
        hidden=audience.pseudonymise,
        enclosed=goes.names,
        links=goes.links,
        left=goes.left,
        why=_why(audience),
    )


def _settings(config: Config) -> Mail:
    settings = config.mail
    assert settings is not None  # else nobody has an address
    return settings


def _title(config: Config) -> str:
    return config.title or urlsplit(config.site.url).hostname or config.site.url


def _why(audience: Audience) -> str:
    what = phrasing.listed(audience.what)
    only = "; ".join(
        f"{name} {field} {' or '.join(patterns)}"
        for name, fields in audience.only.items()
        for field, patterns in fields.items()
    )
    when = phrasing.listed(WHEN[each] for each in audience.when)
    return f"To {', '.join(audience.address)}: {what}{f', of {only} only' if only else ''}, {when}."
