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
from sync.plan.hold_texts import hold_text

NOBODY = np.zeros(0, dtype=np.intp)


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
            yield from unusable(mapping, now, sheets, context.past(mapping).last)


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
    text = hold_text(
        "nothing-usable" if now.nothing else "scope-matches-nothing",
        "after" if had else "",
        files=files,
        why=now.why,
        rows=f"{had:,} row{'s' * (had != 1)}",
        mapping=mapping.name,
        where=mapping.where,
    )
    rows = sum(each.rows or 0 for each in sheets) or had
    about = "\x1e".join(_files(inputs, before))
    yield Stop(text, mapping.resource, {"mapping": mapping.name}, NOBODY, rows, about=about)


def _files(inputs: Sequence[Input], before: Sequence[Input]) -> Iterator[str]:
    """What an approval is for: these files and this mapping, compared with those."""
    for each in inputs:
        yield each.digest
    for each in before:
        yield f"{each.digest} {each.modified.isoformat() if each.modified else ''}"
