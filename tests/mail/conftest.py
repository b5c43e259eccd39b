"""An office whose mail server accepts everything, and that trusts the certificate of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.mail.mail_server import CERTIFICATE, MailServer, mail_server
from tests.mail.office import Office, site

Open = Callable[..., Office]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A server with STARTTLS and a login."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    monkeypatch.setenv("MAIL_PASSWORD", "correct horse")
    with mail_server() as server:
        yield server


@pytest.fixture
def office(server: MailServer, tmp_path: Path) -> Open:
    """Opens an office with these audiences, and more keys of `mail:`."""

    def opened(to: str, more: str = "") -> Office:
        login = "  user: nexsis\n  password: {env: MAIL_PASSWORD}\n"
        return Office(site(tmp_path, server, to, login + more, "starttls"), server)

    return opened


@pytest.fixture
def plain() -> Iterator[MailServer]:
    """A server on this machine that requires neither TLS nor a login."""
    with mail_server("none", login=False) as server:
        yield server
