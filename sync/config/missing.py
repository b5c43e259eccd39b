"""What a mapping says of records that are missing from its file: `missing:`.

Absence       the long form of `delete`
+-- Wait      delete: how long a record must have been missing first
Setting       values that it gets instead, and how long it must have been missing first
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, WithJsonSchema

from sync.config.scalars import SHOWN, Count, Name, Strict, Whole
from sync.model import Missing


class Wait(Strict):
    """How long a record must have been missing before something is done about it."""

    after_files: Count = Field(
        default=1,
        description="In how many good files in a row the record must be missing. A file that arrives again unchanged "
        "counts once.",
    )
    after_days: Whole = Field(default=0, description="How many days must have passed since the first of these files.")

    @property
    def waits(self) -> bool:
        """Whether there is any wait at all."""
        return self.after_files > 1 or self.after_days > 0

    def __str__(self) -> str:
        files = f"{self.after_files:,} file{'s' * (self.after_files != 1)}"
        return f"{files} and {self.after_days:,} day{'s' * (self.after_days != 1)}" if self.after_days else files


class Absence(Strict):
    """What happens to a missing record, and when."""

    delete: Wait = Field(description="Delete it once it has been missing for long enough.")


class Setting(Wait):
    """Values that a missing record gets instead of being deleted, and when."""

    values: Mapping[Name, Annotated[str, WithJsonSchema(SHOWN)]] = Field(
        alias="set",
        min_length=1,
        description="Field of the resource: the value it gets while the record is missing. Once the record is listed "
        "again, the field gets the value in its row, or the one it had before. A field that is not in the API "
        "reference must be listed in `allow:` in the site file.",
    )


def _form(given: Any) -> str:
    if isinstance(given, Setting) or (isinstance(given, dict) and "set" in given):
        return "<set>"
    return "<value>" if isinstance(given, dict | Absence) else "<word>"


OnAbsence = Annotated[
    Annotated[Missing, Tag("<word>")] | Annotated[Absence, Tag("<value>")] | Annotated[Setting, Tag("<set>")],
    Discriminator(_form),
]
"""A word, or one of the long forms."""
