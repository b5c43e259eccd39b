"""Accounts without their ID number in Moodle, as a file for Moodle's own upload of users."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

from sync.model import Plan
from sync.model.resources import CATALOGUE
from sync.report.rows_with_errors import taken
from sync.sheets.output import written

COLUMNS: Final = ("username", "idnumber")
"""The columns of the file, as Moodle calls them. It has no others, so that Moodle changes nothing else."""


def write_adoption_list(path: Path, plan: Plan) -> None:
    """Write the list of a plan that was sent. Raises NexsisSyncError if it cannot be written."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *_accounts(plan)])
    with written(path) as stream:
        stream.write(text.getvalue().encode())


def _accounts(plan: Plan) -> Iterator[tuple[str, str]]:
    """Username and ID number of each account that Moodle has under another number, or under none."""
    failed = plan.changes[(plan.changes["status"] == "failed").to_numpy()]
    for change in failed.to_dict("records"):
        field = taken(change)
        if field is not None and CATALOGUE[change["resource"]].personal:
            (number,) = orjson.loads(change["key"]).values()
            yield orjson.loads(change["after"])[field.name], number
