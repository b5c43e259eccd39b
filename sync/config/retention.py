"""What a site file may say about how long personal data is kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from sync.config.scalars import Duration, Name, Strict, one_or_many

SHORTEST: Final = timedelta(days=31)
"""Guards and reports compare a run with those of the month before it."""


def _of_files(pattern: str) -> str:
    """The pattern itself, if files can be looked for with it. Raises ValueError."""
    path = Path(pattern)
    parts = path.relative_to(path.anchor).parts
    if not parts:
        raise ValueError(f"`{pattern}` is a folder; write which files in it: `reports/*`")
    if any("**" in part and part != "**" for part in parts):
        raise ValueError(f"`{pattern}`: `**` can only stand by itself between slashes, as in `logs/**/*.log`")
    return pattern


FilePattern = Annotated[Name, AfterValidator(_of_files)]
"""The name of a file, or a pattern of names."""


class Retention(Strict):
    """How long personal data is kept. Without this section, it is kept until somebody runs `purge`."""

    older_than: Duration = Field(
        description="Age at which, after each run, records of plans and runs are removed, as are archived exports, "
        "unsent messages and report files: `400d`. At least 31 days."
    )
    reports: Annotated[
        tuple[FilePattern, ...],
        BeforeValidator(one_or_many, json_schema_input_type=FilePattern | tuple[FilePattern, ...]),
    ] = Field(
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
