"""What a site file may say of guards: limits above which changes need approval."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sync.config.scalars import Count, Duration, Names, Percent, Strict, Whole

GradedRemovals = Literal["report", "hold", "ignore"]
"""What is done about removals of people who have a course grade or have completed the course."""


class DeleteGuard(Strict):
    """Limits on deletes of one resource in one plan."""

    percent: Percent = Field(default=10, description="Percentage of known records that may be deleted.")
    count: Whole = Field(default=20, description="Number of records that may be deleted.")


class RosterGuard(Strict):
    """Limits on deletes in one roster, such as a course's enrolments."""

    over: Whole = Field(default=4, description="Only rosters with more entries than this are guarded.")
    percent: Percent = Field(default=50, description="Percentage of the roster that may be deleted.")


class UpdateGuard(Strict):
    """Limits on updates of one resource in one plan."""

    percent: Percent = Field(default=30, description="Percentage of known records that may be updated.")
    count: Whole = Field(default=20, description="Number of records that may be updated.")


class CreateGuard(Strict):
    """Limits on creates of one resource in one plan."""

    percent: Percent = Field(
        default=30, description="Number of new records allowed, as a percentage of the known records."
    )
    over: Whole = Field(default=100, description="Only kinds with more known records than this are guarded.")


class RowsGuard(Strict):
    """Limits on a sheet's loss of rows, compared with the last good ones, and on rejected rows."""

    percent: Percent = Field(default=20, description="Percentage of a file's rows that may be missing or have errors.")


def _or_off(limits: Any) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str) and value != "off" and limits is not Duration:
            raise ValueError(f"set its limits ({', '.join(limits.model_fields)}) as keys with values, or off")
        return None if value == "off" else value

    return BeforeValidator(check, json_schema_input_type=limits | Literal["off", False])


USED_BEFORE = BeforeValidator(
    lambda value: None if value in ("off", False) else value, json_schema_input_type=Literal["hold", "off", False]
)


class Guards(Strict):
    """Limits above which changes need approval. Each can be switched `off`."""

    delete: Annotated[DeleteGuard | None, _or_off(DeleteGuard)] = Field(
        default=DeleteGuard(), description="Deletions of one kind of record."
    )
    by: Names = Field(
        default=(),
        description="Columns of the exports, such as `SCHOOL`. The limits of `delete` also apply to each value of a "
        "field made from such a column.",
    )
    roster: Annotated[RosterGuard | None, _or_off(RosterGuard)] = Field(
        default=RosterGuard(), description="Deletions in one roster."
    )
    update: Annotated[UpdateGuard | None, _or_off(UpdateGuard)] = Field(
        default=UpdateGuard(), description="Updates to one kind of record."
    )
    create: Annotated[CreateGuard | None, _or_off(CreateGuard)] = Field(
        default=CreateGuard(), description="New records of one kind."
    )
    rows: Annotated[RowsGuard | None, _or_off(RowsGuard)] = Field(
        default=RowsGuard(), description="Rows of a file that are missing or have errors."
    )
    max_age: Annotated[Duration | None, _or_off(Duration)] = Field(
        default="7d",
        validate_default=True,
        description="Maximum age of a file, such as `7d`. A mapping can set its own.",
    )
    window: Annotated[Duration | None, _or_off(Duration)] = Field(
        default="14d",
        validate_default=True,
        description="Deletions within this time, such as `14d`, are added up, and the total must also stay within the "
        "limits of `delete`.",
    )
    used_before: Annotated[Literal["hold"] | None, USED_BEFORE] = Field(
        default="hold",
        description="A file that was used before and is not the newest, or is older than one already used: `hold` its "
        "changes for approval.",
    )
    approval_days: Count = Field(default=7, description="Days after which an approval expires.")
