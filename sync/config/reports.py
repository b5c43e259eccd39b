"""What a site file may say about reports."""

from __future__ import annotations

from pydantic import Field

from sync.config.scalars import Names, Strict


class Reports(Strict):
    """What people can filter and group the changes in reports by."""

    group_by: Names = Field(
        default=(),
        description="Columns of the exports, such as `[SCHOOL, DEPARTMENT]`. The report page can be filtered by the "
        "values of a field made from such a column; the workbook and the emails show them too. Course categories need "
        "not be listed.",
    )
