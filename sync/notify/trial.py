"""Test messages: whether what a site file says about notifications works, before a run depends on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from typing import Final

import orjson

from sync.config.notifications import Mail, Webhook
from sync.config.site import Config
from sync.notify.delivery import Fate, Unreachable
from sync.notify.outbox import Message
from sync.notify.smtp import deliver_mails
from sync.notify.webhook import deliver_posts

TEXT: Final = "This is a test message from nexsis-sync for {url}. Nothing was changed in Moodle."


def send_trial(config: Config, settings: Mail, now: datetime, seconds: float) -> None:
    """Send a test email to everybody who gets reports. Raises Unreachable if it does not reach one of them."""
    to = tuple(dict.fromkeys(address for audience in settings.to for address in audience.address))
    mail = EmailMessage(policy=SMTP)
    mail["Subject"], mail["From"], mail["To"] = "Test message from nexsis-sync", settings.sender, ", ".join(to)
    mail["Message-ID"] = make_msgid()
    mail.set_content(TEXT.format(url=config.site.url) + "\n")
    message = Message("test", "mail", to, now, mail.as_bytes())
    _delivered(fate for _, fate in deliver_mails(config, settings, [message], lambda: seconds))


def post_trial(config: Config, settings: Webhook, now: datetime, seconds: float) -> None:
    """Post a test message. Raises Unreachable if it is not accepted."""
    body = orjson.dumps({"format": 1, "text": TEXT.format(url=config.site.url), "site": config.site.url})
    message = Message("test", "webhook", (), now, body)
    _delivered(fate for _, fate in deliver_posts(config, settings, [message], lambda: seconds))


def _delivered(fates: Iterable[Fate]) -> None:
    for fate in fates:
        if fate.said:
            raise Unreachable(fate.said[0], curable=fate.curable)
