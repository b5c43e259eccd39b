"""The sheets that a site's mappings ask for, each file read once."""

from __future__ import annotations

from collections import abc, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pyarrow.compute as pc

from sync.config.entries import Inbox, InboxContents
from sync.config.mappings import Mapping
from sync.config.sheet_selection import SheetChoice
from sync.config.site import Config
from sync.errors import Fault, SheetError
from sync.mapping.lookups import Library
from sync.mapping.source import Source, resolve_mode, with_issues
from sync.model import Input, Plan, Sheet, Store
from sync.model.resources import CATALOGUE
from sync.model.values import arrow
from sync.report.rows_with_errors import issues_of
from sync.sheets.evidence import Known, nothing_known, words
from sync.sheets.header import Key, Wanted, require
from sync.sheets.inbox import choose_files
from sync.sheets.reading import read


def gather(config: Config, known: Known = nothing_known) -> list[Source]:
    """Every mapping with its sheets, in order; see `gather_folder`. `known` words decide between old encodings.

    Entries that cannot be read, in the folder where exports are delivered, are issues of the first sheet.
    """
    there = config.entries.look()
    sources = _collected(_Shelf(config.entries, there, _asked(config.mappings), known), config.mappings)
    return with_issues(sources, _dropped(config, there).issues)


def _dropped(config: Config, there: InboxContents) -> InboxContents:
    """The folder where exports are delivered. That a set was taken out of it does not depend on its contents."""
    try:
        return there if config.dropped is None else config.dropped.look()
    except SheetError:
        return there


def known_to(store: Store) -> Known:
    """The words of all that is remembered of a site."""

    def remembered() -> Iterator[str]:
        for name in CATALOGUE:
            ledger = store.ledger(name)
            for column in ("sent", "seen"):
                texts = arrow(ledger[column]).drop_null().unique()
                yield from texts.filter(pc.invert(pc.string_is_ascii(texts))).to_pylist()

    return cache(lambda: words(remembered()))


def sheets_of(config: Config, wanted: abc.Mapping[SheetChoice, Sequence[str]]) -> dict[SheetChoice, tuple[Sheet, ...]]:
    """Sheets that no mapping reads, with the columns each must have.

    Raises SheetError with what is wrong with any of them.
    """
    asked = {(choice.file, _layout(choice)): _Asked(dict.fromkeys(columns)) for choice, columns in wanted.items()}
    shelf = _Shelf(config.entries, config.entries.look(), asked)
    return {choice: shelf.take(choice, columns, "") for choice, columns in wanted.items()}


def as_read(mappings: Sequence[Mapping], sources: Sequence[Source]) -> tuple[Mapping, ...]:
    """All mappings; those that were read with the mode and the scope that their sheets gave."""
    read = {source.mapping.name: source.mapping for source in sources}
    return tuple(read.get(mapping.name, mapping) for mapping in mappings)


def gather_folder(folder: Path, mappings: Sequence[Mapping]) -> list[Source]:
    """Every mapping with its sheets, in order, except those whose `mode` is `absent`.

    Raises SheetError with what is wrong with any of them.
    """
    inbox = Inbox(folder)
    return _collected(_Shelf(inbox, inbox.look(), _asked(mappings)), mappings)


def _collected(shelf: _Shelf, mappings: Sequence[Mapping]) -> list[Source]:
    faults: dict[Fault, None] = {}
    sources: list[Source] = []
    for mapping in mappings:
        try:
            sources += _sources(mapping, shelf)
        except SheetError as error:
            faults |= dict.fromkeys(error.faults)
    if faults:
        raise SheetError(*faults)
    return sources


def _sources(mapping: Mapping, shelf: _Shelf) -> Iterator[Source]:
    """The source of a mapping, if its sheet is there. The sheets of its look-ups are read in any case."""
    faults: list[Fault] = []
    manifests = {choice: shelf.take(choice, columns, mapping.name) for choice, columns in mapping.manifests.items()}
    effective = resolve_mode(mapping, Library(manifests))
    if effective is None:
        return
    sheets: dict[SheetChoice, tuple[Sheet, ...]] = {}
    for choice, columns in effective.sheets.items():
        try:
            sheets[choice] = shelf.take(choice, columns, mapping.name)
        except SheetError as error:
            faults += error.faults
    if faults:
        raise SheetError(*faults)
    looked = {lookup.sheet for lookup in effective.lookups}
    others = {choice: found for choice, found in sheets.items() if choice in looked}
    yield Source(effective, sheets[effective.sheet], {**manifests, **others})


def _layout(choice: SheetChoice) -> SheetChoice:
    """What a choice says of how a file is read, whichever it is and whatever is done with it then."""
    return choice.model_copy(update={"file": "*", "take": "one", "unpivot": None, "split": None})


@dataclass
class _Asked:
    """What is needed from a file, by whichever mapping: columns or patterns, and the keys its rows have."""

    columns: dict[str, None] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)


def _asked(mappings: Iterable[Mapping]) -> dict[tuple[str, SheetChoice], _Asked]:
    asked: dict[tuple[str, SheetChoice], _Asked] = defaultdict(_Asked)
    for mapping in mappings:
        for choice, columns in (*mapping.sheets.items(), *mapping.manifests.items()):
            patterns = choice.unpivot.columns if choice.unpivot else ()
            asked[choice.file, _layout(choice)].columns |= dict.fromkeys([*columns, *patterns])
        own = asked[mapping.sheet.file, _layout(mapping.sheet)]
        own.columns |= dict.fromkeys(mapping.rows.drop_if_there)
        own.keys.append(_key(mapping))
    return asked


def _key(mapping: Mapping) -> Key:
    """The columns of the file from which each field of the key is made; a field without any is the same in all rows."""
    rules = [mapping.fields[name] for name in CATALOGUE[mapping.resource].key if name in mapping.fields]
    made_of = (mapping.sheet.of_file(mapping.read(rule.sources)) for rule in rules)
    return tuple(filter(None, made_of))


@dataclass
class _Shelf:
    """The inbox: each file is read once for each way to read it, and each fault is reported once."""

    inbox: Inbox
    there: InboxContents
    asked: dict[tuple[str, SheetChoice], _Asked]
    known: Known = nothing_known
    read: dict[tuple[Path, SheetChoice], Sheet | SheetError] = field(default_factory=dict)

    def take(self, choice: SheetChoice, columns: Sequence[str], whose: str) -> tuple[Sheet, ...]:
        """The sheets of a choice, each with the columns that a mapping of this name reads. Raises SheetError."""
        paths = choose_files(self.there, choice)
        found = [self._sheet(path, choice) for path in paths]
        faults = [fault for each in found if isinstance(each, SheetError) for fault in each.faults]
        sheets = [each for each in found if isinstance(each, Sheet)]
        faults += [fault for sheet in sheets for fault in require(sheet, columns, whose)]
        if faults:
            raise SheetError(*faults)
        return tuple(sheets)

    def _sheet(self, path: Path, choice: SheetChoice) -> Sheet | SheetError:
        place = (path, _layout(choice))
        if place not in self.read:
            try:
                self.read[place] = self._placed(path, choice)
            except SheetError as error:
                self.read[place] = error
        return self.read[place]

    def _placed(self, path: Path, choice: SheetChoice) -> Sheet:
        """The sheet, under its name within the inbox."""
        asked = self.asked[choice.file, _layout(choice)]
        wanted = Wanted([*asked.columns], asked.keys, self.known)
        sheet = read(path, choice, wanted, within=self.inbox)
        name = path.relative_to(self.inbox.folder).as_posix()
        if name == sheet.file:
            return sheet
        return replace(sheet, file=name, issues=tuple(replace(issue, file=name) for issue in sheet.issues))


# -- again, for a report ----------------------------------------------------------------------------------------


def gather_again(config: Config, plan: Plan, known: Known) -> Callable[[], Sequence[Source]]:
    """The sheets that a plan has issues about, read again when they are first needed.

    Sheets that are gone or have changed are left out; sheets for look-ups are read as they are now.
    """
    return cache(lambda: [*_again(config, plan, known)])


def _again(config: Config, plan: Plan, known: Known) -> Iterator[Source]:
    inputs = _wrong(plan)
    same = {(entry.name, entry.digest) for entry in inputs}
    readers = {entry.mapping for entry in inputs}
    for entry in inputs[:1]:
        # If exports are taken out of the inbox, the plan read them elsewhere.
        config = replace(config, inbox=entry.folder)
    for mapping in config.mappings:
        # A sheet used only for look-ups belongs to no mapping: any may use it.
        if mapping.name in readers or None in readers:
            try:
                # Each mapping on its own: if one of them now lacks a file, the others are not affected.
                sources = gather(replace(config, mappings=(mapping,)), known)
            except SheetError:
                continue
            for source in sources:
                yield replace(
                    source, sheets=tuple(sheet for sheet in source.sheets if (sheet.file, sheet.digest) in same)
                )


def _wrong(plan: Plan) -> list[Input]:
    """The sheets with rows that have issues, as the plan read them."""
    wrong = {issue.file for issue in issues_of(plan) if issue.row is not None}
    return [entry for entry in plan.inputs if entry.kind == "sheet" and entry.name in wrong]
