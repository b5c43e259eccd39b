"""What the sheets of an unknown format seem to be, as mappings for a person to check.

    proposals, unclear = propose(profiles)

A sheet may list objects of one resource, or enrolments together with the people and courses they are about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sync.mapping.candidates import JOIN, Candidate, Clues, Listed, candidate
from sync.mapping.header_words import PARTIAL, resource_words, status_words
from sync.mapping.profiles import SheetProfile
from sync.model.findings import listed
from sync.model.resources import CATALOGUE

AGREES: Final = 1.05
"""How many different values of a field there may be for each object, on average, in rows that repeat the object."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A sheet, the candidates its rows are mapped to, and the columns whose values a person has to judge.

    `status` says which rows count; `role` has roles that need names in Moodle. None if there is no such column.
    """

    sheet: SheetProfile
    candidates: tuple[Candidate, ...]
    status: str | None = None

    @property
    def role(self) -> str | None:
        """The column with roles."""
        for each in self.candidates:
            for field in each.resource.fields:
                if field.kind == "role" and each.guesses[field.name].columns:
                    return each.guesses[field.name].columns[0]
        return None


@dataclass(frozen=True, slots=True)
class Unclear:
    """A sheet that could not be understood, and why, in a clause. Some are understood once the domain is known."""

    sheet: SheetProfile
    why: str
    asks_domain: bool = False


def propose(sheets: Sequence[SheetProfile], domain: str = "") -> tuple[list[Proposal], list[Unclear]]:
    """What each sheet seems to be, and the sheets that are not clear.

    Email addresses for which there is no column are made of the username and a `domain`, if one is given.
    """
    found = {id(sheet): _candidates(sheet, Clues(domain=domain)) for sheet in sheets}
    known = _known(found.values())
    again = {id(sheet): _candidates(sheet, Clues(_others(known, found[id(sheet)]), domain)) for sheet in sheets}
    lists = {each[0].resource.name for each in again.values() if each}
    proposals, unclear = [], []
    for sheet in sheets:
        own = again[id(sheet)]
        kept = tuple(each for at, each in enumerate(own) if not at or each.resource.name not in lists)
        if kept:
            proposals.append(Proposal(sheet, kept, _status(sheet, kept)))
        else:
            unclear.append(_unclear(sheet))
    return proposals, unclear


def _known(found: Iterable[Sequence[Candidate]]) -> dict[str, Listed]:
    """The objects that are listed, by resource."""
    known: dict[str, Listed] = {}
    lists = [each for own in found for each in own if len(each.resource.key) == 1]
    for each in sorted(lists, key=lambda each: each.score, reverse=True):
        name, more = each.resource.name, each.known()
        known[name] = known[name].with_more(more) if name in known else more
    return known


def _others(known: Mapping[str, Listed], own: Sequence[Candidate]) -> dict[str, Listed]:
    """Those that are not listed by this very sheet alone."""
    names = {each.resource.name for each in own}
    return {name: each for name, each in known.items() if name not in names}


def _candidates(sheet: SheetProfile, clues: Clues) -> list[Candidate]:
    """What the rows of a sheet describe, the main thing first; nothing if that is not clear."""
    sound = [each for name in resource_words() if (each := candidate(sheet, CATALOGUE[name], clues)).sound]
    singles = [each for each in sound if len(each.resource.key) == 1]
    pairs = [each for each in sound if len(each.resource.key) > 1]
    single, pair = (max(some, key=lambda each: each.score, default=None) for some in (singles, pairs))
    if single is not None and (pair is None or (single.identifies and single.score >= pair.score)):
        return [single]
    if pair is None:
        return []
    above = {ref.resource for ref in pair.resource.refs}
    beside = (candidate(sheet, each.resource, clues, pair.own) for each in singles if each.resource.name in above)
    return [pair, *(each for each in beside if _described(each))]


def _described(each: Candidate) -> bool:
    """Whether rows say more of an object than its identifier, and the same in all rows about it."""
    said = [name for name in each.direct if name not in each.resource.key]
    if not each.sound or not said:
        return False
    columns = [column for name in said for column in each.guesses[name].columns]
    objects, versions = (len(each.sheet.joined(some, JOIN).counts) for some in (each.key, [*each.key, *columns]))
    return versions <= objects * AGREES


def _status(sheet: SheetProfile, candidates: Sequence[Candidate]) -> str | None:
    """The column that says which rows count."""
    used = {column for each in candidates for guess in each.guesses.values() for column in guess.columns}
    words = status_words().header
    fits = {name: words.fit(name) for name, each in sheet.columns.items() if name not in used and each.coded}
    best = max(fits, key=lambda name: fits[name], default=None)
    return best if best is not None and fits[best] >= PARTIAL else None


def _unclear(sheet: SheetProfile) -> Unclear:
    """Why nothing is proposed for a sheet: what is closest, and what it lacks."""
    every = (candidate(sheet, CATALOGUE[name], Clues()) for name in resource_words())
    nearest = max(every, key=lambda each: each.score)
    if len(nearest.direct) < 2:
        return Unclear(sheet, "its columns do not look like any kind of record")
    if not nearest.lacking:
        return Unclear(
            sheet, f"it may list {nearest.resource.title}, but neither its name nor its columns make that clear"
        )
    words = resource_words()[nearest.resource.name].fields
    asks = all(words[field.name].at in nearest.guesses for field in nearest.lacking if field.name in words)
    lacking = listed((field.called for field in nearest.lacking), "or")
    return Unclear(sheet, f"it seems to list {nearest.resource.title}, but has no column for {lacking}", asks)
