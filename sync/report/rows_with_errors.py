"""Which rows have to be fixed: those with an error, and those that Moodle refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

import orjson
import pandas as pd

from sync.mapping.source import Source
from sync.model import Field, Issue, Plan, Sheet
from sync.model.findings import key_text
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.site.responses import refuses

REFUSED: Final = "refused"
"""The code of issues about rows that the site refused."""

NO_REASON: Final = "no reason given"

RowLocation = tuple[str, str | None, int]
"""A row: its file, its tab, its number."""


def issues_of(plan: Plan) -> tuple[Issue, ...]:
    """Everything known to be wrong with rows: the plan's issues, and what the site refused in its run."""
    return (*plan.issues, *_refused(plan.changes))


def with_errors(issues: Iterable[Issue]) -> tuple[RowLocation, ...]:
    """The rows with errors, each once. A row that has only warnings may stay as it is."""
    return tuple(
        dict.fromkeys(location for issue in issues if issue.severity == "error" and (location := location_of(issue)))
    )


def sheets_of(plan: Plan, sources: Iterable[Source]) -> Iterator[Sheet]:
    """All sheets that mappings read or look into, if they are as the plan read them."""
    same = {(entry.name, entry.digest) for entry in plan.inputs if entry.kind == "sheet"}
    for source in sources:
        for sheet in chain(source.sheets, *source.others.values()):
            if (sheet.file, sheet.digest) in same:
                yield sheet


def taken(change: Mapping[Any, Any]) -> Field | None:
    """The field because of which the site refused a create: it has an object with that value under another key."""
    if change["op"] != "create" or change["status"] != "failed" or pd.isna(change["error"]):
        return None
    fields = CATALOGUE[change["resource"]].fields
    return next((field for field in fields if field.taken and field.taken in change["error"]), None)


def location_of(issue: Issue) -> RowLocation | None:
    """The row an issue is about, if it is about one."""
    return None if issue.file is None or issue.row is None else (issue.file, issue.tab, issue.row)


def _refused(changes: pd.DataFrame) -> Iterator[Issue]:
    """An issue for each row whose change the site refused for its content, and not because of its own trouble."""
    rows = changes[((changes["status"] == "failed") & changes["file"].notna() & changes["row"].notna()).to_numpy()]
    status = pd.to_numeric(rows["http_status"])
    rows = rows[status.isin([each for each in status.dropna().unique() if refuses(int(each))])]
    for row in rows.to_dict("records"):
        resource, reason = CATALOGUE[row["resource"]], NO_REASON if pd.isna(row["error"]) else row["error"]
        key = key_text(resource, orjson.loads(row["key"]))
        what = f"{phrasing.TO_DO[row['op']]} the {resource.noun} with {key}"
        text = wording(REFUSED, to=what, reason=reason.removesuffix("."))
        if (field := taken(row)) is not None:
            value, number = orjson.loads(row["after"])[field.name], " ".join(orjson.loads(row["key"]).values())
            text = wording(REFUSED, "other-number", object=resource.noun, field=field.called, value=value, key=number)
        yield text.issue(
            "error",
            resource=resource.name,
            file=row["file"],
            tab=None if pd.isna(row["tab"]) else row["tab"],
            row=int(row["row"]),
            key=row["key"],
        )
