"""A mapping and what it is read from."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field, replace

from sync.config.mappings import Mapping
from sync.config.sheet_selection import SheetChoice
from sync.model import Issue, Sheet


@dataclass(frozen=True, slots=True)
class Source:
    """A mapping, the sheets it reads, in order, and those its rules look into. Each has the columns it needs."""

    mapping: Mapping
    sheets: tuple[Sheet, ...]
    others: abc.Mapping[SheetChoice, tuple[Sheet, ...]] = field(default_factory=dict)


def with_issues(sources: abc.Sequence[Source], issues: abc.Sequence[Issue]) -> list[Source]:
    """The feeds, of which the first sheet bears issues that are of none of them too."""
    first = next((sheet for source in sources for sheet in source.sheets), None)
    if first is None or not issues:
        return [*sources]
    return exchanged(sources, {id(first): replace(first, issues=(*first.issues, *issues))})


def exchanged(sources: abc.Sequence[Source], sheets: abc.Mapping[int, Sheet]) -> list[Source]:
    """The feeds with other sheets in the place of some, which are told by their `id`: several feeds may share one."""

    def all_of(given: abc.Iterable[Sheet]) -> tuple[Sheet, ...]:
        return tuple(sheets.get(id(sheet), sheet) for sheet in given)

    return [
        replace(source, sheets=all_of(source.sheets), others={at: all_of(each) for at, each in source.others.items()})
        for source in sources
    ]
