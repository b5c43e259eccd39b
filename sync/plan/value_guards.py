"""Guards of columns with few different values, such as roles: the export has lost the difference, or turned it round.

The changes to known people may be on hold because there are so many of them. Whoever is new in the same file would
still get the wrong value, so everything that the file asks for is on hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.diff.field_diff import Alignment
from sync.diff.removals import claimed_by
from sync.model import Field, Input
from sync.model.index import among
from sync.model.values import unpack
from sync.plan.guard_context import GuardContext, Stop
from sync.plan.source_guards import updated_by, whole_file

FEW = 3
"""A value that fewer records have can be gone, or swapped with another, on a normal day."""


def single_value(context: GuardContext) -> Iterator[Stop]:
    """A column that had several values and has only one."""
    for column in _columns(context):
        (value, *others) = {new for _, new in column.changed}
        if not others and value and column.listed().eq(value).all():
            usual = [each for each, count in column.before().items() if count >= FEW]
            if len(usual) > 1:
                yield column.stop(context, "single-value", {"value": value})


def swapped_values(context: GuardContext) -> Iterator[Stop]:
    """Two values that are swapped in most of the records that had one of them."""
    for column in _columns(context):
        for (one, other), there in column.changed.items():
            back = column.changed[other, one]
            if one < other and min(there, back) >= FEW:
                before = column.before()
                if (there + back) * 2 > before[one] + before[other]:
                    named = {"one": one, "other": other}
                    yield column.stop(context, "swapped-values", named, there=there, back=back)


@dataclass(frozen=True, slots=True)
class _Column:
    """A field that the file of a mapping changes: in how many records from one value to another."""

    mapping: MappingFile
    sheet: Input
    alignment: Alignment
    field: Field
    changed: Counter[tuple[str, str]]

    @property
    def rows(self) -> pd.DataFrame:
        """The records that the file lists."""
        rows = self.alignment.desired.rows
        return rows[claimed_by(rows["claims"], frozenset({self.mapping.name})).to_numpy(dtype=bool)]

    def listed(self) -> pd.Series[Any]:
        """What the file says of them."""
        return self.rows[self.field.name].dropna()

    def before(self) -> Counter[str]:
        """How many of those on the site had each value until now."""
        rows = self.rows
        known = rows[self.field.name][among(rows["object"], self.alignment.observed.rows["object"])].dropna()
        counts = Counter({str(value): int(n) for value, n in known.value_counts().items()})
        for (old, new), count in self.changed.items():
            counts[new] -= count
            counts[old] += count
        return counts

    def stop(self, context: GuardContext, guard: str, values: Mapping[str, str], **counts: int) -> Stop:
        """All that the file asks for, stopped; the text names these values as the site shows them."""
        objects = self.alignment.resource.title
        shown = dict(context.conventions.roles) if self.field.kind == "role" else {}
        named = {name: shown.get(value, value) for name, value in values.items()}
        return whole_file(
            context, self.mapping, self.sheet, guard, field=self.field.called, objects=objects, **counts, **named
        )


def _columns(context: GuardContext) -> Iterator[_Column]:
    """The fields that each snapshot changes, those aside that must be unique. A delta lists few values anyway."""
    for mapping, sheet in context.sheets() if context.limits.update else ():
        alignment, updates = context.alignments[mapping.resource], updated_by(context, mapping)
        if mapping.mode == "delta" or len(updates) < FEW:
            continue
        unique = context.conventions.unique(alignment.resource)
        names = [f.name for f in alignment.resource.state if f.name in mapping.fields and f not in unique]
        before, after = (unpack(context.changes[side].iloc[updates], names) for side in ("before", "after"))
        for field in alignment.resource.named(names):
            old, new = before[field.name], after[field.name]
            differs = old.notna() & new.notna() & (old != new)
            if differs.any():
                pairs = pd.DataFrame({"old": old[differs], "new": new[differs]}).value_counts().reset_index()
                changed = Counter(dict(zip(zip(pairs["old"], pairs["new"], strict=True), pairs["count"], strict=True)))
                yield _Column(mapping, sheet, alignment, field, changed)
