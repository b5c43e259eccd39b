"""For every endpoint of the API reference: what makes the call, what answers it, and which tests cover it.

The reference's endpoints are data of the client: `sync.site.ENDPOINTS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sync.model.resources import CATALOGUE, PULLS
from sync.sandbox.routes import ROUTES, WORKPLACE, Route
from sync.site import ENDPOINTS, Endpoint
from tests.yaml_files import read_yaml

from .pages import ROOT

Shape = tuple[str, str]
"""A method and a path, whatever the names of its parameters."""

SECOND_SPELLINGS = {
    "PUT /metalink/{}/metalink/{}",
    "GET /course/{}/categorygrades/{}",
    "PUT /course/{}/categorygrades/{}/{}/{}",
}
"""Spellings that the reference uses in some places only: the sandbox accepts both."""


@dataclass(frozen=True)
class Covered:
    """One endpoint. `method` is the client's; `resources` are those that are read, written or exported with it.

    `routes` are the sandbox's; `tests` the names of the suites that cover it.
    """

    endpoint: Endpoint[Any]
    method: str
    resources: tuple[str, ...]
    routes: tuple[Route, ...]
    tests: tuple[str, ...]


def shape(method: str, path: str) -> Shape:
    """What two spellings of one call have in common."""
    return method, re.sub(r"\{\w+\}", "{}", path.strip("/"))


def coverage() -> list[Covered]:
    """All endpoints, in the order of the reference."""
    suites = {"client": _client(), "sandbox": _sandbox(), "contract": set(_kept(1)), "pull": set(_pulled())}
    found = []
    for name, endpoint in ENDPOINTS.items():
        at = shape(endpoint.method, endpoint.path)
        used = [*_kept().get(at, ()), *_pulled().get(at, ())]
        routes = tuple(route for route in (*ROUTES, *WORKPLACE) if shape(route.method, route.path) == at)
        tests = tuple(suite for suite, driven in suites.items() if at in driven)
        found.append(Covered(endpoint, name, tuple(dict.fromkeys(used)), routes, tests))
    return found


def unlisted() -> set[str]:
    """Routes of the sandbox that are not in the reference."""
    known = {shape(endpoint.method, endpoint.path) for endpoint in ENDPOINTS.values()}
    shapes = (shape(route.method, route.path) for route in (*ROUTES, *WORKPLACE))
    return {f"{method} /{path}" for method, path in shapes if (method, path) not in known}


def _kept(ways: int | None = None) -> dict[Shape, list[str]]:
    """The calls by which resources are read, by at most this many of their ways, and written."""
    calls: dict[Shape, list[str]] = {}
    for name, resource in CATALOGUE.items():
        reads = [shape("GET", read.path) for read in resource.reads[:ways]]
        writes = [shape(write.method, write.path) for write in (resource.put, resource.delete) if write]
        for at in (*reads, *writes):
            calls.setdefault(at, []).append(name)
    return calls


def _pulled() -> dict[Shape, list[str]]:
    """The calls by which resources are exported."""
    calls: dict[Shape, list[str]] = {}
    for name, ways in PULLS.items():
        for pull in ways:
            calls.setdefault(shape("GET", pull.path), []).append(name)
    return calls


def _client() -> set[Shape]:
    """The calls that the client's story makes."""
    cases = read_yaml(ROOT / "tests/remote/story.yaml")
    done = {re.split(r"\W", case[step])[0] for case in cases for step in ("do", "then") if step in case}
    return {shape(ENDPOINTS[name].method, ENDPOINTS[name].path) for name in done & ENDPOINTS.keys()}


def _sandbox() -> set[Shape]:
    """The calls that conversations with the sandbox make."""
    files = (ROOT / "tests/sandbox/scenarios").glob("*.txt")
    asked = [re.findall(r"^([A-Z]+) /([^\s?]+).* -> ", file.read_text("utf-8"), re.MULTILINE) for file in files]
    said = {(method, *path.split("/")) for each in asked for method, path in each}
    made = [route for route in (*ROUTES, *WORKPLACE) if any(_made(route, *words) for words in said)]
    return {shape(route.method, route.path) for route in made}


def _made(route: Route, method: str, *segments: str) -> bool:
    own = [route.method, *route.segments]
    said = [method, *segments]
    return len(own) == len(said) and all(part[0] == "{" or part == text for part, text in zip(own, said, strict=True))
