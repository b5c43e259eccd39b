"""What is reported of files where nothing is on hold: that they look wrong, or contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sync.config.mappings import Mapping as MappingFile
from sync.diff.field_diff import Alignment
from sync.diff.removals import claimed_by
from sync.model import Hold, Issue
from sync.model.findings import listed
from sync.model.frames import records
from sync.model.index import Numbers, among, parent_key
from sync.model.issue_texts import wording
from sync.model.values import pack, unpack
from sync.plan.guard_context import GuardContext
from sync.plan.source_guards import FEW, cut_short, lost_columns

MUCH_LONGER, HARDLY_MORE = 1.5, 1.25
"""Factors: a file with at least the first times its usual rows, but fewer than the second times its usual objects,
counts as doubled."""

MOST = 1_000
"""Number of records of a mapping that are reported one by one; more are counted."""


def source_issues(context: GuardContext, holds: Sequence[Hold]) -> Iterator[Issue]:
    """All that is reported of files; a file that several mappings read may occur more than once."""
    yield from _shortened(context, holds)
    yield from _blank(context, holds)
    yield from _doubled(context)
    yield from _still_named(context)


def _held(holds: Sequence[Hold], guard: str) -> set[str | None]:
    """The mappings for which a guard has put something on hold."""
    return {hold.slice.get("mapping") for hold in holds if hold.guard == guard}


def _shortened(context: GuardContext, holds: Sequence[Hold]) -> Iterator[Issue]:
    """A truncated file without a hold: there is nothing to delete, but people may be missing."""
    held = _held(holds, "fewer-rows")
    for mapping, sheet, before in cut_short(context):
        # A sheet without any row is reported by its reader.
        if mapping.name not in held and before >= FEW and sheet.rows:
            text = wording("fewer-rows", before=before, now=sheet.rows)
            yield text.issue("warning", resource=mapping.resource, file=sheet.name)


def _blank(context: GuardContext, holds: Sequence[Hold]) -> Iterator[Issue]:
    """A column that has become blank without a hold: nothing is asked for, but the export has lost something."""
    held = _held(holds, "blank-column")
    for mapping, sheet, lost in lost_columns(context):
        if mapping.name not in held:
            text = wording("blank-column", "several" if len(lost) > 1 else "", columns=listed(lost))
            yield text.issue("warning", resource=mapping.resource, file=sheet.name)


def _doubled(context: GuardContext) -> Iterator[Issue]:
    """A file with many more rows than usual that name hardly any more objects: most likely two exports in one."""
    for mapping, sheet in context.sheets() if context.limits.rows else ():
        usual = None if mapping.mode == "delta" else context.past(mapping).usual
        before, now = (usual and usual.rows) or 0, sheet.rows or 0
        known, names = (usual and usual.usable) or 0, sheet.usable or 0
        if before >= FEW and now >= before * MUCH_LONGER and names < known * HARDLY_MORE:
            text = wording("doubled-rows", before=before, now=now)
            yield text.issue("warning", resource=mapping.resource, file=sheet.name)


def _still_named(context: GuardContext) -> Iterator[Issue]:
    """What a mapping used to list and today does not, and what is not deleted, though today's exports refer to it.

    It is reported as long as they do: somebody without any enrolment left has simply gone.
    """
    for mapping, sheet in context.sheets():
        alignment = context.alignments[mapping.resource]
        lost = _lost(alignment, mapping)
        if not len(lost):
            continue
        rows = alignment.ledger[among(alignment.ledger["object"], lost)]
        keys = unpack(rows["key"], alignment.resource.key).reset_index(drop=True)
        files, others = sheet.name, listed(_naming(context, alignment, lost))
        for packed, key in zip(pack(keys, alignment.resource.key)[:MOST].tolist(), records(keys[:MOST]), strict=True):
            name = " / ".join(key.values())
            text = wording("still-named", object=alignment.resource.noun, key=name, file=files, others=others)
            yield text.issue("warning", resource=mapping.resource, file=files, value=name, key=packed)
        if len(keys) > MOST:
            text = wording("still-named", "more", count=len(keys) - MOST)
            yield text.issue("warning", resource=mapping.resource, file=files)


def _lost(alignment: Alignment, mapping: MappingFile) -> Numbers:
    """What a whole, good sheet of the mapping no longer lists, and rows of other resources refer to.

    What a row may mean, though damaged or under another identifier, is reported with that row.
    """
    desired, ledger = alignment.desired, alignment.ledger
    if mapping.name not in desired.complete or not len(alignment.wanted):
        return np.empty(0, np.int64)
    theirs = ledger["object"].to_numpy()[claimed_by(ledger["claims"], frozenset({mapping.name})).to_numpy(dtype=bool)]
    known = (desired.rows, desired.guarded, desired.removals, alignment.leaving)
    known_elsewhere = [*(each["object"] for each in known), alignment.alike["old"], alignment.resembling["old"]]
    lost = among(theirs, alignment.wanted["object"])
    for objects in known_elsewhere:
        lost &= ~among(theirs, objects)
    found: Numbers = theirs[lost]
    return found


def _naming(context: GuardContext, alignment: Alignment, lost: Numbers) -> Iterator[str]:
    """The files that refer to these objects, each once."""
    name, files = alignment.resource.name, dict[str, None]()
    for child in context.alignments.values():
        rows = child.desired.rows
        for ref in child.resource.refs if len(rows) else ():
            if ref.resource == name:
                up = child.index.part(rows["object"], parent_key(name, ref.on))
                files |= dict.fromkeys(rows["file"][among(up, lost)].dropna().unique())
    yield from files
