"""Which objects identifiers mean, and what is known of them without asking the site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from itertools import permutations
from typing import Any, Final

import pandas as pd

from sync.config.site import Config
from sync.mapping.lookups import Library
from sync.mapping.source import Source
from sync.mapping.tracing import KeyedRows, key_rows
from sync.model import Comparison, Conventions, Resource, Store
from sync.model.resources import CATALOGUE
from sync.model.values import fold, match_of, unpack
from sync.report.explanation.contents import Key

NEAR: Final = 5_000
"""Number of identifiers among which similar ones are looked for."""

MOST: Final = 5
"""Number of similar ones that are shown."""


def meant(words: Sequence[str]) -> list[tuple[Resource, Key]]:
    """The objects that identifiers may mean, people first: `S1`, `S1 C1`, or `enrolment userid=S1 courseid=C1`.

    Raises ValueError if a resource is named and its key is not given.
    """
    first, *rest = words
    if first in CATALOGUE and rest and all("=" in word for word in rest):
        resource = CATALOGUE[first]
        key = dict(word.split("=", 1) for word in rest)
        if set(key) != set(resource.key):
            raise ValueError(
                f"{first} needs all parts of its key: {first} {' '.join(f'{name}=...' for name in resource.key)}"
            )
        return [(resource, {name: key[name] for name in resource.key})]
    people = {each.story.who for each in CATALOGUE.values() if each.story}
    named = sorted(CATALOGUE.values(), key=lambda each: not people & set(each.key))
    return [
        (resource, dict(zip(resource.key, order, strict=True)))
        for resource in named
        if len(resource.key) == len(words)
        for order in dict.fromkeys(permutations(words))
    ]


@dataclass(frozen=True)
class Files:
    """The sheets and mappings, each loaded when it is first needed."""

    config: Config
    sources: Sequence[Source]
    _keyed: dict[str, list[KeyedRows]] = field(default_factory=dict)

    @property
    def conventions(self) -> Conventions:
        """What decides equality."""
        return self.config.conventions

    @cached_property
    def library(self) -> Library:
        """The sheets that rules look values up in."""
        return Library({choice: sheets for source in self.sources for choice, sheets in source.others.items()})

    def keyed(self, resource: Resource) -> list[KeyedRows]:
        """The rows of all sources of a resource, with their keys."""
        if resource.name not in self._keyed:
            own = (source for source in self.sources if source.mapping.resource == resource.name)
            self._keyed[resource.name] = [key_rows(resource, source, self.conventions, self.library) for source in own]
        return self._keyed[resource.name]

    def count(self, resource: Resource, key: Key) -> int:
        """How many rows have this key, or this part of one."""
        return sum(int(each.with_key(key, self.conventions).sum()) for each in self.keyed(resource))


def near(files: Files, store: Store, words: Sequence[str]) -> list[str]:
    """Identifiers that were perhaps meant: those in sheets and ledger that are most similar to the unknown ones."""
    found = dict[str, None]()
    resources = {resource.name: resource for resource, _ in meant(words)}
    columns = [
        (part, of.fields[part.name].texts.dropna())
        for each in resources.values()
        for of in files.keyed(each)
        for part in each.keys
    ]
    columns += [
        (each.keys[0], unpack(store.ledger(each.name)["key"], each.key)[each.key[0]])
        for each in resources.values()
        if len(each.key) == 1
    ]
    for word in (word.partition("=")[2] or word for word in words):
        for part, column in columns:
            folded = folded_text(word, files.conventions, part.compares)
            texts = column[_alike(column, word)].drop_duplicates().head(NEAR)
            by_fold = dict(zip(fold(texts, files.conventions, part.compares), texts, strict=True))
            if folded not in by_fold:
                found |= dict.fromkeys(by_fold[each] for each in get_close_matches(folded, by_fold, n=3))
    return list(found)[:MOST]


def folded_text(text: str, conventions: Conventions, compares: Comparison = "by_conventions") -> str:
    """An identifier as the site compares it."""
    return str(fold(pd.Series([text], dtype="str"), conventions, compares).iloc[0])


def _alike(column: pd.Series[Any], word: str) -> Any:
    """Which texts could be a typing error away: of similar length, and with the same beginning or end."""
    text, half = column.str.casefold(), max(1, len(word) // 2)
    length = (column.str.len() - len(word)).abs() <= 2
    return length & (text.str.startswith(word[:half].casefold()) | text.str.endswith(word[-half:].casefold()))


def match_text(resource: Resource, key: Key, conventions: Conventions) -> str:
    """The key as one folded text."""
    return str(match_of(pd.DataFrame([dict(key)], dtype="str"), resource.keys, conventions).iloc[0])
