"""Whom the client talks to, which way, and that the token is shown to nobody else."""

from __future__ import annotations

import logging
import socket
import ssl
import traceback
from contextlib import suppress
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import orjson
import pytest

from sync.config.trust import trust
from sync.errors import ConfigError, SiteRefused, conceal
from sync.model import Request
from sync.site import HttpSite, connect
from sync.site.responses import classify, ping
from tests.remote.raw_server import Peer, Talk, always, cut, serve, silent

TOKEN = "0a1b2c3d/4e5f6a7b8c9d"
PING = Request("GET", "ping")
PUT = Request("PUT", "user/S1", body={"firstname": "Zoë", "n": 1})
LONG = 300.0
SHORT = 2.0


# -- TLS and proxies -------------------------------------------------------------------------------------------

CERTIFICATE = Path(__file__).with_name("localhost.pem")


@pytest.fixture
def tls() -> ssl.SSLContext:
    """A server's TLS context: self-signed, for the name `localhost` only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def test_a_trusted_certificate_is_accepted(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    pong = always(b'{"message": "pong"}')
    with serve(pong, tls) as server, connect(f"https://localhost:{server.port}", TOKEN) as site:
        ping(site, LONG)


@pytest.mark.parametrize(
    ("host", "trusted", "reason"), [("localhost", False, "self"), ("127.0.0.1", True, "IP address mismatch")]
)
def test_a_wrong_certificate_is_named_and_nothing_is_sent(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool, reason: str
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with serve(always(b"{}"), tls) as server, connect(f"https://{host}:{server.port}", TOKEN) as site:
        answer = site.send(PUT, LONG)
        with pytest.raises(SiteRefused, match="certificate"):
            ping(site, LONG)
    assert (answer.status, answer.lost) == (None, False)
    assert answer.text.startswith(f"the certificate of {host} is not trusted: ")
    assert reason in answer.text
    assert server.requests == []


def test_a_server_without_tls_is_named() -> None:
    def talk(peer: Peer) -> None:
        peer.sock.recv(1)
        peer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.server.stopped.wait()

    with serve(talk) as server:
        server_url = server.url.replace("http:", "https:")
        with connect(server_url, TOKEN) as site:
            answer = site.send(PUT, LONG)
    assert (answer.status, answer.lost) == (None, False)
    assert "no secure (TLS) connection to 127.0.0.1: this port answers without TLS" in answer.text


def test_a_server_that_expects_tls_is_named() -> None:
    def talk(peer: Peer) -> None:
        peer.request()
        peer.write(b"\x15\x03\x01\x00\x02\x02\x46")

    with serve(talk) as server, connect(f"http://127.0.0.1:{server.port}", TOKEN) as site:
        answer = site.send(Request("GET", "ping"), LONG)
    said = "127.0.0.1 expects a secure (TLS) connection on this port: write https:// in the site's address"
    assert answer.text == said


def test_a_proxy_is_used_but_never_sees_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(always(b"<p>No</p>", 403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//me:secret@"))
        with connect("https://moodle.example.edu", TOKEN) as site:
            answer = site.send(PUT, LONG)
    assert (answer.status, answer.lost) == (None, False)
    assert answer.text == "the proxy refuses to connect to moodle.example.edu: 403 Whatever"
    assert [request.line for request in proxy.requests] == ["CONNECT moodle.example.edu:443 HTTP/1.1"]
    assert proxy.requests[0].headers["proxy-authorization"] == "Basic bWU6c2VjcmV0"
    assert TOKEN not in str(proxy.requests)


def test_a_certificate_is_checked_behind_a_proxy_at_every_call(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tunnel(peer: Peer) -> None:
        peer.request()
        peer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        with tls.wrap_socket(peer.sock, server_side=True) as secured:
            always(b"{}")(Peer(secured, peer.server))

    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with serve(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with connect("https://moodle.example.edu", TOKEN, permits=1) as site:
            answers = [site.send(PUT, LONG) for _ in range(2)]
    assert [answer.lost for answer in answers] == [False, False]
    assert all("certificate of moodle.example.edu is not trusted" in answer.text for answer in answers)
    assert [request.line for request in proxy.requests] == ["CONNECT moodle.example.edu:443 HTTP/1.1"] * 2


def test_a_proxy_may_itself_be_reached_over_tls(tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with serve(always(b"{}"), tls) as site_behind:

        def tunnel(peer: Peer) -> None:
            peer.request()
            peer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            with socket.create_connection(("127.0.0.1", site_behind.port)) as far:
                Thread(target=pass_on, args=(far, peer.sock), daemon=True).start()
                pass_on(peer.sock, far)

        with serve(tunnel, tls) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{proxy.port}")
            with connect("https://moodle.example.edu", TOKEN) as site:
                answer = site.send(PUT, LONG)
    assert (answer.status, answer.lost) == (None, False)
    assert "certificate of moodle.example.edu is not trusted" in answer.text
    assert [request.line for request in proxy.requests] == ["CONNECT moodle.example.edu:443 HTTP/1.1"]


def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serve(always(b"{}")) as server, connect(server.url, TOKEN) as site:
        assert site.send(PING, LONG).status == 200


def test_a_proxy_of_another_kind_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://me:secret@127.0.0.1:9")
    with pytest.raises(ConfigError, match="proxy") as refused, connect("https://moodle.example.edu", TOKEN):
        pass
    assert "secret" not in str(refused.value)


# -- addresses and secrets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://moodle.example.edu", "unencrypted"),
        ("http://127.0.0.1.example.edu", "unencrypted"),
        ("moodle.example.edu", "https://"),
        ("ftp://moodle.example.edu", "https://"),
        ("https://", "https://"),
        ("", "https://"),
        ("https://[", "https://"),
        ("https://moodle..example.edu", "not a URL"),
        ("https://mo\u2028odle.example.edu", "not a URL"),
        ("https://mood\nle.example.edu", "not a URL"),
        ("https://mood\tle.example.edu", "not a URL"),
        ("https://moodle.example.edu:port", "not a URL"),
        ("https://me:secret@moodle.example.edu", "user name"),
        ("https://moodle.example.edu?token=secret", "query"),
        ("https://moodle.example.edu#secret", "fragment"),
    ],
)
def test_an_address_that_cannot_be_used(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused, connect(url, TOKEN):
        pass
    assert "secret" not in str(refused.value)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.9:1", "http://[::1]:1", "https://x.edu/m"])
def test_an_address_that_can_be_used(url: str) -> None:
    with connect(url, TOKEN) as site:
        assert repr(site) == f"HttpSite('{url}/enrol/nexsis/api/index.php')"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("HTTPS://Moodle.Example.edu:443/Łódź%20/", "https://moodle.example.edu/%C5%81%C3%B3d%C5%BA%20"),
        ("https://straße.example:8443", "https://xn--strae-oqa.example:8443"),
        ("https://moodle.example.edu:/", "https://moodle.example.edu"),
    ],
)
def test_an_address_is_sent_in_ascii(url: str, sent: str) -> None:
    with connect(url, TOKEN) as site:
        assert repr(site) == f"HttpSite('{sent}/enrol/nexsis/api/index.php')"


@pytest.mark.parametrize("token", ["", "secret\n", "sec ret", "\ufeffsecret", "secrét"])
def test_a_token_that_cannot_be_sent_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ConfigError, match="token") as refused, connect("https://moodle.example.edu", token):
        pass
    assert "sec" not in "".join(traceback.format_exception(refused.value)).split("ConfigError")[-1]


def test_another_secret_that_is_a_word_in_data_changes_no_data() -> None:
    conceal("Biology101")
    answer = orjson.dumps([{"idnumber": "BIOLOGY101", "name": f"with {TOKEN}"}])
    with serve(always(answer)) as server, connect(server.url, TOKEN) as site:
        assert site.send(PING, LONG).data == [{"idnumber": "BIOLOGY101", "name": "with ***"}]


def everything_said(site: HttpSite, call: Request, timeout: float) -> str:
    answer = site.send(call, timeout)
    try:
        ping(site, timeout)
    except SiteRefused as error:
        return repr((site, answer, error, classify(call, answer))) + "".join(traceback.format_exception(error))
    return repr((site, answer, classify(call, answer)))


@pytest.mark.parametrize(
    "talk",
    [
        always(b"<p>Authorization: Bearer " + TOKEN.encode() + b"</p>", 500),
        always(orjson.dumps({"error": f"bad token {TOKEN}"}), 401),
        always(orjson.dumps({"message": f"bad token {TOKEN}"}).replace(b"/", b"\\/"), 400),
        always(orjson.dumps([{"url": f"?token={TOKEN}"}])),
        always(b"", 302, Location=f"/login?token={TOKEN}"),
        always(b'{"message": "bad token ' + "".join(f"\\u{ord(c):04x}" for c in TOKEN).encode() + b'"}', 400),
        always("".join(f"&#{ord(c)};" for c in TOKEN).encode(), 500),
        always(TOKEN.encode("utf-16"), 500),
        always(b"", 302, Location="/?" + "".join(f"%{ord(c):02x}" for c in TOKEN)),
        cut(b"HTTP/1.1 " + TOKEN.encode() + b"\r\n\r\n"),
        silent,
    ],
    ids=["page", "denied", "escaped", "logs", "redirect", "json", "entities", "utf-16", "percent", "no HTTP", "silent"],
)
def test_the_token_is_never_shown(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(talk) as server, connect(server.url, TOKEN, permits=1) as site:
        said = everything_said(site, PUT, SHORT)
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in unquote(said)
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("named", [False, True], ids=["the system's", "of the institution"])
def test_an_authority_of_the_institution_may_lack_extensions(named: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.13 and later are strict about them, whatever this test runs on."""
    context = ssl.create_default_context()
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    monkeypatch.setattr(ssl, "create_default_context", lambda: context)
    assert bool(trust(CERTIFICATE if named else None).verify_flags & ssl.VERIFY_X509_STRICT) != named
