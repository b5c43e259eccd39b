"""Delivery by the ways the site file names; a secret is looked for only when something is to be sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.utils import parseaddr
from functools import partial
from urllib.parse import urlsplit

from sync.config.notifications import Mail
from sync.config.secrets import TokenSource, found
from sync.config.site import Config
from sync.errors import ConfigError
from sync.notify import delivery


def deliver(
    config: Config, now: datetime, pause: Callable[[float], None], monotonic: Callable[[], float] = time.monotonic
) -> Iterator[str]:
    """Deliver all that waits, as far as that is quick; sentences about what could not be delivered."""
    ways: dict[delivery.Way, delivery.Send] = {}
    if config.mail is not None:
        ways["mail"] = partial(_send_mails, config, config.mail)
    if config.webhook is not None:
        ways["webhook"] = partial(_send_posts, config)
    return delivery.deliver(config.outbox, ways, now, pause, monotonic)


def _send_mails(
    config: Config, settings: Mail, letters: Sequence[delivery.Letter], left: delivery.Left
) -> Iterator[tuple[delivery.Letter, delivery.Fate]]:
    password = _secret(config, settings.password, "password", settings.host) if settings.password else None
    sender = parseaddr(settings.sender)[1]
    server = delivery.Server(settings.host, settings.at, settings.security, sender, settings.user, password)
    yield from delivery.send_mails(server, letters, left)


def _send_posts(
    config: Config, letters: Sequence[delivery.Letter], left: delivery.Left
) -> Iterator[tuple[delivery.Letter, delivery.Fate]]:
    webhook = config.webhook
    assert webhook is not None
    url = _secret(config, webhook.url, "address", "webhook") if isinstance(webhook.url, TokenSource) else webhook.url
    key = _secret(config, webhook.secret, "key", urlsplit(url).hostname or "") if webhook.secret else None
    yield from delivery.send_posts(url, key, letters, left)


def _secret(config: Config, source: TokenSource, noun: str, user: str) -> str:
    """A secret that is needed now. Raises Unreachable, since letters can wait for it."""
    try:
        secret, hint = found(source, noun, user, config.folder)
    except ConfigError as error:
        raise delivery.Unreachable(str(error), curable=False) from None
    if not secret:
        raise delivery.Unreachable(f"there is no {noun}: {hint}", curable=False)
    return secret
