"""A site that notifies people by mail: its site file, made-up runs, and the mails they send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import load_workbook

from sync.config.site import Config, load
from sync.errors import Fault
from sync.model import LEDGER, Plan, Run
from sync.notify import PlanEvent, Refusal, deliver, write
from tests.mail.mail_server import MailServer

MAPPING = "resource: group\nsheet: {file: g.csv}\nfields: {courseid: C, groupid: G, name: N}\n"
NIGHT = datetime(2026, 11, 23, 2, tzinfo=UTC)  # a Monday


@dataclass
class Past:
    """What is remembered: rows of the ledger by resource, and no runs."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def ledger(self, resource: str) -> pd.DataFrame:
        return pd.DataFrame(self.rows.get(resource, []), columns=list(LEDGER)).astype("str")

    def runs(self) -> list[Run]:
        return []

    def plans(self) -> list[Plan]:
        return []


def remembered(key: str, **sent: str) -> dict[str, Any]:
    """A ledger row of an object with a key of one part."""
    import orjson

    packed = orjson.dumps(sent).decode()
    return {"match": key.lower(), "key": "{}", "sent": packed, "seen": packed, "claims": "m", "owned": 1, "checked": 1}


@dataclass
class Office:
    """Runs happen, one a day, and people are notified."""

    config: Config
    server: MailServer
    past: Past = field(default_factory=Past)
    day: int = 0
    waited: float = 0.0

    def happens(self, plan: Plan, run: Run | None, days: int = 1) -> list[str]:
        """A run, this many days after the last one; what the terminal shows."""
        self.day += days
        at = NIGHT + timedelta(days=self.day)
        return self.notify(PlanEvent(f"r-{self.day}", at, plan, run, self.past))

    def refused(self, *faults: str) -> list[str]:
        """A run that could not be done."""
        self.day += 1
        at = NIGHT + timedelta(days=self.day)
        return self.notify(Refusal(f"n-{self.day}", at, tuple(Fault(each) for each in faults)))

    def notify(self, event: PlanEvent | Refusal) -> list[str]:
        return [*write(self.config, event), *deliver(self.config, event.at, self._pause)]

    def _pause(self, seconds: float) -> None:
        self.waited += seconds

    @property
    def came(self) -> list[tuple[str, str]]:
        """To whom, and the subject, of everything that arrived since the last question, in alphabetical order."""
        # Where a subject was folded before its first word, the blank of the fold stays.
        found = sorted((", ".join(to), str(message["Subject"]).strip()) for to, message in self.server.came)
        self.server.came.clear()
        return found


def site(folder: Path, server: MailServer, to: str, more: str = "", security: str = "none") -> Config:
    """A site file whose mails go to that server."""
    (folder / "m.yaml").write_text(MAPPING)
    (folder / "site.yaml").write_text(
        "site:\n  url: https://moodle.example.edu\n  token: {env: NEXSIS_TOKEN}\n  timezone: Europe/London\n"
        "mappings: m.yaml\nmail:\n"
        f"  host: localhost\n  port: {server.port}\n  security: {security}\n  from: Moodle sync <sync@inst.example>\n"
        f"  title: Spring 2027\n{more}  to: {to}\n",
        "utf-8",
    )
    return load(folder / "site.yaml")


def at_server(office: Office, port: int) -> Office:
    """The same with another mail server."""
    mail = office.config.mail
    assert mail is not None
    return replace(office, config=replace(office.config, mail=mail.model_copy(update={"port": port})))


def everything_in(message: EmailMessage) -> str:
    """Everything in a mail: headers, texts, the page, every cell and property of the workbook."""
    return "\n".join([*(f"{name}: {value}" for name, value in message.items()), *_parts(message)])


def _parts(message: EmailMessage) -> Iterator[str]:
    for part in message.walk():
        yield part.get_filename() or ""
        content = b"" if part.is_multipart() else part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if (part.get_filename() or "").endswith(".xlsx"):
            yield from cells(content)
        else:
            yield content.decode("utf-8", "replace")


def cells(book: bytes) -> Iterable[str]:
    """Every cell of a workbook, and the names of its tabs."""
    loaded = load_workbook(BytesIO(book))
    for tab in loaded.worksheets:
        yield tab.title
        yield from (str(cell) for row in tab.iter_rows(values_only=True) for cell in row if cell is not None)


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    """The plain text or the HTML."""
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    content: str = part.get_content()
    return content


def attached(message: EmailMessage) -> dict[str, bytes]:
    """The attached files, by the ending of their names."""
    return {
        str(part.get_filename()).rpartition(".")[2]: part.get_payload(decode=True)  # type: ignore[misc]
        for part in message.iter_attachments()
    }


@contextmanager
def no_server() -> Iterator[int]:
    """A port at which nothing answers, and nothing else will start to."""
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def mail_section(port: int, to: str, more: str = "") -> str:
    """The lines of a site file about a server on this machine, and about whom it notifies."""
    at = f"host: localhost, port: {port}, security: none"
    return f"mail: {{{at}, from: sync@inst.example, title: Autumn, {more}to: {to}}}\n"


def subjects(server: MailServer) -> list[tuple[str, str]]:
    """To whom, up to the @, and the subject, of everything that arrived since the last call, in alphabetical order."""
    found = sorted((to[0].partition("@")[0], str(message["Subject"]).strip()) for to, message in server.came)
    server.came.clear()
    return found
