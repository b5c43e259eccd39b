"""What has been in the outbox for a long time, and the messages and lines there that mention a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Final

from sync.notify.delivery_log import FILES, OWED
from sync.notify.outbox import ENDING, Message, opened

PATTERNS: Final = (f"*{ENDING}", f"*{OWED}", FILES)
"""What is in the outbox besides the key of pseudonyms."""


def old_entries(folder: Path, before: datetime) -> Iterator[Path]:
    """Messages, reminders of runs and months of the delivery log that were last written before a time."""
    for pattern in PATTERNS:
        yield from older(sorted(folder.glob(pattern)), before)


def older(paths: Iterable[Path], before: datetime) -> Iterator[Path]:
    """Those files that were last written before a time; one that vanishes meanwhile is none of them."""
    for path in paths:
        with suppress(FileNotFoundError):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                yield path


def naming(folder: Path, mentions: Callable[[bytes], bool]) -> list[Path]:
    """The messages in which somebody is mentioned, in their text or in what is attached."""
    return [
        folder / f"{message.id}{ENDING}"
        for message in opened(sorted(folder.glob(f"*{ENDING}")))
        if any(mentions(part) for part in _parts(message))
    ]


def logs(folder: Path) -> list[Path]:
    """The delivery log, a file for each month."""
    return sorted(folder.glob(FILES))


def _parts(message: Message) -> Iterator[bytes]:
    """A message as it was written, and the parts of an email as its reader sees them."""
    yield message.content
    if message.way == "mail":
        for part in message_from_bytes(message.content, policy=default).walk():
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield content
