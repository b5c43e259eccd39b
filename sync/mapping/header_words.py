"""How exports name what a mapping asks for, read from the file next to this one, and how well a header fits that."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final
from unicodedata import combining, normalize

EXACT: Final = 1.0
PARTIAL: Final = 0.7
"""How well a header fits that has words besides those looked for."""

LONG: Final = 5
"""Letters of a word that means the same with others in front of it: `email`, but not `id`."""

BESIDES: Final = 2
"""How many other words such a header may have."""

TERM: Final = "term"
"""The entry of a resource that names not a field but the column which makes a course's code unique."""

_HUMP: Final = re.compile(r"(?<=[a-z\d])(?=[A-Z])")
_WORD: Final = re.compile(r"[^\W_]+")

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldWords:
    """How headers name a field; `codes` are identifiers that are used again each term.

    Its values go through the step `then`. If there is no column, the rule of the field `otherwise` is used, or the
    field `at` in front of the institution's domain, or the value `constant`.
    """

    words: tuple[Words, ...] = ()
    codes: tuple[Words, ...] = ()
    then: str | None = None
    otherwise: str | None = None
    at: str | None = None
    constant: str | None = None

    def fit(self, header: str) -> float:
        """How well a header fits, from 0 to `EXACT`."""
        return max(_fit(words_of(header), self.words), EXACT * self.is_code(header))

    def is_code(self, header: str) -> bool:
        """Whether a header names an identifier that is used again each term."""
        return _fit(words_of(header), self.codes) == EXACT


@dataclass(frozen=True, slots=True)
class ResourceWords:
    """How exports name a resource: parts of file names, and the words of its fields."""

    files: tuple[str, ...]
    fields: Mapping[str, FieldWords]

    def names(self, file: str) -> bool:
        """Whether a file's name suggests this resource."""
        return any(part in file.casefold() for part in self.files)


@dataclass(frozen=True, slots=True)
class StatusWords:
    """How headers name a column that says which rows count, and which values say so by themselves or are likely to."""

    header: FieldWords
    counts: frozenset[str]
    left_out: frozenset[str]
    likely: frozenset[str] = field(default_factory=frozenset)


def words_of(name: str) -> Words:
    """The words of a header or a value, without case and accents: `SPRIDEN_LAST_NAME`, `lastName`."""
    plain = "".join(each for each in normalize("NFKD", _HUMP.sub(" ", name)) if not combining(each))
    return tuple(word.casefold() for word in _WORD.findall(plain))


@cache
def resource_words() -> Mapping[str, ResourceWords]:
    """The words of every resource that can be proposed, by its name."""
    known = _data()
    return {
        name: ResourceWords(
            tuple(entry["files"]),
            {field: _field(known, each) for field, each in entry.items() if isinstance(each, dict)},
        )
        for name, entry in known.items()
        if "files" in entry
    }


@cache
def status_words() -> StatusWords:
    """The words of a column that says which rows count."""
    known = _data()["status"]
    sets = (frozenset(_joined(known[name])) for name in ("counts", "left_out", "likely"))
    return StatusWords(FieldWords(_split(known["words"])), *sets)


@cache
def role_meanings() -> Mapping[str, str]:
    """By value, in lower case without blanks, the short name of the Moodle role that it is likely to mean."""
    return {value: role for role, values in _data()["role"].items() for value in _joined(values)}


def folded(value: str) -> str:
    """A value as the sets above have it."""
    return "".join(words_of(value))


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(files("sync.mapping").joinpath("header_words.toml").read_text("utf-8"))


def _field(known: Mapping[str, Any], entry: Mapping[str, Any]) -> FieldWords:
    if "like" in entry:
        resource, _, name = entry["like"].partition(".")
        entry = {key: known[resource][name].get(key, ()) for key in ("words", "codes")}
    words, codes = _split(entry.get("words", ())), _split(entry.get("codes", ()))
    return FieldWords(words, codes, entry.get("then"), entry.get("else"), entry.get("at"), entry.get("constant"))


def _split(texts: Iterable[str]) -> tuple[Words, ...]:
    return tuple(words_of(text) for text in texts)


def _joined(texts: Iterable[str]) -> list[str]:
    return ["".join(words) for words in _split(texts)]


def _fit(header: Words, known: Sequence[Words]) -> float:
    if any("".join(header) == "".join(words) for words in known):
        return EXACT
    return PARTIAL if any(_contains(header, words) for words in known) else 0.0


def _contains(header: Words, words: Words) -> bool:
    """Whether a header ends with some words, or begins with more than one."""
    if len(header) > len(words) + BESIDES:
        return False
    ends = header[-len(words) :] == words
    return (ends and len(words[0]) >= LONG) if len(words) == 1 else (ends or header[: len(words)] == words)
