"""`doctor`: every finding, for people and for programs, of a site that is well and of one that is not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sync.sandbox import running
from tests.drops.office import Office
from tests.mail.mail_server import mail_server

OF_THE_MACHINE = ["program", "python", "libraries", "system", "locale", "machine-clock"]
OF_THE_SITE = [
    "disk", "site-file", "mappings", "permissions", "time-zone", "token", "inbox", "schedule", "connection", "tls",
    "clock", "api", "capabilities", "identifiers", "state", "mail", "webhook",
]  # fmt: skip


@pytest.fixture
def work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    with running() as sandbox, ExitStack() as stack:
        office = Office(tmp_path, sandbox, capsys, stack)
        office.set_up("")
        yield office


def examined(work: Office, *options: str, code: int) -> dict[str, dict[str, Any]]:
    """The findings by name, of which some may come several times."""
    found, said = work.run("doctor", "--json", *options)
    document = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert (found, document["ok"]) == (code, code == 0), document
    assert work.sandbox.token not in said
    return {each["check"]: each for each in document["findings"]}


def test_a_new_site_is_examined_and_nothing_is_made(work: Office) -> None:
    before = sorted(work.folder.rglob("*"))
    found = examined(work, code=0)
    assert [*found] == [*OF_THE_MACHINE, *OF_THE_SITE]
    assert found["token"]["message"] == "found (file: token.txt); it is not shown"
    assert "the first plan creates it" in found["state"]["message"]
    assert (found["time-zone"]["status"], found["schedule"]["status"]) == ("warn", "ok")
    assert sorted(work.folder.rglob("*")) == before


def test_after_a_run_the_store_is_known_and_old_exports_and_a_pause_are_warnings(work: Office) -> None:
    work.drop("s1")
    assert work.run("run")[0] == 0
    found = examined(work, code=0)
    assert found["last-run"]["message"].endswith("began less than a minute ago")
    assert found["lock"]["message"] == "not in use"
    assert found["approvals"]["message"] == "nothing needs approval"
    assert found["identifiers"]["message"] == "the site compares them as the site file says (ignore_case)"
    assert found["inbox"]["message"].startswith("3 files in ")
    assert work.run("pause", "move to new servers")[0] == 0
    for path in (work.folder / "inbox").iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    found = examined(work, code=0)
    assert (found["inbox"]["status"], found["pause"]["status"]) == ("warn", "warn")
    assert "move to new servers" in found["pause"]["message"]


def test_faults_are_all_found_in_one_go(work: Office) -> None:
    (work.folder / "mappings" / "all.yaml").write_text("resource: nonsense\n")
    (work.folder / "token.txt").unlink()
    found = examined(work, code=1)
    failed = {name for name, each in found.items() if each["status"] == "fail"}
    assert failed == {"mappings", "token", "connection"}
    assert "all.yaml:1" in found["mappings"]["message"]
    assert found["mappings"]["hint"] == "`nexsis-sync check` lists them all."


def test_a_store_that_cannot_be_used_is_not_the_fault_of_the_connection(work: Office) -> None:
    (work.folder / "state.db").write_bytes(b"no database" * 1000)
    found = examined(work, code=1)
    assert [name for name, each in found.items() if each["status"] == "fail"] == ["state"]


def test_a_store_without_a_lock_gets_none(work: Office) -> None:
    work.drop("s1")
    assert work.run("run")[0] == 0
    (work.folder / "state.db.lock").unlink()
    assert examined(work, code=0)["lock"]["message"] == "not in use"
    assert not (work.folder / "state.db.lock").exists()


def test_a_token_that_is_refused_is_said(work: Office) -> None:
    (work.folder / "token.txt").write_text("another-token-altogether")
    found = examined(work, code=1)
    assert found["api"]["status"] == "fail"
    assert "does not accept the token" in found["api"]["message"]


def test_a_broken_site_file_leaves_the_machine(work: Office) -> None:
    (work.folder / "site.yaml").write_text("site: [")
    assert [*examined(work, code=1)] == [*OF_THE_MACHINE, "site-file"]


def test_people_get_a_line_each_and_what_to_do(work: Office) -> None:
    (work.folder / "token.txt").unlink()
    code, said = work.run("doctor", "--quiet", "--no-color")
    lines = said.splitlines()
    at = lines.index("fail  token: there is no token for the site")
    assert code == 1
    assert lines[at + 1].strip().startswith("Put the token into ")
    assert not [line for line in lines if line.startswith("ok")]


def test_mail_is_tried_without_a_message_and_with_one_if_asked(work: Office) -> None:
    server = work.stack.enter_context(mail_server("none", login=False))
    site = work.folder / "site.yaml"
    to = "from: sync@inst.example, to: [{address: r@inst.example}]"
    site.write_text(f"{site.read_text()}mail: {{host: localhost, port: {server.port}, security: none, {to}}}\n")
    assert examined(work, code=0)["mail"]["message"].endswith("can be reached")
    assert server.came == []
    assert examined(work, "--send-test", code=0)["mail"]["message"].endswith("accepted the test email")
    ((_, message),) = server.came
    assert message["subject"] == "Test message from nexsis-sync"


def test_servers_that_are_away_fail(work: Office) -> None:
    site = work.folder / "site.yaml"
    mail = "{host: localhost, port: 9, security: none, from: sync@inst.example, to: [{address: r@inst.example}]}"
    site.write_text(f"{site.read_text()}mail: {mail}\nwebhook: {{url: 'http://localhost:9/hook'}}\n")
    found = examined(work, code=1)
    assert (found["mail"]["status"], found["webhook"]["status"]) == ("fail", "fail")
    assert "cannot be reached" in found["mail"]["message"]


def test_ping_answers_whatever_the_mappings_say(work: Office) -> None:
    (work.folder / "mappings" / "all.yaml").write_text("resource: nonsense\n")
    code, said = work.run("ping")
    assert code == 0
    assert "the NexSIS API answers and accepts the token" in said
    assert "note: the mappings cannot be used yet: " in said
    assert "all.yaml:1" in said
    (work.folder / "mappings" / "all.yaml").unlink()
    assert work.run("ping")[0] == 0


@pytest.mark.parametrize(
    ("zone", "says"), [("Europe/London", "`timezone: Europe/London`"), ("UTC", "for example `timezone:")]
)
def test_a_missing_time_zone_is_proposed(work: Office, zone: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    said = work.run("ping")[1]
    assert "note: the site file has no `timezone`, so dates and times are read as UTC" in said
    assert says in said
    site = work.folder / "site.yaml"
    site.write_text(site.read_text().replace("token:", "timezone: Europe/Dublin, token:"))
    assert "timezone" not in work.run("ping")[1]
