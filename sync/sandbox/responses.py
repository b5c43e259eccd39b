"""Answers as they are sent: the API's JSON, the web server's HTML, and what a Moodle in trouble answers.

A 4xx of the API is JSON `{"error": code, "message": sentence}`; a 404 as an HTML page comes from the web server.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import orjson
from starlette.responses import HTMLResponse, Response

from sync.sandbox.rules import ApiRefusal, Json

_NOTICE = b"<br />\n<b>Notice</b>: Undefined property: stdClass::$id in <b>locallib.php</b> on line <b>212</b><br />\n"


def json_answer(json: Json, status: int = 200) -> Response:
    """The API's own answer; with an empty body if it has nothing to say."""
    body = b"" if json is None else orjson.dumps(json)
    return Response(body, status, media_type="application/json; charset=utf-8")


def refusal(refused: ApiRefusal) -> Response:
    answer = json_answer({"error": refused.error, "message": refused.message}, refused.status)
    answer.headers.update(refused.headers)
    return answer


def page(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """An HTML page of the web server, or of Moodle itself."""
    title = HTTPStatus(status).phrase
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
    return HTMLResponse(f"<!DOCTYPE html>\n{html}", status, headers)


def not_found() -> Response:
    """A URL that leads nowhere."""
    return page(404, "The requested URL was not found on this server.")


def failed_write() -> Response:
    """A query that the database refused."""
    return json_answer(_exception("Error writing to database", "dmlwriteexception"), 500)


def with_notice(answer: Response) -> Response:
    """PHP's messages in front of an answer."""
    return HTMLResponse(_NOTICE + bytes(answer.body))


def slow_down(seconds: int) -> Response:
    answer = json_answer({"error": "too_many_requests", "message": "Too many requests."}, 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


TROUBLES: dict[str, Callable[[], Response]] = {
    "error": failed_write,
    "db_down": lambda: json_answer(_exception("<p>Error: Database connection failed</p>", "dbconnectionfailed")),
    "maintenance": lambda: page(503, "This site is undergoing maintenance.", {"Retry-After": "300"}),
    "login": lambda: page(303, "This page should automatically redirect.", {"Location": "/login/index.php"}),
}
"""The answers of a site in trouble, by fault; nothing is done then."""


def _exception(error: str, code: str) -> dict[str, object]:
    return {"error": error, "stacktrace": None, "debuginfo": None, "errorcode": code}
