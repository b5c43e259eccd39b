"""People who have been forgotten: whom a stored text is about, and how they are recognised if they come back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import orjson

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from sync.model.catalogue import Conventions

SIZE: Final = 16
"""Bytes of a tombstone."""

LONG: Final = 6
"""Characters of the shortest text that means its person wherever it stands by itself."""

WHOLE: Final = 5
"""Characters of the shortest one that means them as a whole cell. Letters alone may be a name, four digits a year."""

COMMON: Final = frozenset({"active", "inactive", "suspended", "deleted", "enrolled", "withdrawn", "graduated"})
"""Words of statuses; whoever has one as a username is not meant by it."""


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

    alone:       texts that mean them wherever they stand by themselves: long ones and email addresses
    whole:       texts that mean them only as a whole cell
    vague:       texts that are theirs, but may as well be anything else
    together:    for each name they have had, its parts; a record that has all parts of one is about them
    identifiers: as the site compares them; with `exact`, capitals count
    """

    alone: Collection[str]
    whole: Collection[str] = ()
    vague: Collection[str] = ()
    together: Collection[tuple[str, ...]] = ()
    identifiers: Collection[str] = ()
    exact: bool = False

    @cached_property
    def unnamed(self) -> Mentions:
        """The same without names, for texts in which the parts of a name may belong to two people."""
        return replace(self, together=())

    @cached_property
    def addressed(self) -> Mentions:
        """The same by email address alone, for records of which it is known whose they are."""
        return Mentions([text for text in self.alone if "@" in text])

    @cached_property
    def possible(self) -> Mentions:
        """What may be theirs, or somebody else's."""
        return replace(self.unnamed, alone=(*self.alone, *self.whole, *self.vague))

    def is_theirs(self, value: str) -> bool:
        """Whether a value is one of their identifiers."""
        return (value if self.exact else value.casefold()) in self.identifiers

    def perhaps_in(self, text: str) -> bool:
        """Whether it pays to look into a text more closely."""
        folded = text if self.exact else text.casefold()
        return any(each in folded for each in self.identifiers) or self.within(text)

    def within(self, text: str) -> bool:
        """Whether a record, a message or a cell mentions the person."""
        if any(pattern.search(text) for pattern in self._patterns):
            return True
        return any(all(part.search(text) for part in name) for name in self._together)

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        flags = re.NOFLAG if self.exact else re.IGNORECASE
        addresses = [text for text in self.alone if "@" in text]
        others = [text for text in self.alone if "@" not in text]
        return [
            *_any_of(addresses, r"(?<![\w.+-])", r"(?![.-]?\w)", re.IGNORECASE),
            *_any_of(others, r"(?<![\w@])(?<!\w[-.@/:])", r"(?![-.@/:]?\w)", flags),
            *_any_of(self.whole, rf"(?<!{_INSIDE}) *", rf" *(?!{_INSIDE})", flags),
        ]

    @cached_property
    def _together(self) -> list[list[re.Pattern[str]]]:
        return [
            [re.compile(rf"(?<!\w){re.escape(part)}(?!\w)", re.IGNORECASE) for part in name] for name in self.together
        ]


_INSIDE: Final = r"""[^\x00-\x1f,;|"<>\ufeff]"""
"""What does not end a cell, a JSON value or the text of an element."""


def _any_of(texts: Collection[str], before: str, after: str, flags: re.RegexFlag) -> Iterator[re.Pattern[str]]:
    """Any of these texts between what may stand around it; a number written without zeros may have any before it."""
    if texts:
        each = (f"0*{text}" if text.isdecimal() and text[0] != "0" else re.escape(text) for text in texts)
        yield re.compile(f"{before}(?:{'|'.join(each)}){after}", flags)


def mentions(
    identifiers: Sequence[str], values: Iterable[str], names: Iterable[tuple[str, ...]], conventions: Conventions
) -> Mentions:
    """How a person with these identifiers, values that are theirs alone, and names is recognised, in JSON too.

    A role, a status, a part of a name or what is short may be found in texts about anybody. A number that is long only
    because of its leading zeros counts as long where it is written with them, and as short where it has lost them.
    """
    exact = conventions.identifiers == "exact"
    known = {text.strip() for text in identifiers}
    full = {name for name in names if len(name) > 1 and all(name)}
    words = {word.casefold() for word in chain(COMMON, *conventions.roles, *full)}
    sorts: dict[str, set[str]] = {"alone": set(), "whole": set(), "vague": set()}
    texts = {*filter(None, (*known, *values))}
    for text in texts | {text.lstrip("0") or "0" for text in texts if text.isdecimal()}:
        sorts[_certainty(text, words)] |= {text, orjson.dumps(text).decode()[1:-1]}
    folded = known if exact else {text.casefold() for text in known}
    return Mentions(**sorts, together=full, identifiers=folded, exact=exact)


def _certainty(text: str, common: Collection[str]) -> Literal["alone", "whole", "vague"]:
    """Where a text that is a person's means them: anywhere, as a whole cell, or nowhere for certain."""
    if "@" in text:
        return "alone"
    if text.casefold() in common or len(text) < WHOLE or (len(text) < LONG and text.isalpha()):
        return "vague"
    return "alone" if len(text) >= LONG else "whole"
