"""Removes a person's records from files that other programs have written: exports, reports and logs.

A text file loses the records that mention the person. Any other file that does so is removed, since it cannot be
rewritten without its program. A set that has lost anything is never planned again.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, Literal

from sync.inbox.files import COPY, PRIVATE, flush
from sync.model.forgetting import Mentions

ERASED: Final = ".erased"
"""The hidden file in the folder of a set from which somebody was erased."""

DEPTH: Final = 3
"""How many levels of nested archives are opened."""

LARGEST: Final = 1 << 28
"""Bytes of the largest unpacked file that is searched; a larger one counts as mentioning anybody."""

LONGEST: Final = 50
"""Lines of the longest record; more between two quotes are not one."""

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_UTF16: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_PAGE: Final = (b"<", b"\xef\xbb\xbf<")
_CLOSED: Final = re.compile(
    r"""(?: (?<![^\t\r\n,;|\ufeff])"(?:[^"]|"")*+"  # a cell in quotes
          | [^"]
          | (?<=[^\t\r\n,;|\ufeff])"               # a quote within a cell
        )*+""",
    re.VERBOSE,
)
"""Records whose quotes are closed; a quote opens only at the start of a cell."""

Fate = Literal["untouched", "records", "file"]
"""What becomes of a file: nothing, it loses records, or it is removed."""


def mentions(content: bytes, who: Mentions, depth: int = DEPTH) -> bool:
    """Whether the contents of a file, packed or not, may mention a person: what is packed too deep to see may."""
    if content.startswith((_GZIP, _ZIP)):
        # What is packed is XML or another file, where a name's parts may be far apart or belong to two people.
        inside = _unpacked(content) if depth else iter([None])
        return any(each is None or mentions(each, who.unnamed, depth - 1) for each in inside)
    if b"\0" in content and not content.startswith((*_UTF16,)):
        # The texts of older workbooks take two bytes a letter.
        content = content.replace(b"\0", b"")
    return any(who.within(line) for line in io.StringIO(_decoded(content)[0]))


def fate(content: bytes, who: Mentions, rows: Collection[int] | None = None) -> Fate:
    """What is to become of a file.

    `rows` are lines where records are known to be about the person, None for a file that no mapping reads. One that a
    mapping reads is judged by them, and by the person's email address.
    """
    if not _is_text(content):
        return "file" if rows or mentions(content, _judging(who, rows)) else "untouched"
    return "records" if without(content, who, rows) != content else "untouched"


def without(content: bytes, who: Mentions, rows: Collection[int] | None = None) -> bytes:
    """A text file, perhaps compressed, without the records that mention a person or begin on these lines."""
    text, encoding = _decoded(_plain(content) or b"")
    kept = _kept(text, who, rows)
    if sum(map(len, kept)) == len(text):
        return content
    cleaned = "".join(kept).encode(encoding)
    return gzip.compress(cleaned) if content.startswith(_GZIP) else cleaned


def possible(content: bytes, who: Mentions, rows: Collection[int] | None = None) -> int:
    """How many records stay in a file although they contain what is the person's, or else somebody's."""
    if not _is_text(content):
        return int(fate(content, who, rows) == "untouched" and mentions(content, who.possible))
    return sum(map(who.possible.within, _kept(_decoded(_plain(content) or b"")[0], who, rows)))


def _kept(text: str, who: Mentions, rows: Collection[int] | None) -> list[str]:
    known, judging = frozenset(rows or ()), _judging(who, rows)
    return [each for lines, each in _records(text, known) if known.isdisjoint(lines) and not judging.within(each)]


def _judging(who: Mentions, rows: Collection[int] | None) -> Mentions:
    return who if rows is None else who.addressed


def _is_text(content: bytes) -> bool:
    """Whether a file consists of records, and is not a page, an archive or another program's own format."""
    plain = _plain(content)
    if plain is None or plain.lstrip().startswith(_PAGE):
        return False
    return b"\0" not in plain or plain.startswith((*_UTF16,))


def replace(path: Path, content: bytes) -> None:
    """Replace a file in one step, with its time of change; readable only by its owner. Raises OSError."""
    before = path.stat()
    part = path.with_name(COPY)
    part.touch(mode=PRIVATE)
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
    part.replace(path)
    flush(path.parent)


def _plain(content: bytes) -> bytes | None:
    """What a compressed file contains, and any other one as it is; None for an archive, or what cannot be unpacked."""
    if content.startswith(_ZIP):
        return None
    return next(_unpacked(content)) if content.startswith(_GZIP) else content


def _unpacked(content: bytes) -> Iterator[bytes | None]:
    """What an archive holds; None in place of what is too large, damaged or protected."""
    try:
        if content.startswith(_GZIP):
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
                yield _bounded(stream.read(LARGEST + 1))
            return
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            for part in parts.infolist():
                with parts.open(part) as stream:
                    yield _bounded(stream.read(LARGEST + 1))
    except (OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zlib.error, zipfile.BadZipFile):
        yield None


def _bounded(content: bytes) -> bytes | None:
    return content if len(content) <= LARGEST else None


def _decoded(content: bytes) -> tuple[str, str]:
    """A text, and the encoding that gives its bytes again."""
    encoding = _UTF16.get(content[:2], "utf-8")
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def _records(text: str, known: Collection[int]) -> Iterator[tuple[range, str]]:
    """The records of a text, each with its lines, counted from 1: one, or several while a cell's quotes are open.

    A new one begins on each `known` line.
    """
    begun, lines = 1, list[str]()
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if number in known:
            yield from _singly(lines, begun)
            lines.clear()
        begun = begun if lines else number
        lines.append(line)
        if _CLOSED.fullmatch("".join(lines)):
            yield range(begun, number + 1), "".join(lines)
            lines.clear()
        elif len(lines) > LONGEST:
            yield from _singly(lines, begun)
            lines.clear()
    yield from _singly(lines, begun)


def _singly(lines: list[str], begun: int) -> Iterator[tuple[range, str]]:
    return ((range(number, number + 1), line) for number, line in enumerate(lines, start=begun))
