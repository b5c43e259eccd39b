"""People who have been forgotten: whom a stored text is about, and how they are recognised if they come back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SIZE: Final = 16
"""Bytes of a tombstone."""

LETTERS: Final = 2
DIGITS: Final = 4
"""The shortest texts by which a person is recognised in others, and the shortest numbers."""


@dataclass(frozen=True)
class Tombstones:
    """What is left of people who have been forgotten: keyed hashes of their identifiers.

    Whoever has the store can check whether an identifier they know is that of such a person, but cannot list them.
    `hashes` are in hexadecimal digits.
    """

    key: bytes
    hashes: frozenset[str] = frozenset()

    def of(self, resource: str, match: str) -> str:
        """The tombstone of one object, by its folded key."""
        return blake2b(f"{resource}\x1f{match}".encode(), key=self.key, digest_size=SIZE).hexdigest()

    def flags(self, resource: str, folded: pd.Series[Any]) -> NDArray[np.bool_]:
        """Which folded identifiers of a column are those of somebody who has been forgotten."""
        codes, known = folded.factorize()
        there = np.array([self.of(resource, str(each)) in self.hashes for each in known] + [False], dtype=bool)
        flags: NDArray[np.bool_] = there[codes]
        return flags


@dataclass(frozen=True)
class Mentions:
    """How a person is recognised in text that others have written.

    alone:       texts that are theirs alone: identifiers, usernames, email addresses
    together:    for each name they have had, its parts; a record that has all parts of one is about them
    identifiers: in small letters
    """

    alone: Collection[str]
    together: Collection[tuple[str, ...]] = ()
    identifiers: Collection[str] = ()

    def is_theirs(self, value: str) -> bool:
        """Whether a value is one of their identifiers."""
        return value.casefold() in self.identifiers

    def perhaps_in(self, text: str) -> bool:
        """Whether it pays to look into a text more closely."""
        folded = text.casefold()
        return any(each in folded for each in self.identifiers) or self.within(text)

    def within(self, text: str) -> bool:
        """Whether a record, a message or a cell mentions the person."""
        if self._alone and self._alone.search(text):
            return True
        return any(all(part.search(text) for part in name) for name in self._together)

    @cached_property
    def _alone(self) -> re.Pattern[str] | None:
        return _any_of(self.alone)

    @cached_property
    def _together(self) -> list[list[re.Pattern[str]]]:
        return [[re.compile(_word(part), re.IGNORECASE) for part in name] for name in self.together]


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    each = [_word(text) for text in sorted(texts, key=len, reverse=True)]
    return re.compile("|".join(each), re.IGNORECASE) if each else None


def _word(text: str) -> str:
    """A text where no letter or digit touches it; a number with any zeros before it."""
    number = text.isdecimal()
    written = f"0*{text.lstrip('0') or '0'}" if number else re.escape(text)
    return rf"(?<!\w){written}(?!\w)"


def mentions(identifiers: Sequence[str], values: Iterable[str], names: Iterable[tuple[str, ...]]) -> Mentions:
    """How a person with these identifiers, values that are theirs alone, and names is recognised, in JSON too.

    What is so short that it is found in every other text counts only where it is known to be an identifier.
    """
    known = {text.strip() for text in identifiers}
    alone = {text for text in (*known, *values) if len(text) >= (DIGITS if text.isdecimal() else LETTERS)}
    escaped = {orjson.dumps(text).decode()[1:-1] for text in alone}
    whole = {name for name in names if len(name) > 1 and all(name)}
    return Mentions(alone | escaped, whole, {text.casefold() for text in known})
