"""Posts to a chat tool: JSON over HTTPS, signed if there is a key."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from sync.config.notifications import Webhook
from sync.config.secrets import TokenSource
from sync.config.site import Config
from sync.config.trust import trust
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
    url = secret(config, settings.url, "address", "webhook") if isinstance(settings.url, TokenSource) else settings.url
    key = secret(config, settings.secret, "key", urlsplit(url).hostname or "") if settings.secret else None
    yield from send_posts(url, key, messages, left, config.ca_file)


def send_posts(
    url: str, key: str | None, messages: Iterable[Message], left: Left, ca_file: Path | None = None
) -> Iterator[tuple[Message, Fate]]:
    """Post messages one after another. With a key, `X-Nexsis-Sync-Signature` is `sha256=` and the HMAC of the body.

    `X-Nexsis-Sync-Delivery` is the message's id, by which a duplicate can be recognised. The address is never shown,
    since it may be a secret; its host is. `ca_file` has authorities that are trusted besides the system's. Raises
    Unreachable, and ConfigError for that file.
    """
    host = urlsplit(url).hostname
    with httpx.Client(follow_redirects=False, verify=trust(ca_file)) as client:
        for message in messages:
            headers = {"Content-Type": "application/json", "X-Nexsis-Sync-Delivery": message.id}
            if key is not None:
                signature = hmac.new(key.encode(), message.content, hashlib.sha256).hexdigest()
                headers["X-Nexsis-Sync-Signature"] = f"sha256={signature}"
            try:
                timeout = max(left(), SHORTEST)
                status = client.post(url, content=message.content, headers=headers, timeout=timeout).status_code
            except httpx.TimeoutException:
                raise Unreachable(f"the webhook at {host} does not answer", curable=True) from None
            except httpx.ConnectError as error:
                raise _unconnected(host, error) from None
            except httpx.HTTPError:
                raise Unreachable(
                    f"the webhook at {host} closed the connection without answering", curable=True
                ) from None
            yield message, _fate(message, host, status)


def _unconnected(host: str | None, error: httpx.ConnectError) -> Unreachable:
    cause = error.__cause__ and next(iter(error.__cause__.args), None)  # that of httpcore has the system's exception
    if isinstance(cause, ssl.SSLCertVerificationError):
        said = f"the certificate of the webhook at {host} is not trusted: {cause.verify_message}"
        return Unreachable(said, curable=False)
    return Unreachable(f"the webhook at {host} cannot be reached: {error}", curable=True)


def _fate(message: Message, host: str | None, status: int) -> Fate:
    if 200 <= status < 300:
        return Fate()
    said = f"the webhook at {host} answered {status}"
    if status >= 500 or status in LATER:
        return Fate(message.to, (said,), curable=True)
    return Fate(said=(f"{said}; this message will not be posted again",))
