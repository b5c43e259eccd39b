"""Rows of one mapping about one object that do not agree, or that write its identifier in several ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sync.mapping.groups import RowGroups, ordered
from sync.mapping.roles import RankedRows, role_of
from sync.mapping.rows import MappedRows
from sync.model import Conventions, Field, Issue, Origin, Resource, Severity, values
from sync.model.findings import NAMED, Finding, headers, key_of, key_text, listed, places, shown
from sync.model.issue_texts import Wording, wording

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Clashes:
    """Groups of rows of a mapping with conflicting values: `differs` flags them for each field that must not differ.

    `about` are the key fields that make them a group, where that is not the whole key.
    """

    resource: Resource
    mapped: MappedRows
    ranked: RankedRows
    groups: RowGroups
    differs: Mapping[str, Flags]
    about: tuple[str, ...] = ()

    @property
    def rows(self) -> pd.DataFrame:
        """The rows, those of each group with the one that counts first."""
        return self.ranked.rows

    @property
    def serious(self) -> Flags:
        """Groups that cannot be used."""
        return self._any(name for name in self.differs if name not in self._roles)

    @property
    def _roles(self) -> list[str]:
        name = role_of(self.resource, self.rows)
        return [] if name is None else [name]

    def _any(self, names: Iterable[str]) -> Flags:
        flags = np.zeros(len(self.groups), dtype=bool)
        for name in names:
            flags |= self.differs[name]
        return flags

    def findings(self) -> Iterator[Finding]:
        """All findings, an issue for each row of each object."""
        what, key, roles = self.resource.noun, self.resource.key, self._roles
        aliases, others = self._any(key), [name for name in self.differs if name not in key]
        yield from self._finding(wording("same-identifier", object=what), "error", aliases, key)
        yield from self._finding(wording("contradictory-rows", object=what), "error", self.serious & ~aliases, others)
        several = self._any(roles) & ~self.serious
        yield from self._finding(wording("several-roles", object=what), "warning", several, roles)
        if self.ranked.sheet_roles is not None:
            yield from self._overruled(what, self.ranked.sheet_roles)

    def _overruled(self, what: str, roles: pd.Series[Any]) -> Iterator[Finding]:
        """Objects that were deleted in one role and are active in another."""
        name = self._roles[0]
        of_roles = Clashes(
            self.resource,
            self.mapped,
            replace(self.ranked, rows=self.rows.assign(**{name: roles})),
            self.groups,
            {name: self.ranked.overruled},
        )
        at = self.ranked.overruled & ~self.serious
        yield from of_roles._finding(wording("role-deleted", object=what), "warning", at, [name])

    def spellings(self, field: Field) -> Iterator[Finding]:
        """A finding that all these groups write an identifier in several ways which are one number to PHP."""
        text = wording("same-identifier", "number", field=field.called)
        yield from self._finding(text, "error", self.differs[field.name], [field.name])

    def _finding(self, text: Wording, severity: Severity, at: Flags, names: Sequence[str]) -> Iterator[Finding]:
        """The groups flagged by `at`, if there are any."""
        if not at.any():
            return
        column = self._headers(name for name in names if (self.differs[name] & at).any())
        like = text.like(severity, resource=self.resource.name, column=column)
        texts = {name: values.arrow(self.rows[name]) for name in self.mapped.columns}
        groups = np.flatnonzero(at).tolist()
        issues = (self._issues_of_group(text, like, group, names, texts) for group in groups)
        yield Finding(like, int(np.minimum(self.groups.sizes[at], NAMED).sum()), chain.from_iterable(issues))

    def _issues_of_group(
        self, text: Wording, like: Issue, group: int, names: Sequence[str], texts: Mapping[str, pa.Array]
    ) -> Iterator[Issue]:
        """The rows of one object: each issue names them all, because whoever fixes one must know the others.

        Of many rows, those with the rarest values are reported: the fault is likely to be there.
        """
        rows = self.groups.rows(group)
        origins = self._origins(rows)
        differing = [name for name in names if self.differs[name][group]]
        parts, alike = [], dict[Origin, int]()
        for name in differing:
            given: dict[str, list[Origin]] = {}
            for origin, value in sorted(zip(origins, texts[name][rows].to_pylist(), strict=True), key=_by_place):
                if value is not None:
                    given.setdefault(value, []).append(origin)
            alike |= {origin: min(len(at), alike.get(origin, len(at))) for at in given.values() for origin in at}
            parts.append(
                f"{self.resource.called(name)} is "
                + listed(f"{shown(value)} in {places(at, origins)}" for value, at in given.items())
            )
        key = {name: texts[name][rows.start].as_py() for name in self.about or self.resource.key}
        said = text.given(
            rows=places(sorted(origins, key=_place), origins),
            about=key_text(self.resource, key),
            differences="; ".join(parts),
        )
        column = self._headers(differing)
        like = replace(like, column=column, message=said.message, key=key_of(self.resource, key))
        rarest = sorted(alike, key=lambda origin: (alike[origin], _place(origin)))
        for origin in sorted(rarest[:NAMED], key=_place):
            yield replace(like, file=origin.file, tab=origin.tab, row=origin.row)

    def _headers(self, fields: Iterable[str]) -> str | None:
        mapping = self.mapped.mapping.name
        return headers({mapping: self.mapped.columns}, mapping, fields)

    def _origins(self, rows: slice) -> list[Origin]:
        cells = (self.rows[name].iloc[rows].tolist() for name in ("file", "tab", "row"))
        return [
            Origin(file, tab if isinstance(tab, str) else None, int(row)) for file, tab, row in zip(*cells, strict=True)
        ]


def _place(origin: Origin) -> tuple[str, str, int]:
    return origin.file, origin.tab or "", origin.row or 0


def _by_place(located: tuple[Origin, str | None]) -> tuple[tuple[str, str, int], str]:
    return _place(located[0]), located[1] or ""


def find_clashes(
    resource: Resource, mapped: MappedRows, ranked: RankedRows, groups: RowGroups, conventions: Conventions
) -> Clashes:
    """Where rows of one object differ. In a delta, everything but key and role may change from row to row."""
    rows = ranked.rows
    differs = {}
    role = role_of(resource, rows)
    once = [*resource.key, *([] if role is None else [role])]
    for name in mapped.columns if mapped.mapping.mode == "snapshot" else once:
        field = resource.field(name)
        folds = field is not None and field.kind == "identifier" and name not in resource.key
        folded = values.fold(rows[name], conventions, field.compares) if field and folds else rows[name]
        differs[name] = groups.varies(folded)
    return Clashes(resource, mapped, ranked, groups, differs)


def ambiguous_identifiers(
    resource: Resource, mapped: MappedRows, rows: pd.DataFrame, conventions: Conventions
) -> tuple[Flags, list[Finding]]:
    """Rows that write an identifier in another way than other rows of their slice, and the issues.

    To the site they are the same: the group `01` of one row would be the group `1` of another.
    """
    ambiguous = np.zeros(len(rows), dtype=bool)
    findings: list[Finding] = []
    for field in (each for each in resource.keys if each.compares == "as_php"):
        if (values.fold(rows[field.name], conventions, field.compares) != rows[field.name]).any():
            flags, found = _ambiguous(resource, field, mapped, rows, conventions)
            ambiguous |= flags
            findings += found
    return ambiguous, findings


def _ambiguous(
    resource: Resource, field: Field, mapped: MappedRows, rows: pd.DataFrame, conventions: Conventions
) -> tuple[Flags, Iterator[Finding]]:
    within = tuple(dict.fromkeys((*resource.slice, field.name)))
    one = values.match_of(rows, resource.named(within), conventions)
    spellings = pd.DataFrame({"one": one, "text": rows[field.name]}).drop_duplicates()
    several = spellings["one"][spellings["one"].duplicated().to_numpy()]
    flags: Flags = values.position(one, several) >= 0
    alike = ordered(rows[flags].assign(match=one[flags]))
    groups = RowGroups.by_match(alike)
    differs = {field.name: np.ones(len(groups), dtype=bool)}
    ranked = RankedRows(alike, np.zeros(len(groups), dtype=bool))
    return flags, Clashes(resource, mapped, ranked, groups, differs, within).spellings(field)
