"""Guards of the origin of changes: a mapping, or the file it reads, that looks wrong.

Their holds name the mapping as slice: until one is approved, the file and the mapping before it stay the good ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.diff.removals import claimed_by, slice_parent
from sync.model import Input
from sync.model.findings import listed
from sync.model.index import among
from sync.model.resources import CATALOGUE
from sync.model.values import equals
from sync.plan.groupings import missing_part
from sync.plan.guard_context import GuardContext, Positions, Stop
from sync.plan.history import Past
from sync.plan.hold_texts import HoldText, hold_text, span
from sync.sheets.dated_names import date_in

FULL = 50
"""A column filled in at least this percentage of the rows is missed when it is blank."""

FEW = 5
"""In fewer rows than this, a column may be blank, or a row missing, by chance."""

CLOCK_CHANGE = timedelta(hours=2)
"""A file that is older than another by less than this may have been written later: clocks differ, and go back."""


def old_file(context: GuardContext) -> Iterator[Stop]:
    """A sheet that has not been refreshed: everything it asks for is on hold."""
    for mapping, sheet in context.sheets():
        limit = mapping.max_age or context.limits.max_age
        if limit is None or sheet.modified is None or context.now - sheet.modified <= limit:
            continue
        which = context.asked_by(mapping)
        if len(which):
            age = span(context.now - sheet.modified)
            text = hold_text("old-file", file=sheet.name, age=age, limit=span(limit), count=len(which))
            yield of_sheet(text, mapping, sheet, which)


def used_before(context: GuardContext) -> Iterator[Stop]:
    """A file that was used before, with newer ones since: an old export was delivered again."""
    if context.limits.used_before is None:
        return
    for mapping in context.mappings:
        used = context.past(mapping).used
        again = [each for each in context.inputs if each.mapping == mapping.name and each.digest in used]
        which = context.asked_by(mapping)
        if again and len(which):
            sheet = again[0]
            day = f"{used[sheet.digest].day} {used[sheet.digest]:%B %Y}"
            text = hold_text("used-before", file=sheet.name, used=day, count=len(which))
            yield of_sheet(text, mapping, sheet, which)


def overtaken(context: GuardContext) -> Iterator[Stop]:
    """A file made before one that was used already: exports were delivered in another order."""
    for mapping, sheet in context.sheets() if context.limits.used_before is not None else ():
        past, which = context.past(mapping), context.asked_by(mapping)
        if len(which) and (text := _written_before(sheet, past, which) or _dated_before(context, mapping, past, which)):
            yield of_sheet(text, mapping, sheet, which)


def _written_before(sheet: Input, past: Past, which: Positions) -> HoldText | None:
    """By the time at which the files were written."""
    if past.written is None or sheet.modified is None or past.written - sheet.modified < CLOCK_CHANGE:
        return None
    if any(each.digest == sheet.digest for each in past.last):
        return None
    return hold_text("overtaken", file=sheet.name, age=span(past.written - sheet.modified), count=len(which))


def _dated_before(context: GuardContext, mapping: MappingFile, past: Past, which: Positions) -> HoldText | None:
    """By the dates in their names. Of changes, every new file counts; a list is as new as the newest of its files."""
    used = {each.digest for each in past.last}
    sheets = [each for each in context.inputs if each.kind == "sheet" and each.mapping == mapping.name]
    if mapping.mode == "delta":
        sheets = [each for each in sheets if each.digest not in used]
    dated = [(date, each.name) for each in sheets if (date := date_in(each.name))]
    if not dated or past.dated is None:
        return None
    date, name = min(dated) if mapping.mode == "delta" else max(dated)
    return hold_text("overtaken", "dated", file=name, count=len(which)) if date < past.dated else None


def cut_short(context: GuardContext) -> Iterator[tuple[MappingFile, Input, int]]:
    """Mappings whose sheet has far fewer rows than usual, the sheet, and how many it usually has."""
    limits = context.limits.rows
    if limits is None:
        return
    for mapping, sheet in context.sheets():
        if mapping.mode == "delta":
            continue  # the size of a delta is not a measure
        usual = context.past(mapping).usual
        before = usual.rows if usual else None
        short = before and sheet.rows is not None and (before - sheet.rows) * 100 >= before * limits.percent
        if before and short and not _ended(context, mapping, limits.percent):
            yield mapping, sheet, before


def _ended(context: GuardContext, mapping: MappingFile, percent: int) -> bool:
    """Whether a sheet is shorter because courses or the like are no longer listed, as at the end of a term.

    For those that are still listed, it still has more of the known records than a truncated file would.
    """
    alignment = context.alignments[mapping.resource]
    parent = slice_parent(alignment.resource)
    above = context.alignments[parent.resource].desired if parent else None
    if above is None or not above.complete:
        return False
    known = alignment.ledger["object"][claimed_by(alignment.ledger["claims"], frozenset({mapping.name}))]
    at = alignment.index.part(known, alignment.resource.slice)
    going_on = among(at, above.rows["object"]) | among(at, above.guarded["object"])
    lost = going_on & ~among(known, alignment.desired.rows["object"])
    return not going_on.all() and int(lost.sum()) * 100 < int(going_on.sum()) * percent


def fewer_rows(context: GuardContext) -> Iterator[Stop]:
    """A truncated file looks like many people leaving at once."""
    for mapping, sheet, before in cut_short(context):
        which = deletes_of(context, mapping)
        if len(which):
            part = missing_part(context, mapping, context.changes["object"].to_numpy()[which])
            variant = "one" if sheet.rows == 1 else "missing" if part else ""
            values = {"file": sheet.name, "now": sheet.rows, "before": before, "removals": _counted(mapping, which)}
            percent = context.limits.rows.percent if context.limits.rows else 0
            text = hold_text("fewer-rows", variant, percent=percent, **values, **(asdict(part) if part else {}))
            yield Stop(text, mapping.resource, {"mapping": mapping.name}, which, before)


def lost_columns(context: GuardContext) -> Iterator[tuple[MappingFile, Input, list[str]]]:
    """Mappings whose sheet has columns that usually have values and have none now, the sheet, and the columns."""
    for mapping, sheet in context.sheets() if context.limits.rows else ():
        if mapping.mode == "delta" or (sheet.rows or 0) < FEW:
            continue  # what changed since the last run need not fill every column
        usual = context.past(mapping).usual
        was = usual.filled if usual else {}
        lost = [name for name, share in sheet.filled.items() if share == 0 and was.get(name, 0) >= FULL]
        if lost:
            yield mapping, sheet, lost


def blank_column(context: GuardContext) -> Iterator[Stop]:
    """A column that usually has values and has none now: the export lost it, not the people."""
    for mapping, sheet, lost in lost_columns(context):
        which = context.asked_by(mapping)
        if len(which):
            several = "several" if len(lost) > 1 else ""
            text = hold_text("blank-column", several, columns=listed(lost), file=sheet.name, count=len(which))
            yield of_sheet(text, mapping, sheet, which)


def rejected_rows(context: GuardContext) -> Iterator[Stop]:
    """If many rows of a mapping have errors, absence from the others is not reliable."""
    for mapping, sheet in context.sheets():
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


def whole_file(
    context: GuardContext, mapping: MappingFile, sheet: Input, guard: str, *variants: str, **values: object
) -> Stop:
    """All that a mapping asks for, stopped by a guard that does not trust its file; its text may count the objects.

    If nothing of that can be sent anyway, an approval is for the file.
    """
    which = context.asked_by(mapping)
    count = int(context.changes["match"].iloc[which].nunique())
    text = hold_text(guard, *variants, file=sheet.name, count=count, **values)
    return of_sheet(text, mapping, sheet, which, about="" if len(which) else sheet.digest)


def of_sheet(text: HoldText, mapping: MappingFile, sheet: Input, which: Positions, about: str = "") -> Stop:
    """What a mapping asks for, stopped, out of the rows of its sheet."""
    return Stop(text, mapping.resource, {"mapping": mapping.name}, which, sheet.rows or 0, about=about)


def updated_by(context: GuardContext, mapping: MappingFile) -> Positions:
    """The updates that the file of a mapping asks for, one for each object: the last, if it has temporary values."""
    return asked_updates(context.changes, np.flatnonzero(context.own[mapping.resource]), mapping)


def asked_updates(changes: pd.DataFrame, own: Positions, mapping: MappingFile) -> Positions:
    """The same of any changes, of which those at `own` are of the mapping's resource.

    What somebody has changed on the site is no fault of the file, nor is what was changed in the mapping itself.
    """
    own = own[equals(changes["op"].iloc[own], "update") & (changes["set"].iloc[own] == 0).to_numpy()]
    if not len(own):
        return own
    rows = changes[["object", "cause", "claims"]].iloc[own]
    rows = rows[claimed_by(rows["claims"], frozenset({mapping.name}))]
    wanted = rows["cause"].isin(["sis", "both"]) & ~rows["object"].duplicated(keep="last")
    return rows.index[wanted].to_numpy(dtype=np.intp)


def deletes_of(context: GuardContext, mapping: MappingFile) -> Positions:
    """What a mapping asks to be deleted, or to be set instead."""
    asked = context.asked_by(mapping)
    return asked[context.deletes[asked]]


def _counted(mapping: MappingFile, which: Positions) -> str:
    return CATALOGUE[mapping.resource].counted(len(which))
