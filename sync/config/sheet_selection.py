"""Which sheet to read, how to read it, and how to lay out its rows before anything else is done with them."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from sync.config.scalars import Count, Name, Patterns, Strict, short_for

Take = Literal["one", "all", "last_modified", "last_dated"]
"""Which of the files that match are read."""

FILE, TAB = "@file", "@tab"
"""Columns every sheet has: the name of the file, and of the tab, that a row comes from."""


class Split(Strict):
    """One cell becomes several rows, each with one piece of it."""

    column: Name = Field(description="The column whose cells hold several values.")
    by: Patterns = Field(description="The separator between the values, such as `;`; one or a list.")

    @field_validator("by")
    @classmethod
    def _something(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        if "" in texts:
            raise ValueError("is empty; enter the separator between the values")
        return texts


class Unpivot(Strict):
    """Columns become rows, one for each cell that is not blank."""

    columns: Patterns = Field(description="The columns, by name or pattern, in the order of the rows they become.")
    value: Name = Field(description="Name of the new column for their values.")
    name: Name | None = Field(default=None, description="Name of a new column for their names.")

    @field_validator("name")
    @classmethod
    def _two_names(cls, name: str | None, info: object) -> str | None:
        if name is not None and name == getattr(info, "data", {}).get("value"):
            raise ValueError(f"`{name}` is already the name of the value's column")
        return name

    @property
    def new(self) -> tuple[str, ...]:
        """The columns it makes."""
        return tuple(name for name in (self.value, self.name) if name is not None)


class SheetChoice(Strict):
    """Which sheet is read, and how, if that cannot be detected. A bare name is a file."""

    file: Name = Field(description="File name in the inbox, or a pattern with `*` and `?`.")
    take: Take = Field(
        default="one",
        description="Which of the files that match are read: `one`, the only one (several are an error); `all`, as "
        "one file, in order of their names; `last_modified`, the most recently written one; `last_dated`, the one "
        "with the latest date in its name.",
    )
    tab: Name | None = Field(default=None, description="Tab of a workbook. Default: its only tab.")
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=5,
        pattern=r'^[^"\r\n]+$',
        description="What separates the cells of a text file: one character, or several (`~|~`). Default: detected.",
    )
    escape: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        pattern=r'^[^"\r\n]$',
        description="The character that precedes a quote within a cell of a CSV file, such as a backslash. "
        "Default: detected.",
    )
    quote: str | None = Field(
        default=None,
        pattern=r"^[!-~]$",
        description="The character that encloses cells of a CSV file, such as `'`. Default: `\"`, or detected.",
    )
    layout: Literal["delimited", "fixed"] = Field(
        default="delimited",
        description="`fixed`: a text file whose columns have the same width in every line, such as a SQL*Plus "
        "spool file.",
    )
    encoding: Name | None = Field(
        default=None, description="Encoding of a CSV file, such as `cp1252`. Default: detected."
    )
    header_row: Count | None = Field(default=None, description="Row with the column names, from 1. Default: detected.")
    header_rows: Annotated[Count, Field(le=2)] | None = Field(
        default=None,
        description="How many rows hold the column names, 1 or 2. Names in two rows are joined: `Student` above "
        "`ID` is `Student ID`. Default: detected.",
    )
    columns: tuple[Name, ...] = Field(
        default=(),
        description="Names of the columns, from left to right, if the file has no header.",
    )
    optional: tuple[Name, ...] = Field(
        default=(),
        description="The last of `columns`, if a row may end before them, as in Moodle's flat files.",
    )
    unpivot: Unpivot | None = Field(default=None, description="Columns to turn into rows.")
    split: Split | None = Field(
        default=None, description="A column whose cells hold several values, to turn into one row for each value."
    )

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        try:
            codecs.lookup(name or "utf-8")
        except LookupError:
            raise ValueError(
                f"`{name}` is not a known encoding; common ones are utf-8, cp1252, latin-1 and utf-16"
            ) from None
        return name

    @field_validator("columns")
    @classmethod
    def _different(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"`{twice}` is listed twice")
        return names

    @field_validator("layout")
    @classmethod
    def _no_delimiter(cls, layout: str, info: ValidationInfo) -> str:
        if layout == "fixed" and any(info.data.get(name) for name in ("delimiter", "escape", "quote")):
            raise ValueError("with layout: fixed, there is no delimiter:, quote: or escape:")
        return layout

    @field_validator("header_rows")
    @classmethod
    def _in_one_row(cls, count: int | None, info: ValidationInfo) -> int | None:
        if count is not None and info.data.get("layout") == "fixed":
            raise ValueError("with layout: fixed, column names are in one row, so header_rows: cannot be set")
        return count

    @field_validator("columns")
    @classmethod
    def _no_header(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if names and info.data.get("layout") == "fixed":
            raise ValueError("with layout: fixed, the header shows where columns begin, so columns: cannot be set")
        if names and any(info.data.get(name) is not None for name in ("header_row", "header_rows")):
            raise ValueError("columns: is for files without a header, so header_row: cannot be set as well")
        return names

    @field_validator("optional")
    @classmethod
    def _last(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        columns = info.data.get("columns", ())
        if names and columns[-len(names) :] != names:
            raise ValueError("optional: must list the last of columns:, in the same order")
        if len(names) == len(columns) > 0:
            raise ValueError("optional: cannot list all of columns:")
        return names

    @field_validator("quote")
    @classmethod
    def _signs_differ(cls, quote: str | None, info: ValidationInfo) -> str | None:
        if quote is not None and quote in (info.data.get("delimiter"), info.data.get("escape")):
            raise ValueError("quote: must differ from delimiter: and escape:")
        return quote

    @field_validator("split")
    @classmethod
    def _still_there(cls, split: Split | None, info: ValidationInfo) -> Split | None:
        unpivot = info.data.get("unpivot")
        if split and unpivot and split.column in unpivot.columns:
            raise ValueError(f"`{split.column}` is no longer a column after `unpivot`; split `{unpivot.value}` instead")
        return split

    def of_file(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Those of the sheet's columns that the file itself has."""
        made = {FILE, TAB, *(self.unpivot.new if self.unpivot else ())}
        return tuple(name for name in columns if name not in made)

    def needs(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The columns the file itself must have, by name, so that the sheet has these."""
        split = (self.split.column,) if self.split else ()
        named = self.of_file((*columns, *split))
        laid = [name for name in (self.unpivot.columns if self.unpivot else ()) if not {"*", "?"} & set(name)]
        return tuple(dict.fromkeys([*named, *laid]))


Sheets = Annotated[SheetChoice, BeforeValidator(short_for("file"), json_schema_input_type=Name | SheetChoice)]
"""A choice of sheet, or the bare name of its file."""
