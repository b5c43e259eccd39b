"""What a mapping file may say: one `Mapping` a YAML document.

    Mapping      resource, name, sheet, rows, fields, missing, mode, delete_when, scope, max_age
    +-- SheetChoice   which file, which tab, and how to read it where that is not found by itself
    +-- Rows          which rows count: keep, drop
    +-- Rule          where a field's value comes from (column, text or constant) and what is done to it
        +-- Date      how an instant is written in the sheet

All are frozen pydantic models. What depends on the catalogue is checked in `sync.mapping.check`.
"""

from __future__ import annotations

import codecs
import re
from collections import abc
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from sync.mapping.scalars import Count, Duration, Name, Patterns, Strict, Text, TimeZone, one_or_many
from sync.model import Missing, Ownership

Step = Literal["strip", "collapse", "lower", "upper", "title"]
"""What can be done to a text, step by step: strip outer blanks, make inner blanks one, change case."""

STEPS: tuple[Step, ...] = get_args(Step)

_TOKEN = re.compile(r"(?P<literal>[^{}]+|\{\{|\}\})|\{(?P<column>[^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a value: literal text, or the cell of a column."""

    literal: str = ""
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document was read: the file, the line it begins on, the SHA-256 of what it says."""

    file: Path
    line: int
    digest: str


def template(text: str) -> tuple[Part, ...]:
    """The pieces of `{A}-{B}`; a doubled brace stands for itself. Raises ValueError where a brace has no partner."""
    parts, end = [], 0
    while end < len(text):
        found = _TOKEN.match(text, end)
        if found is None:
            raise ValueError(f"the brace at character {end + 1} of `{text}` has no partner; a literal brace is doubled")
        literal, column = found["literal"], found["column"]
        parts.append(
            Part(column=column.strip()) if column else Part(literal={"{{": "{", "}}": "}"}.get(literal, literal))
        )
        end = found.end()
    return tuple(parts)


def _short_for(key: str, model: type[Strict]) -> BeforeValidator:
    """A bare text stands for a mapping with that one key."""
    return BeforeValidator(
        lambda value: {key: value} if isinstance(value, str) else value, json_schema_input_type=Name | model
    )


class SheetChoice(Strict):
    """Which sheet a mapping reads, and how, where that is not to be found out from the file."""

    file: Name = Field(description="File name in the inbox, or a pattern with `*` and `?` that one file matches.")
    tab: Name | None = Field(default=None, description="Tab of a workbook. Default: its only tab.")
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="The one character between cells of a CSV file. Default: found.",
    )
    encoding: Name | None = Field(default=None, description="Encoding of a CSV file, such as `cp1252`. Default: found.")
    header_row: Count | None = Field(default=None, description="Row the column names stand on, from 1. Default: found.")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        try:
            codecs.lookup(name or "utf-8")
        except LookupError:
            raise ValueError(
                f"`{name}` is no known encoding; usual ones are utf-8, cp1252, latin-1 and utf-16"
            ) from None
        return name


class Rows(Strict):
    """Which rows of the sheet count."""

    keep: abc.Mapping[str, Patterns] = Field(
        default_factory=dict,
        description="Column: the values or patterns of rows that count. With several columns, all must match.",
    )
    drop: abc.Mapping[str, Patterns] = Field(
        default_factory=dict,
        description="Column: the values or patterns of rows left out. Where a column has `keep` and `drop`, a value in "
        "neither is an issue and protects its object.",
    )


class Date(Strict):
    """How an instant is written in the sheet."""

    format: Name = Field(
        default="iso", description="`iso`, `epoch` (seconds since 1970), or a pattern such as `%d/%m/%Y`."
    )
    timezone: TimeZone | None = Field(
        default=None, description="Zone of times written without one. Default: the site's."
    )

    @field_validator("format")
    @classmethod
    def _readable(cls, text: str) -> str:
        if text in ("iso", "epoch"):
            return text
        sample = datetime(2026, 11, 23, 10, 30)  # noqa: DTZ001 - only tries a pattern
        try:
            same_day = datetime.strptime(sample.strftime(text), text).date() == sample.date()  # noqa: DTZ007 - as above
        except ValueError:
            same_day = False
        if not same_day:
            raise ValueError(
                f"`{text}` does not give a day; write iso, epoch, or a pattern such as %d/%m/%Y or %Y-%m-%d %H:%M"
            )
        return text


class Rule(Strict):
    """Where a field's value comes from, and what is done to it: `then`, then `values`, then `date`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [source]} for source in ("column", "text", "constant")],
            "dependentRequired": {"else": ["values"]},
        }
    )

    column: Name | None = Field(
        default=None, description="The column whose cells are the values. A bare name says the same."
    )
    text: Text | None = Field(
        default=None, description="Text with columns in braces: `{COURSE}-{TERM}`. A literal brace is doubled."
    )
    constant: Text | None = Field(default=None, description="One value for every row.")
    then: Annotated[tuple[Step, ...], BeforeValidator(one_or_many, json_schema_input_type=Step | tuple[Step, ...])] = (
        Field(default=(), description=f"Steps done to the value, in this order: {', '.join(STEPS)}.")
    )
    values: abc.Mapping[str, Text] = Field(
        default_factory=dict, description="Value in the sheet: value on the site. Without `else`, others are an issue."
    )
    otherwise: Text | None = Field(
        default=None, alias="else", description="The value for all that `values` does not list."
    )
    date: Annotated[Date, _short_for("format", Date)] | None = Field(
        default=None, description="How an instant is written in the sheet: a format, or `{format: ..., timezone: ...}`."
    )
    own: Ownership = Field(
        default="always",
        description="Who owns the field on the site: `always` the sheet; `on_create` the sheet for new objects only; "
        "`never_blank` the sheet unless its cell is empty.",
    )

    @property
    def parts(self) -> tuple[Part, ...]:
        """The value as pieces to be joined, whichever way the rule names it."""
        if self.column is not None:
            return (Part(column=self.column),)
        if self.constant is not None:
            return (Part(literal=self.constant),)
        return template(self.text or "")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the value is made of, each once, in order."""
        return tuple(dict.fromkeys(part.column for part in self.parts if part.column is not None))

    @field_validator("text")
    @classmethod
    def _has_columns(cls, text: str | None) -> str | None:
        if text is not None and not any(part.column for part in template(text)):
            raise ValueError(
                f"`{text}` names no column in braces; for one value in every row, write constant: instead of text:"
            )
        return text

    @field_validator("otherwise")
    @classmethod
    def _beside_values(cls, text: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("values") == {}:
            raise ValueError("needs values: beside it, whose rest it is for")
        return text

    @model_validator(mode="after")
    def _one_source(self) -> Rule:
        given = [name for name in ("column", "text", "constant") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a field needs exactly one of column, text and constant; this has {' and '.join(given) or 'none'}"
            )
        return self


MappingName = Annotated[
    str, StringConstraints(pattern=r"^\S+$"), WithJsonSchema({"type": ["string", "number"], "pattern": r"^\S+$"})
]


class Mapping(Strict):
    """Turns one sheet into rows of one resource: one YAML document of a mapping file."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {"delete_when": ["mode"]},
            "not": {
                "properties": {"mode": {"const": "delta"}, "missing": {"const": "delete"}},
                "required": ["mode", "missing"],
            },
        }
    )

    resource: Name = Field(description="The resource the rows are of, such as `user` or `enrolment`.")
    name: MappingName = Field(
        default="",
        description="Name of this mapping on the site, without blanks. Default: the file's name without its ending, "
        "and `.1`, `.2` ... if the file has several.",
    )
    sheet: SheetChoice = Field(description="Which sheet is read.")
    rows: Rows = Field(default_factory=Rows, description="Which rows count. Default: all.")
    fields: abc.Mapping[str, Annotated[Rule, _short_for("column", Rule)]] = Field(
        min_length=1, description="Field of the resource: where its value comes from. A bare name is a column."
    )
    mode: Literal["snapshot", "delta"] = Field(
        default="snapshot", description="`snapshot`: the sheet is all there is. `delta`: it holds only what changed."
    )
    missing: Missing = Field(
        default="keep", description="What absence from a snapshot means: `keep` the object, or `delete` it."
    )
    delete_when: abc.Mapping[str, Patterns] = Field(
        default_factory=dict,
        description="In a delta, column: the values or patterns of rows that say an object is gone.",
    )
    scope: abc.Mapping[str, Patterns] = Field(
        default_factory=dict, description="Key field: the values or patterns within which absence may delete."
    )
    max_age: Duration | None = Field(
        default=None,
        description="How old the sheet's file may be, such as `3d`. Default: `guards: max_age` of the site file.",
    )
    _place: Place = PrivateAttr(default=Place(Path(), 0, ""))

    def model_post_init(self, context: Any) -> None:
        """Take the place the document was read from, which the loader hands over as validation context."""
        if isinstance(context, Place):
            self._place = context

    @property
    def file(self) -> Path:
        """The mapping file, absolute."""
        return self._place.file

    @property
    def line(self) -> int:
        """The line of the file on which this document begins."""
        return self._place.line

    @property
    def digest(self) -> str:
        """SHA-256 of what the document says; comments, order of keys and layout do not change it."""
        return self._place.digest

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns the sheet must have, each once."""
        named = [column for rule in self.fields.values() for column in rule.columns]
        return tuple(dict.fromkeys([*named, *self.rows.keep, *self.rows.drop, *self.delete_when]))

    @field_validator("missing")
    @classmethod
    def _absence_means_something(cls, missing: Missing, info: ValidationInfo) -> Missing:
        if missing == "delete" and info.data.get("mode") == "delta":
            raise ValueError(
                "absence from a delta means nothing, so nothing is deleted for it; use delete_when:, or mode: snapshot"
            )
        return missing

    @field_validator("delete_when")
    @classmethod
    def _only_in_a_delta(cls, rows: abc.Mapping[str, Any], info: ValidationInfo) -> abc.Mapping[str, Any]:
        if rows and info.data.get("mode") == "snapshot":
            raise ValueError("is for mode: delta; in a snapshot, absence and missing: say what is gone")
        return rows
