"""The sheet of terms: when each term begins and ends, and which courses belong to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from sync.config.rules import Rules, Value, Values
from sync.config.scalars import Strict
from sync.config.sheet_selection import SheetChoice, Sheets

TERM: Final = "term"
"""The part of a mapping's `scope` that limits removals to the courses of terms."""

CURRENT: Final = ("current",)
"""What a scope may say about terms."""

OF_COURSES: Final = "courseid"
"""The key field by which a record belongs to a term."""


def _days(text: Any) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})\s*d", text) if isinstance(text, str) else None
    if not found:
        raise ValueError("write a whole number of days: 0d, 7d or 30d")
    return timedelta(days=int(found[1]))


Days = Annotated[timedelta, BeforeValidator(_days), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,4} *d$"})]
"""A number of days: 0d, 7d, 30d."""


class TermSheet(Strict):
    """Where terms and their dates are listed, for mappings with `scope: {term: current}`."""

    sheet: Sheets = Field(description="The file in the inbox that lists the terms, one in each row.")
    term: Values = Field(description="The name or code of the term.")
    start: Rules = Field(description="Its first day, as a field of a mapping: a column, or `{column: ..., date: ...}`.")
    end: Rules = Field(description="Its last day.")
    courseid: Values = Field(
        description='Its courses: a pattern of their identifiers, such as `{text: "*-{TERM}"}`, or one identifier.'
    )
    before: Days = Field(
        default="0d",
        validate_default=True,
        description="How long before its first day a term counts as current, such as `14d`.",
    )
    after: Days = Field(
        default="0d",
        validate_default=True,
        description="How long after its last day a term still counts as current, such as `14d`.",
    )

    @property
    def values(self) -> tuple[Value, ...]:
        """All that is made of its columns."""
        return (self.term, self.start, self.end, self.courseid)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that the sheet must have after it is laid out, each once."""
        return tuple(dict.fromkeys(column for value in self.values for column in value.columns))

    @property
    def sheets(self) -> Mapping[SheetChoice, tuple[str, ...]]:
        """The sheet and those it looks values up in, with the columns that each file must have."""
        wanted: dict[SheetChoice, list[str]] = {self.sheet: [*self.sheet.needs(self.needed)]}
        for lookup in (lookup for value in self.values for lookup in value.lookups):
            wanted.setdefault(lookup.sheet, []).extend(lookup.sheet.needs(lookup.columns))
        return {choice: tuple(dict.fromkeys(names)) for choice, names in wanted.items()}
