"""The whole engine against the sandbox, without a network: sheets in short form, runs, and the site's state afterwards.

`Nights` is one installation through several runs. Its site is the sandbox's own ASGI application, called in this
process; time passes only while somebody waits.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

import orjson
import pandas as pd

from sync.config.guards import Guards
from sync.config.mappings import Mapping as MappingFile
from sync.config.mappings import MappingOrigin
from sync.config.settings import Reads, Sending, SiteSettings
from sync.config.site import Config
from sync.mapping.source import Source
from sync.model import Plan, Request, Response, Run, Sheet, Site, Store
from sync.model.resources import CATALOGUE
from sync.model.turns import Turns
from sync.observe.context import Context
from sync.report.progress import silent
from sync.sandbox import BASE, LoggedRequest, Moodle, SandboxSettings
from sync.sandbox.app import Api
from sync.site.parsing import read
from sync.site.wire import RawResponse
from sync.state import open_store
from sync.workflows.apply import apply_plan
from sync.workflows.plan import WEEK, PlanRequest, make_plan
from sync.workflows.rollback import make_rollback
from tests.clock import NOON, Clock

WRITES = ("PUT", "POST", "DELETE")
PLUGINS = ("nexsis", "manual", "self", "meta")
OPEN = {"delete": "off", "roster": "off", "update": "off", "create": "off", "rows": "off"} | {
    "max_age": "off",
    "used_before": "off",
}


# -- the other side --------------------------------------------------------------------------------------------


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="sandbox", daemon=True).start()
    return loop


class InProcess:
    """A sandbox as a `Site`: its ASGI application is called as a server would call it."""

    def __init__(self, moodle: Moodle, settings: SandboxSettings) -> None:
        self.moodle = moodle
        self.requests: list[LoggedRequest] = []
        self._api = Api(moodle, settings, self.requests.append)

    def send(self, call: Request, timeout: float) -> Response:
        return asyncio.run_coroutine_threadsafe(self._exchange(call), _loop()).result()

    async def _exchange(self, call: Request) -> Response:
        said: list[dict[str, Any]] = []
        body = b"" if call.body is None else orjson.dumps(dict(call.body))
        heard = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:
            return next(heard, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            said.append(message)

        scope = {
            "type": "http",
            "method": call.method,
            "raw_path": f"{BASE}/{call.path}".encode(),
            "query_string": urlencode(call.query).encode(),
            "headers": [(b"authorization", b"Bearer sandbox"), (b"content-type", b"application/json")],
            "state": {"transport": _Wire()},
        }
        await self._api(scope, receive, send)
        if not said:
            return Response(None, text="the connection was cut", lost=True)
        content = b"".join(message.get("body", b"") for message in said)
        headers = {name.decode().lower(): value.decode() for name, value in said[0]["headers"]}
        return read(RawResponse(said[0]["status"], "", headers, iter([content])), "sandbox", 2**20)

    @property
    def writes(self) -> list[LoggedRequest]:
        return [request for request in self.requests if request.method in WRITES]

    @property
    def races(self) -> list[LoggedRequest]:
        return [request for request in self.requests if request.race]


class _Wire:
    """A connection; there is nothing to clean up when it is cut."""

    def abort(self) -> None:
        pass


@dataclass(frozen=True)
class Wrapped:
    """A site through which calls pass; some of them are changed on the way."""

    site: Site
    send: Callable[[Request, float], Response]


def state_of(moodle: Moodle) -> dict[str, list[Any]]:
    """Everything the site contains, in an order of its own, without the database's row numbers."""
    enrolments = [(plugin, *row) for plugin in PLUGINS for row in moodle.enrolments(plugin)]
    return {
        "users": sorted(moodle.users(), key=str),
        "courses": sorted(moodle.courses()),
        "enrolments": enrolments,
        "groups": moodle.groups(),
        "members": moodle.members(),
    }


# -- this side -------------------------------------------------------------------------------------------------

FIELDS: Mapping[str, tuple[str, ...]] = {
    "course": ("courseid", "fullname", "shortname", "startdate", "categorypath"),
    "user": ("userid", "username", "firstname", "lastname", "email"),
    "enrolment": ("userid", "courseid", "roleid"),
    "group": ("courseid", "groupid", "name", "description"),
    "group_member": ("courseid", "groupid", "userid"),
}


def mapping(resource: str, fields: Iterable[Any] | None = None, **said: Any) -> MappingFile:
    """A mapping whose columns have the names of the fields."""
    named = {name: name for name in FIELDS[resource]} if fields is None else dict(fields)
    data = {"resource": resource, "name": resource, "sheet": {"file": f"{resource}.csv"}, "fields": named, **said}
    digest = hashlib.sha256(repr(data).encode()).hexdigest()
    return MappingFile.model_validate(data, context=MappingOrigin(Path("mappings.yaml"), 1, digest))


Rows = Sequence[Sequence[str]]


def sheet(columns: Sequence[str], rows: Rows, file: str) -> Sheet:
    """Rows of text as they would be read from a file."""
    frame = pd.DataFrame([list(row) for row in rows], columns=list(columns), index=range(2, len(rows) + 2), dtype="str")
    return Sheet(file, None, frame, hashlib.sha256(repr(list(rows)).encode()).hexdigest(), NOON)


@dataclass(frozen=True)
class Setup:
    """The configuration of an installation."""

    mappings: Sequence[MappingFile]
    protect: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guards: Mapping[str, Any] = field(default_factory=lambda: OPEN)
    sending: Mapping[str, Any] = field(default_factory=dict)
    share: int = 7
    identifiers: str = "ignore_case"

    @property
    def config(self) -> Config:
        site = {
            "url": "https://moodle.example.edu",
            "token": {"env": "TOKEN"},
            "timezone": "Europe/London",
            "identifiers": self.identifiers,
        }
        return Config(
            file=Path("site.yaml"),
            folder=Path(),
            digest="site",
            site=SiteSettings.model_validate(site),
            inbox=Path("inbox"),
            state="sqlite://",
            mappings=tuple(self.mappings),
            protect=self.protect,
            guards=Guards.model_validate(self.guards),
            sending=Sending.model_validate(self.sending),
            reads=Reads(share=self.share),
        )


class Nights:
    """One installation and its site, run after run."""

    def __init__(self, setup: Setup, moodle: Moodle, store: Store, clock: Clock, settings: SandboxSettings) -> None:
        self.setup, self.moodle, self.clock, self.store = setup, moodle, clock, store
        self.site = InProcess(moodle, settings)
        self.world = Context(setup.config, self.site, store, clock, silent(), lambda: 0.5, clock.pause)

    def through(self, send: Callable[[Request, float], Response]) -> None:
        """From now on, calls pass through `send`, which may pass them on to `self.site`."""
        self.world = replace(self.world, site=Wrapped(self.site, send))

    def plan(self, sheets: Mapping[str, Rows], read: Any = "full", **options: Any) -> Plan:
        """Plan the next run: `sheets` by mapping name; a mapping that is not given has no rows."""
        self.clock.time += 86_400
        sources = [
            Source(each, (sheet(each.needed, sheets.get(each.name, ()), each.sheet.file),))
            for each in self.setup.mappings
        ]
        with self.store.lock():
            return make_plan(self.world, sources, PlanRequest(read, **options))

    def undo(self, run: str, *, created: bool) -> Plan:
        """Plan the rollback of a run, a day later."""
        self.clock.time += 86_400
        with self.store.lock():
            return make_rollback(self.world, run, created=created)

    def apply(self, plan: Plan, stop: Event | None = None, run: str | None = None) -> Run:
        """Apply a plan, or resume it."""
        with self.store.lock():
            return apply_plan(self.world, self.store.plan(plan.id), run or f"r{plan.id[1:]}", stop or Event())

    def night(self, sheets: Mapping[str, Rows], read: Any = "full") -> Plan:
        """Plan and apply without trouble; the plan as it is afterwards."""
        plan = self.plan(sheets, read)
        self.apply(plan)
        return self.store.plan(plan.id)

    def skip_to_turn(self, match: str) -> None:
        """Let days pass until the next run is one that tries again what this object was refused."""
        object_ = pd.Series([match], dtype="str")
        while not Turns(self.clock.now().toordinal() + 1, WEEK).of(object_).any():
            self.clock.time += 86_400

    @property
    def tomorrow(self) -> str:
        """The date of the next run."""
        return (self.clock.now() + timedelta(days=1)).date().isoformat()

    @property
    def ledger(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the ledger except the times."""
        names = ["match", "key", "sent", "seen", "claims", "owned"]
        return {
            name: sorted((_row(row) for row in self.store.ledger(name)[names].itertuples(index=False)), key=str)
            for name in CATALOGUE
        }


def _row(row: Iterable[Any]) -> tuple[Any, ...]:
    """Packed values unpacked, because the order of their members means nothing; None where there are none."""
    return tuple(_unpacked(value) for value in row)


def _unpacked(value: Any) -> Any:
    if not isinstance(value, str):
        return None if pd.isna(value) else value
    return tuple(sorted(orjson.loads(value).items())) if value.startswith("{") else value


@contextmanager
def nights(setup: Setup, settings: SandboxSettings | None = None, folder: Path | None = None) -> Iterator[Nights]:
    """An installation and its site: new ones in memory, or those kept in the files of a folder."""
    clock = Clock()
    settings = settings or SandboxSettings(identifiers=setup.identifiers)  # type: ignore[arg-type]
    settings = replace(settings, db=folder / "site.db" if folder else ":memory:", clock=lambda: clock.now().timestamp())
    moodle = Moodle(settings)
    try:
        with open_store(f"sqlite:///{folder / 'state.db'}" if folder else "sqlite://", clock) as store:
            yield Nights(setup, moodle, store, clock, settings)
    finally:
        moodle.close()


def in_short(plan: Plan) -> list[tuple[str, ...]]:
    """What a plan would do, in its order, in short form."""
    names = ["resource", "op", "match", "status"]
    return [tuple(map(str, row)) for row in plan.changes[names].itertuples(index=False)]


def to_do(plan: Plan) -> list[tuple[str, ...]]:
    """What is left of it to do."""
    return [row for row in in_short(plan) if row[3] not in ("done", "covered")]


def said(plan: Plan) -> set[str]:
    """The codes of its issues."""
    return {issue.code for issue in plan.issues}
