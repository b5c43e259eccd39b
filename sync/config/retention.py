"""What a site file may say about how long personal data is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pydantic import Field, field_validator

from sync.config.scalars import Duration, Names, Strict

SHORTEST: Final = timedelta(days=31)
"""Guards and reports compare a run with those of the month before it."""


class Retention(Strict):
    """How long personal data is kept. Without this section, it is kept until somebody runs `purge`."""

    older_than: Duration = Field(
        description="Age at which, after each run, records of plans and runs are removed, as are archived exports, "
        "unsent messages and report files: `400d`. At least 31 days."
    )
    reports: Names = Field(
        default=(),
        description="Report and log files that your own scripts write, by name or pattern, such as `reports/*`. "
        "`purge` and `forget` apply to them too.",
    )

    @field_validator("older_than")
    @classmethod
    def _long_enough(cls, age: timedelta) -> timedelta:
        if age < SHORTEST:
            raise ValueError(f"guards compare each run with earlier ones, so keep at least {SHORTEST.days} days")
        return age
