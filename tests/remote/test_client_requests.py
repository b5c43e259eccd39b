"""The client's methods: one for each endpoint of the reference, and what each of them sends."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import orjson
import pytest

from sync.model.resources import CATALOGUE
from sync.site import ENDPOINTS, Client, Endpoint, NotTheApi
from tests.remote.raw_server import Peer, Request, Talk, always, serve
from tests.yaml_files import read_yaml

NOON = datetime(2026, 9, 1, 12, tzinfo=ZoneInfo("Europe/London"))
BASE = "/enrol/nexsis/api/index.php/"
CASES: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("requests.yaml"))
BEYOND = {"close", "all_course_grades", "all_logs"}
"""Methods that do not stand for a call of their own."""


def name_of(case: dict[str, Any]) -> str:
    return str(case["do"]).partition("(")[0]


# -- which methods there are -----------------------------------------------------------------------------------


def test_every_endpoint_is_a_method_and_every_method_an_endpoint() -> None:
    public = {name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")}
    assert public - BEYOND == set(ENDPOINTS)
    assert {name_of(case) for case in CASES} == set(ENDPOINTS)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_method_says_what_its_endpoint_says(name: str) -> None:
    endpoint, method = ENDPOINTS[name], getattr(Client, name)
    answer = get_type_hints(method)["return"]
    assert endpoint.many == (get_origin(answer) is list)
    assert endpoint.empty == (answer is type(None) and name != "ping")
    section, _, title = endpoint.heading.partition(": ")
    assert f"(reference: {section if name == 'ping' else title})" in " ".join(inspect.getdoc(method).split())  # type: ignore[union-attr]


def shape(method: str, path: str) -> tuple[str, str]:
    return method, re.sub(r"\{\w+\}", "{}", path)


def test_what_the_engine_calls_is_among_them() -> None:
    calls = {
        shape(getattr(call, "method", "GET"), call.path)
        for resource in CATALOGUE.values()
        for call in (*resource.reads, resource.put, resource.delete)
        if call is not None
    }
    assert calls <= {shape(endpoint.method, endpoint.path) for endpoint in ENDPOINTS.values()}


def test_the_engine_is_not_needed() -> None:
    script = "import sys, sync.site; print({'pandas', 'pyarrow', 'sqlalchemy', 'pydantic'} & sys.modules.keys())"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"
    )


# -- what they send --------------------------------------------------------------------------------------------


def call(nexsis: Client, do: str) -> Any:
    return eval(f"nexsis.{do}", {"nexsis": nexsis, "NOON": NOON})


def sent(do: str, endpoint: Endpoint[Any], answer: object) -> Request:
    with serve(always(orjson.dumps(answer))) as server, Client(server.url, "secret") as nexsis:
        said = call(nexsis, do)
    assert said == (None if endpoint.empty or do == "ping()" else answer)
    [request] = server.requests
    return request


@pytest.mark.parametrize("case", CASES, ids=[case["sends"] for case in CASES])
def test_a_method_sends_its_call(case: dict[str, Any]) -> None:
    endpoint = ENDPOINTS[name_of(case)]
    request = sent(case["do"], endpoint, case.get("answers", [{"id": "1"}] if endpoint.many else {"id": "1"}))
    method, _, path = case["sends"].partition(" ")
    assert request.line == f"{method} {BASE}{path} HTTP/1.1"
    assert request.headers["authorization"] == "Bearer secret"
    assert (orjson.loads(request.body) if request.body else None) == case.get("body")


@pytest.mark.parametrize(
    ("do", "reason"),
    [
        ('delete_enrolment("S1", "")', "not a path"),
        ('delete_enrolment("S1", ".")', "not a path"),
        ('delete_enrolment("S1", "..")', "not a path"),
        ('put_course("C1", startdate=NOON.replace(tzinfo=None))', "no time zone"),
    ],
)
def test_what_cannot_be_said_is_not_sent(do: str, reason: str) -> None:
    with serve(always(b"")) as server, Client(server.url, "secret") as nexsis, pytest.raises(ValueError, match=reason):
        call(nexsis, do)
    assert server.requests == []


# -- lists in pages --------------------------------------------------------------------------------------------


def pages(total: int) -> Talk:
    """A list of this many rows, cut as the query asks."""

    def talk(peer: Peer) -> None:
        while request := peer.request():
            asked = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", request.line)}
            size = asked.get("pagesize") or asked["limit"]
            first = asked.get("p", 0) * size + asked.get("offset", 0)
            peer.answer(orjson.dumps([{"id": n} for n in range(first, min(first + size, total))]))

    return talk


@pytest.mark.parametrize(("total", "calls"), [(0, 1), (2, 1), (3, 2), (7, 3), (9, 4)])
@pytest.mark.parametrize("do", ['all_course_grades("C1", pagesize=3)', 'all_logs(level=["error"], limit=3)'])
def test_a_long_list_is_read_to_its_end(do: str, total: int, calls: int) -> None:
    with serve(pages(total)) as server, Client(server.url, "secret", page="p") as nexsis:
        rows = list(call(nexsis, do))
    assert [row["id"] for row in rows] == list(range(total))
    assert len(server.requests) == calls


def test_pages_are_read_as_they_are_needed() -> None:
    with serve(pages(9)) as server, Client(server.url, "secret", page="p") as nexsis:
        next(nexsis.all_course_grades("C1", pagesize=3))
    assert len(server.requests) == 1


def test_a_page_that_comes_again_ends_the_reading() -> None:
    again = pytest.raises(NotTheApi, match="page 1 repeats the one before")
    with serve(pages(9)) as server, Client(server.url, "secret", page="not_known") as nexsis, again:
        list(nexsis.all_course_grades("C1", pagesize=3))
    assert len(server.requests) == 2
