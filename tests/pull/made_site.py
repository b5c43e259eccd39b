"""A site made for one test: it answers GETs from lists, with the kind of paging that the test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from sync.config.site import load
from sync.model import Request, Response
from sync.observe.context import Context
from sync.report.progress import silent
from sync.state import open_store
from sync.workflows.pull import Pulled, Reading, choose, instant, prepare, pull
from tests.clock import Clock

Pages = Callable[[Mapping[str, str]], list[dict[str, Any]] | int]
"""From the query to the rows of a page, or to the status of a refusal."""


def paged(rows: list[dict[str, Any]], most: int, size: str = "pagesize") -> Pages:
    """A server that pages by number, and returns at most this many rows, whatever is asked for."""

    def page(query: Mapping[str, str]) -> list[dict[str, Any]]:
        step = min(most, int(query[size]))
        start = int(query["page"]) * step if "page" in query else int(query["offset"])
        return rows[start : start + step]

    return page


@dataclass
class MadeSite:
    """Answers by path; an unknown path is not there."""

    pages: Mapping[str, Pages]
    calls: list[Request] = field(default_factory=list)

    def send(self, call: Request, timeout: float) -> Response:
        self.calls.append(call)
        if call.path == "ping":
            return Response(200, {"message": "pong"}, json=True)
        if call.path not in self.pages:
            return Response(404, {"error": "not_found"}, json=True)
        found = self.pages[call.path]({name: str(value) for name, value in call.query.items()})
        if isinstance(found, int):
            return Response(found, {"error": "refused", "message": "No."}, json=True)
        return Response(200, found, json=True)

    def places(self, path: str, name: str) -> list[str]:
        """Which pages of a list were asked for, in order."""
        return [str(call.query[name]) for call in self.calls if call.path == path]


@dataclass
class Desk:
    """A made site, and what was read from it."""

    world: Context
    site: MadeSite
    frames: list[pd.DataFrame] = field(default_factory=list)

    def pull(self, name: str, since: str = "", chunk: int = 10_000, **named: list[str]) -> Pulled:
        reading = self.reading(name, since, **named)
        return pull(self.world, reading, self.frames.append, chunk)

    def reading(self, name: str, since: str = "", **named: list[str]) -> Reading:
        """What to read, for keys that are given."""
        made = prepare(self.world, name, choose(name, None, named), named)
        oldest = instant(since, self.world.config.conventions) if since else None
        return Reading(made.name, made.pull, made.keys, made.query, oldest)

    def column(self, name: str) -> list[Any]:
        """A column of all rows that arrived."""
        return [value for frame in self.frames for value in frame[name]]


@contextmanager
def desk(folder: Path, pages: Mapping[str, Pages], more: str = "") -> Iterator[Desk]:
    """A desk in a folder without exports."""
    (folder / "mappings.yaml").write_text("resource: group\nsheet: g.csv\nfields: {courseid: C, groupid: G, name: N}\n")
    (folder / "site.yaml").write_text(
        "site: {url: 'https://moodle.example.edu', token: {env: T}, timezone: Europe/London}\n"
        f"mappings: [mappings.yaml]\n{more}"
    )
    clock, site = Clock(), MadeSite(pages)
    with open_store("sqlite://", clock) as store:
        config = load(folder / "site.yaml")
        yield Desk(Context(config, site, store, clock, silent(), lambda: 0.5, clock.pause), site)
