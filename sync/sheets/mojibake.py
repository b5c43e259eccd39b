"""Text that was decoded wrongly before it came here: `GarcÃ­a`, `Garc�a`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from sync.model import Severity

LOST = "\ufffd"


def _read_as_western(byte: int) -> str:
    # Windows-1252 leaves five bytes undefined; programs that write this damage pass them through.
    return bytes([byte]).decode("cp1252", "replace").replace(LOST, chr(byte))


_HIGH = range(0x80, 0x100)
_BYTES = {chr(byte): byte for byte in _HIGH} | {_read_as_western(byte): byte for byte in _HIGH}
_NEXT = "".join(sorted(char for char, byte in _BYTES.items() if byte < 0xC0))
# After Ä and Å these may well stand in sound text: closing quotes, dashes, the sign of a registered name.
_PLAIN = "".join(char for char in _NEXT if char not in "\u2019\u201d\u2013\u2014\xbb\xae")

TWICE = rf"[ÃÂ][{_NEXT}]|[ÄÅ][{_PLAIN}]|â€[{_NEXT}]|(?:[ÎÏÐÑØÙ\xd7][{_NEXT}]){{2,}}"
"""UTF-8 bytes read as Windows-1252: European letters, punctuation, runs of Greek, Cyrillic, Hebrew, Arabic."""


class Damage(NamedTuple):
    """A kind of damaged text: how it is found, how an issue tells it, and whether the text is of use still.

    Wherever the pattern matches, one of the `signs` is.
    """

    signs: tuple[str, ...]
    pattern: str
    code: str
    severity: Severity
    says: Callable[[str], str]
    hint: str
    usable: bool


def mended(text: str) -> str:
    """What the text was before it was decoded twice."""
    return re.sub(TWICE, lambda found: bytes(_BYTES[char] for char in found[0]).decode("utf-8", "replace"), text)


KINDS = (
    Damage(
        (LOST,),
        LOST,
        "lost-character",
        "warning",
        lambda text: f"`{text}` has lost characters: a program before this one could not read them",
        "Export it again in UTF-8, or correct it in the SIS if it is so there.",
        usable=True,
    ),
    Damage(
        (*"ÃÂÄÅÎÏÐÑØÙ\xd7", "â€"),
        TWICE,
        "decoded-twice",
        "error",
        lambda text: f"`{text}` was decoded twice; most likely it is `{mended(text)}`",
        "A program before this one read UTF-8 as Windows-1252: mend the export, or correct it in the SIS.",
        usable=False,
    ),
)
