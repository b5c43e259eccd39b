"""Guards of sheets that contribute nothing: holds without changes, because there is nothing to stop.

They name the mapping as slice: until one is approved, the last good file stays the measure, and the next run is on
hold again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sync.config.mappings import Mapping as MappingFile
from sync.diff.contributions import Contribution, unexpected
from sync.model import Input
from sync.model.findings import listed
from sync.plan.guard_context import GuardContext, Stop

NOBODY = np.zeros(0, dtype=np.intp)

WAYS_OUT = (
    "Nothing is deleted because of this file. Fix the export, or the mapping {mapping} ({where}). If this is intended: "
    "`nexsis-sync approve PLAN --hold ID` accepts the file as it is, and `may_be_empty: true` in the mapping turns "
    "this check off for good."
)
"""What a person can do about it."""


def nothing_usable(context: GuardContext) -> Iterator[Stop]:
    """A snapshot of which no row can be used."""
    yield from (stop for stop in _of(context) if stop.guard == "nothing-usable")


def scope_matches_nothing(context: GuardContext) -> Iterator[Stop]:
    """A snapshot with rows, none of which is within the scope of its mapping."""
    yield from (stop for stop in _of(context) if stop.guard == "scope-matches-nothing")


def _of(context: GuardContext) -> Iterator[Stop]:
    for mapping in context.mappings:
        now = context.contributions.get(mapping.name)
        sheets = [each for each in context.inputs if each.mapping == mapping.name]
        if now is not None:
            yield from unusable(mapping, now, sheets, context.before.get(mapping.name, ()))


def unusable(
    mapping: MappingFile, now: Contribution, inputs: Sequence[Input], before: Sequence[Input]
) -> Iterator[Stop]:
    """The hold of a mapping that contributes nothing, or nothing in its scope; none if that is expected.

    `inputs` are those of the mapping now, `before` its last good ones.
    """
    if not unexpected(mapping, now, before):
        return
    sheets = [each for each in inputs if each.kind == "sheet"]
    files = listed(dict.fromkeys(each.name for each in sheets))
    had = sum(each.rows or 0 for each in before if each.kind == "sheet" and not each.delta)
    last = f"; the last good file had {had:,} row{'s' * (had != 1)}" if had else ""
    rows = sum(each.rows or 0 for each in sheets)
    if now.nothing:
        guard, limit, head = "nothing-usable", "no row can be used", f"No row of {files} can be used: "
    else:
        guard, limit, head = "scope-matches-nothing", "a scope that matches nothing", f"{files}: scope: "
    yield Stop(
        guard,
        mapping.resource,
        {"mapping": mapping.name},
        NOBODY,
        rows or had,
        limit,
        f"{head}{now.why}{last}. {WAYS_OUT.format(mapping=mapping.name, where=mapping.where)}",
        about="\x1e".join(_files(inputs, before)),
    )


def _files(inputs: Sequence[Input], before: Sequence[Input]) -> Iterator[str]:
    """What an approval is for: these files and this mapping, compared with those."""
    for each in inputs:
        yield each.digest
    for each in before:
        yield f"{each.digest} {each.modified.isoformat() if each.modified else ''}"
