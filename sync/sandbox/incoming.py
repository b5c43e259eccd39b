"""A request as received: its path below the API's base, its token, its query and its body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson
from starlette.types import Scope

from sync.sandbox.rules import bad
from sync.sandbox.settings import BASE


@dataclass(frozen=True)
class Incoming:
    """`segments` are those below the base, decoded, None where the web server finds nothing; `path` is for the log."""

    method: str
    path: str
    segments: list[str] | None
    token: str
    agent: str
    query: dict[str, list[str]]
    json: bool
    body: bytes


def incoming_of(scope: Scope, body: bytes) -> Incoming:
    """Read an ASGI request. The path is taken raw, since an identifier may hold any character, percent-encoded."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    tokens = query.pop("token", [""])
    scheme, _, bearer = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    raw = scope["raw_path"].decode("latin-1")
    below = raw.removeprefix(BASE)
    path = unquote(below)
    if query:
        path += "?" + "&".join(f"{name}={value}" for name, values in query.items() for value in values)
    return Incoming(
        method=scope["method"],
        path=path,
        segments=None if below == raw or _lost(below) else [unquote(part) for part in below.split("/")[1:]],
        token=bearer if scheme.lower() == "bearer" else tokens[-1],
        agent=headers.get(b"user-agent", b"Unknown User Agent").decode("latin-1"),
        query=query,
        json=b"json" in headers.get(b"content-type", b""),
        body=body,
    )


def body_of(incoming: Incoming) -> dict[str, str]:
    """The body's parameters as texts, from JSON or urlencoded, null ones left out; Refused (400) if it is neither.

    What begins with a brace is JSON whatever its header says: the reference's own example is such a body.
    """
    body = incoming.body.strip()
    if not body:
        return {}
    if not incoming.json and not body.startswith(b"{"):
        return {name: values[-1] for name, values in parse_qs(body.decode(errors="replace"), True).items()}
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad(f"The body is not valid JSON: {error}.") from error
    if not isinstance(given, dict):
        raise bad("The body must be a JSON object.")
    return {name: _text(name, value) for name, value in given.items() if value is not None}


def _text(name: str, value: Any) -> str:
    if isinstance(value, dict | list):
        raise bad(f"{name} must be a single value.")
    return str(int(value) if isinstance(value, bool) else value)


def _lost(path: str) -> bool:
    """A typical Apache finds nothing at a path with an encoded slash or NUL, whatever is there."""
    return "%2f" in path.lower() or "%00" in path
