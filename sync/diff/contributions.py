"""What each mapping contributes: how many objects its sheets name that can be used, and how many within its scope.

A snapshot that contributes nothing is most likely a damaged export or a mistake in its mapping. What is absent from it
means nothing then, unless its mapping says that it may be empty, or somebody has approved a file like it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sync.config.mappings import Mapping as MappingFile
from sync.config.terms import TERM
from sync.diff.removals import claimed_by
from sync.diff.scope import within
from sync.mapping.source import Source
from sync.model import Conventions, Desired, Input, Issue
from sync.model.columns import rows_where, selected
from sync.model.findings import listed
from sync.model.index import Objects, among
from sync.model.resources import CATALOGUE

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = 3
"""Number of keys that are shown if none matches."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """How many objects a mapping contributes, how many of them its scope matches, and why one of the two is none.

    `usable` is None where all rows wait for rows of other sheets; `scoped` where no scope limits what is deleted.
    `additions` as in `Input`.
    """

    usable: int | None
    scoped: int | None = None
    why: str = ""
    additions: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Whether no row can be used."""
        return self.usable == 0

    @property
    def astray(self) -> bool:
        """Whether rows can be used, but the scope matches none of them."""
        return self.scoped == 0 and not self.nothing


def contributions(
    desired: Mapping[str, Desired], sources: Sequence[Source], conventions: Conventions, issues: Sequence[Issue] = ()
) -> dict[str, Contribution]:
    """What each mapping contributes. `issues` report rows that were left out because what they refer to is unknown."""
    found = {}
    for source in sources:
        mapping, alignment = source.mapping, desired[source.mapping.resource]
        claimed = claimed_by(alignment.rows["claims"], frozenset({mapping.name})).to_numpy(dtype=bool)
        if claimed.any():
            keys = rows_where(selected(alignment.rows, mapping.scope.keys() - {TERM}), claimed)
            found[mapping.name] = _within_scope(mapping, keys, conventions)
        elif mapping.name in alignment.unusable:
            found[mapping.name] = Contribution(0, None, alignment.unusable[mapping.name])
        else:
            found[mapping.name] = _unfounded(source, desired, issues)
        found[mapping.name] = replace(found[mapping.name], additions=alignment.additions.get(mapping.name, {}))
    return found


def _within_scope(mapping: MappingFile, rows: pd.DataFrame, conventions: Conventions) -> Contribution:
    """That of rows with the key fields of the scope."""
    # That no term is current, or that the current one has no rows yet, is normal.
    scope = {part: patterns for part, patterns in mapping.scope.items() if part != TERM}
    if not scope or not mapping.deletes:
        return Contribution(len(rows))
    parts = within(CATALOGUE[mapping.resource], rows, scope, conventions)
    scoped = int(np.logical_and.reduce([*parts.values()]).sum())
    return Contribution(len(rows), scoped, "" if scoped else _astray(mapping, rows, parts))


def _astray(mapping: MappingFile, rows: pd.DataFrame, parts: Mapping[str, pd.Series[Any]]) -> str:
    """The scope, and what the keys look like instead."""
    unmet = [part for part, at in parts.items() if not at.any()] or [*parts]
    asked = listed(f"{part} {listed(mapping.scope[part], 'or')}" for part in unmet)
    keys = listed(f"{part} looks like {', '.join(rows[part].drop_duplicates()[:EXAMPLES])}" for part in unmet)
    resource = CATALOGUE[mapping.resource]
    one = len(rows) == 1
    misses = f"does not match the only {resource.noun}" if one else f"matches none of the {resource.counted(len(rows))}"
    return f"{asked} {misses}; {keys}"


def _unfounded(source: Source, desired: Mapping[str, Desired], issues: Sequence[Issue]) -> Contribution:
    """Rows that are good in themselves, and all left out.

    The rows are at fault if what they refer to is unknown, unless the sheet that should list it contributes nothing
    itself.
    """
    resource, files = CATALOGUE[source.mapping.resource], {sheet.file for sheet in source.sheets}
    codes = {f"unknown-{ref.resource}" for ref in resource.refs if not desired[ref.resource].unusable}
    own = (each for each in issues if each.resource == resource.name and each.file in files)
    first = next((each for each in own if each.code in codes), None)
    if first is None:
        return Contribution(None)
    return Contribution(0, None, f"every row is left out, the first one in row {first.row}: {first.message}")


# -- what it is measured by ------------------------------------------------------------------------------------


def unexpected(mapping: MappingFile, now: Contribution, before: Sequence[Input]) -> bool:
    """Whether somebody must confirm that this snapshot may contribute nothing, or nothing in its scope.

    `before` are the mapping's last good inputs. A first file is expected to contribute something.
    """
    if mapping.mode != "snapshot" or mapping.may_be_empty or not (now.nothing or now.astray):
        return False
    last = [each for each in before if each.kind == "sheet" and not each.delta]
    if not last:
        return True
    if now.nothing:
        return any((each.rows if each.usable is None else each.usable) for each in last)
    same = any(each.kind == "mapping" and each.digest == mapping.digest for each in before)
    return not same or any(each.scoped != 0 for each in last)


def trusted(
    desired: Mapping[str, Desired],
    sources: Sequence[Source],
    conventions: Conventions,
    good: Callable[[], Mapping[str, Sequence[Input]]],
) -> Mapping[str, Desired]:
    """The same, not `complete` for mappings that unexpectedly contribute nothing, or nothing in scope.

    `good` gives the last good inputs by mapping, and is asked only if need be.
    """
    found = contributions(desired, sources, conventions)
    suspects = [source.mapping for source in sources if unexpected(source.mapping, found[source.mapping.name], ())]
    if not suspects:
        return desired
    before = good()
    doubted = {m.name for m in suspects if unexpected(m, found[m.name], before.get(m.name, ()))}
    return {name: replace(each, complete=each.complete - doubted) for name, each in desired.items()}


def dropped(
    desired: Desired, known: Objects, mappings: Sequence[MappingFile], good: Mapping[str, Sequence[Input]]
) -> int | None:
    """How many known objects of a resource its last good exports listed, and today's do not list any more.

    At most, since some of those listed may have been left out; None if that is unknown, or a mapping deletes what it no
    longer lists. `good` are the last good inputs by mapping, `mappings` those of the resource.
    """
    left = 0
    for mapping in mappings:
        counts = [each.usable for each in good.get(mapping.name, ()) if each.kind == "sheet" and not each.delta]
        if mapping.deletes or mapping.name not in desired.complete or not counts or None in counts:
            return None
        now = claimed_by(desired.rows["claims"], frozenset({mapping.name})).to_numpy(dtype=bool)
        still = int((now & among(desired.rows["object"], known)).sum())
        left += max(0, max(each for each in counts if each is not None) - still)
    return left


def measured(inputs: Sequence[Input], found: Mapping[str, Contribution]) -> Iterator[Input]:
    """The inputs with what their mapping contributes, with which the next run compares."""
    for each in inputs:
        of = found.get(each.mapping or "") if each.kind == "sheet" else None
        yield replace(each, usable=of.usable, scoped=of.scoped, additions=of.additions) if of else each
