"""Where a value comes from and what is done to it.

Value        a source (column, text, constant or the first of several), when, then, lookup, values, else
+-- Lookup       in which sheet a value is looked up, by what, and what is taken
+-- ValueSheet   a sheet with the replacement for each value
Rule         a Value of a field, with date and own
+-- Date         how an instant is written in the sheet
"""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sync.config.scalars import Name, Patterns, Strict, Text, TimeZone, one_or_many, short_for
from sync.config.sheet_selection import Sheets
from sync.config.steps import PLAIN, WITH_ARGUMENT, Then
from sync.model import Ownership

Prefer = Literal["first", "last"]

_TOKEN = re.compile(r"(?P<literal>[^{}]+|\{\{|\}\})|\{(?P<column>[^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a value: literal text, or the cell of a column."""

    literal: str = ""
    column: str | None = None


def template(text: str) -> tuple[Part, ...]:
    """The pieces of `{A}-{B}`; a doubled brace is a literal one. Raises ValueError if a brace has no partner."""
    parts, end = [], 0
    while end < len(text):
        found = _TOKEN.match(text, end)
        if found is None:
            raise ValueError(
                f"the brace at character {end + 1} of `{text}` has no matching brace; double it to use it literally"
            )
        literal, column = found["literal"], found["column"]
        parts.append(
            Part(column=column.strip()) if column else Part(literal={"{{": "{", "}}": "}"}.get(literal, literal))
        )
        end = found.end()
    return tuple(parts)


def _with_columns(text: str) -> str:
    if not any(part.column for part in template(text)):
        raise ValueError(
            f"`{text}` has no column in braces; for the same value in every row, use constant: instead of text:"
        )
    return text


Template = Annotated[Text, AfterValidator(_with_columns)]
"""Text with columns in braces."""


def value_parts(column: str | None, text: str | None, constant: str | None = None) -> tuple[Part, ...]:
    """A value as pieces to be joined, whichever form it was written in."""
    if column is not None:
        return (Part(column=column),)
    return (Part(literal=constant),) if constant is not None else template(text or "")


def columns_of(parts: Sequence[Part]) -> tuple[str, ...]:
    """The columns among the pieces, each once, in order."""
    return tuple(dict.fromkeys(part.column for part in parts if part.column is not None))


def _without_columns(text: str) -> str:
    if re.search(r"\{[^{}:\"']+\}", text):
        raise ValueError(
            f"`{text}` has a column in braces; to insert the column's values, use text: instead of constant:"
        )
    return text


Constant = Annotated[Text, AfterValidator(_without_columns)]
"""The same text for every row."""


def _one_of(holder: Strict, names: Sequence[str], what: str) -> None:
    given = [name for name in names if getattr(holder, name) is not None]
    if len(given) != 1:
        some = f"{', '.join(names[:-1])} and {names[-1]}"
        raise ValueError(f"{what} needs exactly one of {some}; this has {' and '.join(given) or 'none'}")


class CellRule(Strict):
    """A column of a sheet, or a text made of several. A bare name is a column."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["column"]}, {"required": ["text"]}]})

    column: Name | None = Field(default=None, description="The column. A bare name means the same.")
    text: Template | None = Field(default=None, description="Text with columns in braces: `{COURSE}-{TERM}`.")

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its pieces, to be joined."""
        return value_parts(self.column, self.text)

    @model_validator(mode="after")
    def _one_source(self) -> CellRule:
        _one_of(self, ("column", "text"), "what is looked up")
        return self


ACell = Annotated[CellRule, BeforeValidator(short_for("column"), json_schema_input_type=Name | CellRule)]


class Lookup(Strict):
    """In which sheet a value is looked up, by which of its columns, and what is taken from there."""

    sheet: Sheets = Field(description="The file to look in.")
    by: ACell = Field(description="The column to search for the value, or text combined from several columns.")
    take: ACell = Field(description="The column to take the value from, or text combined from several columns.")
    keep: abc.Mapping[str, Patterns] = Field(
        default_factory=dict, description="Column in that file: values or patterns. Only rows that match are used."
    )
    prefer: Prefer | None = Field(
        default=None,
        description="Which row is used if rows with the same key differ: `first` or `last`. Without it, that is an "
        "error.",
    )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that sheet must have."""
        return tuple(dict.fromkeys([*columns_of(self.by.parts), *columns_of(self.take.parts), *self.keep]))


class ValueSheet(Strict):
    """A sheet with the replacement for each value."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"from": ["to"], "to": ["from"]}})

    sheet: Sheets = Field(description="The file. `from` and `to` are optional if it has only two columns.")
    by: Name | None = Field(default=None, alias="from", description="The column with the export's values.")
    take: Name | None = Field(default=None, alias="to", description="The column with Moodle's values.")

    @model_validator(mode="after")
    def _both(self) -> ValueSheet:
        if (self.by is None) != (self.take is None):
            raise ValueError("needs both from: and to:, or neither if the file has only two columns")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that sheet must have."""
        return (self.by, self.take) if self.by is not None and self.take is not None else ()


def _which_values(given: Any) -> str:
    table = isinstance(given, ValueSheet) or (isinstance(given, dict) and isinstance(given.get("sheet"), dict))
    return "<sheet>" if table else "<table>"


ValueTable = Annotated[
    Annotated[abc.Mapping[str, Text], Tag("<table>")] | Annotated[ValueSheet, Tag("<sheet>")],
    Discriminator(_which_values),
]


DATE_WORDS = ("iso", "epoch", "spreadsheet")
"""Forms of dates that are not patterns."""

DAY_ZERO = date(1899, 12, 30)
"""Spreadsheets count their days from here."""


def _same_day(form: str, text: str) -> date | None:
    """The day of a text in a form, or None if it is not in that form."""
    try:
        if form == "epoch":
            return datetime.fromtimestamp(int(text), UTC).date()
        if form == "spreadsheet":
            return DAY_ZERO + timedelta(days=int(text))
        return datetime.fromisoformat(text).date() if form == "iso" else datetime.strptime(text, form).date()  # noqa: DTZ007
    except (ValueError, OverflowError, OSError, re.error):  # strptime turns the form into a pattern
        return None


def _readable(form: str) -> str:
    if form in DATE_WORDS:
        return form
    sample = datetime(2026, 11, 23, 10, 30)  # noqa: DTZ001 - only tries a pattern
    try:
        good = _same_day(form, sample.strftime(form)) == sample.date()
    except ValueError:
        good = False
    if not good:
        raise ValueError(
            f"`{form}` does not give a date; use {', '.join(DATE_WORDS)}, "
            "or a pattern such as %d/%m/%Y or %Y-%m-%d %H:%M"
        )
    return form


def read_differently(one: str, other: str) -> str | None:
    """A text that two forms read as different days."""
    for month, day in ((3, 4), (5, 11), (12, 6), (10, 12)):
        sample = datetime(2026, month, day, 10, 30, tzinfo=UTC)
        # `%s` would do for seconds, but does not work everywhere.
        seconds, day_number = str(int(sample.timestamp())), str((sample.date() - DAY_ZERO).days)
        text = sample.strftime({"iso": "%Y-%m-%d", "epoch": seconds, "spreadsheet": day_number}.get(one, one))
        if _same_day(other, text) not in (None, _same_day(one, text)):
            return text
    return None


Form = Annotated[Name, AfterValidator(_readable)]


class Date(Strict):
    """How an instant is written in the sheet."""

    format: Annotated[
        tuple[Form, ...],
        BeforeValidator(one_or_many, json_schema_input_type=Name | Annotated[tuple[Name, ...], Field(min_length=1)]),
        Field(min_length=1),
    ] = Field(
        default=("iso",),
        description="`iso`, `epoch` (seconds since 1970), `spreadsheet` (its day numbers, such as 46296), or a pattern "
        "such as `%d/%m/%Y`; or a list of them.",
    )
    timezone: TimeZone | None = Field(
        default=None, description="Time zone of times written without one. Default: the site's."
    )
    prefer: Literal["first"] | None = Field(
        default=None,
        description="`first`: if two formats match a value, the one listed first is used. Without it, formats that "
        "read the same text as different days cannot be combined.",
    )

    @model_validator(mode="after")
    def _are_distinct(self) -> Date:
        for one, other in combinations(self.format, 2):
            text = read_differently(one, other) or read_differently(other, one)
            if text is not None and self.prefer is None:
                raise ValueError(
                    f"`{one}` and `{other}` read `{text}` as different days; remove one, or set prefer: first to use "
                    "the one listed first"
                )
        return self


def _one_step(given: Any) -> Any:
    return [given] if isinstance(given, str | dict) else given


class Value(Strict):
    """Where a value comes from, and what is done to it: `when`, `then`, `lookup`, `values`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [source]} for source in ("column", "text", "constant", "first")],
            "if": {"required": ["else"]},
            "then": {"anyOf": [{"required": ["values"]}, {"required": ["lookup"]}]},
        }
    )

    column: Name | None = Field(
        default=None, description="The column that holds the values. A bare name means the same."
    )
    text: Template | None = Field(
        default=None, description="Text with columns in braces: `{COURSE}-{TERM}`. Double a brace to use it literally."
    )
    constant: Constant | None = Field(default=None, description="The same value for every row.")
    first: Annotated[tuple[Values, ...], Field(min_length=1)] | None = Field(
        default=None, description="The first of several values that is not blank. A bare list means the same."
    )
    when: abc.Mapping[str, Patterns] = Field(
        default_factory=dict,
        description="Column: values or patterns. Rows that match get the value; in others it is blank. With several "
        "columns, all must match.",
    )
    then: Annotated[tuple[Then, ...], BeforeValidator(_one_step, json_schema_input_type=Then | tuple[Then, ...])] = (
        Field(
            default=(),
            description=f"Steps applied to the value, in the order you list them: {', '.join(PLAIN)}, or one of "
            f"{', '.join(f'`{{{name}: ...}}`' for name in WITH_ARGUMENT)}.",
        )
    )
    lookup: Lookup | None = Field(
        default=None, description="Another file to look the value up in. A value that is not found is an error."
    )
    values: ValueTable = Field(
        default_factory=dict,
        description="Value in the export: value in Moodle; or `{sheet: ..., from: ..., to: ...}`. Without `else`, any "
        "other value is an error.",
    )
    otherwise: Text | None = Field(
        default=None,
        alias="else",
        description="The value for everything that `values` does not list or, without it, `lookup` does not find.",
    )

    @property
    def parts(self) -> tuple[Part, ...]:
        """The value as pieces to be joined, whichever form the rule uses; none for the first of several."""
        return () if self.first is not None else value_parts(self.column, self.text, self.constant)

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns the value is made from, each once, in order."""
        inner = [column for each in self.first or () for column in each.sources]
        return tuple(dict.fromkeys([*columns_of(self.parts), *inner]))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are needed: those it is made from, and those of its conditions."""
        inner = [column for each in self.first or () for column in each.columns]
        return tuple(dict.fromkeys([*columns_of(self.parts), *inner, *self.when]))

    @property
    def literals(self) -> frozenset[str]:
        """The texts that it gives itself, in place of those of a sheet."""
        if self.values or self.lookup is not None:
            table = self.values.values() if isinstance(self.values, abc.Mapping) else ()
            return frozenset(table) | {self.otherwise or ""}
        inner = [each.literals for each in self.first or ()]
        return frozenset({self.constant or ""}).union(*inner)

    @property
    def lookups(self) -> Iterator[Lookup | ValueSheet]:
        """All its look-ups in other sheets."""
        for each in self.first or ():
            yield from each.lookups
        if self.lookup is not None:
            yield self.lookup
        if isinstance(self.values, ValueSheet):
            yield self.values

    @field_validator("otherwise")
    @classmethod
    def _beside_values(cls, text: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("values") == {} and info.data.get("lookup", "") is None:
            raise ValueError("needs values: or lookup: beside it")
        return text

    @model_validator(mode="after")
    def _one_source(self) -> Value:
        _one_of(self, ("column", "text", "constant", "first"), "a value")
        return self


Values = Annotated[
    Value,
    BeforeValidator(short_for("column", "first"), json_schema_input_type=Name | Value | list[Name | Value]),
]
"""A value, a bare name for a column, or a bare list for the first of several."""

Value.model_rebuild()


class Rule(Value):
    """Where a field's value comes from, and what is done to it: `when`, `then`, `lookup`, `values`, `date`."""

    date: (
        Annotated[
            Date, BeforeValidator(short_for("format", "format"), json_schema_input_type=Name | tuple[Name, ...] | Date)
        ]
        | None
    ) = Field(
        default=None,
        description="How dates are written in the export: a format, a list of them, or `{format: ..., timezone: ...}`.",
    )
    own: Ownership = Field(
        default="always",
        description="Who owns the field in Moodle: `always` the SIS; `on_create` the SIS, for new records only; "
        "`never_blank` the SIS, unless its cell is empty.",
    )


Rules = Annotated[
    Rule, BeforeValidator(short_for("column", "first"), json_schema_input_type=Name | Rule | list[Name | Value])
]
"""The same for a field."""
