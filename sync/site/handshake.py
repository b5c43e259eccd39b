"""How a site is reached: what a person who looks for a problem with the connection asks first."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from sync.site.parsing import date_of


@dataclass(frozen=True, slots=True)
class Handshake:
    """One answered call, whatever the answer was.

    tls:     version of TLS; blank without it
    issuer:  whose certificate the site's was issued by; `expires` is its last moment, in UTC
    date:    the server's clock, None if the answer does not say
    proxy:   address of the proxy, without a password; blank if there is none
    """

    tls: str
    issuer: str
    expires: datetime | None
    date: datetime | None
    proxy: str

    @classmethod
    def of(cls, tls: ssl.SSLSocket | None, date: str, proxy: str) -> Handshake:
        """From a secured socket (None: not encrypted), and the answer's Date header."""
        if tls is None:
            return cls("", "", None, date_of(date), proxy)
        found: dict[str, Any] = tls.getpeercert() or {}
        issuer = dict(chain.from_iterable(found.get("issuer", ())))
        named = issuer.get("organizationName") or issuer.get("commonName") or "an unnamed authority"
        until = found.get("notAfter")
        expires = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(until)), UTC) if until else None
        return cls(tls.version() or "", str(named), expires, date_of(date), proxy)
