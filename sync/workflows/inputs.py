"""What a plan is made from, as facts with which the next run compares, and what of it has changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sync.config.entries import Inbox
from sync.config.site import Config
from sync.errors import SheetError
from sync.mapping.source import Source
from sync.model import Input, Issue, Sheet
from sync.model.findings import listed
from sync.model.issue_texts import wording
from sync.model.values import equals
from sync.plan.history import Past
from sync.sheets import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOUNS = {"sheet": "export", "mapping": "mapping", "site": "site file", "aliases": "file of aliases"}
"""What each kind of input is called in messages."""


def inputs_of(config: Config, sources: Sequence[Source]) -> tuple[Input, ...]:
    """All files a plan is made from, as they are now. Sheets used only for look-ups belong to no mapping.

    A mapping whose sheet did not have to be read this time is listed, but not as used.
    """
    found = [Input("site", config.file.name, config.digest, str(config.file))]
    if config.aliases is not None:
        found.append(Input("aliases", config.aliases.name, digest(config.aliases), str(config.aliases)))
    looked: dict[str, Input] = {}
    for source in sources:
        mapping = source.mapping
        columns = mapping.sheet.needs(mapping.needed)
        found.append(Input("mapping", mapping.name, mapping.digest, str(mapping.file), mapping.name))
        delta = mapping.mode == "delta"
        found += [_sheet(config, sheet, mapping.name, columns, delta=delta) for sheet in source.sheets]
        others = (sheet for sheets in source.others.values() for sheet in sheets)
        looked |= {sheet.file: _sheet(config, sheet, None, ()) for sheet in others}
    read = {source.mapping.name for source in sources}
    found += [Input("mapping", m.name, m.digest, str(m.file)) for m in config.mappings if m.name not in read]
    return (*found, *looked.values())


def _sheet(config: Config, sheet: Sheet, mapping: str | None, columns: Iterable[str], *, delta: bool = False) -> Input:
    return Input(
        kind="sheet",
        name=sheet.file,
        digest=sheet.digest,
        path=str(config.inbox / sheet.file),
        mapping=mapping,
        rows=len(sheet.frame),
        modified=sheet.modified,
        found=dict(sheet.found),
        filled=_filled(sheet, columns),
        delta=delta,
    )


def _filled(sheet: Sheet, columns: Iterable[str]) -> dict[str, int]:
    """In how many rows each column has a value, in percent; 0 only if it has none at all."""
    rows = len(sheet.frame)
    return {name: -(-int((~equals(sheet.frame[name], "")).sum()) * 100 // rows) for name in columns if rows}


def repeated(inputs: Sequence[Input], history: Mapping[str, Past], now: datetime) -> Iterator[Issue]:
    """Files that are as they were last time: most likely the export has not run, and an old one was copied."""
    read = [each for each in inputs if each.kind == "sheet" and each.mapping is not None]
    yield from _renamed(read, history)
    unchanged = [*dict.fromkeys(each.name for each in read if _repeats(each, read, _past(each, history), now))]
    if unchanged:
        text = wording("same-file", "several" if len(unchanged) > 1 else "unchanged", files=listed(unchanged))
        yield text.issue("warning", file=unchanged[0])


def _renamed(sheets: Sequence[Input], history: Mapping[str, Past]) -> Iterator[Issue]:
    """The same file under a new name."""
    noticed = set()
    for now in sheets:
        before = _past(now, history).last
        same = next((each for each in before if each.kind == "sheet" and each.digest == now.digest), None)
        if same is not None and now.name not in noticed and all(each.name != now.name for each in before):
            noticed.add(now.name)
            yield wording("same-file", other=same.name).issue("warning", file=now.name)


def _repeats(sheet: Input, sheets: Sequence[Input], past: Past, now: datetime) -> bool:
    """Whether a snapshot that usually changes has not changed, nor has any other of its mapping."""
    digests = frozenset(each.digest for each in sheets if each.mapping == sheet.mapping and not each.delta)
    return not sheet.delta and past.repeats(digests, now) and any(each.name == sheet.name for each in past.last)


def _past(sheet: Input, history: Mapping[str, Past]) -> Past:
    return history.get(sheet.mapping or "", Past())


def changed_since(inputs: Sequence[Input], config: Config) -> list[str]:
    """In sentences, which of a plan's inputs have changed: mappings, site file and sheets."""
    known = {entry.name for entry in inputs if entry.kind == "mapping"}
    reasons = [
        f"the mapping {mapping.name} has been added since" for mapping in config.mappings if mapping.name not in known
    ]
    now: dict[tuple[str, str | None], str] = {("site", None): config.digest}
    now |= {("mapping", mapping.name): mapping.digest for mapping in config.mappings}
    for entry in inputs:
        if entry.kind == "run":
            continue
        name = entry.name if entry.kind == "mapping" else None
        read = entry.kind in ("sheet", "aliases")
        present = _present(config, entry) if read else now.get((entry.kind, name))
        if present != entry.digest:
            reasons.append(
                f"the {_NOUNS[entry.kind]} {entry.name} has {'changed' if present else 'been removed'} since"
            )
    return reasons


def _present(config: Config, entry: Input) -> str | None:
    """The digest of a file that was read, as it is now, if it can be read."""
    within = Inbox(entry.folder, config.follow_links) if entry.kind == "sheet" else None
    try:
        return digest(Path(entry.path), within)
    except SheetError:
        return None
