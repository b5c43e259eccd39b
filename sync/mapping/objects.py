"""Rows of one mapping -> one row an object: repeated rows become one, contradicting ones protect their object."""

from __future__ import annotations

from collections import abc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync import values
from sync.mapping.findings import Finding, headers, listed, shown
from sync.mapping.groups import Groups, ordered
from sync.mapping.models import Mapping
from sync.mapping.statement import Statement
from sync.model import Issue, Manners, Resource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

ALIAS, CONTRADICTORY, SEVERAL_ROLES = "same-identifier", "contradictory-rows", "several-roles"


@dataclass(frozen=True, slots=True)
class Objects:
    """What one mapping says, object by object.

    rows:    match, fields..., gone, claims, file, tab, row, also; one row an object, in order of match
    clashed: matches of objects whose rows contradict each other; not among the rows
    """

    rows: pd.DataFrame
    clashed: pd.Series[str]
    findings: tuple[Finding, ...] = ()


def gather(resource: Resource, statement: Statement, manners: Manners) -> Objects:
    """One row an object.

    In a snapshot, all rows of an object must agree; only where they differ in a role alone, the highest of the
    site's order stands. In a delta, a later row stands against an earlier one, and what is gone is forgotten.
    """
    mapping = statement.mapping
    delta = mapping.mode == "delta"
    rows = ordered(statement.rows[::-1] if delta else statement.rows)
    origin = {"claims": mapping.name, "file": statement.sheet.file, "tab": statement.sheet.tab}
    rows = rows.assign(**{name: _same(text, len(rows)) for name, text in origin.items()})
    groups = Groups.by_match(rows)
    if groups.single:
        return Objects(rows.assign(also=_same(None, len(rows))), rows["match"][:0])
    repeated = (groups.sizes > 1)[groups.of]
    several = rows[repeated].reset_index(drop=True)
    groups = Groups.by_match(several)
    several = _forgotten(resource, several, groups) if delta else _by_role(resource, several, groups, manners)
    clash = _Clash(resource, mapping, manners, several, groups)
    clashed = clash.aliases | clash.contradictions
    merged = merge(several, groups, mapping.fields).assign(also=_also(several, groups))
    single = rows[~repeated].reset_index(drop=True)
    return Objects(
        ordered(pd.concat([single.assign(also=_same(None, len(single))), merged[~clashed]], ignore_index=True)),
        merged["match"][clashed],
        tuple(clash.findings()),
    )


def merge(rows: pd.DataFrame, groups: Groups, fields: Iterable[str]) -> pd.DataFrame:
    """One row a group: of each field the first value that is said, of all else what the first row has."""
    merged = rows.take(groups.starts)
    for name in fields:
        merged[name] = rows[name].take(groups.first_said(rows[name])).array
    return merged.reset_index(drop=True)


def origins(rows: pd.DataFrame) -> pd.Series[str]:
    """Where each row came from, as a person reads it: `users.xlsx, tab Staff, row 7`."""
    empty = pa.scalar("", values.TEXT)
    tab = pc.fill_null(
        pc.binary_join_element_wise(pa.scalar(", tab ", values.TEXT), values.arrow(rows["tab"]), empty), ""
    )
    row = pc.binary_join_element_wise(pa.scalar(", ", values.TEXT), _numbered(rows), empty)
    return values.series(pc.binary_join_element_wise(values.arrow(rows["file"]), tab, row, empty), rows.index)


def key_text(resource: Resource, row: abc.Mapping[Any, Any]) -> str:
    """The key of an object, as a person reads it: "userid `S1`, courseid `C1`"."""
    return ", ".join(f"{name} {shown(row[name])}" for name in resource.key)


def _numbered(rows: pd.DataFrame) -> pa.Array:
    number = pa.array(rows["row"].to_numpy()).cast(values.TEXT)
    return pc.binary_join_element_wise(pa.scalar("row", values.TEXT), number, pa.scalar(" ", values.TEXT))


def _same(text: str | None, length: int) -> pd.Series[str]:
    return values.series(pa.repeat(pa.scalar(text, values.TEXT), length))


def _also(rows: pd.DataFrame, groups: Groups) -> pd.Series[str]:
    """The other rows of each object; the file is named once, as they are all of one sheet."""
    nth = np.arange(len(rows)) - groups.starts[groups.of]
    label = origins(rows).where(nth == 1, values.series(_numbered(rows), rows.index))
    return groups.joined(label.mask(nth == 0), "; ")


def _forgotten(resource: Resource, rows: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """Rows of a delta, the latest first, without what was said before an object was said to be gone."""
    gone = rows["gone"].to_numpy()
    count = np.cumsum(gone)
    earlier = count > (count - gone)[groups.starts][groups.of]
    state = [
        name
        for name in rows.columns.drop(["match", "gone", "claims", "file", "tab", "row"])
        if name not in resource.key
    ]
    return rows.assign(**{name: rows[name].mask(earlier) for name in state})


def _by_role(resource: Resource, rows: pd.DataFrame, groups: Groups, manners: Manners) -> pd.DataFrame:
    """Rows of a snapshot, those of one object with its highest role first."""
    rank = pd.Index([name for name, _ in manners.roles])
    ranks = [
        np.where((at := rank.get_indexer(pd.Index(rows[field.name]))) < 0, len(rank), at)
        for field in resource.fields
        if field.kind == "role" and field.name in rows.columns
    ]
    return rows.take(np.lexsort((*ranks, groups.of))).reset_index(drop=True) if ranks else rows


def _rows(numbers: Sequence[int]) -> str:
    return f"row{'s' * (len(numbers) > 1)} {listed(numbers)}"


class _Clash:
    """Where rows of one object differ, and what is to be told of it."""

    def __init__(
        self, resource: Resource, mapping: Mapping, manners: Manners, rows: pd.DataFrame, groups: Groups
    ) -> None:
        self.resource, self.mapping, self.rows, self.groups = resource, mapping, rows, groups
        snapshot = mapping.mode == "snapshot"
        self.differs: dict[str, Flags] = {}
        self.texts = {name: values.arrow(rows[name]) for name in mapping.fields}
        for name in mapping.fields:
            field = resource.field(name)
            folds = field is not None and field.kind == "identifier" and name not in resource.key
            if snapshot or name in resource.key:
                self.differs[name] = groups.varies(values.fold(rows[name], manners) if folds else rows[name])
        self.roles = [f.name for f in resource.fields if f.kind == "role" and f.name not in resource.key]
        others = [name for name in self.differs if name not in resource.key and name not in self.roles]
        self.aliases = self._where(resource.key)
        self.contradictions = self._where(others) & ~self.aliases
        self.several_roles = self._where(self.roles) & ~self.aliases & ~self.contradictions

    def _where(self, names: Sequence[str]) -> Flags:
        flags = np.zeros(len(self.groups), dtype=bool)
        for name in names:
            flags |= self.differs.get(name, False)
        return flags

    def findings(self) -> Iterator[Finding]:
        """All that is to be told, an issue for each object."""
        what = self.resource.name.replace("_", " ")
        yield self._finding(
            ALIAS,
            self.aliases,
            self.resource.key,
            f"name one {what} in different ways, which this site takes for the same",
            f"Write the identifier the same way everywhere; until then the {what} stays as it is. If the site tells "
            "them apart, set `identifiers: exact` in the site file.",
        )
        yield self._finding(
            CONTRADICTORY,
            self.contradictions,
            [name for name in self.differs if name not in self.resource.key],
            f"contradict each other about one {what}",
            f"Mend or remove the wrong rows in the SIS; until then the {what} stays as it is.",
        )
        yield self._finding(
            SEVERAL_ROLES,
            self.several_roles,
            self.roles,
            f"give several roles to one {what}, of which the highest of the site's roles is sent",
            "If that is not the one meant, leave the others out of the export.",
        )

    def _finding(self, code: str, at: Flags, names: Sequence[str], says: str, hint: str) -> Finding:
        groups = np.flatnonzero(at)
        first = self.rows.iloc[0]
        like = Issue(
            code=code,
            severity="warning" if code == SEVERAL_ROLES else "error",
            message="",
            hint=hint,
            resource=self.resource.name,
            file=first["file"],
            tab=first["tab"] if isinstance(first["tab"], str) else None,
            column=headers(
                self.mapping, (name for name in names if name in self.differs and (self.differs[name] & at).any())
            ),
        )
        return Finding(like, len(groups), (self._told(like, int(group), names, says) for group in groups))

    def _told(self, like: Issue, group: int, names: Sequence[str], says: str) -> Issue:
        rows = self.groups.rows(group)
        numbers = self.rows["row"].to_numpy()[rows].tolist()
        differing = [name for name in names if name in self.differs and self.differs[name][group]]
        told = []
        for name in differing:
            given: dict[str, list[int]] = {}
            for number, value in sorted(zip(numbers, self.texts[name][rows].to_pylist(), strict=True)):
                if value is not None:
                    given.setdefault(value, []).append(number)
            told.append(f"{name} is " + listed(f"{shown(value)} in {_rows(at)}" for value, at in given.items()))
        about = key_text(self.resource, {name: self.texts[name][rows.start].as_py() for name in self.resource.key})
        message = f"{_rows(sorted(numbers))} {says} ({about}): {'; '.join(told)}"
        return replace(like, row=min(numbers), column=headers(self.mapping, differing), message=message)
