"""Which shipped mappings some exports are made for, judged by what these mappings read: file names and columns."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sync.config.mappings import Mapping
from sync.config.sheet_selection import SheetChoice

MatchNames = Callable[[str, Collection[str]], Collection[str]]
"""Those of some file names that a pattern matches."""


class SheetName(NamedTuple):
    """A sheet of an inbox: its file, and its tab if that is a workbook."""

    file: str
    tab: str | None


@dataclass(frozen=True, slots=True)
class Recognised:
    """A collection of shipped mappings whose files are there: those of its mappings that can be used.

    `share` is how many of its mappings these are, from 0 to 1; `sheets` are all that they read, look-ups included;
    `instead` are collections that could read the same sheets.
    """

    name: str
    mappings: tuple[Mapping, ...]
    share: float
    uses: frozenset[tuple[SheetName, str]]
    instead: tuple[str, ...] = ()

    @property
    def sheets(self) -> frozenset[SheetName]:
        """The sheets it reads."""
        return frozenset(sheet for sheet, _ in self.uses)


def recognise(
    shipped: abc.Mapping[str, Sequence[Mapping]],
    columns: abc.Mapping[SheetName, Sequence[str]],
    matching: MatchNames,
    wish: str | None = None,
) -> list[Recognised]:
    """The collections that fit some sheets, each sheet read by one of them.

    One that reads less of the same sheets than another is not meant. Of several that could be, the one a person wishes
    for is taken, else the one of which most is there, else the first.
    """
    there = {sheet: {_folded(name) for name in names} for sheet, names in columns.items()}
    fits = [each for name, mappings in shipped.items() if (each := _fit(name, mappings, there, matching)).mappings]
    meant = [each for each in fits if each.name == wish or not any(each.uses < other.uses for other in fits)]
    chosen: list[Recognised] = []
    for each in sorted(meant, key=lambda each: (each.name != wish, -each.share)):
        if not any(each.sheets & other.sheets for other in chosen):
            instead = tuple(other.name for other in meant if other is not each and other.sheets & each.sheets)
            chosen.append(Recognised(each.name, each.mappings, each.share, each.uses, instead))
    return chosen


def _fit(
    name: str, mappings: Sequence[Mapping], there: abc.Mapping[SheetName, Collection[str]], matching: MatchNames
) -> Recognised:
    """What of a collection can be used."""
    used = {}
    for mapping in mappings:
        reads = [_reads(*each, there, matching) for each in (*mapping.sheets.items(), *mapping.manifests.items())]
        if all(reads):
            used[mapping.name] = (mapping, frozenset().union(*reads))
    uses = frozenset[tuple[SheetName, str]]().union(*(uses for _, uses in used.values()))
    return Recognised(name, tuple(mapping for mapping, _ in used.values()), len(used) / len(mappings), uses)


def _reads(
    choice: SheetChoice,
    needed: Sequence[str],
    there: abc.Mapping[SheetName, Collection[str]],
    matching: MatchNames,
) -> frozenset[tuple[SheetName, str]]:
    """The sheets and columns that a choice means; none if one of its files lacks a column, or there is no such file."""
    files = matching(choice.file, {sheet.file for sheet in there})
    meant = [sheet for sheet in there if sheet.file in files and choice.tab in (None, sheet.tab)]
    wanted = {_folded(name) for name in needed}
    if not all(wanted <= {*there[sheet]} for sheet in meant):
        return frozenset()
    return frozenset((sheet, column) for sheet in meant for column in wanted)


def _folded(name: str) -> str:
    """A header as it is compared when a sheet is read: without case and blanks."""
    return "".join(name.split()).casefold()
