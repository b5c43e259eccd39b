"""Which encoding a file has, by the words that are known already: people's names, titles of courses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

Known = Callable[[], frozenset[str]]
"""The words that are known, as `words` gives them; asked only if a file is not in UTF-8."""

ENCODINGS: Final = (
    *("cp1252", "iso8859-15", "cp1250", "iso8859-2", "cp1251", "koi8-r", "cp1253", "cp1254", "iso8859-9", "cp1255"),
    *("cp1256", "cp1257", "cp1258", "mac-roman", "cp850", "cp437", "cp932", "gb18030", "big5", "euc-kr"),
)
"""By how common they are. ISO 8859-1 is part of Windows-1252, as far as it has letters."""

WORD = re.compile(r"[^\W\d_]*[^\W\d_\x00-\x7f][^\W\d_]*")
LINE = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
LINES = 5000
"""Number of lines that are looked at, of those that are not ASCII."""

FEW = 3
"""With fewer known words, evidence is too thin to rely on."""


def nothing_known() -> frozenset[str]:
    """No words."""
    return frozenset()


def words(texts: Iterable[str]) -> frozenset[str]:
    """The words of texts that are not ASCII: others are the same in each of the encodings."""
    return frozenset(word for text in texts for word in WORD.findall(unicodedata.normalize("NFC", text)))


def by_known_words(data: bytes, known: Known) -> tuple[str, ...]:
    """The encodings in which most words are known ones, each of which reads some word differently; none if few are."""
    lines = b"\n".join(match[0] for match in islice(LINE.finditer(data), LINES))
    readings: dict[frozenset[str], str] = {}
    for encoding in ENCODINGS:
        try:
            readings.setdefault(words([lines.decode(encoding)]), encoding)
        except UnicodeDecodeError:
            continue
    there = known()
    most = max((len(reading & there) for reading in readings), default=0)
    if most < FEW:
        return ()
    return tuple(encoding for reading, encoding in readings.items() if len(reading & there) == most)
