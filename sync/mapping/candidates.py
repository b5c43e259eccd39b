"""Which resource the rows of a sheet may describe, and from which column each of its fields would come.

Judged by headers, by the form of values, and by values that sheets have in common. Nothing here is certain: whatever
was chosen by anything but a header's whole name says why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pandas as pd

from sync.mapping.header_words import EXACT, TERM, FieldWords, ResourceWords, resource_words
from sync.mapping.profiles import Profile, SheetProfile
from sync.model import Field, Resource

BY_FORM: Final = 0.6
"""How well a column fits a field whose form its values have, whatever its header."""

BY_VALUES: Final = 0.8
"""How well a column fits that names objects of another sheet."""

LEAST: Final = 0.5
"""How well a column must fit."""

MOST_VALUES: Final = 0.8
"""Which share of values must have a form, or be in another sheet."""

HINT: Final = 0.5
"""What the name of a file counts, where a column for a required field counts 1."""

TELLING: Final = 3
"""Rows from which on it says something that a column differs in every row."""

JOIN: Final = "-"


@dataclass(frozen=True, slots=True)
class Guess:
    """Where a field's value comes from: the rule as in a mapping file, its columns, and why it should be checked."""

    rule: Any
    columns: tuple[str, ...] = ()
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """The objects of a resource that sheets list: their identifiers, and where they are from, for people."""

    profile: Profile
    columns: tuple[str, ...]
    file: str

    def with_more(self, other: Listed) -> Listed:
        """Together with those of another sheet."""
        counts = pd.concat([self.profile.counts, other.profile.counts]).groupby(level=0).sum()
        return replace(self, profile=Profile(self.profile.rows + other.profile.rows, counts))


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known besides the sheet: by resource, the objects that other sheets list; the domain of addresses."""

    known: Mapping[str, Listed] = field(default_factory=dict)
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that the rows of a sheet may describe: a guess for each field, and required fields without one."""

    resource: Resource
    sheet: SheetProfile
    guesses: Mapping[str, Guess]
    lacking: tuple[Field, ...] = ()

    @property
    def direct(self) -> tuple[str, ...]:
        """The required fields for which there is a column of their own."""
        taken: set[str] = set()
        found = []
        for each in needed(self.resource):
            columns = self.guesses[each.name].columns if each.name in self.guesses else ()
            if columns and not taken.issuperset(columns):
                found.append(each.name)
                taken |= {*columns}
        return tuple(found)

    @property
    def named(self) -> bool:
        """Whether the file's name suggests the resource."""
        return resource_words()[self.resource.name].names(self.sheet.tab or self.sheet.file)

    @property
    def score(self) -> float:
        """How much suggests that this is what the rows describe: mostly the required fields that have a column."""
        return len(self.direct) + HINT * self.named + len(self.guesses) / 100

    @property
    def sound(self) -> bool:
        """Whether every required field has a value: each has a column, or the file's name suggests this resource."""
        complete = len(self.direct) == len(needed(self.resource))
        return not self.lacking and (complete or self.described or (self.named and bool(self.direct)))

    @property
    def described(self) -> bool:
        """Whether there is a column that names or describes an object, besides those that identify it."""
        names = [each.name for each in needed(self.resource) if each.name not in self.resource.key]
        return (
            len(self.resource.key) == 1
            and not {*names}.isdisjoint(self.direct)
            and set(self.resource.key) <= {*self.direct}
        )

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that make its key."""
        guesses = (self.guesses.get(name) for name in self.resource.key)
        return tuple(dict.fromkeys(column for guess in guesses if guess for column in guess.columns))

    @property
    def own(self) -> frozenset[str]:
        """The columns of its fields besides the key."""
        rest = (guess for name, guess in self.guesses.items() if name not in self.resource.key)
        return frozenset(column for guess in rest for column in guess.columns)

    @property
    def identifies(self) -> bool:
        """Whether every row is about an object of its own."""
        return bool(self.key) and self.sheet.joined(self.key, JOIN).identifies

    def known(self) -> Listed:
        """Its identifiers, if it has a single one."""
        return Listed(self.sheet.joined(self.key, JOIN), self.key, self.sheet.file)


def needed(resource: Resource) -> tuple[Field, ...]:
    """The fields without which an object cannot be written."""
    return tuple(f for f in resource.fields if f.name in resource.key or (f.required and f.default is None))


@dataclass
class _Search:
    """The columns of one sheet, weighed against the fields of one resource."""

    sheet: SheetProfile
    resource: Resource
    words: ResourceWords
    known: Mapping[str, Listed]
    domain: str
    columns: Sequence[str]
    guesses: dict[str, Guess] = field(default_factory=dict)

    def run(self) -> Candidate:
        fits = [
            (self._fit(each, column), -at, each, column)
            for each in self.resource.fields
            if each.name in self.words.fields
            for at, column in enumerate(self.columns)
        ]
        taken: set[str] = set()
        for fit, _, each, column in sorted(fits, key=lambda one: one[:2], reverse=True):
            if fit >= LEAST and each.name not in self.guesses and column not in taken:
                self.guesses[each.name] = self._guess(each, column)
                taken |= {*self.guesses[each.name].columns}
        self._identify(taken)
        self._replace()
        lacking = tuple(each for each in needed(self.resource) if each.name not in self.guesses)
        ordered = {each.name: self.guesses[each.name] for each in self.resource.fields if each.name in self.guesses}
        return Candidate(self.resource, self.sheet, ordered, lacking)

    def _fit(self, each: Field, column: str) -> float:
        """How well a column fits a field, by its header, and by what its values allow."""
        profile, header = self.sheet.columns[column], self.words.fields[each.name].fit(column)
        if not profile.filled:
            return 0.0
        match each.kind:
            case "email":
                fits = profile.share(each.pattern or ".*") >= MOST_VALUES
                return max(header, BY_FORM) if fits else 0.0
            case "instant":
                return header if header and profile.date else 0.0
            case "role":
                return header if profile.coded else 0.0
        if known := self._of(each):
            shared = profile.within(known.profile)
            return max(header * (1.0 if shared else LEAST), BY_VALUES * (shared >= MOST_VALUES))
        single = self.resource.key == (each.name,)
        return header + (header > 0 and single and profile.identifies) / 100

    def _of(self, each: Field) -> Listed | None:
        """The objects that a field of the key names, if a sheet lists them."""
        for ref in self.resource.refs:
            if each.name in ref.on and len(ref.on) == 1 and each.name in self.resource.key:
                return self.known.get(ref.resource)
        return None

    def _guess(self, each: Field, column: str) -> Guess:
        words, profile = self.words.fields[each.name], self.sheet.columns[column]
        rule: Any = column
        if words.then:
            rule = {"column": column, "then": words.then}
        if each.kind == "instant":
            rule = {"column": column, "date": profile.date}
        guess = Guess(rule, (column,), self._doubt(each, column))
        return self._with_term(each, guess, words) if each.name in self.resource.key else guess

    def _doubt(self, each: Field, column: str) -> str:
        known, fit = self._of(each), self.words.fields[each.name].fit(column)
        shared = self.sheet.columns[column].within(known.profile) if known else 1.0
        if known and fit < EXACT and shared >= MOST_VALUES:
            return f"Please check: chosen because its values are those of {known.file}."
        if fit == 0.0:
            return f"Please check: chosen because its values look like {each.called.lower()}es."
        if fit < EXACT:
            return f"Please check: chosen because part of its name suggests {each.called}."
        if known and len(known.columns) == 1 and shared < LEAST:
            return f"Please check: most of its values are not in {known.file}."
        return ""

    def _with_term(self, each: Field, guess: Guess, words: FieldWords) -> Guess:
        """The same, joined with the column for the term where the code alone is used again each term."""
        (column,) = guess.columns
        terms = self.words.fields.get(TERM)
        fits = {name: terms.fit(name) for name in self.columns if terms and words.codes and name != column}
        term = max(fits, key=lambda name: fits[name], default=None)
        if term is None or fits[term] < LEAST or not self.sheet.columns[term].filled or {*"{}"} & {*column, *term}:
            return guess
        known, pair = self._of(each), (column, term)
        alone = self.sheet.columns[column]
        if known is not None:
            joined = len(known.columns) > 1 and alone.within(known.profile) < LEAST
        elif self.resource.key == (each.name,):
            joined = words.is_code(column) or not alone.identifies
        else:
            joined = words.is_code(column)
        if not joined or alone.values.str.contains(str(self.sheet.columns[term].values[0]), regex=False).any():
            return guess
        doubt = f"Please check: {column} may be used again each term, so it is combined with {term}."
        return Guess({"text": JOIN.join(f"{{{name}}}" for name in pair)}, pair, guess.doubt if known else doubt)

    def _identify(self, taken: Collection[str]) -> None:
        """A single key without a column: one that has a different value in each row."""
        (key, *more), found = self.resource.key, len(self.guesses)
        if more or key in self.guesses or found * 2 < len(needed(self.resource)):
            return
        free = {name: self.sheet.columns[name] for name in self.columns if name not in taken}
        for name, each in free.items():
            if each.identifies and each.rows >= TELLING and each.share(r"\S*\d\S*") == 1.0 and not each.date:
                why = "Please check: chosen because it differs in every row. An identifier must never change."
                self.guesses[key] = Guess(name, (name,), why)
                return

    def _replace(self) -> None:
        """What is used for required fields that no column was found for."""
        for each in needed(self.resource):
            words = self.words.fields.get(each.name)
            if each.name not in self.guesses and words is not None:
                instead = self._instead(words)
                if instead is not None:
                    self.guesses[each.name] = instead

    def _instead(self, words: FieldWords) -> Guess | None:
        """What is used for a field that no column was found for."""
        other, before = (self.guesses.get(name or "") for name in (words.otherwise, words.at))
        if words.constant is not None:
            why = f"No column for this was found, so it is {words.constant} for everybody."
            return Guess({"constant": words.constant}, (), why)
        if other is not None and words.otherwise:
            why = f"No column for this was found, so it is the same as {self.resource.called(words.otherwise)}."
            plain = words.then and isinstance(other.rule, str)
            return Guess({"column": other.rule, "then": words.then} if plain else other.rule, other.columns, why)
        if before is not None and self.domain and not {*"{}"} & {*before.columns[0]}:
            text = f"{{{before.columns[0]}}}@{self.domain}"
            return Guess({"text": text, "then": "lower"}, before.columns, "No column for this was found.")
        return None


def candidate(sheet: SheetProfile, resource: Resource, clues: Clues, without: Collection[str] = ()) -> Candidate:
    """The rows of a sheet as objects of a resource. Columns `without` are not used."""
    columns = [name for name in sheet.columns if name not in without]
    return _Search(sheet, resource, resource_words()[resource.name], clues.known, clues.domain, columns).run()
