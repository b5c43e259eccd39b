"""An email as it is sent: HTML and plain text, files attached, and headers that nothing can be injected into."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Final

from sync.report.phrasing import safe

KINDS: Final = {
    "html": ("text", "html"),
    "xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class _Policy(EmailPolicy):
    """The usual policy, but no header begins with an empty line: not every mail program reads on below it."""

    def fold_binary(self, name: str, value: str) -> bytes:
        folded = super().fold_binary(name, value)
        head = f"{name}:".encode()
        if not folded.startswith(head + b"\r\n "):
            return folded
        line = head + folded.removeprefix(head + b"\r\n")
        at = line.rfind(b" ", len(head), self.max_line_length)
        return line[:at] + b"\r\n" + line[at:]


POLICY: Final = _Policy() + SMTP


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to attach; the ending of its name says what it is."""

    name: str
    content: bytes

    @property
    def ending(self) -> str:
        """`html` or `xlsx`."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom about which site. `id` is the mail's own: the same mail sent again has the same one."""

    id: str
    sender: str
    to: tuple[str, ...]
    site: str
    at: datetime


def message(envelope: Envelope, subject: str, text: str, html: str, files: Sequence[Attachment] = ()) -> EmailMessage:
    """The mail, by RFC 5322. All mails about a site form one thread, and have one List-Id."""
    name, address = parseaddr(envelope.sender)
    domain = address.rpartition("@")[2]
    thread = f"<nexsis-sync.{_digest(envelope.site)}@{domain}>"
    mail = EmailMessage(policy=POLICY)
    mail["From"] = Address(safe(name), addr_spec=address)
    mail["To"] = [Address(addr_spec=each) for each in envelope.to]
    mail["Subject"] = safe(subject)
    mail["Date"] = format_datetime(envelope.at)
    mail["Message-ID"] = f"<{envelope.id}.{_digest(*envelope.to)}@{domain}>"
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    mail["List-Id"] = f"<{_digest(envelope.site)}.nexsis-sync.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    # Quoted, so that no server on the way needs to accept lines of more than ASCII.
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    for file in files:
        maintype, subtype = KINDS[file.ending]
        mail.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=file.name)
    return mail


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
