"""Messages as they are put into the outbox: mails with their attachments, and posts to chat tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import orjson

from sync.config.notifications import Audience, Mail
from sync.config.site import Config
from sync.diff.reconciliation import Reconciliation
from sync.model import Resource
from sync.model.findings import listed
from sync.model.resources import CATALOGUE
from sync.notify.attachments import Attachments, attach
from sync.notify.events import Event, PlanEvent
from sync.notify.outbox import Message
from sync.notify.visibility import News, Remembered, Seen, secret_key
from sync.report import mail
from sync.report.labels import field_label

WHAT: Final = {"everything": "everything", "problems": "problems", "held": "changes on hold"}
WHEN: Final = {
    "every": "after every run that concerns you",
    "change": "when the status changes",
    "recovery": "when a problem is solved",
    "weekly": "once a week",
}


def attachments_of(config: Config, event: Event, seen: Seen) -> Attachments:
    """The attachments of a mail about an event; none if nothing in it concerns the audience."""
    view = seen.view
    if not isinstance(event, PlanEvent) or view is None or not mail.matters(view.report.plan, seen.audience.what):
        return Attachments()
    make = partial(mail.files, view, seen.audience, event.sources)
    return attach(config, make, f"report {event.id}")


def outgoing(config: Config, event: Event, seen: Seen, news: News, id: str, attachments: Attachments) -> Message:
    """What an audience is sent: a mail with its `attachments`, or a post to a chat tool."""
    if seen.audience.address:
        return mail_message(plan_mail(config, event, seen, id, attachments, news), id, event.at)
    tag = mail.tag(seen.state, recovered=news.recovered)
    subject = mail.subject(_title(config), tag, seen.says)
    plan, run = (seen.view.report.plan, seen.view.report.run) if seen.view else (None, None)
    notice = mail.webhook_payload(subject, seen.state, config.site.url, plan, run, news.week)
    return Message(id, "webhook", ("webhook",), event.at, orjson.dumps(notice))


def mail_message(made: EmailMessage, id: str, at: datetime) -> Message:
    """An email as it is put into the outbox."""
    to = tuple(address.addr_spec for address in made["To"].addresses)
    return Message(id, "mail", to, at, made.as_bytes())


def plan_mail(
    config: Config, event: Event, seen: Seen, id: str, attachments: Attachments, news: News | None = None
) -> EmailMessage:
    """The mail about a plan or run, or about why there was none."""
    view, news = seen.view, news or News()
    tag = mail.tag(seen.state, recovered=news.recovered)
    frame = _frame(config, seen.audience, event.at, tag, seen.says, attachments)
    text = mail.MailText(lead=seen.lead, faults=seen.faults, week=news.week)
    if view:
        text = mail.MailText.of(view.report, seen.audience.what, news.week)
    subject = mail.subject(frame.title, tag, seen.says)
    bodies = mail.bodies(frame, text, config.conventions)
    return mail.message(_envelope(config, seen.audience, id, event.at), subject, *bodies, attachments.files)


def reconciliation_mail(
    config: Config, found: Reconciliation, audience: Audience, ledger: Remembered, id: str
) -> EmailMessage:
    """The mail about a reconciliation."""
    seen = mail.compared(found, audience, ledger, config.conventions, secret_key(config, audience))
    make = partial(mail.reconciliation_files, seen, config.conventions, config.title)
    attachments = attach(config, make, "reconcile")
    tag, says = mail.accord(seen.reconciliation), mail.outcome(seen.reconciliation)
    why = f"{_subscription(audience)}, whenever a reconciliation is emailed."
    frame = replace(_frame(config, audience, found.made, tag, says, attachments), why=why)
    subject = mail.subject(frame.title, tag, says, "Moodle reconciliation")
    bodies = mail.reconciliation_bodies(frame, seen, config.conventions)
    return mail.message(_envelope(config, audience, id, found.made), subject, *bodies, attachments.files)


# -- parts -----------------------------------------------------------------------------------------------------


def _envelope(config: Config, audience: Audience, id: str, at: datetime) -> mail.Envelope:
    return mail.Envelope(id, _settings(config).sender, audience.address, config.site.url, at)


def _frame(
    config: Config, audience: Audience, at: datetime, tag: str, says: str, attachments: Attachments
) -> mail.MailFrame:
    """The frame around the text of an email."""
    return mail.MailFrame(
        title=_title(config),
        site=config.site.url,
        at=at,
        tag=tag,
        summary=says,
        hidden=audience.pseudonymise,
        enclosed=attachments.names,
        links=attachments.links,
        left=attachments.left,
        why=_why(audience),
    )


def _settings(config: Config) -> Mail:
    settings = config.mail
    assert settings is not None  # otherwise nobody has an address
    return settings


def _title(config: Config) -> str:
    return config.title or urlsplit(config.site.url).hostname or config.site.url


def _why(audience: Audience) -> str:
    """Why an audience gets emails about runs."""
    return f"{_subscription(audience)}, {listed(WHEN[each] for each in audience.when)}."


def _subscription(audience: Audience) -> str:
    """`Sent to dean@example.edu: changes on hold, only for courses with Course ID number BIO* or CHE*`."""
    what = listed(WHAT[each] for each in audience.what)
    only = " and for ".join(_part(CATALOGUE[name], fields) for name, fields in audience.only.items())
    return f"Sent to {', '.join(audience.address)}: {what}{f', only for {only}' if only else ''}"


def _part(resource: Resource, fields: Mapping[str, Sequence[str]]) -> str:
    """The records an audience is limited to: `courses with Course category /Science/*`."""
    wanted = (f"{field_label(resource, field)} {' or '.join(patterns)}" for field, patterns in fields.items())
    return f"{resource.title} with {listed(wanted)}"
