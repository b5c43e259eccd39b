"""Everything the catalogue says can be exported matches the site's own answers, in every kind of file."""

from __future__ import annotations

from itertools import product
from typing import Any

import httpx
import pytest

from sync.export.texts import cell_text
from sync.model import Pull, path_of
from sync.model.resources import PULLS
from sync.sandbox import BASE
from tests.pull.institution import COURSES, USERS
from tests.pull.office import Office, Row

WAYS = [(name, pull) for name, pulls in PULLS.items() for pull in pulls]
KNOWN = {
    "courseid": COURSES,
    "userid": USERS,
    "parent_courseid": COURSES,
    "metalink_courseid": COURSES,
    "programid": ("P12",),
    "certificationid": ("C12",),
    "categoryid": ("6",),
}


def answered(office: Office, pull: Pull) -> list[Row]:
    """The site's own answers for every identifier, in the order of these."""
    rows = []
    for values in sorted(product(*(KNOWN[name] for name in pull.by))):
        key = dict(zip(pull.by, values, strict=True))
        url = f"{office.site.url}{BASE}/{path_of(pull.path, key)}"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {office.site.token}"})
        if answer.status_code == 200:
            said = answer.json() if pull.many else [answer.json()]
            rows += [_row(pull, key, each) for each in said]
    return rows


def _row(pull: Pull, key: Row, said: dict[str, Any]) -> Row:
    bare = {name: value for name, value in key.items() if name not in pull.columns}
    return bare | {name: cell_text(said[at]) for name, at in pull.columns.items()}


@pytest.mark.parametrize(("name", "pull"), WAYS, ids=[f"{name}-{'-'.join(pull.by)}" for name, pull in WAYS])
def test_rows_are_those_of_the_site(name: str, pull: Pull, office: Office) -> None:
    expected = answered(office, pull)
    by = ["--by", pull.by[0]] if pull.by else []
    assert expected
    for file in ("out.jsonl", "out.parquet", "out.xlsx"):
        assert office.rows(name, *by, to=file) == expected
    disarmed = [{column: _disarmed(text) for column, text in row.items()} for row in expected]
    assert office.rows(name, *by, to="out.csv") == disarmed
    assert {request.method for request in office.site.requests} == {"GET"}


def _disarmed(text: str) -> str:
    return f"'{text}" if text in ("=Group", "-1 for lateness") else text
