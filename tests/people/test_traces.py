"""What many nights leave behind: no secret anywhere, and nothing of a person who was forgotten but a tombstone.

The nights are the simulator's, with all its damage; the commands, the site, the mail server and the chat tool are real.
A few nights in the suite, a month with `--full`.
"""

from __future__ import annotations

import base64
import os
import quopri
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time
from email.message import EmailMessage
from pathlib import Path
from string import Template
from urllib.parse import quote

import pytest

from sync.cli.wiring import SystemClock
from tests.drops.office import Office, office
from tests.examples import LONG
from tests.mail.mail_server import PASSWORD, USER, MailServer, Posts, chat_tool, mail_server
from tests.proof.feeds import Files
from tests.proof.nights import Night, nights
from tests.proof.office import MAPPINGS
from tests.proof.year import FIRST_TERMS

from .conftest import Registry

NIGHTS = 30 if LONG else 3
TOKEN = "t0ken-9f31c7/d2+a64e==8b55"
SITE = """\
site: {url: "$url", token: {env: SITE_TOKEN}, timezone: Europe/London}
drop: {trigger: READY}
mail:
  host: localhost
  port: $port
  security: none
  from: sync@northmoor.example
  user: $user
  password: {env: MAIL_PASSWORD}
  to: [{address: registry@northmoor.example}]
webhook: {url: {env: CHAT_ADDRESS}}
retention: {older_than: 400d, reports: ["reports/*", "*.log"]}
"""


@contextmanager
def _university(folder: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> Iterator[_Month]:
    """An office of the simulator's university whose secrets are in the environment."""
    with office(folder, capsys, TOKEN) as work, mail_server("none") as mails, chat_tool() as posts:
        patch.setenv("SITE_TOKEN", TOKEN)
        patch.setenv("MAIL_PASSWORD", PASSWORD)
        patch.setenv("CHAT_ADDRESS", posts.url)
        site = Template(SITE).substitute(url=work.sandbox.url, port=mails.port, user=USER)
        (folder / "site.yaml").write_text(site)
        (folder / "token.txt").unlink()
        (folder / "mappings" / "all.yaml").unlink()
        (folder / "reports").mkdir()
        month = _Month(work, mails, posts)
        patch.setattr(SystemClock, "now", lambda _: month.registry.now)
        yield month


class _Month:
    """Night after night, with all that is printed, mailed and posted kept in the folder."""

    def __init__(self, work: Office, mails: MailServer, posts: Posts) -> None:
        self.registry = Registry(work, datetime.now(UTC))
        self.mails, self.posts = mails, posts
        self._outside = work.folder / "outside"
        self._outside.mkdir()
        self._map(FIRST_TERMS)

    def lived(self, night: Night) -> None:
        """One night by commands; what is on hold is approved where a careful registrar would."""
        self.registry.now = datetime.combine(night.day, time(2), UTC)
        if night.terms:
            self._map(night.terms)
        self._deliver(night.files)
        on_hold = re.search(r"nexsis-sync approve (\S+)", self._typed("run", "--verbose"))
        if on_hold and night.truth is not None:
            self._typed("approve", on_hold[1], "--all", "--by", "Amy Jones")
            self._typed("apply")
        day = f"{night.day}"
        self._typed("report", "--html", f"reports/{day}.html", "--xlsx", f"reports/{day}.xlsx")

    def _map(self, terms: Sequence[str]) -> None:
        current = [f"*-{term}" for term in terms]
        for path in MAPPINGS.glob("*.yaml"):
            text = Template(path.read_text()).substitute(current=str(current))
            (self.registry.folder / "mappings" / path.name).write_text(text)

    def _deliver(self, files: Files) -> None:
        inbox, at = self.registry.folder / "inbox", self.registry.now.timestamp() - 3600
        shutil.rmtree(inbox)
        for name, content in {**files, "READY": b""}.items():
            path = inbox / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (at, at))

    def _typed(self, *words: str) -> str:
        placed = [str(self.registry.folder / word) if "reports/" in word else word for word in words]
        _, said = self.registry.work.run(*placed)
        with (self.registry.folder / "nightly.log").open("a") as log:
            log.write(said)
        return said

    def keep_what_left(self) -> None:
        """Put what was mailed and posted beside the rest, decoded: a mail wraps and encodes what it carries."""
        for number, (_, message) in enumerate(self.mails.came):
            (self._outside / f"mail-{number}").write_bytes(b"\n".join(_decoded(message)))
        for number, (headers, body) in enumerate(self.posts.came):
            (self._outside / f"post-{number}").write_bytes(repr(headers).encode() + body)


def _decoded(message: EmailMessage) -> Iterator[bytes]:
    yield from (f"{name}: {value}".encode() for name, value in message.items())
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            yield content


def _forms(secret: str) -> Iterator[str]:
    """A secret as it may be written: plain, in base64, percent-encoded, as JSON or in a mail."""
    plain = secret.encode()
    yield from (secret, quote(secret, safe=""), base64.b64encode(plain).decode().rstrip("="))
    yield quopri.encodestring(plain).decode()


def test_nights_leave_no_secret_and_a_forgotten_person_no_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with _university(tmp_path / "office", capsys, monkeypatch) as month:
        for night in nights(1, NIGHTS):
            month.lived(night)
        month.keep_what_left()
        registry = month.registry
        assert (
            len([*(registry.folder / "outside").iterdir()]) >= 2 * NIGHTS
        )  # mails and posts did leave, and are searched
        secrets = {"token": TOKEN, "password": PASSWORD, "address": month.posts.url.partition("//")[2]}
        found = {name: registry.where(*(form.lower() for form in _forms(said))) for name, said in secrets.items()}
        assert found == {"token": set(), "password": set(), "address": set()}

        shutil.rmtree(registry.folder / "outside")  # what has left is out of reach, as the certificate says
        students = night.good["students.csv"]
        number, login, email = (students.column(name)[0].lower() for name in ("STUDENT_ID", "NETID", "EMAIL"))
        assert len(registry.where(number)) > NIGHTS
        code, said = registry.work.run("forget", f"user={number}", "--by", "Amy Jones")
        assert (code, registry.where(number, login, email)) == (0, set())
        assert number not in said.lower()
