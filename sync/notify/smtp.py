"""Emails sent over SMTP; the certificate of the server is checked like that of the site."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Final, Literal

from sync.config.notifications import Mail
from sync.config.site import Config
from sync.config.trust import trust
from sync.errors import masked
from sync.notify.delivery import Fate, Left, Unreachable, secret
from sync.notify.outbox import Message
from sync.notify.punctual import Late, Punctual, PunctualTLS

SHORTEST: Final = 1.0
"""Seconds in which a server must greet, however few are left."""

SLOWEST: Final = 50_000
"""Bytes a second at which even a slow line sends what is attached."""

FINAL: Final = 500
"""From this reply code on, the next reply would be the same."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, how the connection is secured, and who we are there.

    `timeout` is in seconds, for every mail, besides what sending its bytes takes on a slow line: one that is accepted,
    but not answered in time, is sent twice.
    `ca_file` has authorities that are trusted besides the system's.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 20.0
    ca_file: Path | None = None


def deliver_mails(
    config: Config, settings: Mail, messages: Iterable[Message], left: Left
) -> Iterator[tuple[Message, Fate]]:
    """Send messages by the server in the site file. Raises Unreachable, for a missing password too."""
    yield from send_mails(_server(config, settings), messages, left)


def greet_mail_server(config: Config, settings: Mail, seconds: float) -> None:
    """Connect, log in, and send nothing. Raises Unreachable as `deliver_mails`."""
    with _connected(_server(config, settings), seconds):
        pass


def _server(config: Config, settings: Mail) -> Server:
    password = secret(config, settings.password, "password", settings.host) if settings.password else None
    sender = parseaddr(settings.sender)[1]
    return Server(
        settings.host, settings.at, settings.security, sender, settings.user, password, ca_file=config.ca_file
    )


def send_mails(server: Server, messages: Iterable[Message], left: Left) -> Iterator[tuple[Message, Fate]]:
    """Send messages over one connection, each to all remaining recipients at once. Raises Unreachable."""
    with _connected(server, max(left(), SHORTEST)) as connection:
        for message in messages:
            yield message, _send(server, connection, message)


def _send(server: Server, connection: Punctual, message: Message) -> Fate:
    connection.within(server.timeout + len(message.content) / SLOWEST)
    try:
        refused = connection.sendmail(server.sender, message.to, message.content)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except smtplib.SMTPResponseException as error:
        return _whole(message, error)
    return _parted(message, {to: (code, _text(said)) for to, (code, said) in refused.items()})


def _whole(message: Message, error: smtplib.SMTPResponseException) -> Fate:
    """Nobody has got it."""
    answer = f"{error.smtp_code} {_text(error.smtp_error)}"
    said = f"the mail server rejected the email to {', '.join(message.to)}: {answer}"
    if error.smtp_code >= FINAL:
        hint = "; lower `attach_up_to`" if error.smtp_code == 552 else ""
        return Fate(said=(f"{said}; it will not be sent{hint}",))
    return Fate(message.to, (said,), curable=True)


def _parted(message: Message, refused: dict[str, tuple[int, str]]) -> Fate:
    """Those who were not rejected have got it; those who were rejected permanently will not."""
    left = tuple(to for to in message.to if to in refused and refused[to][0] < FINAL)
    said = tuple(
        f"the mail server rejected the email to {to}: {code} {text}{'' if to in left else '; it will not be sent'}"
        for to, (code, text) in refused.items()
    )
    return Fate(left, said, curable=bool(left))


@contextmanager
def _connected(server: Server, patience: float) -> Iterator[Punctual]:
    """A connection, secured and logged in. Any failure of it, then or later, is Unreachable."""
    where = f"the mail server {server.host}:{server.port}"
    try:
        with _opened(server, patience) as connection:
            if server.user is not None:
                connection.login(server.user, server.password or "")
            yield connection
    except Late:
        raise Unreachable(f"{where} takes too long to answer", curable=True) from None
    except TimeoutError:
        raise Unreachable(f"{where} does not answer", curable=True) from None
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(f"the certificate of {where} is not trusted: {error.verify_message}", curable=False) from None
    except ssl.SSLError as error:
        said = f"{where} does not use TLS on this port ({error.reason}); check `security`"
        raise Unreachable(said, curable=False) from None
    except smtplib.SMTPAuthenticationError as error:
        said = f"{where} rejected the login of {server.user}: {error.smtp_code} {_text(error.smtp_error)}"
        raise Unreachable(said, curable=False) from None
    except smtplib.SMTPNotSupportedError as error:
        said = f"{where} does not support what is needed ({error}); check `security`. Nothing was sent"
        raise Unreachable(said, curable=False) from None
    except smtplib.SMTPResponseException as error:
        said = f"{where} refused the connection: {error.smtp_code} {_text(error.smtp_error)}"
        raise Unreachable(said, curable=error.smtp_code < FINAL) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(f"{where} cannot be reached: {error}", curable=True) from None


@contextmanager
def _opened(server: Server, patience: float) -> Iterator[Punctual]:
    with closing(
        PunctualTLS(server.host, server.port, patience, trust(server.ca_file))
        if server.security == "tls"
        else Punctual(server.host, server.port, patience)
    ) as connection:
        if server.security == "starttls":
            connection.starttls(context=trust(server.ca_file))
        yield connection
        with suppress(OSError, Late):  # all was said; whether it says goodbye is its affair
            connection.quit()


def _text(said: bytes | str) -> str:
    """A server's text as one line; it may repeat the password."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join("".join(c if c.isprintable() else " " for c in masked(text)).split())[:300]
