"""Which old encoding, with one byte for each character, a file has: the one in which its words look like words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from sync.errors import Fault, SheetError

CANDIDATES = ("cp1252", "cp1250", "iso8859-2", "cp1251", "cp1253", "cp1254", "cp850", "cp437", "koi8-r")
"""By how common they are. In ISO 8859-1 and -15, whatever has another meaning than in Windows-1252 is rare."""

WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
WORDS = 2000
ALLOWED = frozenset(
    b"\x80\x82\x84\x85\x91\x92\x93\x94\x95\x96\x97\x99\xa0\xa3\xa7\xa9\xaa\xab\xae\xb0\xb7\xba\xbb".decode("cp1252")
)
"""Signs that may be next to letters: quotes, dashes, degrees, trade marks."""

SHOWN = 4
ACCENTS = re.compile(r"[^\W\d_a-zA-Z]{3,}")


class EncodingGuess(NamedTuple):
    """An encoding, a word that shows it, the byte at which that begins, and how others would read the same word."""

    encoding: str
    example: str
    at: int
    others: tuple[tuple[str, str], ...]


def guess(data: bytes, name: str, candidates: Sequence[str]) -> EncodingGuess:
    """The one of these encodings in which the fewest words look odd; the first if it is as good as any.

    Raises SheetError, with the readings, if several of the others do equally well and read different words, or if even
    in the best one most words look odd.
    """
    high = bytes(set(data.translate(None, bytes(range(0x80)))))
    found = list(islice(WORD.finditer(data), WORDS))
    words = list(dict.fromkeys(match[0] for match in found))
    odd = {each: sum(_odd(word.decode(each)) for word in words) for each in candidates if _has_all(each, high)}
    best = [each for each in odd if odd[each] == min(odd.values())]
    readings = {tuple(word.decode(each) for word in words): each for each in reversed(best)}
    rivals = [each for each in best if each in readings.values()]
    # The word that the most encodings read differently shows best what the choice means.
    at = max(found, key=lambda match: len({match[0].decode(each) for each in rivals}))
    shown = [(each, at[0].decode(each)) for each in rivals]
    unclear = rivals[0] != candidates[0] and len(rivals) > 1
    if unclear or 2 * odd[rivals[0]] > len(words):
        listed = ", ".join(f"as {encoding} it has `{text}`" for encoding, text in shown[:SHOWN])
        hint = f"Set `encoding` in the mapping to what the export uses: {listed}."
        raise SheetError(Fault("the file is not UTF-8, and its encoding cannot be detected", name, hint))
    return EncodingGuess(*shown[0], at.start(), tuple(shown[1:SHOWN]))


def _has_all(encoding: str, high: bytes) -> bool:
    try:
        high.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _odd(word: str) -> bool:
    """Whether a word has signs within it, small letters before capitals, mixed scripts, or accents in a row."""
    letters = "".join(char if char not in ALLOWED else " " for char in word)
    if any(not char.isalpha() and char != " " for char in letters):
        return True
    return any(_odd_letters(part) for part in letters.split())


def _odd_letters(part: str) -> bool:
    scripts = {unicodedata.name(char, "?").split()[0] for char in part}
    if scripts == {"LATIN"} and ACCENTS.search(part):
        return True
    return len(scripts) > 1 or any(one.islower() and other.isupper() for one, other in pairwise(part))
