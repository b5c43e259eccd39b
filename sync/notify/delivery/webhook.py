"""Posts to a chat tool: JSON over HTTPS, signed where a key is given."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

import httpx

from sync.notify.delivery.deliver import Fate, Left, Unreachable
from sync.notify.delivery.outbox import Letter

SHORTEST: Final = 1.0
"""Seconds for an answer, however few are left."""

LATER: Final = (408, 425, 429)
"""Answers that ask to try again, beside those of a server in trouble."""


def send_posts(url: str, key: str | None, letters: Sequence[Letter], left: Left) -> Iterator[tuple[Letter, Fate]]:
    """Post letters one after another. With a key, `X-Nexsis-Sync-Signature` is `sha256=` and the HMAC of the body.

    `X-Nexsis-Sync-Delivery` is the letter's id: who gets it twice can tell. The address is never told of, since it may
    be a secret; its host is. Raises Unreachable.
    """
    host = urlsplit(url).hostname
    with httpx.Client(follow_redirects=False) as client:
        for letter in letters:
            headers = {"Content-Type": "application/json", "X-Nexsis-Sync-Delivery": letter.id}
            if key is not None:
                signature = hmac.new(key.encode(), letter.content, hashlib.sha256).hexdigest()
                headers["X-Nexsis-Sync-Signature"] = f"sha256={signature}"
            try:
                timeout = max(left(), SHORTEST)
                status = client.post(url, content=letter.content, headers=headers, timeout=timeout).status_code
            except httpx.TimeoutException:
                raise Unreachable(f"the webhook at {host} does not answer", curable=True) from None
            except httpx.ConnectError as error:
                raise Unreachable(f"the webhook at {host} cannot be reached: {error}", curable=True) from None
            except httpx.HTTPError:
                raise Unreachable(f"the webhook at {host} broke off without an answer", curable=True) from None
            yield letter, _fate(letter, host, status)


def _fate(letter: Letter, host: str | None, status: int) -> Fate:
    if 200 <= status < 300:
        return Fate()
    said = f"the webhook at {host} answered {status}"
    if status >= 500 or status in LATER:
        return Fate(letter.to, (said,), curable=True)
    return Fate(said=(f"{said}; nothing more is posted of this run",))
