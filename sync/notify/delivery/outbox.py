"""The outbox: a folder of letters that wait, readable by its owner alone."""

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


@dataclass(frozen=True, slots=True)
class Letter:
    """Something to be delivered. `id` is its own; `to` are mail addresses, those left that have not taken it."""

    id: str
    way: Way
    to: tuple[str, ...]
    written: datetime
    content: bytes


def keep(folder: Path, letter: Letter) -> None:
    """Write a letter down; durable when it returns. One of the same id takes its place. Raises OSError."""
    head = {"way": letter.way, "to": list(letter.to), "written": letter.written.isoformat()}
    write(folder / f"{letter.id}{ENDING}", orjson.dumps(head) + b"\n" + letter.content)


def waiting(folder: Path) -> list[Letter]:
    """All letters that wait, the oldest first."""
    letters = [_read(file) for file in sorted(folder.glob(f"*{ENDING}"))]
    return sorted((letter for letter in letters if letter), key=lambda letter: letter.written)


def strike(folder: Path, letter: Letter) -> None:
    """A letter was taken, or given up."""
    (folder / f"{letter.id}{ENDING}").unlink(missing_ok=True)


def without(folder: Path, letter: Letter, left: tuple[str, ...]) -> None:
    """Some of those a letter is for have taken it; it waits for those left."""
    keep(folder, replace(letter, to=left))


def secret_key(folder: Path) -> bytes:
    """The secret by which people are hidden: made once, kept beside the letters. Raises OSError."""
    file = folder / "pseudonyms.key"
    if not file.exists():
        write(file, secrets.token_bytes(32))
    return file.read_bytes()


def write(file: Path, content: bytes) -> None:
    """Whole or not at all, and still there after the power failed."""
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


def _read(file: Path) -> Letter | None:
    try:
        head, _, content = file.read_bytes().partition(b"\n")
    except FileNotFoundError:  # another process has just delivered it
        return None
    said = orjson.loads(head)
    return Letter(
        file.name.removesuffix(ENDING), said["way"], (*said["to"],), datetime.fromisoformat(said["written"]), content
    )
