"""Guards of the origin of changes: a mapping, or the file it reads, that looks wrong.

Their holds name the mapping as slice: until one is approved, the file and the mapping before it stay the good ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from sync.config.mappings import Mapping as MappingFile
from sync.diff.removals import claimed_by
from sync.model import Hold, Input, Issue
from sync.model.findings import listed
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE
from sync.plan.guard_context import GuardContext, Positions, Stop
from sync.plan.hold_texts import hold_text

FULL = 50
"""A column filled in at least this percentage of the rows is missed when it is blank."""

FEW = 5
"""In fewer rows than this, a column may be blank, or a row missing, by chance."""

UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
"""Units of the age of a file, in seconds."""


def old_file(context: GuardContext) -> Iterator[Stop]:
    """A sheet that has not been refreshed: everything it asks for is on hold."""
    for mapping, sheet in _sheets(context):
        limit = mapping.max_age or context.limits.max_age
        if limit is None or sheet.modified is None or context.now - sheet.modified <= limit:
            continue
        which = _asked_by(context, mapping)
        if len(which):
            age = _span(context.now - sheet.modified)
            text = hold_text("old-file", file=sheet.name, age=age, limit=_span(limit), count=len(which))
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, sheet.rows or 0)


def used_before(context: GuardContext) -> Iterator[Stop]:
    """A file that was used before, with newer ones since: an old export was delivered again."""
    if context.limits.used_before is None:
        return
    for mapping in context.mappings:
        used = context.used.get(mapping.name, {})
        again = [each for each in context.inputs if each.mapping == mapping.name and each.digest in used]
        which = _asked_by(context, mapping)
        if again and len(which):
            sheet = again[0]
            day = f"{used[sheet.digest].day} {used[sheet.digest]:%B %Y}"
            text = hold_text("used-before", file=sheet.name, used=day, count=len(which))
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, sheet.rows or 0)


def cut_short(context: GuardContext) -> Iterator[tuple[MappingFile, Input, int]]:
    """Mappings whose sheet has lost too many rows since the last good plan, the sheet, and how many it had."""
    limits = context.limits.rows
    if limits is None:
        return
    for mapping, sheet in _sheets(context):
        if mapping.mode == "delta":
            continue  # the size of a delta is not a measure
        last = _last_snapshot(context, mapping)
        before = last.rows if last else None
        if before and sheet.rows is not None and (before - sheet.rows) * 100 >= before * limits.percent:
            yield mapping, sheet, before


def fewer_rows(context: GuardContext) -> Iterator[Stop]:
    """A truncated file looks like many people leaving at once."""
    for mapping, sheet, before in cut_short(context):
        which = _deletes_of(context, mapping)
        if len(which):
            percent, removals = context.limits.rows.percent if context.limits.rows else 0, _counted(mapping, which)
            one = "one" if sheet.rows == 1 else ""
            text = hold_text(
                "fewer-rows", one, file=sheet.name, now=sheet.rows, before=before, percent=percent, removals=removals
            )
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, before)


def shortened(context: GuardContext, holds: Sequence[Hold]) -> Iterator[Issue]:
    """A truncated file without a hold: there is nothing to delete, but people may be missing."""
    held = {hold.slice.get("mapping") for hold in holds if hold.guard == "fewer-rows"}
    for mapping, sheet, before in cut_short(context):
        # A sheet without any row is reported by its reader.
        if mapping.name not in held and before >= FEW and sheet.rows:
            text = wording("fewer-rows", before=before, now=sheet.rows)
            yield text.issue("warning", resource=mapping.resource, file=sheet.name)


def blank_column(context: GuardContext) -> Iterator[Stop]:
    """A column that had values last time and has none now: the export lost it, not the people."""
    if context.limits.rows is None:
        return
    for mapping, sheet in _sheets(context):
        if mapping.mode == "delta" or (sheet.rows or 0) < FEW:
            continue  # what changed since the last run need not fill every column
        last = _last_snapshot(context, mapping)
        was = last.filled if last else {}
        lost = [name for name, share in sheet.filled.items() if share == 0 and was.get(name, 0) >= FULL]
        which = _asked_by(context, mapping)
        if lost and len(which):
            several = "several" if len(lost) > 1 else ""
            text = hold_text("blank-column", several, columns=listed(lost), file=sheet.name, count=len(which))
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, sheet.rows or 0)


def rejected_rows(context: GuardContext) -> Iterator[Stop]:
    """If many rows have errors, absence from the others is not reliable."""
    limits = context.limits.rows
    if limits is None:
        return
    for name, alignment in context.alignments.items():
        bad = alignment.desired.rejected
        rows = bad + len(alignment.desired.rows)
        if bad * 100 <= rows * limits.percent:
            continue
        which = np.flatnonzero(context.own[name] & context.deletes & context.sent)
        if len(which):
            removals, objects = alignment.resource.counted(len(which)), alignment.resource.title
            few = "only" if rows == 1 else "one" if bad == 1 else ""
            text = hold_text(
                "rejected-rows", few, bad=bad, rows=rows, objects=objects, percent=limits.percent, removals=removals
            )
            yield Stop(text, name, {}, which, rows)


def new_mapping(context: GuardContext) -> Iterator[Stop]:
    """The first deletes of a mapping, and the first after it was changed, need approval."""
    for mapping in context.mappings:
        before = next((e for e in context.before.get(mapping.name, ()) if e.kind == "mapping"), None)
        if before is not None and before.digest == mapping.digest:
            continue
        which = _deletes_of(context, mapping)
        if len(which):
            changed = "" if before is None else "changed"
            text = hold_text("new-mapping", changed, mapping=mapping.name, removals=_counted(mapping, which))
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, len(which))


def _sheets(context: GuardContext) -> Iterator[tuple[MappingFile, Input]]:
    for mapping in context.mappings:
        sheet = _together([entry for entry in context.inputs if entry.mapping == mapping.name])
        if sheet is not None:
            yield mapping, sheet


def _last_snapshot(context: GuardContext, mapping: MappingFile) -> Input | None:
    """The snapshot with which another one is compared."""
    return _together([entry for entry in context.before.get(mapping.name, ()) if not entry.delta])


def _together(entries: Sequence[Input]) -> Input | None:
    """All files that a mapping reads as one: as new as the newest, and with a column filled as in the fullest."""
    sheets = [entry for entry in entries if entry.kind == "sheet"]
    if len(sheets) < 2:
        return sheets[0] if sheets else None
    newest = max(sheets, key=lambda sheet: sheet.modified or datetime.min.replace(tzinfo=UTC))
    filled = {name: max(each.filled.get(name, 0) for each in sheets) for each in sheets for name in each.filled}
    rows = sum(sheet.rows or 0 for sheet in sheets)
    return replace(newest, name=f"{newest.name} (and {len(sheets) - 1} more)", rows=rows, filled=filled)


def _asked_by(context: GuardContext, mapping: MappingFile) -> Positions:
    """What a mapping asks to be sent."""
    claimed = claimed_by(context.changes["claims"], frozenset({mapping.name})).to_numpy()
    return np.flatnonzero(claimed & context.own[mapping.resource] & context.sent)


def _deletes_of(context: GuardContext, mapping: MappingFile) -> Positions:
    asked = _asked_by(context, mapping)
    return asked[context.deletes[asked]]


def _counted(mapping: MappingFile, which: Positions) -> str:
    return CATALOGUE[mapping.resource].counted(len(which))


def _span(length: timedelta) -> str:
    """`7 days`, `36 hours`, `90 minutes`: in the largest unit of which there are at least two."""
    seconds = length.total_seconds()
    unit, size = next((each for each in UNITS if seconds >= 2 * each[1]), UNITS[-1])
    n = round(seconds / size)
    return f"{n:,} {unit}{'s' * (n != 1)}"
