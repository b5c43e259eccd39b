"""What the site would refuse is refused when the row is read, and what the site accepts is not."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pandas as pd
import pytest

from sync.mapping.checks import refusals
from sync.model import Conventions
from sync.model.canonical import from_cells
from sync.model.resources import CATALOGUE
from sync.sandbox import BASE, Sandbox, running

NAMES = [
    *("<b></b>", "<p><br/></p>", "<", "<>", "<3 Maths", " <i> ", "<!-- x -->", "<\u00a0b", "<b>\t</b>"),
    *("Maths <3", "C < D", "R&D", "a > b", "< 3", "<b>I</b>", "a<b", "&lt;b&gt;", "<b>>", "<\tb", "it's"),
]
PATHS = ["/" + "x" * 255, "/A/" + "x" * 256, f"/{'x' * 200}/{'y' * 200}", "/<b></b>/R&D", "/" + "é" * 255]
EMAILS = ["x@localhost", "x@host.example", "x", "x@.", "x.y+z@a.b.example", "x@host.", "@host.example"]
USER = {"username": "u", "firstname": "f", "lastname": "l", "email": "e@host.example"}
CASES = [
    *(("course", "fullname", name) for name in NAMES),
    *(("course", "shortname", name) for name in NAMES),
    *(("course", "categorypath", path) for path in PATHS),
    *(("user", "firstname", name) for name in NAMES),
    *(("user", "lastname", name) for name in NAMES),
    *(("user", "email", email) for email in EMAILS),
    *(("group", "name", name) for name in NAMES),
]
AT = {
    "course": ("/course/C9", {"fullname": "f", "shortname": "s"}),
    "user": ("/user/S9", USER),
    "group": ("/course/C1/group/G9", {"name": "n"}),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as served:
        served.moodle.add_course("C1", "Course One")
        yield served


@pytest.mark.parametrize(("resource", "name", "value"), CASES)
def test_a_value_is_refused_by_row_just_where_the_site_refuses_it(
    sandbox: Sandbox, resource: str, name: str, value: str
) -> None:
    field = CATALOGUE[resource].field(name)
    assert field is not None
    canonical, _ = from_cells(pd.Series([value], dtype="str"), field.kind, Conventions())
    path, body = AT[resource]
    answer = httpx.put(
        sandbox.url + BASE + path,
        json={**body, name: canonical.iloc[0]},
        headers={"Authorization": f"Bearer {sandbox.token}"},
    )
    assert answer.status_code in (200, 400)
    assert bool([*refusals(field, canonical)]) == (answer.status_code == 400)
