"""Who may call, how bodies may be written, how long values may be, what is logged."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.sandbox import BASE, Sandbox

Serving = Callable[..., tuple[Sandbox, httpx.Client]]


@pytest.mark.parametrize(
    ("query", "header", "status"),
    [
        ("", "Bearer sandbox", 200),
        ("", "bearer sandbox", 200),
        ("?token=sandbox", None, 200),
        ("", None, 401),
        ("", "Bearer wrong", 401),
        ("", "Basic sandbox", 401),
        ("?token=wrong", None, 401),
        ("?token=sandbox", "Bearer wrong", 401),
    ],
)
def test_token(sandbox: Sandbox, query: str, header: str | None, status: int) -> None:
    headers = {"Authorization": header} if header else {}
    answer = httpx.get(f"{sandbox.url}{BASE}/ping{query}", headers=headers)
    assert answer.status_code == status
    assert answer.json() == (
        {"message": "pong"}
        if status == 200
        else {"error": "unauthorized", "message": "The API key is missing or wrong."}
    )
    assert sandbox.requests[-1].path == "/ping"


def test_beside_the_api_there_is_only_the_web_server(sandbox: Sandbox) -> None:
    """> An address that leads nowhere is answered with 404 and an HTML page, and so is an identifier that contains
    a slash.
    """
    answer = httpx.get(f"{sandbox.url}/login/index.php")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


URLENCODED = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("content_type", "body", "status", "firstname"),
    [
        (URLENCODED, "firstname=A+B%26C&lastname=", 400, "Kim"),
        (URLENCODED, "firstname=A+B%26C", 200, "A B&C"),
        (URLENCODED, '{\n"firstname": "J"\n}', 200, "J"),
        ("application/json", '{"firstname": "J"}', 200, "J"),
        (None, '{"firstname": "J"}', 200, "J"),
        ("application/json", "", 200, "Kim"),
        ("application/json", '{"firstname": "J",}', 400, "Kim"),
        ("application/json", '["firstname"]', 400, "Kim"),
        ("application/json", "firstname=J", 400, "Kim"),
    ],
)
def test_bodies(client: httpx.Client, content_type: str | None, body: str, status: int, firstname: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    assert client.put("/user/S1", content=body, headers=headers).status_code == status
    assert client.get("/user/S1").json()["firstname"] == firstname


USER = {"username": "u", "firstname": "f", "lastname": "l", "email": "e@example.com"}
COURSE = {"fullname": "f", "shortname": "s"}


@pytest.mark.parametrize(
    ("path", "body", "name", "longest"),
    [
        ("/user/S9", USER, "username", 100),
        ("/user/S9", USER, "firstname", 100),
        ("/user/S9", USER, "lastname", 100),
        ("/user/{}", USER, None, 255),
        ("/course/{}", COURSE, None, 100),
        ("/course/C9", COURSE, "shortname", 255),
        ("/course/C9", COURSE, "fullname", 254),
        ("/course/C1/group/G9", {"name": "n"}, "name", 254),
    ],
)
def test_past_a_length_the_server_fails_and_nothing_is_written(
    client: httpx.Client, path: str, body: dict[str, str], name: str | None, longest: int
) -> None:
    """> A value that is too long for its column is answered with HTTP 500."""

    def put(length: int) -> httpx.Response:
        text = "x" * length
        return client.put(path.format(text), json={**body, name: text} if name else body)

    refused = put(longest + 1)
    assert (refused.status_code, refused.json()["errorcode"]) == (500, "dmlwriteexception")
    assert put(longest).status_code == 200


def test_a_refused_write_leaves_no_category_behind(client: httpx.Client, sandbox: Sandbox) -> None:
    """> A category name of more than 255 characters is refused with `categorytoolong`."""
    refused = client.put("/course/C1", json={"categorypath": "/A/" + "b" * 256})
    assert (refused.status_code, refused.json()["error"]) == (400, "categorytoolong")
    assert "/A" not in sandbox.moodle.categories()
    assert client.put("/course/C1", json={"categorypath": "/A/" + "b" * 255}).status_code == 200


def test_the_answer_to_an_unsupported_method_lists_the_supported_ones(client: httpx.Client) -> None:
    assert client.post("/user/S1").headers["Allow"] == "DELETE, GET, PUT"


def test_log_has_a_line_a_request_and_never_the_token(tmp_path: Path, serving: Serving) -> None:
    log = tmp_path / "requests.jsonl"
    sandbox, client = serving(log=log, token="s3cret")
    client.get("/user/a%20b/enrol?plugin=nexsis&token=s3cret")
    client.put("/user/S1", json=USER)
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("GET", "/user/a b/enrol?plugin=nexsis", 404),
        ("PUT", "/user/S1", 200),
    ]
    assert "s3cret" not in log.read_text()
    assert datetime.fromisoformat(lines[0]["time"]).utcoffset() == timedelta(0)
    assert datetime.fromisoformat(lines[0]["time"]) <= datetime.now(UTC)
    assert [request.path for request in sandbox.requests] == [line["path"] for line in lines]
