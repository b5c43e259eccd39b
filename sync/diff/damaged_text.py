"""Text that lost its letters before it got here: where the undamaged value is known, it is kept.

damage("Bj?rn", "Björn")    # "lost"
damage("Björn", "Bj?rn")    # None: this way round, it is a correction
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from html import unescape
from typing import Any, Final
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import Field, Issue
from sync.model.index import Flags
from sync.model.issue_texts import Wording, wording
from sync.model.values import TEXT, arrow
from sync.model.written import nothing

LETTERS: Final = ("entities", "escapes", "lost", "accents", "garbled")
KINDS: Final = (*LETTERS, "nothing", "unsure", "guessed")
"""What a text may have suffered: variants of the issue `damaged-text`. `unsure`: it has marks of damage, or is from a
file in which others are damaged; `guessed`: its encoding is not certain."""

SEVERAL = 5
"""Number of values of a field that one file must have damaged before its other new values are not trusted either."""

Kinds = np.ndarray[Any, np.dtype[np.int8]]
"""For each row the position in `KINDS`, counted from 1; 0 where nothing is wrong."""

DAMAGED = "\ufffd|ï¿½|&(?:#[0-9]+|#x[0-9a-fA-F]+|[a-z]{2,8}|[A-Z][a-z]{2,7});"
"""What no undamaged text contains."""

MARKS = re.compile("(?:[?\ufffd]|ï¿½)+")
"""What programs write for letters they do not know; the last is the second one, decoded twice."""

BARE: Final = str.maketrans(
    {"Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "\u0131": "i", "ß": "ss", "Æ": "AE", "æ": "ae"}
    | {"Œ": "OE", "œ": "oe", "Þ": "Th", "þ": "th", "Ð": "D", "ð": "d", "\u2018": "'", "\u2019": "'"}
)
"""Letters that Unicode does not split into a plain letter and an accent, and apostrophes, each with the plain form in
which it is often written."""

WESTERN: Final = ("cp1252", "iso8859-1", "mac-roman", "cp850", "cp437")
"""What UTF-8 is taken for by mistake."""


def is_text(field: Field) -> bool:
    """Whether a field holds names or titles; in longer texts, which may be HTML, nothing looks wrong."""
    return field.strips_tags or field.kind == "path"


def damage_text(kind: int) -> Wording:
    """What is said of a kind of damage, by its number in `Kinds`."""
    return wording("damaged-text", KINDS[kind - 1])


def guessed_files(issues: Iterable[Issue]) -> frozenset[str]:
    """The files whose encoding is not certain."""
    return frozenset(issue.file for issue in issues if issue.code == "encoding-guessed" and issue.file)


def damages(given: pd.Series[Any], known: pd.Series[Any], files: pd.Series[Any], guessed: frozenset[str]) -> Kinds:
    """What values that differ from the known ones seem to have suffered; `guessed` are files of uncertain encoding."""
    texts, sound = arrow(given), arrow(known)
    kinds = np.zeros(len(given), dtype=np.int8)
    for n in np.flatnonzero(_odd(texts, sound)):
        found = damage(texts[n].as_py(), sound[n].as_py())
        kinds[n] = 0 if found is None else KINDS.index(found) + 1
    rest = (kinds == 0) & known.notna().to_numpy() & given.notna().to_numpy()
    if rest.any():
        damaged = files[(kinds > 0) & (kinds <= len(LETTERS))].value_counts()
        marked = _flags(pc.match_substring_regex(texts, DAMAGED)) & ~_flags(pc.match_substring_regex(sound, DAMAGED))
        marked |= files.isin(damaged.index[damaged >= SEVERAL]).to_numpy()
        unread = files.isin(guessed).to_numpy() & ~_flags(pc.string_is_ascii(texts))
        kinds[rest & unread] = KINDS.index("guessed") + 1
        kinds[rest & marked] = KINDS.index("unsure") + 1
    return kinds


def _odd(texts: pa.Array, sound: pa.Array) -> Flags:
    """Where a value must be looked at by itself: a new name in plain letters is nearly always just that."""
    plain = _flags(pc.and_(pc.string_is_ascii(texts), pc.string_is_ascii(sound)))
    there = _flags(pc.and_(pc.is_valid(texts), pc.is_valid(sound)))
    return there & (~plain | _flags(pc.match_substring_regex(texts, "[&%]")) | _flags(nothing(texts)))


def _flags(found: pa.Array) -> Flags:
    return np.asarray(pc.fill_null(found, False), dtype=bool)


def damage(given: str, known: str) -> str | None:
    """In which way a text is a damaged form of the known one; None if it is not, or is the same."""
    if not known.strip() or given.lower() == known.lower():
        return None
    if _is_nothing(given):
        return None if _is_nothing(known) else "nothing"
    if known in (unescape(given), unescape(unescape(given))):
        return "entities"
    if known in (unquote(given), unquote(given.replace("+", " "))):
        return "escapes"
    if known.isascii():
        return None
    if _lost(given, known):
        return "lost"
    if given in (_bare(known), _bare(known.translate(BARE))):
        return "accents"
    return "garbled" if _garbled(given, known) else None


def _is_nothing(text: str) -> bool:
    return bool(nothing(pa.array([text], TEXT))[0].as_py())


def _lost(given: str, known: str) -> bool:
    """Whether letters other than ASCII are missing, or have marks in their place."""
    if not MARKS.search(given):
        return given == "".join(filter(str.isascii, known))
    marks = MARKS.findall(given)
    parts = [re.escape(part) for part in MARKS.split(given)]
    # A letter may have left several marks, one for each of its bytes.
    runs = [f"[^\\x00-\\x7f]{{1,{len(mark)}}}" for mark in marks]
    return re.fullmatch("".join(part + run for part, run in zip(parts, [*runs, ""], strict=True)), known) is not None


def _bare(text: str) -> str:
    """A text without accents."""
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def _garbled(given: str, known: str) -> bool:
    """Whether it is the known text decoded twice, perhaps with what could not be decoded lost.

    Other encodings may have been mixed up as well, but then nothing says which of the two texts is right.
    """
    read = [known.encode().decode(encoding, "replace") for encoding in WESTERN]
    return any(given in (each, each.replace("\ufffd", "?"), each.replace("\ufffd", "")) for each in read)
