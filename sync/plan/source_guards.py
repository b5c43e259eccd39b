"""Guards of the origin of changes: a mapping, or the file it reads, that looks wrong.

Their holds name the mapping as slice: until one is approved, the file and the mapping before it stay the good ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from sync.config.mappings import Mapping as MappingFile
from sync.diff.removals import claimed_by
from sync.model import Hold, Input, Issue
from sync.model.findings import listed
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE
from sync.plan.guard_context import GuardContext, Positions, Stop
from sync.plan.history import together
from sync.plan.hold_texts import hold_text, span

FULL = 50
"""A column filled in at least this percentage of the rows is missed when it is blank."""

FEW = 5
"""In fewer rows than this, a column may be blank, or a row missing, by chance."""

MUCH_LONGER, HARDLY_MORE = 1.5, 1.25
"""Factors: a file with at least the first times its usual rows, but fewer than the second times its usual objects,
counts as doubled."""

CLOCK_CHANGE = timedelta(hours=2)
"""A file that is older than another by less than this may have been written later: clocks differ, and go back."""


def old_file(context: GuardContext) -> Iterator[Stop]:
    """A sheet that has not been refreshed: everything it asks for is on hold."""
    for mapping, sheet in sheets(context):
        limit = mapping.max_age or context.limits.max_age
        if limit is None or sheet.modified is None or context.now - sheet.modified <= limit:
            continue
        which = asked_by(context, mapping)
        if len(which):
            age = span(context.now - sheet.modified)
            text = hold_text("old-file", file=sheet.name, age=age, limit=span(limit), count=len(which))
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, sheet.rows or 0)


def used_before(context: GuardContext) -> Iterator[Stop]:
    """A file that was used before, with newer ones since: an old export was delivered again."""
    if context.limits.used_before is None:
        return
    for mapping in context.mappings:
        used = context.past(mapping).used
        again = [each for each in context.inputs if each.mapping == mapping.name and each.digest in used]
        which = asked_by(context, mapping)
        if again and len(which):
            sheet = again[0]
            day = f"{used[sheet.digest].day} {used[sheet.digest]:%B %Y}"
            text = hold_text("used-before", file=sheet.name, used=day, count=len(which))
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, sheet.rows or 0)


def overtaken(context: GuardContext) -> Iterator[Stop]:
    """A file written before one that was used already: exports were delivered in another order."""
    if context.limits.used_before is None:
        return
    for mapping, sheet in sheets(context):
        past = context.past(mapping)
        if past.written is None or sheet.modified is None or past.written - sheet.modified < CLOCK_CHANGE:
            continue
        which = asked_by(context, mapping)
        if len(which) and all(each.digest != sheet.digest for each in past.last):
            text = hold_text("overtaken", file=sheet.name, age=span(past.written - sheet.modified), count=len(which))
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, sheet.rows or 0)


def cut_short(context: GuardContext) -> Iterator[tuple[MappingFile, Input, int]]:
    """Mappings whose sheet has far fewer rows than usual, the sheet, and how many it usually has."""
    limits = context.limits.rows
    if limits is None:
        return
    for mapping, sheet in sheets(context):
        if mapping.mode == "delta":
            continue  # the size of a delta is not a measure
        usual = context.past(mapping).usual
        before = usual.rows if usual else None
        if before and sheet.rows is not None and (before - sheet.rows) * 100 >= before * limits.percent:
            yield mapping, sheet, before


def fewer_rows(context: GuardContext) -> Iterator[Stop]:
    """A truncated file looks like many people leaving at once."""
    for mapping, sheet, before in cut_short(context):
        which = deletes_of(context, mapping)
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


def doubled(context: GuardContext) -> Iterator[Issue]:
    """A file with many more rows than usual that name hardly any more objects: most likely two exports in one."""
    for mapping, sheet in sheets(context) if context.limits.rows else ():
        usual = None if mapping.mode == "delta" else context.past(mapping).usual
        before, now = (usual and usual.rows) or 0, sheet.rows or 0
        known, names = (usual and usual.usable) or 0, sheet.usable or 0
        if before >= FEW and now >= before * MUCH_LONGER and names < known * HARDLY_MORE:
            text = wording("doubled-rows", before=before, now=now)
            yield text.issue("warning", resource=mapping.resource, file=sheet.name)


def blank_column(context: GuardContext) -> Iterator[Stop]:
    """A column that usually has values and has none now: the export lost it, not the people."""
    if context.limits.rows is None:
        return
    for mapping, sheet in sheets(context):
        if mapping.mode == "delta" or (sheet.rows or 0) < FEW:
            continue  # what changed since the last run need not fill every column
        usual = context.past(mapping).usual
        was = usual.filled if usual else {}
        lost = [name for name, share in sheet.filled.items() if share == 0 and was.get(name, 0) >= FULL]
        which = asked_by(context, mapping)
        if lost and len(which):
            several = "several" if len(lost) > 1 else ""
            text = hold_text("blank-column", several, columns=listed(lost), file=sheet.name, count=len(which))
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, sheet.rows or 0)


def rejected_rows(context: GuardContext) -> Iterator[Stop]:
    """If many rows of a mapping have errors, absence from the others is not reliable."""
    for mapping, sheet in sheets(context):
        percent, desired = _max_rejected(context, mapping), context.alignments[mapping.resource].desired
        bad = sum(count for claims, count in desired.rejected_by.items() if mapping.name in claims.split())
        if percent is None or not bad:
            continue
        rows = bad + int(claimed_by(desired.rows["claims"], frozenset({mapping.name})).sum())
        which = deletes_of(context, mapping)
        if bad * 100 > rows * percent and len(which):
            few = "only" if rows == 1 else "one" if bad == 1 else ""
            values = {"bad": bad, "rows": rows, "percent": percent, "removals": _counted(mapping, which)}
            text = hold_text("rejected-rows", few, file=sheet.name, **values)
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, rows)


def _max_rejected(context: GuardContext, mapping: MappingFile) -> int | None:
    """The percentage of a mapping's rows that may have errors; None: no limit."""
    if mapping.max_rejected is not None:
        return mapping.max_rejected
    return context.limits.rows.percent if context.limits.rows else None


def new_mapping(context: GuardContext) -> Iterator[Stop]:
    """The first deletes of a mapping, and the first after it was changed, need approval.

    A mapping is new until something of its resource has been sent: that nothing differed proves nothing.
    """
    for mapping in context.mappings:
        past = context.past(mapping)
        before = next((e for e in past.last if e.kind == "mapping"), None)
        same = before is not None and before.digest == mapping.digest
        if same and mapping.resource in past.sent:
            continue
        which = deletes_of(context, mapping)
        if len(which):
            changed = "" if before is None or same else "changed"
            text = hold_text("new-mapping", changed, mapping=mapping.name, removals=_counted(mapping, which))
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, len(which))


def sheets(context: GuardContext) -> Iterator[tuple[MappingFile, Input]]:
    """Mappings that were read, and the sheets of each taken as one."""
    for mapping in context.mappings:
        sheet = together([entry for entry in context.inputs if entry.mapping == mapping.name])
        if sheet is not None:
            yield mapping, sheet


def asked_by(context: GuardContext, mapping: MappingFile) -> Positions:
    """What a mapping asks to be sent."""
    claimed = claimed_by(context.changes["claims"], frozenset({mapping.name})).to_numpy()
    return np.flatnonzero(claimed & context.own[mapping.resource] & context.sent)


def whole_file(
    context: GuardContext, mapping: MappingFile, sheet: Input, guard: str, *variants: str, **values: object
) -> Stop:
    """All that a mapping asks for, stopped by a guard that does not trust its file; its text may count the objects."""
    which = asked_by(context, mapping)
    count = int(context.changes["match"].iloc[which].nunique())
    text = hold_text(guard, *variants, file=sheet.name, count=count, **values)
    return Stop(text, mapping.resource, {"mapping": mapping.name}, which, sheet.rows or 0)


def updated_by(context: GuardContext, mapping: MappingFile) -> Positions:
    """The updates that the file of a mapping asks for, one for each object: the last, if it has temporary values.

    What somebody has changed on the site is no fault of the file, nor is what was changed in the mapping itself.
    """
    own = np.flatnonzero(context.own[mapping.resource] & ~context.deletes)
    rows = context.changes[["op", "object", "cause", "claims"]].iloc[own]
    rows = rows[rows["op"] == "update"]
    rows = rows[claimed_by(rows["claims"], frozenset({mapping.name}))]
    wanted = rows["cause"].isin(["sis", "both"]) & ~rows["object"].duplicated(keep="last")
    return rows.index[wanted].to_numpy(dtype=np.intp)


def deletes_of(context: GuardContext, mapping: MappingFile) -> Positions:
    """What a mapping asks to be deleted."""
    asked = asked_by(context, mapping)
    return asked[context.deletes[asked]]


def _counted(mapping: MappingFile, which: Positions) -> str:
    return CATALOGUE[mapping.resource].counted(len(which))
