"""Posts to a chat tool: JSON over HTTPS, signed if there is a key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sync.config.notifications import Webhook, posted
from sync.config.secrets import TokenSource
from sync.config.site import Config
from sync.notify.calling import Distrusted, Unanswered, reach, status_of
from sync.notify.delivery import Fate, Left, Unreachable, secret
from sync.notify.outbox import Message

SHORTEST: Final = 1.0
"""Seconds for an answer, however few are left."""

LATER: Final = (408, 425, 429)
"""Answers after which to try again, besides those of a server in trouble."""


def deliver_posts(
    config: Config, settings: Webhook, messages: Iterable[Message], left: Left
) -> Iterator[tuple[Message, Fate]]:
    """Post messages to the address in the site file. Raises Unreachable, for a missing address or key too."""
    url = _address(config, settings)
    key = secret(config, settings.secret, "key", urlsplit(url).hostname or "") if settings.secret else None
    yield from send_posts(url, key, messages, left, config.ca_file)


def reach_webhook(config: Config, settings: Webhook, seconds: float) -> None:
    """Connect to the address in the site file, and post nothing. Raises Unreachable as `deliver_posts`."""
    url = _address(config, settings)
    with _stated(urlsplit(url).hostname):
        reach(url, seconds, config.ca_file)


def _address(config: Config, settings: Webhook) -> str:
    url = secret(config, settings.url, "address", "webhook") if isinstance(settings.url, TokenSource) else settings.url
    try:
        return posted(url)
    except ValueError as error:
        raise Unreachable(f"the webhook's address cannot be used: {error}", curable=False) from None


@contextmanager
def _stated(host: str | None) -> Iterator[None]:
    """What is wrong with a call to the webhook, as Unreachable."""
    try:
        yield
    except Distrusted as error:
        said = f"the certificate of the webhook at {host} is not trusted: {error}"
        raise Unreachable(said, curable=False) from None
    except Unanswered as error:
        raise Unreachable(f"the webhook at {host} {error}", curable=True) from None


def send_posts(
    url: str, key: str | None, messages: Iterable[Message], left: Left, ca_file: Path | None = None
) -> Iterator[tuple[Message, Fate]]:
    """Post messages one after another. With a key, `X-Nexsis-Sync-Signature` is `sha256=` and the HMAC of the body.

    `X-Nexsis-Sync-Delivery` is the message's id, by which a duplicate can be recognised. The address is never shown,
    since it may be a secret; its host is. `ca_file` has authorities that are trusted besides the system's. Raises
    Unreachable, and ConfigError for that file.
    """
    host = urlsplit(url).hostname
    for message in messages:
        headers = {"Content-Type": "application/json", "X-Nexsis-Sync-Delivery": message.id}
        if key is not None:
            signature = hmac.new(key.encode(), message.content, hashlib.sha256).hexdigest()
            headers["X-Nexsis-Sync-Signature"] = f"sha256={signature}"
        with _stated(host):
            status = status_of("POST", url, max(left(), SHORTEST), ca_file, headers, message.content)
        yield message, _fate(message, host, status)


def _fate(message: Message, host: str | None, status: int) -> Fate:
    if 200 <= status < 300:
        return Fate()
    said = f"the webhook at {host} answered {status}"
    if status >= 500 or status in LATER:
        return Fate(message.to, (said,), curable=True)
    return Fate(said=(f"{said}; this message will not be posted again",))
