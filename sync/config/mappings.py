"""What a mapping file may say: one `Mapping` for each YAML document.

    Mapping      include, resource, name, sheet, rows, fields, columns, mode, missing, delete_when, add_when, scope,
                 max_age, max_rejected, may_be_empty
    +-- SheetChoice   which file, which tab, and how to read it where that is not detected
    +-- Rows          which rows count: keep, drop
    +-- Rule          where a field's value comes from and what is done to it
    +-- Value         the same for a new column

All are frozen pydantic models. What depends on the catalogue is checked in `sync.config.mapping_files`.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    StringConstraints,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from sync.config.missing import Absence, OnAbsence, Setting, Wait
from sync.config.rules import Lookup, Rules, Value, Values, ValueSheet
from sync.config.scalars import Duration, Name, Patterns, Percent, Strict
from sync.config.sheet_selection import FILE, TAB, SheetChoice, Sheets


@dataclass(frozen=True, slots=True)
class MappingOrigin:
    """Where a document was read: the file, the line it begins on, the SHA-256 of its contents.

    `lines` has the line of each part, by its path from the document's root.
    """

    file: Path
    line: int
    digest: str
    lines: abc.Mapping[tuple[str | int, ...], int] = field(default_factory=dict)


class Rows(Strict):
    """Which rows of the sheet count."""

    keep: abc.Mapping[str, Patterns] = Field(
        default_factory=dict,
        description="Column: values or patterns. Only rows that match are used; with several columns, all must match.",
    )
    drop: abc.Mapping[str, Patterns] = Field(
        default_factory=dict,
        description="Column: values or patterns. Rows that match are left out. If a column has both `keep` and "
        "`drop`, a value in neither is an error, and its record is left unchanged.",
    )
    drop_if_there: abc.Mapping[str, Patterns] = Field(
        default_factory=dict,
        description="Like `drop`, for columns that the file may lack.",
    )


MODES = ("snapshot", "delta", "absent")
"""What a sheet may be. It can be `absent` only if another sheet says so: then nothing is read."""

Mode = Annotated[
    Annotated[Literal["snapshot", "delta"], Tag("<word>")] | Annotated[Value, Tag("<value>")],
    Discriminator(lambda given: "<value>" if isinstance(given, dict | Value) else "<word>"),
]

MappingName = Annotated[
    str, StringConstraints(pattern=r"^\S+$"), WithJsonSchema({"type": ["string", "number"], "pattern": r"^\S+$"})
]


class Mapping(Strict):
    """Turns one sheet into rows of one resource: one YAML document of a mapping file."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {"delete_when": ["mode"], "add_when": ["delete_when"]},
            "not": {
                "properties": {"mode": {"const": "delta"}, "missing": {"not": {"const": "keep"}}},
                "required": ["mode", "missing"],
            },
        }
    )

    include: Name | None = Field(
        default=None,
        description="Name of a shipped mapping. Its keys apply here too, except those that this mapping has itself. "
        "In `fields` and `columns`, only entries of the same name are replaced. `resource`, `sheet` and `fields` are "
        "then optional.",
    )
    resource: Name = Field(description="The resource that the rows describe, such as `user` or `enrolment`.")
    name: MappingName = Field(
        default="",
        description="Name of this mapping, unique on the site, without spaces. Default: the file name without its "
        "extension, plus `.1`, `.2` ... if the file has several mappings.",
    )
    sheet: Sheets = Field(description="The file to read. A bare name is a file name.")
    rows: Rows = Field(default_factory=Rows, description="Which rows are used. Default: all.")
    fields: abc.Mapping[str, Rules] = Field(
        min_length=1, description="Field of the resource: where its value comes from. A bare name is a column."
    )
    columns: abc.Mapping[Name, Values] = Field(
        default_factory=dict,
        description="Name of a new column: its value in each row. Other columns can be built from it.",
    )
    mode: Mode = Field(
        default="snapshot",
        description="`snapshot`: the file is a complete list. `delta`: it lists changes only. Or a value, such as "
        "one looked up in a manifest, that gives `snapshot`, `delta` or `absent`.",
    )
    missing: OnAbsence = Field(
        default="keep",
        description="What happens to a record that is missing from a snapshot: `keep` or `delete` it, "
        "`{delete: ...}` it later, or `{set: ...}` values instead.",
    )
    delete_when: abc.Mapping[str, Patterns] = Field(
        default_factory=dict,
        description="For deltas, column: values or patterns. Rows that match delete their record. If `mode` is a "
        "value, such rows of a snapshot are left out.",
    )
    add_when: abc.Mapping[str, Patterns] = Field(
        default_factory=dict,
        description="For deltas, column: values or patterns. With it, a row that matches neither it nor `delete_when` "
        "is an error. Default: the values that stood for additions in earlier files.",
    )
    scope: abc.Mapping[str, Patterns] = Field(
        default_factory=dict,
        description="Key field: values or patterns. Only missing records that match may be deleted. `term: current`: "
        "only those whose course belongs to a current term, as `terms` in the site file says.",
    )
    max_age: Duration | None = Field(
        default=None,
        description="Maximum age of the file, such as `3d`. Default: `guards: max_age` in the site file.",
    )
    max_rejected: Percent | None = Field(
        default=None,
        description="Percentage of the mapping's rows that may have errors before its deletions need approval. "
        "Default: `guards: rows` in the site file.",
    )
    may_be_empty: bool = Field(
        default=False,
        description="`true`: accept a snapshot without a usable row, or without one in its `scope`. Default: such a "
        "file needs approval.",
    )
    _place: MappingOrigin = PrivateAttr(default=MappingOrigin(Path(), 0, ""))

    def model_post_init(self, context: Any) -> None:
        """Take the place the document was read from, which the loader passes as validation context."""
        if isinstance(context, MappingOrigin):
            self._place = context

    @property
    def deletes(self) -> bool:
        """Whether a record that is missing from a snapshot does not stay as it is: it is deleted, or values are set."""
        return self.missing != "keep"

    @property
    def sets(self) -> abc.Mapping[str, str]:
        """The values, as typed, that a missing record gets instead of being deleted; none if it is."""
        return self.missing.values if isinstance(self.missing, Setting) else {}

    @property
    def wait(self) -> Wait | None:
        """How long a record must have been missing before that; None if it happens at once, or never."""
        if isinstance(self.missing, Setting):
            return self.missing if self.missing.waits else None
        return self.missing.delete if isinstance(self.missing, Absence) else None

    @property
    def file(self) -> Path:
        """The mapping file, absolute."""
        return self._place.file

    @property
    def line(self) -> int:
        """The line of the file on which this document begins."""
        return self._place.line

    @property
    def where(self) -> str:
        """The document's place, for people."""
        return f"{self.file.name}:{self.line}"

    def where_of(self, *path: str) -> str:
        """The place of a part of the document, for people; that of the document if it is not known."""
        return f"{self.file.name}:{self._place.lines.get(path, self.line)}"

    @property
    def digest(self) -> str:
        """SHA-256 of the document's contents; comments, order of keys and layout do not change it."""
        return self._place.digest

    @cached_property
    def new_columns(self) -> tuple[str, ...]:
        """The columns of `columns:`, each after those it is made from."""
        order = TopologicalSorter(_stands_on(self.columns))
        return tuple(name for name in order.static_order() if name in self.columns)

    def read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """The columns of the sheet from which these are made, each once, in order."""
        found: dict[str, None] = {}
        for name in columns:
            found |= dict.fromkeys(self._behind(name, frozenset()))
        return tuple(found)

    def _behind(self, name: str, within: frozenset[str]) -> Iterator[str]:
        if name not in self.columns or name in within:
            yield name
            return
        for other in self.columns[name].sources:
            yield from self._behind(other, within | {name})

    @property
    def needed(self) -> tuple[str, ...]:
        """All columns its sheet must have after it is laid out, each once."""
        own = {*self.columns}
        named = [column for rule in self.fields.values() for column in rule.columns]
        named += [*self.rows.keep, *self.rows.drop, *self.delete_when, *self.add_when]
        within = [
            column
            for name, value in self.columns.items()
            for column in value.columns
            if column not in own or column == name
        ]
        return tuple(dict.fromkeys([column for column in named if column not in own] + within))

    @property
    def manifests(self) -> abc.Mapping[SheetChoice, tuple[str, ...]]:
        """The sheets that give the mode of its own sheet, and the columns each must have."""
        lookups = self.mode.lookups if isinstance(self.mode, Value) else ()
        return {lookup.sheet: lookup.sheet.needs(lookup.columns) for lookup in lookups}

    @property
    def sheets(self) -> abc.Mapping[SheetChoice, tuple[str, ...]]:
        """Every sheet it reads or looks values up in, and the columns each file must have. The first is its own."""
        wanted: dict[SheetChoice, dict[str, None]] = {self.sheet: dict.fromkeys(self.sheet.needs(self.needed))}
        for lookup in self.lookups:
            own = wanted.setdefault(lookup.sheet, {})
            own |= dict.fromkeys(lookup.sheet.needs(lookup.columns))
        return {choice: tuple(names) for choice, names in wanted.items()}

    @property
    def lookups(self) -> Iterator[Lookup | ValueSheet]:
        """Everything its rows' values are looked up in."""
        for value in (*self.columns.values(), *self.fields.values()):
            yield from value.lookups

    @field_validator("columns")
    @classmethod
    def _made_in_order(cls, columns: abc.Mapping[str, Value]) -> abc.Mapping[str, Value]:
        for name in (FILE, TAB):
            if name in columns:
                raise ValueError(f"`{name}` is a column that every file has; choose a different name")
        try:
            TopologicalSorter(_stands_on(columns)).prepare()
        except CycleError as error:
            loop = " -> ".join(reversed(error.args[1]))
            raise ValueError(f"columns cannot be built from each other: {loop}") from None
        return columns

    @field_validator("missing")
    @classmethod
    def _absence_means_something(cls, missing: OnAbsence, info: ValidationInfo) -> OnAbsence:
        if missing != "keep" and info.data.get("mode") == "delta":
            raise ValueError(
                "a delta lists changes only, so nothing is deleted for being missing from it; use delete_when: or "
                "mode: snapshot"
            )
        return missing

    @field_validator("mode")
    @classmethod
    def _mode_given_once(cls, mode: Any) -> Any:
        if isinstance(mode, Value) and mode.columns:
            raise ValueError("applies to the whole file, so it cannot depend on a row; start it with constant:")
        return mode

    @field_validator("delete_when")
    @classmethod
    def _only_in_a_delta(cls, rows: abc.Mapping[str, Any], info: ValidationInfo) -> abc.Mapping[str, Any]:
        if rows and info.data.get("mode") == "snapshot":
            raise ValueError("is for mode: delta only; in a snapshot, missing: decides what is deleted")
        return rows

    @field_validator("add_when")
    @classmethod
    def _beside_deletions(cls, rows: abc.Mapping[str, Any], info: ValidationInfo) -> abc.Mapping[str, Any]:
        if rows and not info.data.get("delete_when"):
            raise ValueError("needs delete_when: beside it")
        return rows


def _stands_on(columns: abc.Mapping[str, Value]) -> dict[str, set[str]]:
    """From which other new columns each is made. One that is made from its own name is made from the sheet's."""
    return {name: {other for other in value.columns if other in columns} - {name} for name, value in columns.items()}
