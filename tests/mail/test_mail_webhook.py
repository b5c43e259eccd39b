"""A chat tool that is notified of runs, with a real web server."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import orjson
import pytest

from sync.config.site import load
from sync.notify.delivery import Unreachable
from sync.notify.outbox import Message
from sync.notify.webhook import send_posts
from sync.state import open_store
from tests.clock import Clock
from tests.docs.pages import Block
from tests.docs.stage import SITE, Stage, staged
from tests.mail.mail_server import MailServer, Posts, chat_tool
from tests.mail.office import MAPPING, NIGHT, Office, no_server
from tests.remote.raw_server import Peer, serve
from tests.report.report_plans import change, morning, night, plan, run


@pytest.fixture
def tool() -> Iterator[Posts]:
    with chat_tool() as posts:
        yield posts


def office(folder: Path, webhook: str) -> Office:
    (folder / "m.yaml").write_text(MAPPING)
    (folder / "site.yaml").write_text(
        "site: {url: 'https://moodle.example.edu', token: {env: NEXSIS_TOKEN}}\nmappings: m.yaml\n"
        f"webhook: {webhook}\n"
    )
    return Office(load(folder / "site.yaml"), MailServer())


def test_the_head_of_the_report_is_posted(tool: Posts, tmp_path: Path) -> None:
    assert office(tmp_path, f"{{url: '{tool.url}'}}").happens(morning(), run("cut", "S9 is in the way")) == []
    ((headers, body),) = tool.came
    said = orjson.loads(body)
    assert headers["Content-Type"] == "application/json"
    assert said["text"].startswith(
        "[FAILED] Moodle sync, moodle.example.edu: 15 changes, interrupted after 10 changes, 1 failed"
    )
    assert (said["state"], said["plan"], said["run"]) == ("failed", "p-20261123-0200-4c1d", "r-20261123-0201-77ab")
    assert said["summary"]["enrolment"]["held"] == 3
    assert said["holds"][0]["approve"] == "nexsis-sync approve p-20261123-0200-4c1d --hold h-5e0a91"
    assert said["next"] == ["nexsis-sync resume", "nexsis-sync plan"]


def test_a_post_names_nobody(tool: Posts, tmp_path: Path) -> None:
    joins = change("create", "user", "S77123", status="failed", after={"firstname": "Zoë"}, error="Zoë is there")
    office(tmp_path, f"{{url: '{tool.url}'}}").happens(plan(joins), run("cut", "Zoë S77123"))
    assert [name for name in ("S77123", "Zoë") if name.encode() in tool.came[0][1]] == []


def test_a_run_that_could_not_be_is_posted_without_its_reason(tool: Posts, tmp_path: Path) -> None:
    office(tmp_path, f"{{url: '{tool.url}'}}").refused("row 3: Zoë Quill")
    assert orjson.loads(tool.came[0][1])["text"] == (
        "[NOT RUN] Moodle sync, moodle.example.edu: the run could not be carried out"
    )


def test_a_post_is_signed(tool: Posts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", tool.url)
    (tmp_path / "key").write_text("swordfish\n")
    office(tmp_path, "{url: {env: HOOK}, secret: {file: key}}").happens(plan(), run())
    ((headers, body),) = tool.came
    expected = hmac.new(b"swordfish", body, hashlib.sha256).hexdigest()
    assert headers["X-Nexsis-Sync-Signature"] == f"sha256={expected}"


def test_it_comes_when_it_is_wanted(tool: Posts, tmp_path: Path) -> None:
    here = office(tmp_path, f"{{url: '{tool.url}', when: [change, weekly]}}")
    for _ in range(7):
        here.happens(plan(), run())
    here.happens(night(), run())
    said = [orjson.loads(body) for _, body in tool.came]
    assert [(each["state"], len(each.get("week", ()))) for each in said] == [("ok", 7), ("held", 0)]


def test_a_tool_in_trouble_is_reported_and_gets_the_post_later(tool: Posts, tmp_path: Path) -> None:
    here = office(tmp_path, f"{{url: '{tool.url}'}}")
    tool.status = 503
    said = here.happens(plan(), run())
    assert (said[0], here.waited) == ("the webhook at 127.0.0.1 answered 503", 10.0)
    assert said[1].startswith("1 webhook message is waiting in ")
    deliveries = {headers["X-Nexsis-Sync-Delivery"] for headers, _ in tool.came}
    assert (len(tool.came), len(deliveries)) == (3, 1)
    tool.status = 200
    assert here.happens(plan(), run()) == []
    assert len(tool.came) == 5


def test_a_tool_that_refuses_is_not_asked_again(tool: Posts, tmp_path: Path) -> None:
    here = office(tmp_path, f"{{url: '{tool.url}'}}")
    tool.status = 404
    assert here.happens(plan(), run()) == [
        "the webhook at 127.0.0.1 answered 404; this message will not be posted again"
    ]
    assert (len(tool.came), here.waited) == (1, 0.0)


def test_a_tool_that_is_not_there_keeps_its_address_secret(tmp_path: Path) -> None:
    with no_server() as port:
        here = office(tmp_path, f"{{url: 'http://127.0.0.1:{port}/hook?key=s3cret'}}")
        said = here.happens(plan(), run())
    assert said[0] == "the webhook at 127.0.0.1 cannot be reached: [Errno 111] Connection refused"
    assert "s3cret" not in repr(here.config)


# -- whom it may call, and for how long -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://chat.example/hook", "the connection to chat.example would not be encrypted; use https://"),
        ("ftp://chat.example/hook", "this is not a web address"),
        ("file:///etc/passwd", "this is not a web address"),
        ("chat.example/hook", "this is not a web address"),
        ("https://ada:s3cret@chat.example/hook", "write the address without a user name or password"),
        ("https://:s3cret@chat.example/hook", "write the address without a user name or password"),
        ("https://chat.example/hook\nHost: other.example", "the address contains a space, a line break or a control"),
        ("https://chat.exa\tmple/hook", "the address contains a space, a line break or a control"),
        ("https://[::1/hook", "this is not a web address"),
    ],
)
@pytest.mark.parametrize("stored", ["env", "file"])
def test_an_address_from_elsewhere_follows_the_same_rules(
    address: str, says: str, stored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", address)
    (tmp_path / "hook").write_text(address)
    source = {"env": "{env: HOOK}", "file": "{file: hook}"}[stored]
    said = office(tmp_path, f"{{url: {source}}}").happens(plan(), run())
    assert said[0].startswith(f"the webhook's address cannot be used: {says}")
    assert "s3cret" not in " ".join(said)


def test_a_long_answer_is_not_read(tmp_path: Path) -> None:
    def talk(peer: Peer) -> None:
        peer.request()
        peer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(OSError):
            while True:
                peer.write(b"x" * 100_000)

    with serve(talk) as server:
        assert office(tmp_path, f"{{url: '{server.url}/hook'}}").happens(plan(), run()) == []


def test_an_answer_that_drips_ends_with_the_deadline(tmp_path: Path) -> None:
    def talk(peer: Peer) -> None:
        peer.request()
        peer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not peer.server.stopped.wait(0.02):
            peer.write(b"x")

    message = Message("m", "webhook", (), NIGHT, b"{}")
    with serve(talk) as server, pytest.raises(Unreachable, match=r"the webhook at 127\.0\.0\.1 does not answer"):
        [*send_posts(f"{server.url}/hook", None, [message], lambda: 0.0)]


def test_nobody_is_called_while_the_store_is_locked(stage: Stage) -> None:
    """The chat tool opens the store itself while it is called, at the end of `run` and of `apply`."""
    opened: list[str] = []

    def talk(peer: Peer) -> None:
        request = peer.request()
        with open_store(load(stage.folder / "site.yaml").state, Clock()) as store, store.lock():
            opened.append(request.line.split()[0] if request else "")
        peer.answer(b"")

    with serve(talk) as server:
        more = f"webhook: {{url: '{server.url}/hook'}}\nheartbeat: {server.url}/beat\n"
        stage.lay(Block("yaml", "site", SITE + more))
        stage.lay(Block("yaml", "mapping", MAPPED))
        stage.lay(Block("csv", "people.csv", "ID\ns1\n"))
        assert stage.command("run")[0] == 0
        stage.lay(Block("csv", "people.csv", "ID\ns1\ns2\n"))
        assert stage.command("plan")[0] == 2
        assert stage.command("apply")[0] == 0
    assert opened == ["POST", "GET", "POST"]


MAPPED = """\
resource: user
sheet: people.csv
fields: {userid: ID, username: ID, firstname: ID, lastname: ID, email: {text: "{ID}@example.edu"}}
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    yield from staged(tmp_path, capsys)
