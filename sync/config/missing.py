"""What a mapping says of records that are missing from its file: `missing:`.

Absence       the long form: what is done, and when
+-- Wait      delete: how long a record must have been missing first
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from sync.config.scalars import Count, Strict, Whole
from sync.model import Missing


class Wait(Strict):
    """How long a record must have been missing before it is deleted."""

    after_files: Count = Field(
        default=1,
        description="In how many good files in a row the record must be missing. A file that arrives again unchanged "
        "counts once.",
    )
    after_days: Whole = Field(
        default=0, description="How many days after the first of these files it may be deleted at the earliest."
    )

    def __str__(self) -> str:
        files = f"{self.after_files:,} file{'s' * (self.after_files != 1)}"
        return f"{files} and {self.after_days:,} day{'s' * (self.after_days != 1)}" if self.after_days else files


class Absence(Strict):
    """What happens to a missing record, and when."""

    delete: Wait = Field(description="Delete it once it has been missing for long enough.")


OnAbsence = Annotated[
    Annotated[Missing, Tag("<word>")] | Annotated[Absence, Tag("<value>")],
    Discriminator(lambda given: "<value>" if isinstance(given, dict | Absence) else "<word>"),
]
"""A word, or the long form."""
