"""Real servers on loopback: one that accepts mails, with TLS and a login, and one that accepts posts."""

from __future__ import annotations

import asyncio
import email
import logging
import ssl
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

CERTIFICATE = Path(__file__).parent.parent / "remote" / "localhost.pem"
USER, PASSWORD = "nexsis", "correct horse"


@dataclass
class MailServer:
    """What arrived, in order: the recipients and the mail. `answers` are the answers by recipient, and to all mails."""

    port: int = 0
    came: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - the name is the library's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.answers.get(address)
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        refusal = self.answers.get("data")
        if refusal is None:
            assert isinstance(envelope.content, bytes)
            message = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            self.raw.append(envelope.content)
            self.came.append((list(envelope.rcpt_tos), message))
        return refusal or "250 OK"


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


async def _closed(listening: asyncio.Server) -> None:
    listening.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def mail_server(
    security: Literal["starttls", "tls", "none"] = "starttls",
    *,
    login: bool = True,
    largest: int = 2**25,
    certificate: Path = CERTIFICATE,
) -> Iterator[MailServer]:
    """A server that runs during the block."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    kept = MailServer()

    def made() -> SMTP:
        warnings.simplefilter("ignore", UserWarning)  # of a login without STARTTLS; here TLS is below it
        return SMTP(
            kept,
            hostname="localhost",
            data_size_limit=largest,
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls",
            auth_required=login,
            auth_require_tls=security == "starttls",
            authenticator=_login if login else None,
        )

    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    secured = context if security == "tls" else None
    listening = asyncio.run_coroutine_threadsafe(loop.create_server(made, "127.0.0.1", 0, ssl=secured), loop).result()
    kept.port = listening.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        asyncio.run_coroutine_threadsafe(_closed(listening), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass
class Posts:
    """A web server's posts, each with its headers and body, and the paths of its GETs; `status` is its answer."""

    url: str = ""
    status: int = 204
    came: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


@contextmanager
def chat_tool(certificate: Path | None = None) -> Iterator[Posts]:
    """A web server that accepts posts during the block, over HTTPS if it has a certificate."""
    posts = Posts()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.came.append((dict(self.headers.items()), body))
            self.send_response(posts.status)
            self.end_headers()

        def do_GET(self) -> None:
            posts.calls.append(self.path)
            self.send_response(posts.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    posts.url = f"http://127.0.0.1:{server.server_port}/hook?key=s3cret"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        posts.url = f"https://localhost:{server.server_port}/hook?key=s3cret"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield posts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
