"""Site, mail server, chat tool and monitoring service with certificates of a private authority, over real TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from sync.config.site import load
from sync.notify import call_heartbeat
from sync.notify.delivery import Unreachable
from sync.notify.outbox import Message
from sync.notify.smtp import deliver_mails
from sync.notify.webhook import deliver_posts
from sync.site import Client, NoAnswer
from tests.authority import Authority, authority
from tests.drops.office import Office, office
from tests.mail.mail_server import MailServer, Posts, chat_tool, mail_server
from tests.mail.office import NIGHT
from tests.remote.raw_server import Peer, Talk, serve

UNKNOWN = "the certificate of .* is not trusted: unable to get local issuer certificate"
SITE = """\
site: {{url: "https://localhost:{site}", token: {{file: token.txt}}{more}}}
drop: {{trigger: READY}}
mail: {{host: localhost, port: {mail}, security: starttls, from: sync@inst.example, to: [{{address: all@i.example}}]}}
webhook: {{url: "{hook}"}}
heartbeat: "{hook}"
"""


@dataclass
class Place:
    office: Office
    authority: Authority
    mail: MailServer
    chat: Posts
    port: int

    def trusts(self, more: str) -> None:
        """Write the site file, with this besides `url` and `token`."""
        text = SITE.format(site=self.port, mail=self.mail.port, hook=self.chat.url, more=more)
        (self.office.folder / "site.yaml").write_text(text)


def relayed(port: int) -> Talk:
    """Pass on everything to this port and back."""

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_RDWR)

    def talk(peer: Peer) -> None:
        with socket.create_connection(("127.0.0.1", port)) as other:
            back = Thread(target=pump, args=(other, peer.sock))
            back.start()
            pump(peer.sock, other)
            back.join()

    return talk


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Place]:
    """An office whose servers all have certificates of the same private authority."""
    made = authority(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(made.server)
    with ExitStack() as stack:
        here = stack.enter_context(office(tmp_path / "office", capsys))
        mail = stack.enter_context(mail_server("starttls", login=False, certificate=made.server))
        chat = stack.enter_context(chat_tool(made.server))
        front = stack.enter_context(serve(relayed(urlsplit(here.sandbox.url).port or 0), tls))
        here.drop("s1")
        yield Place(here, made, mail, chat, front.port)


@pytest.mark.parametrize("named", ["ca_file", "SSL_CERT_FILE"])
def test_an_authority_that_is_named_is_trusted_everywhere(
    place: Place, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.trusts(", ca_file: ../ca.pem" if named == "ca_file" else "")
    if named != "ca_file":
        monkeypatch.setenv(named, str(place.authority.file))
    code, said = place.office.run("run")
    assert code == 0, said
    assert place.office.writes == ["PUT course/C1", "PUT user/s1"]
    assert (len(place.mail.came), len(place.chat.came), len(place.chat.calls)) == (1, 1, 1)
    assert "cannot be" not in said


def test_an_authority_that_nobody_knows_is_trusted_nowhere(place: Place) -> None:
    place.trusts("")
    config = load(place.office.folder / "site.yaml")
    message = Message("a", "webhook", ("al@inst.example",), NIGHT, b"{}")
    assert config.mail is not None
    assert config.webhook is not None
    with Client(f"https://localhost:{place.port}", "sandbox") as nexsis, pytest.raises(NoAnswer, match=UNKNOWN):
        nexsis.ping()
    with pytest.raises(Unreachable, match=UNKNOWN) as mail:
        list(deliver_mails(config, config.mail, [message], lambda: 20.0))
    with pytest.raises(Unreachable, match=UNKNOWN) as chat:
        list(deliver_posts(config, config.webhook, [message], lambda: 20.0))
    assert (mail.value.curable, chat.value.curable) == (False, False)
    assert call_heartbeat(config) == "the heartbeat address at localhost cannot be reached"
    assert (place.mail.came, place.chat.came, place.chat.calls) == ([], [], [])


def test_an_authority_is_trusted_besides_those_of_the_system(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(place.authority.file))
    place.trusts(f", ca_file: {authority(tmp_path / 'other').file}")
    assert place.office.run("ping")[0] == 0


def test_the_client_trusts_it_too(place: Place) -> None:
    with Client(f"https://localhost:{place.port}", "sandbox", ca_file=place.authority.file) as nexsis:
        nexsis.ping()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "site.yaml:1: site.ca_file: this file cannot be read: No such file or directory"),
        (b"", "site.yaml:1: site.ca_file: no certificate can be read from this file"),
        (b"\x30\x82\x01\x0a", "openssl x509 -inform der"),
    ],
    ids=["missing", "empty", "binary"],
)
def test_a_file_without_certificates_is_refused_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, says: str
) -> None:
    with office(tmp_path / "office", capsys) as here:
        site = here.folder / "site.yaml"
        site.write_text(site.read_text().replace("token:", "ca_file: own.pem, token:"))
        if content is not None:
            (here.folder / "own.pem").write_bytes(content)
        code, said = here.run("check")
    assert code == 1
    assert says in said
    assert not here.sandbox.requests
