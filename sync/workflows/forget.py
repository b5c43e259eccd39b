"""`forget`: one person is erased from everything in reach, and a tombstone keeps them from coming back unasked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from sync.config.site import SQLITE, Config
from sync.errors import Fault, PlanError, SheetError
from sync.inbox import archive
from sync.inbox.erasing import ERASED, Fate, fate, mentions, possible, replace, without
from sync.inbox.expiry import all_sets
from sync.mapping.lookups import Library
from sync.mapping.tracing import key_rows
from sync.model import SEPARATOR, Conventions, Resource, Store
from sync.model.forgetting import Mentions
from sync.model.forgetting import mentions as mentions_of
from sync.model.resources import CATALOGUE, referring
from sync.model.values import unpack
from sync.notify.expiry import logs, naming
from sync.workflows.explain.meaning import folded_text
from sync.workflows.purge import removing, report_files, upgrade_backups
from sync.workflows.sets import folders_of
from sync.workflows.sources import gather_folder


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is to be forgotten; `match` is the folded identifier."""

    resource: Resource
    identifier: str
    match: str


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that mentions the person, what becomes of it, and the lines where its records are about them.

    `rows` is None if no mapping reads it; `possible` is how many records stay that only may be about them.
    """

    path: Path
    fate: Fate
    rows: frozenset[int] | None = None
    possible: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, by kind, and what could not be reached. It names nobody.

    `out_of_reach` are codes of `sync.report.erasure` with what fills them in.
    """

    tombstone: str
    at: datetime
    by: str
    erased: Mapping[str, int]
    out_of_reach: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Traces:
    """Where a person was found outside of the store."""

    who: Mentions
    files: Sequence[FoundFile] = ()
    messages: Sequence[Path] = ()
    left: Sequence[tuple[str, str]] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        """How many files lose records, how many are removed, and how many messages."""
        fates = Counter(found.fate for found in self.files)
        return {"rewritten": fates["records"], "removed": fates["file"], "messages": len(self.messages)}


def person(config: Config, resource: str, identifier: str) -> Person:
    """The person with an identifier. Raises PlanError if the resource is not about people."""
    known = CATALOGUE[resource]
    if not known.personal:
        raise PlanError(Fault(f"only people can be forgotten, not {known.title}", hint="Write user=ID."))
    return Person(known, identifier, folded_text(identifier, config.conventions, known.keys[0].compares))


def find(config: Config, store: Store, one: Person) -> Traces:
    """Where a person is mentioned, in the store and in files. Raises PlanError while a set is being processed."""
    who, shared = _recognised(config.conventions, store, one)
    files = [*_in_sets(config, one, who), *_in_reports(config, who)]
    messages = naming(config.outbox, lambda content: mentions(content, who))
    return Traces(who, files, messages, [*_out_of_reach(config, who), *((code, "") for code in shared)])


def _recognised(conventions: Conventions, store: Store, one: Person) -> tuple[Mentions, list[str]]:
    """How a person is recognised in texts, and what of theirs is not used for it, because others have it too."""
    images, rows = store.images(one.resource.name, one.match), store.ledger(one.resource.name)
    others = rows[rows["match"] != one.match]
    unique = [each.name for each in one.resource.fields if each.unique]
    names = {tuple(image.get(name) or "" for name in one.resource.name_fields) for image in images}
    keys = [image[name] for image in images for name in one.resource.key if name in image]
    values = {image[name] for image in images for name in unique if image.get(name)}
    namesakes = _shared(others, one.resource.name_fields, names)
    taken = set().union(*(_shared(others, [name], [(value,) for value in values]) for name in unique))
    own = {value for value in values if value.casefold() not in taken}
    who = mentions_of([one.identifier, *keys], own, () if namesakes else names, conventions)
    return who, [code for code, there in (("name", namesakes), ("value", taken)) if there]


def _shared(others: pd.DataFrame, fields: Sequence[str], own: Iterable[tuple[str, ...]]) -> set[str]:
    """What of a person's others have, or had, in these fields, joined and in small letters: alone, it says nothing."""
    theirs, found = {SEPARATOR.join(each).casefold() for each in own}, set[str]()
    for column in ("sent", "seen"):
        known = unpack(others[column], fields).dropna()
        joined = known[fields[0]].str.casefold()
        for name in fields[1:]:
            joined += SEPARATOR + known[name].str.casefold()
        found |= {*joined[joined.isin(theirs)]}
    return found


def erase(config: Config, store: Store, one: Person, traces: Traces, by: str, at: datetime) -> Erasure:
    """Erase a person, files first: what the store knows of them is needed to find the rest, if this is interrupted.

    The caller holds the store's lock. Raises StoreError; then it can be done again.
    """
    with removing():
        _erase_files(config, traces)
    return forget_in_store(store, one, traces, by, at)


def forget_in_store(store: Store, one: Person, traces: Traces, by: str, at: datetime) -> Erasure:
    """Erase a person from the store; the certificate, as if the files had been dealt with."""
    stone, erased = store.erase(one.resource.name, one.match, traces.who, by)
    others = erased.get("left", 0) + sum(found.possible for found in traces.files)
    left = [("others", str(others))] if others else []
    counts = {name: count for name, count in erased.items() if name != "left"} | traces.counts
    return Erasure(stone, at, by, counts, [*traces.left, *left])


# -- files -------------------------------------------------------------------------------------------------------


def _in_sets(config: Config, one: Person, who: Mentions) -> Iterator[FoundFile]:
    if config.drop is None:
        return
    at = folders_of(config)
    if archive.under_way(at):
        hint = "Finish it with `nexsis-sync run` or `nexsis-sync resume`, then run `forget` again."
        raise PlanError(Fault("a set of exports is still being processed", str(at.archive), hint))
    for folder in all_sets(at):
        rows = _rows(config, folder, one)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.name != ERASED:
                yield from _found(path, who, rows.get(path.relative_to(folder).as_posix()))


def _in_reports(config: Config, who: Mentions) -> Iterator[FoundFile]:
    for path in (*report_files(config), *logs(config.outbox)):
        yield from _found(path, who)


def _found(path: Path, who: Mentions, rows: frozenset[int] | None = None) -> Iterator[FoundFile]:
    with removing(), suppress(FileNotFoundError):
        content = path.read_bytes()
        becomes, staying = fate(content, who, rows), possible(content, who, rows)
        if becomes != "untouched" or staying:
            yield FoundFile(path, becomes, rows, staying)


def _rows(config: Config, folder: Path, one: Person) -> dict[str, frozenset[int]]:
    """By file that mappings, as they are now, read in a set: the lines of records that they take for the person's."""
    found: dict[str, frozenset[int]] = {}
    for mapping in config.mappings:
        resource = CATALOGUE[mapping.resource]
        named = referring(resource, one.resource.name)
        with suppress(SheetError):  # what no mapping can read is searched for what is the person's alone
            for source in gather_folder(folder, [mapping]) if named else ():
                library = Library(dict(source.others))
                rows = key_rows(resource, source, config.conventions, library)
                hits = np.logical_or.reduce(
                    [rows.with_key({name: one.identifier}, config.conventions) for name in named if name in rows.fields]
                )
                for sheet in rows.narrowed(hits).sheets:  # all of them, if only with none of their rows
                    found[sheet.file] = found.get(sheet.file, frozenset()) | {int(row) for row in sheet.frame.index}
    return found


def _erase_files(config: Config, traces: Traces) -> None:
    for each in traces.files:
        if each.fate == "untouched":
            continue
        _mark(config, each.path)
        if each.fate == "file":
            each.path.unlink(missing_ok=True)
        else:
            replace(each.path, without(each.path.read_bytes(), traces.who, each.rows))
    for path in traces.messages:
        path.unlink(missing_ok=True)


def _mark(config: Config, path: Path) -> None:
    """If a file belongs to a set, mark the set, so that it is not planned again without what it loses."""
    if config.drop is None:
        return
    at = folders_of(config)
    for root in (at.archive, at.refused):
        if path.is_relative_to(root):
            day, name, *_ = path.relative_to(root).parts
            (root / day / name / ERASED).touch(mode=0o600)


# -- what is out of reach ----------------------------------------------------------------------------------------


def _out_of_reach(config: Config, who: Mentions) -> Iterator[tuple[str, str]]:
    """What still has the person, or may have."""
    yield from (("moodle", ""), ("sis", ""), ("sent", ""), ("backups", ""), ("outputs", ""), ("disk", ""))
    if SQLITE.fullmatch(config.state) is None:
        yield "server", ""
    yield from (("upgrade", str(path)) for path in upgrade_backups(config))
    for path in (config.file, *dict.fromkeys(each.file for each in config.mappings), config.aliases):
        if path is not None and path.is_file() and mentions(path.read_bytes(), who):
            yield "settings", str(path)
    with suppress(SheetError):
        for name in config.entries.look().files:
            with config.entries.open(config.inbox / name) as stream:
                if mentions(stream.read(), who):
                    yield "inbox", name
