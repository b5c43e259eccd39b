"""Which shipped mappings some exports are made for, judged by what these mappings read: columns, then file names.

Columns decide. Files with other names are recognised by columns that only their format has; and plain columns such as
`username`, in a file that has the right name, prove nothing if its other columns make a better mapping.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sync.config.mappings import Mapping
from sync.config.sheet_selection import SheetChoice
from sync.mapping.header_words import EXACT, resource_words, status_words
from sync.mapping.proposal import Proposal

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
    `instead` are collections that could read the same sheets. `renamed` has, by mapping, the sheet that it means though
    the file has another name than it expects.
    """

    name: str
    mappings: tuple[Mapping, ...]
    share: float
    uses: frozenset[tuple[SheetName, str]]
    instead: tuple[str, ...] = ()
    renamed: abc.Mapping[str, SheetName] = field(default_factory=dict)

    @property
    def sheets(self) -> frozenset[SheetName]:
        """The sheets it reads."""
        return frozenset(sheet for sheet, _ in self.uses)


def recognise(
    shipped: abc.Mapping[str, Sequence[Mapping]],
    columns: abc.Mapping[SheetName, Sequence[str]],
    matching: MatchNames,
    wish: str | None = None,
    proposals: abc.Mapping[SheetName, Proposal] | None = None,
) -> list[Recognised]:
    """The collections that fit some sheets, each sheet read by one of them.

    One that makes less of a sheet than what is proposed for it is not meant, unless a person wishes for it. Nor is one
    that reads less of the same sheets than another. Of several that could be, the one a person wishes for is taken,
    else the one of which most is there, else the first.
    """
    there = {sheet: {_folded(name) for name in names} for sheet, names in columns.items()}
    fits = [each for name, mappings in shipped.items() if (each := _fit(name, mappings, there, matching)).mappings]
    fits = [each for each in fits if each.name == wish or not _outdone(each, proposals or {}, matching)]
    meant = [each for each in fits if each.name == wish or not any(each.uses < other.uses for other in fits)]
    chosen: list[Recognised] = []
    for each in sorted(meant, key=lambda each: (each.name != wish, -each.share)):
        if not any(each.sheets & other.sheets for other in chosen):
            instead = tuple(other.name for other in meant if other is not each and other.sheets & each.sheets)
            chosen.append(replace(each, instead=instead))
    return chosen


def _outdone(each: Recognised, proposals: abc.Mapping[SheetName, Proposal], matching: MatchNames) -> bool:
    """Whether what is proposed for one of its sheets has all the columns that it reads there, and a key besides."""
    for mapping in each.mappings:
        for sheet in each.sheets & proposals.keys():
            main = next((one for one in proposals[sheet].candidates if one.resource.name == mapping.resource), None)
            if main is None or not matching(mapping.sheet.file, [sheet.file]):
                continue
            read = {column for one, column in each.uses if one == sheet}
            key = {_folded(name) for name in main.key}
            proposed = {_folded(name) for guess in main.guesses.values() for name in guess.columns}
            if read < proposed and not key <= read:
                return True
    return False


def _fit(
    name: str, mappings: Sequence[Mapping], there: abc.Mapping[SheetName, Collection[str]], matching: MatchNames
) -> Recognised:
    """What of a collection can be used."""
    used = {}
    renamed = {}
    for mapping in mappings:
        reads = [_reads(*each, there, matching) for each in (*mapping.sheets.items(), *mapping.manifests.items())]
        if all(reads):
            used[mapping.name] = (mapping, frozenset().union(*reads))
        elif len(reads) == 1 and (sheet := _by_columns(mapping, there, matching)):
            (columns,) = mapping.sheets.values()
            used[mapping.name] = (mapping, frozenset((sheet, _folded(column)) for column in columns))
            renamed[mapping.name] = sheet
    uses = frozenset[tuple[SheetName, str]]().union(*(uses for _, uses in used.values()))
    found = tuple(mapping for mapping, _ in used.values())
    return Recognised(name, found, len(used) / len(mappings), uses, renamed=renamed)


def _by_columns(
    mapping: Mapping, there: abc.Mapping[SheetName, Collection[str]], matching: MatchNames
) -> SheetName | None:
    """The one sheet that has the columns of a mapping, if no file has the name it expects.

    At least one of these columns has to be the format's own: many exports have a username and an email address.
    """
    ((choice, columns),) = mapping.sheets.items()
    if matching(choice.file, {sheet.file for sheet in there}) or all(_ordinary(name) for name in columns):
        return None
    wanted = {_folded(name) for name in columns}
    meant = [sheet for sheet, names in there.items() if wanted <= {*names}]
    return meant[0] if len(meant) == 1 else None


def _ordinary(column: str) -> bool:
    """Whether exports of any format may have a column of that name."""
    words = [status_words().header, *(each for known in resource_words().values() for each in known.fields.values())]
    return any(each.fit(column) == EXACT for each in words)


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
