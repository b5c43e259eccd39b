"""Calls over real sockets: what arrives at a server, and what happens whatever the server does."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from sync.errors import SiteRefused
from sync.model import Request, Response
from sync.site import connect
from sync.site.responses import classify, ping
from tests.ports import reserved_port
from tests.remote.raw_server import Peer, Talk, always, cut, serve, silent

TOKEN = "0a1b2c3d/4e5f6a7b8c9d"
PING = Request("GET", "ping")
PUT = Request("PUT", "user/S1", body={"firstname": "Zoë", "n": 1})
LONG = 300.0
SHORT = 2.0


def once(talk: Talk, call: Request = PING, timeout: float = LONG) -> Response:
    """What one call gets from a server that answers like this."""
    with serve(talk) as server, connect(server.url, TOKEN, permits=1, largest=100_000) as site:
        return site.send(call, timeout)


# -- what goes out ---------------------------------------------------------------------------------------------


def test_a_call_arrives_as_the_reference_says() -> None:
    call = Request("PUT", "user/S%201%C5%9A/enrol/C'%2B%251", {"plugin": "nexsis"}, {"roleid": "student", "n": 1})
    with serve(always(b"{}")) as server, connect(server.url + "/moodle/", TOKEN, agent="nexsis-sync/1") as site:
        site.send(call, LONG)
        site.send(PING, LONG)
    put, get = server.requests
    assert put.line == (
        "PUT /moodle/enrol/nexsis/api/index.php/user/S%201%C5%9A/enrol/C'%2B%251?plugin=nexsis HTTP/1.1"
    )
    assert put.headers["authorization"] == f"Bearer {TOKEN}"
    assert put.headers["content-type"] == "application/json"
    assert put.headers["user-agent"] == "nexsis-sync/1"
    assert orjson.loads(put.body) == {"roleid": "student", "n": 1}
    assert get.line == "GET /moodle/enrol/nexsis/api/index.php/ping HTTP/1.1"
    assert "content-type" not in get.headers


def test_a_put_without_a_body_says_so() -> None:
    with serve(always(b"")) as server, connect(server.url, TOKEN) as site:
        site.send(Request("PUT", "course/C1/group/G1/user/S1", empty=True), LONG)
    assert server.requests[0].headers["content-length"] == "0"


def test_the_address_may_name_the_api_itself() -> None:
    url = "/enrol/nexsis/api/index.php/"
    with serve(always(b"{}")) as server, connect(server.url + url, TOKEN) as site:
        site.send(PING, LONG)
    assert server.requests[0].line == "GET /enrol/nexsis/api/index.php/ping HTTP/1.1"


@pytest.mark.parametrize(
    "path", ["user/..", "user/S1/enrol/%2e%2E", "user/.", "user/", "user//enrol", "a b", "a?b", "a#b", "a/Ś"]
)
def test_a_path_that_would_become_another_is_never_sent(path: str) -> None:
    with serve(always(b"{}")) as server, connect(server.url, TOKEN) as site:
        with pytest.raises(ValueError, match="not a path"):
            site.send(Request("DELETE", path), LONG)
        assert site.send(PING, LONG).status == 200
    assert len(server.requests) == 1


def test_cookies_are_not_kept() -> None:
    with serve(always(b"{}", Set_Cookie="MoodleSession=1; path=/")) as server, connect(server.url, TOKEN) as site:
        site.send(PING, LONG)
        site.send(PING, LONG)
    assert all("cookie" not in request.headers for request in server.requests)


# -- bodies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type", "answer"),
    [
        (b'{"a": "\xc5\x9a"}', "application/json", Response(200, {"a": "Ś"}, json=True)),
        (b'\n [{"a": 1}] \n', "text/html", Response(200, [{"a": 1}], json=True)),
        (b'\xef\xbb\xbf\xef\xbb\xbf{"a": 1}', "application/json", Response(200, {"a": 1}, json=True)),
        (b"null", "application/json; charset=utf-8", Response(200, None, json=True)),
        (b"true", "application/json", Response(200, True, json=True)),
        (b"true", "text/html", Response(200, text="true")),
        (b"", "application/json", Response(200)),
        (b" \r\n\t", "text/html", Response(200)),
        (b"\xef\xbb\xbf", "text/html", Response(200)),
        (b'{"a": NaN}', "application/json", Response(200, text='{"a": NaN}')),
        (b'{"a": 1', "application/json", Response(200, text='{"a": 1')),
        (b"<b>Notice</b>: odd<br />\n[]", "application/json", Response(200, text="Notice: odd")),
        (b"<html><p>\n</p></html>", "text/html", Response(200, text="a page without text")),
        (b"\xff\xfe\x00", "application/octet-stream", Response(200, text="\ufffd\ufffd")),
    ],
)
def test_a_body_is_json_if_it_parses_as_json(body: bytes, content_type: str, answer: Response) -> None:
    assert once(always(body, Content_Type=content_type)) == answer


@pytest.mark.parametrize(
    ("pack", "name"),
    [
        (gzip.compress, "gzip"),
        (gzip.compress, "GZIP"),
        (gzip.compress, "x-gzip"),
        (gzip.compress, "gzip "),
        (lambda body: gzip.compress(body[:3]) + gzip.compress(b"") + gzip.compress(body[3:]), "gzip"),
        (lambda body: gzip.compress(body) + b"\r\n", "gzip"),
        (zlib.compress, "deflate"),
    ],
)
def test_a_packed_body_is_unpacked(pack: Callable[[bytes], bytes], name: str) -> None:
    assert once(always(pack(b'{"a": 1}'), Content_Encoding=name)).data == {"a": 1}


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n": 1\r\n1\r\n}\r\n0\r\n\r\n',
        b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a": 1}',
        b'HTTP/1.0 200 OK\r\n\r\n{"a": 1}',
    ],
    ids=["in chunks", "after a hint", "until the connection is closed"],
)
def test_an_answer_may_come_in_other_ways(answer: bytes) -> None:
    assert once(cut(answer)).data == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(b"{}")[:12], gzip.compress(b"") * 300],
    ids=["not packed", "cut off", "too many streams"],  # what is packed contains the time
)
def test_a_body_that_cannot_be_unpacked_is_a_lost_answer(body: bytes) -> None:
    answer = once(always(body, Content_Encoding="gzip"), PUT)
    assert (answer.status, answer.lost) == (None, True)
    assert "decompressed" in answer.text


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_body_is_read_up_to_a_limit(packed: bool) -> None:
    body = b"[" + b"1," * 60_000 + b"1]"
    talk = always(gzip.compress(body), Content_Encoding="gzip") if packed else always(body)
    answer = once(talk, Request("GET", "logs", many=True))
    assert (answer.status, answer.json) == (200, False)
    assert "larger than" in answer.text


def test_an_endless_body_ends_at_the_limit() -> None:
    def talk(peer: Peer) -> None:
        peer.request()
        peer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            peer.write(b"x" * 10_000)

    assert "larger than" in once(talk).text


def test_redirects_are_answers() -> None:
    moved = always(b"<p>Moved</p>", 303, Location="/login/index.php")
    with serve(moved) as server, connect(server.url, TOKEN) as site:
        answer = site.send(PUT, LONG)
        with pytest.raises(SiteRefused, match=r"/login/index\.php"):
            ping(site, LONG)
    assert answer == Response(303, text="redirect to /login/index.php")
    assert classify(PUT, answer).kind == "foreign"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "300"}, 300.0),
        ({"Retry_After": " 0 "}, 0.0),
        ({"Retry_After": "Mon, 05 Oct 2026 02:05:00 GMT", "Date": "Mon, 05 Oct 2026 02:00:00 GMT"}, 300.0),
        ({"Retry_After": "Mon, 05 Oct 2026 01:00:00 GMT", "Date": "Mon, 05 Oct 2026 02:00:00 GMT"}, 0.0),
        ({"Retry_After": "Mon, 05 Oct 2015 01:00:00 GMT"}, 0.0),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
        ({"Retry_After": "Mon, 05 Oct 2015 01:00:00 GMT", "Date": "Mon, 05 Oct 2026 99999999999999999999:00:00"}, 0.0),
        ({}, None),
    ],
)
def test_the_pause_a_server_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    answer = once(always(b"<p>Maintenance</p>", 503, **headers))
    assert (answer.status, answer.text, answer.retry_after) == (503, "Maintenance", seconds)


# -- failures --------------------------------------------------------------------------------------------------


def trickle(head: bytes) -> Talk:
    """After this beginning, a byte now and then, for as long as somebody reads."""

    def talk(peer: Peer) -> None:
        peer.request()
        peer.write(head)
        while not peer.server.stopped.wait(0.01):
            peer.write(b"x")

    return talk


@pytest.mark.parametrize(
    "talk",
    [silent, trickle(b"HTTP/1.1 200 OK\r\nX-Slow: "), trickle(b"HTTP/1.1 200 OK\r\n\r\n")],
    ids=["no answer", "headers", "body"],
)
def test_a_slow_answer_is_given_up_and_counts_as_lost(talk: Talk) -> None:
    answer = once(talk, PUT, SHORT)
    assert (answer.status, answer.lost) == (None, True)
    assert "did not send a complete answer within 2 s" in answer.text


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"SSH-2.0-x\r\n\r\n",
    ],
    ids=["at once", "in the status", "in the head", "before the answer", "in the body", "between chunks", "no HTTP"],
)
def test_a_cut_answer_is_lost(beginning: bytes) -> None:
    answer = once(cut(beginning), PUT)
    assert (answer.status, answer.data, answer.lost) == (None, None, True)
    assert "was cut" in answer.text


def test_nobody_listening_is_no_loss() -> None:
    with reserved_port() as port, connect(f"http://127.0.0.1:{port}", TOKEN) as site:
        answer = site.send(PUT, LONG)
    assert (answer.status, answer.lost) == (None, False)
    assert answer.text == "no connection to 127.0.0.1: Connection refused"


def test_an_unknown_name_is_no_loss() -> None:
    with connect("https://moodle.invalid", TOKEN) as site:
        answer = site.send(PUT, LONG)
    assert (answer.status, answer.lost) == (None, False)
    assert "the host name moodle.invalid cannot be resolved" in answer.text


def test_a_call_waits_for_a_permit_only_within_its_time() -> None:
    arrived, enough = threading.Event(), threading.Event()

    def talk(peer: Peer) -> None:
        peer.request()
        arrived.set()
        enough.wait()

    with serve(talk) as server, connect(server.url, TOKEN, permits=1) as site, ThreadPoolExecutor(1) as pool:
        first = pool.submit(site.send, PUT, LONG)
        assert arrived.wait(LONG)
        second = site.send(PUT, 0.01)
        enough.set()
        assert first.result().lost
    assert (second.status, second.lost) == (None, False)
    assert "no connection became free" in second.text
    assert len(server.requests) == 1


# -- connections -----------------------------------------------------------------------------------------------


def test_a_thousand_calls_on_eight_threads_keep_eight_connections() -> None:
    together = threading.Barrier(8)

    def talk(peer: Peer) -> None:
        request = peer.request()
        together.wait()
        while request:
            peer.answer(b'{"message": "pong"}')
            request = peer.request()

    with serve(talk) as server, connect(server.url, TOKEN, permits=8) as site, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: site.send(PING, LONG), range(1000)))
    assert [answer.status for answer in answers] == [200] * 1000
    assert len(server.requests) == 1000
    assert server.accepted == 8


def test_a_connection_closed_while_idle_is_opened_anew() -> None:
    closed = threading.Event()

    def talk(peer: Peer) -> None:
        peer.request()
        peer.answer(b"{}")
        peer.sock.close()
        closed.set()

    with serve(talk) as server, connect(server.url, TOKEN, permits=1) as site:
        assert site.send(PUT, LONG).status == 200
        assert closed.wait(LONG)
        assert site.send(PUT, LONG).status == 200
    assert server.accepted == 2


def test_what_follows_an_answer_is_no_answer_to_the_next_call() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"

    def talk(peer: Peer) -> None:
        while peer.request():
            peer.write(head + b'{"n": 1}' + head + b'{"n": 2}')

    with serve(talk) as server, connect(server.url, TOKEN, permits=1) as site:
        answers = [site.send(PUT, LONG) for _ in range(2)]
    assert [answer.data for answer in answers] == [{"n": 1}] * 2


def test_a_kept_connection_closed_in_answer_to_a_call_is_a_lost_answer() -> None:
    def talk(peer: Peer) -> None:
        peer.request()
        peer.answer(b"{}")
        peer.request()

    with serve(talk) as server, connect(server.url, TOKEN, permits=1) as site:
        assert site.send(PUT, LONG).status == 200
        answer = site.send(PUT, LONG)
    assert (answer.status, answer.lost) == (None, True)
    assert (server.accepted, len(server.requests)) == (1, 2)


def test_after_a_failure_the_next_call_is_well() -> None:
    answers = iter([b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])

    def talk(peer: Peer) -> None:
        peer.request()
        peer.write(next(answers))

    with serve(talk) as server, connect(server.url, TOKEN, permits=1) as site:
        assert site.send(PUT, LONG).lost
        assert site.send(PUT, LONG).data == {}


def test_connections_are_closed_at_the_end() -> None:
    ended = threading.Event()

    def talk(peer: Peer) -> None:
        while peer.request():
            peer.answer(b"{}")
        ended.set()

    with serve(talk) as server:
        with connect(server.url, TOKEN) as site:
            site.send(PING, LONG)
        assert ended.wait(LONG)
