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
from sync.model import Conventions, Field, Issue, Origin, Resource, values
from sync.model.findings import NAMED, Finding, headers, key_of, key_text, listed, places, shown

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
        what, key = self.resource.name.replace("_", " "), self.resource.key
        aliases = self._any(key)
        yield self._finding(
            Issue(
                "same-identifier",
                "error",
                f"write the identifier of one {what} in different ways, which this site treats as the same",
                f"Write the identifier the same way everywhere; until then the {what} is left unchanged. If the site "
                "treats them as different, set `identifiers: exact` in the site file.",
            ),
            aliases,
            key,
        )
        yield self._finding(
            Issue(
                "contradictory-rows",
                "error",
                f"have conflicting values for one {what}",
                f"Fix or remove the wrong rows in the SIS; until then the {what} is left unchanged.",
            ),
            self.serious & ~aliases,
            [name for name in self.differs if name not in key],
        )
        yield self._finding(
            Issue(
                "several-roles",
                "warning",
                f"give several roles to one {what}; the highest of the site's roles is sent",
                "If you want a different role, leave the others out of the export.",
            ),
            self._any(self._roles) & ~self.serious,
            self._roles,
        )
        if self.ranked.sheet_roles is not None:
            yield self._overruled(what, self.ranked.sheet_roles)

    def _overruled(self, what: str, roles: pd.Series[Any]) -> Finding:
        """Objects that were deleted in one role and are active in another."""
        name = self._roles[0]
        issue = Issue(
            "role-deleted",
            "warning",
            f"delete one {what} in one role while it is active in another: it is kept, with the active role",
            f"If this is intended, no action is needed. To remove the {what}, delete it in every role, or without a "
            "role.",
        )
        of_roles = Clashes(
            self.resource,
            self.mapped,
            replace(self.ranked, rows=self.rows.assign(**{name: roles})),
            self.groups,
            {name: self.ranked.overruled},
        )
        return of_roles._finding(issue, self.ranked.overruled & ~self.serious, [name])

    def spellings(self, field: Field) -> Finding:
        """The finding that these groups write an identifier in several ways which are one number to PHP."""
        issue = Issue(
            "same-identifier",
            "error",
            f"write one {field.name} in different ways, which Moodle treats as the same number",
            "Write the ID the same way everywhere; until then the records these rows refer to are left unchanged.",
        )
        return self._finding(issue, self.differs[field.name], [field.name])

    def _finding(self, issue: Issue, at: Flags, names: Sequence[str]) -> Finding:
        """The groups flagged by `at`; `issue.message` says what their rows do."""
        like = replace(
            issue,
            resource=self.resource.name,
            column=self._headers(name for name in names if (self.differs[name] & at).any()),
        )
        texts = {name: values.arrow(self.rows[name]) for name in self.mapped.columns}
        issues = (self._issues_of_group(like, group, names, texts) for group in np.flatnonzero(at).tolist())
        return Finding(like, int(np.minimum(self.groups.sizes[at], NAMED).sum()), chain.from_iterable(issues))

    def _issues_of_group(
        self, like: Issue, group: int, names: Sequence[str], texts: Mapping[str, pa.Array]
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
                f"{name} is " + listed(f"{shown(value)} in {places(at, origins)}" for value, at in given.items())
            )
        key = {name: texts[name][rows.start].as_py() for name in self.about or self.resource.key}
        about = key_text(self.resource, key)
        message = f"{places(sorted(origins, key=_place), origins)} {like.message} ({about}): {'; '.join(parts)}"
        like = replace(like, column=self._headers(differing), message=message, key=key_of(self.resource, key))
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
            flags, finding = _ambiguous(resource, field, mapped, rows, conventions)
            ambiguous |= flags
            findings.append(finding)
    return ambiguous, findings


def _ambiguous(
    resource: Resource, field: Field, mapped: MappedRows, rows: pd.DataFrame, conventions: Conventions
) -> tuple[Flags, Finding]:
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
