"""The OpenAPI document of what is served, made from the table of routes."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import getdoc

from sync.sandbox.routes import Route
from sync.sandbox.rules import Parameter, Text, courses, groups, users
from sync.sandbox.settings import BASE
from sync.sandbox.shapes import TEXT, Shape, either, record

PATH = "/openapi.json"
"""Where a site publishes it, without a token: below its address, next to the API."""

_KEYS = {key.name: key for key in (users.KEY, courses.KEY, groups.KEY)}
_FORMS = ("application/json", "application/x-www-form-urlencoded")

_DESCRIPTION = """\
The API of the NexSIS plugin as the sandbox of nexsis-sync serves it. Identifiers are the student information system's
own. PUT creates or updates; a parameter that is left out keeps its value, if there is one already.

On purpose, if asked to, the sandbox also behaves like a site in trouble: 500, 429 or 503 to anything, an error object
under 200, a page of HTML, a connection that is cut. Such answers are not listed operation by operation."""

_REFUSAL = record(error=TEXT, message=TEXT)
_FAILURE = record(error=TEXT, stacktrace={"type": "null"}, debuginfo={"type": "null"}, errorcode=TEXT)

_ERRORS: dict[str, tuple[str, Shape]] = {
    "400": ("The call makes no sense: a parameter is missing, or a value can't be taken.", _REFUSAL),
    "401": ("The API key is missing or wrong.", _REFUSAL),
    "405": ("There is such an endpoint, but not by this method.", _REFUSAL),
    "500": ("The database refused a value: it is longer than its limit.", _FAILURE),
}

_MISSING = {
    "description": "What the path or the body refers to isn't there, or there is no such endpoint. A page of HTML comes"
    " from the web server, to which an identifier with a slash or NUL in it is no address at all.",
    "content": {"application/json": {"schema": _REFUSAL}, "text/html": {}},
}


def document(routes: Iterable[Route]) -> dict[str, object]:
    """The document, ready to be written as JSON."""
    paths: dict[str, dict[str, object]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "NexSIS API", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": BASE}],
        "security": [{"header": []}, {"query": []}],
        "paths": paths,
        "components": {
            "responses": {status: _response(*said) for status, said in _ERRORS.items()} | {"404": _MISSING},
            "securitySchemes": {
                "header": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def _operation(route: Route) -> dict[str, object]:
    words = [route.method.lower(), *(segment.strip("{}") for segment in route.segments)]
    operation: dict[str, object] = {
        "operationId": "_".join(words),
        "tags": [route.rule.__module__.rpartition(".")[2]],
        "parameters": [
            *(_in_path(name) for name in route.at(route.segments)),
            *({"name": p.name, "in": "query", "required": p.always, "schema": p.shape} for p in route.query),
        ],
        "responses": _responses(route),
    }
    if description := getdoc(route.rule):
        operation["description"] = description
    if route.body:
        content = {form: {"schema": _body(route.body)} for form in _FORMS}
        operation["requestBody"] = {"required": any(p.always for p in route.body), "content": content}
    return operation


def _in_path(name: str) -> dict[str, object]:
    schema = {**_KEYS.get(name, Text(name, 255)).shape, "pattern": r"^[^/\u0000]+$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _body(parameters: Iterable[Parameter]) -> Shape:
    """An object that may have other parameters too, which are ignored; null is the same as left out."""
    parameters = list(parameters)
    return {
        "type": "object",
        "properties": {p.name: p.shape if p.always else either(p.shape, {"type": "null"}) for p in parameters},
        "required": [p.name for p in parameters if p.always],
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
    }


def _responses(route: Route) -> dict[str, object]:
    writes = route.method in ("PUT", "POST")
    refusals = ["401", "405"]
    if writes or route.query:
        refusals.append("400")
    if "{" in route.path:
        refusals.append("404")
    if writes:
        refusals.append("500")
    if route.answer is None:
        well: dict[str, object] = {"description": "Done. The body is empty."}
    else:
        well = _response("Done.", route.answer)
    return {"200": well, **{status: {"$ref": f"#/components/responses/{status}"} for status in sorted(refusals)}}


def _response(description: str, shape: Shape) -> dict[str, object]:
    return {"description": description, "content": {"application/json": {"schema": shape}}}
