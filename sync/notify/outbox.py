"""The outbox: a folder of messages waiting until a mail server or a chat tool has accepted them.

A message is stored before it is sent and removed once it has been accepted, so a process that dies loses none. If it
dies in between, the message is sent twice, with the same Message-ID: better twice than never. The folder is readable
only by its owner.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
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


def waiting(folder: Path, way: Way) -> dict[Path, datetime]:
    """By their files, when the messages that wait for a channel were written; the oldest first."""
    heads = {file: _head(file) for file in sorted(folder.glob(f"*{ENDING}"))}
    found = {file: head.written for file, head in heads.items() if head is not None and head.way == way}
    return dict(sorted(found.items(), key=lambda each: each[1]))


def opened(files: Iterable[Path]) -> Iterator[Message]:
    """Messages by their files, one after another: with what is attached, all of them may not fit into memory."""
    for file in files:
        with suppress(FileNotFoundError):  # another process has just delivered it
            yield _read(file)


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


def _head(file: Path) -> Message | None:
    """A message without its content, if it is still there."""
    try:
        with file.open("rb") as stream:
            return _message(file, stream.readline(), b"")
    except FileNotFoundError:
        return None


def _read(file: Path) -> Message:
    head, _, content = file.read_bytes().partition(b"\n")
    return _message(file, head, content)


def _message(file: Path, head: bytes, content: bytes) -> Message:
    said = orjson.loads(head)
    return Message(
        file.name.removesuffix(ENDING), said["way"], (*said["to"],), datetime.fromisoformat(said["written"]), content
    )
