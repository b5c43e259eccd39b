"""What can be exported and never written: grades of whole courses, logs."""

from __future__ import annotations

from collections.abc import Mapping

from sync.model import Pull
from sync.model.resources.parts import PAGES, ROWS, columns

# Grades
_GRADE = columns("userid courseid rawfinalgrade rawgrademax gradeletter gradepercent feedback timemodified")

# Logs
_LOG = columns(
    "id date_created level message detail params request_method request_url request_body response_body"
    " response_status_code ip user_agent"
)

READ_ONLY: Mapping[str, tuple[Pull, ...]] = {
    "grade": (
        Pull("course/{courseid}/grade", by=("courseid",), of="course", columns=_GRADE, paging=PAGES),
        Pull("user/{userid}/grade", by=("userid",), of="user", columns=_GRADE),
    ),
    "log": (Pull("logs", columns=_LOG, paging=ROWS, filters={"level": "level"}, since="date_created"),),
}
