"""The outbox: a folder of messages waiting until a mail server or a chat tool has accepted them.

A message is stored before it is sent and removed once it has been accepted, so a process that dies loses none. If it
dies in between, the message is sent twice, with the same Message-ID: better twice than never. The folder is readable
only by its owner.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import orjson

Way = Literal["mail", "webhook"]

ENDING: Final = ".letter"
"""How the names of messages end."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be delivered. `id` is its own; `to` are the mail addresses that have not got it yet."""

    id: str
    way: Way
    to: tuple[str, ...]
    written: datetime
    content: bytes


def keep(folder: Path, message: Message) -> None:
    """Store a message; durable when it returns. It replaces one with the same id. Raises OSError."""
    head = {"way": message.way, "to": list(message.to), "written": message.written.isoformat()}
    write(folder / f"{message.id}{ENDING}", orjson.dumps(head) + b"\n" + message.content)


def waiting(folder: Path) -> list[Message]:
    """All messages that wait, the oldest first."""
    messages = [_read(file) for file in sorted(folder.glob(f"*{ENDING}"))]
    return sorted((message for message in messages if message), key=lambda message: message.written)


def strike(folder: Path, message: Message) -> None:
    """Remove a message: it was accepted, or given up."""
    (folder / f"{message.id}{ENDING}").unlink(missing_ok=True)


def without(folder: Path, message: Message, left: tuple[str, ...]) -> None:
    """Some recipients have got the message; it is kept for the others, unless it has been removed in the meantime."""
    if (folder / f"{message.id}{ENDING}").exists():
        keep(folder, replace(message, to=left))


def secret_key(folder: Path) -> bytes:
    """The secret for pseudonyms: made once, kept next to the messages. Raises OSError."""
    file = folder / "pseudonyms.key"
    if not file.exists():
        write(file, secrets.token_bytes(32))
    return file.read_bytes()


def write(file: Path, content: bytes) -> None:
    """Write a file completely or not at all, so that it survives a power failure."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)


def _read(file: Path) -> Message | None:
    try:
        head, _, content = file.read_bytes().partition(b"\n")
    except FileNotFoundError:  # another process has just delivered it
        return None
    said = orjson.loads(head)
    return Message(
        file.name.removesuffix(ENDING), said["way"], (*said["to"],), datetime.fromisoformat(said["written"]), content
    )
