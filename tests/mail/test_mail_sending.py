"""Mails through a real mail server: TLS, logins, refusals, and what waits for the next run."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from sync.notify.delivery import Fate, Left, Send, Unreachable, deliver
from sync.notify.delivery_log import Entry, entries, record
from sync.notify.outbox import Message, Way, keep, waiting
from sync.notify.smtp import Server, send_mails
from tests.clock import Clock
from tests.mail.mail_server import CERTIFICATE, PASSWORD, USER, mail_server
from tests.mail.office import NIGHT, no_server
from tests.remote.raw_server import Peer, Talk, serve

WAYS: tuple[Way, ...] = ("mail", "webhook")
MESSAGE = Message("a", "mail", ("al@inst.example", "bo@inst.example"), NIGHT, b"Subject: hello\r\n\r\nhello\r\n")


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


def server(port: int, security: Any, **rest: Any) -> Server:
    said = {"host": "localhost", "sender": "sync@inst.example", "user": USER, "password": PASSWORD, "timeout": 300.0}
    return Server(**{**said, "port": port, "security": security, **rest})


def outcome(server: Server, *messages: Message) -> list[Fate]:
    return [fate for _, fate in send_mails(server, messages, lambda: 20.0)]


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
@pytest.mark.usefixtures("trusted")
def test_mail_arrives_once_for_all_it_is_for(security: Any) -> None:
    with mail_server(security) as there:
        assert outcome(server(there.port, security), MESSAGE) == [Fate()]
        ((to, message),) = there.came
    assert (to, message["Subject"]) == (list(MESSAGE.to), "hello")


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "guess"}, "rejected the login of nexsis: 535"),
        ({"host": "127.0.0.1"}, "is not trusted: IP address mismatch"),
    ],
)
@pytest.mark.usefixtures("trusted")
def test_permanent_failures_are_reported_and_not_tried_again(security: Any, change: dict[str, Any], says: str) -> None:
    with mail_server(security) as there, pytest.raises(Unreachable, match=says) as shown:
        outcome(server(there.port, security, **change), MESSAGE)
    assert not shown.value.curable
    assert "guess" not in str(shown.value)
    assert PASSWORD not in repr(server(1, security))


def test_a_certificate_nobody_knows_is_not_trusted() -> None:
    with mail_server() as there, pytest.raises(Unreachable, match=r"certificate .* is not trusted: self"):
        outcome(server(there.port, "starttls"), MESSAGE)
    assert there.came == []


@pytest.mark.usefixtures("trusted")
def test_nothing_is_sent_in_clear_to_a_server_without_starttls() -> None:
    with mail_server("none") as there:
        with pytest.raises(Unreachable, match=r"STARTTLS .*Nothing was sent"):
            outcome(server(there.port, "starttls"), MESSAGE)
        with pytest.raises(Unreachable, match="does not use TLS on this port"):
            outcome(server(there.port, "tls"), MESSAGE)
    assert there.came == []


@pytest.mark.parametrize(
    ("answer", "left", "says"),
    [
        ("550 who is that?", (), "550 who is that?; it will not be sent"),
        ("451 not now", ("bo@inst.example",), "451 not now"),
    ],
)
def test_one_who_is_refused_does_not_keep_it_from_the_others(answer: str, left: tuple[str, ...], says: str) -> None:
    with mail_server("none") as there:
        there.answers["bo@inst.example"] = answer
        (fate,) = outcome(server(there.port, "none"), MESSAGE)
        assert [to for to, _ in there.came] == [["al@inst.example"]]
    assert (fate.left, fate.said) == (left, (f"the mail server rejected the email to bo@inst.example: {says}",))


def dripping(beginning: bytes, steps: int) -> Talk:
    """A server that answers some lines like any other, and then sends the beginning of an answer and never its end."""

    def talk(peer: Peer) -> None:
        for _ in range(steps):
            peer.write(b"250 OK\r\n" if _ else b"220 here\r\n")
            peer.sock.recv(65536)
        peer.write(beginning)
        while not peer.server.stopped.wait(0.05):
            peer.write(b"x")

    return talk


@pytest.mark.parametrize(
    ("security", "beginning", "steps", "says"),
    [
        ("none", b"220 ", 0, "takes too long to answer"),
        ("none", b"250-", 1, "takes too long to answer"),
        ("none", b"250 ", 4, "takes too long to answer"),
        ("tls", b"\x16\x03\x03\x40\x00", 0, "does not answer"),
    ],
    ids=["greeting", "login", "mail", "handshake"],
)
def test_a_server_that_drips_is_left_in_time(security: Any, beginning: bytes, steps: int, says: str) -> None:
    with serve(dripping(beginning, steps)) as there, pytest.raises(Unreachable, match=says) as shown:
        list(send_mails(server(there.port, security, user=None, timeout=1.0), [MESSAGE], lambda: 1.0))
    assert shown.value.curable


def test_a_server_that_never_stops_talking_is_left() -> None:
    def talk(peer: Peer) -> None:
        while not peer.server.stopped.is_set():
            peer.write(b"220-and another thing\r\n" * 1000)

    with serve(talk) as there, pytest.raises(Unreachable, match="takes too long to answer"):
        list(send_mails(server(there.port, "none"), [MESSAGE], lambda: 60.0))


def test_a_server_that_says_no_goodbye_has_the_mail_all_the_same() -> None:
    answers = [b"220 here\r\n", *[b"250 OK\r\n"] * 4, b"354 go on\r\n", b"250 OK\r\n"]

    def talk(peer: Peer) -> None:
        for answer in answers:
            peer.write(answer)
            peer.sock.recv(65536)

    with serve(talk) as there:
        assert outcome(server(there.port, "none", user=None, timeout=60.0), MESSAGE) == [Fate()]


def test_a_mail_that_is_too_large_is_not_tried_for_ever() -> None:
    with mail_server("none", largest=20) as there:
        (fate,) = outcome(server(there.port, "none"), MESSAGE)
    assert fate.left == ()
    assert "lower `attach_up_to`" in fate.said[0]


# -- the outbox ------------------------------------------------------------------------------------------------


def delivered(folder: Path, there: Server, pause: Callable[[float], None], days: int = 0) -> list[str]:
    now = NIGHT + timedelta(days=days)
    return list(deliver(folder, {"mail": partial(send_mails, there)}, now, pause, lambda: 0.0))


def test_a_letter_waits_while_the_server_is_down(tmp_path: Path) -> None:
    waits: list[float] = []
    keep(tmp_path, MESSAGE)
    with no_server() as port:
        said = delivered(tmp_path, server(port, "none"), waits.append)
    assert said[0].startswith(f"the mail server localhost:{port} cannot be reached: ")
    assert said[1] == f"1 email is waiting in {tmp_path} for the next run"
    assert waits == [2.0, 8.0]
    with mail_server("none") as there:
        assert delivered(tmp_path, server(there.port, "none"), waits.append) == []
        assert delivered(tmp_path, server(there.port, "none"), waits.append) == []
        assert len(there.came) == 1
    assert not waiting(tmp_path, "mail")


def test_a_server_that_comes_back_in_time_gets_it_in_the_same_run(tmp_path: Path) -> None:
    keep(tmp_path, MESSAGE)
    with mail_server("none") as there:
        there.answers["data"] = "421 come again"
        said = delivered(tmp_path, server(there.port, "none"), lambda seconds: there.answers.clear())
        assert (said, len(there.came)) == ([], 1)


def test_who_keeps_us_waiting_does_not_do_so_for_long(tmp_path: Path) -> None:
    clock, asked = Clock(), list[tuple[str, float]]()

    def silent(way: Way, messages: Iterable[Message], left: Left) -> Iterator[tuple[Message, Fate]]:
        asked.append((way, left()))
        clock.pause(max(left(), 1.0) if way == "mail" else 0.5)
        raise Unreachable(f"{way} is silent", curable=True)
        yield

    for way in WAYS:
        keep(tmp_path, replace(MESSAGE, id=way, way=way))
    ways: dict[Way, Send] = {way: partial(silent, way) for way in WAYS}
    said = list(deliver(tmp_path, ways, NIGHT, clock.pause, lambda: clock.time))
    assert asked == [("mail", 20.0), ("webhook", 0.0)]
    assert [line.partition(" in ")[0] for line in said] == [
        "mail is silent", "1 email is waiting", "webhook is silent", "1 webhook message is waiting",
    ]  # fmt: skip


def test_what_is_said_of_several_letters_is_said_once(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        keep(tmp_path, replace(MESSAGE, id=name, to=("bo@inst.example",)))
    with mail_server("none") as there:
        there.answers["bo@inst.example"] = "450 greylisted"
        said = delivered(tmp_path, server(there.port, "none"), lambda seconds: None)
    assert said[0] == "the mail server rejected the email to bo@inst.example: 450 greylisted (3 times)"
    assert [line.partition(" in ")[0] for line in said[1:]] == ["3 emails are waiting"]


def test_an_outbox_with_many_letters_is_not_read_into_memory(tmp_path: Path) -> None:
    """Nor is a run held up: what cannot be sent in time waits, and is counted."""
    large = b"Subject: report\r\n\r\n" + b"x" * 2**20
    for number in range(60):
        keep(tmp_path, replace(MESSAGE, id=f"m{number:03}", content=large))
    clock = iter(range(1000))

    def slow(messages: Iterable[Message], left: Left) -> Iterator[tuple[Message, Fate]]:
        return ((message, Fate()) for message in messages)

    tracemalloc.start()
    said = list(deliver(tmp_path, {"mail": slow}, NIGHT, lambda seconds: None, lambda: float(next(clock))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (line,) = said
    assert re.fullmatch(rf"\d+ emails are waiting in {re.escape(str(tmp_path))} for the next run", line)
    assert 30 < len(waiting(tmp_path, "mail")) < 50
    assert peak < 10 * len(large)


def test_who_has_got_it_does_not_get_it_again(tmp_path: Path) -> None:
    keep(tmp_path, MESSAGE)
    with mail_server("none") as there:
        there.answers["bo@inst.example"] = "450 greylisted"
        assert "1 email is waiting" in delivered(tmp_path, server(there.port, "none"), lambda seconds: None)[-1]
        there.answers.clear()
        delivered(tmp_path, server(there.port, "none"), lambda seconds: None)
        assert [to for to, _ in there.came] == [["al@inst.example"], ["bo@inst.example"]]


def test_a_process_that_dies_in_the_middle_sends_nothing_twice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        keep(tmp_path, replace(MESSAGE, id=name, content=f"Subject: {name}\r\n\r\nhello\r\n".encode()))
    with mail_server("none") as there:

        def dies(messages: Iterable[Message], left: Left) -> Iterator[tuple[Message, Fate]]:
            yield from send_mails(server(there.port, "none"), islice(messages, 1), left)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            list(deliver(tmp_path, {"mail": dies}, NIGHT, lambda seconds: None, lambda: 0.0))
        assert delivered(tmp_path, server(there.port, "none"), lambda seconds: None) == []
        assert [message["Subject"] for _, message in there.came] == ["a", "b"]


def test_a_letter_is_given_up_in_the_end(tmp_path: Path) -> None:
    keep(tmp_path, MESSAGE)
    with no_server() as port:
        said = delivered(tmp_path, server(port, "none"), lambda seconds: None, days=8)
    assert said == ["email a will not be sent: it has been waiting since 2026-11-23"]
    assert not waiting(tmp_path, "mail")


def test_nobody_else_can_read_what_waits(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    keep(folder, MESSAGE)
    (file,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_diary_loses_nothing_of_what_two_write_nor_by_a_line_that_was_cut_short(tmp_path: Path) -> None:
    def entry(number: int) -> Entry:
        return Entry(f"r-{number}", "a", NIGHT + timedelta(seconds=number), "ok", "OK", "nothing to change")

    with ThreadPoolExecutor(8) as at_once:
        list(at_once.map(lambda number: record(tmp_path, [entry(number)], NIGHT), range(50)))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + b'\n{"run": "r-5')
    record(tmp_path, [entry(50)], NIGHT)
    assert entries(tmp_path) == [entry(number) for number in range(51)]
    assert file.stat().st_mode & 0o777 == 0o600
