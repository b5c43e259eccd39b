"""The servers that reports are sent through: whether they can be reached, and if asked, a test message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from sync.config.site import Config
from sync.errors import ConfigError
from sync.notify.delivery import Unreachable
from sync.notify.smtp import greet_mail_server
from sync.notify.trial import post_trial, send_trial
from sync.notify.webhook import reach_webhook
from sync.workflows.doctor.checks import Diagnosis

SECONDS: Final = 20.0
"""Seconds that each server may take."""


def notifying(config: Config, now: datetime, *, send_test: bool) -> Iterator[Diagnosis]:
    """The mail server and the webhook. Without `send_test`, no message is sent."""
    mail, webhook = config.mail, config.webhook
    if mail is None:
        yield Diagnosis("mail", "ok", "no emails are sent: the site file has no `mail:`")
    else:
        where = f"the mail server {mail.host}:{mail.at}"
        if send_test:
            yield _tried("mail", lambda: send_trial(config, mail, now, SECONDS), f"{where} accepted the test email")
        else:
            yield _tried("mail", lambda: greet_mail_server(config, mail, SECONDS), f"{where} can be reached")
    if webhook is None:
        yield Diagnosis("webhook", "ok", "no chat tool is notified: the site file has no `webhook:`")
    elif send_test:
        says = "the webhook accepted the test message"
        yield _tried("webhook", lambda: post_trial(config, webhook, now, SECONDS), says)
    else:
        yield _tried("webhook", lambda: reach_webhook(config, webhook, SECONDS), "the webhook can be reached")


def _tried(check: str, attempt: Callable[[], object], says: str) -> Diagnosis:
    hint = f"Check `{check}:` in the site file. Until this works, messages wait in the outbox."
    try:
        attempt()
    except (Unreachable, ConfigError) as error:
        return Diagnosis(check, "fail", str(error), hint)
    return Diagnosis(check, "ok", says)
