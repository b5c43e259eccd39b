"""A site in memory with scripted faults, a clock that advances only by waiting, and plans in short form."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import Any
from urllib.parse import unquote

import pandas as pd

from sync.apply.run import Result, apply
from sync.config.settings import Sending
from sync.model import CHANGES, LEDGER, SEPARATOR, Conventions, Outcome, Plan, Request, Response, Store
from sync.model.resources import CATALOGUE, delete_stage, put_stage
from sync.site.capabilities import NOBODY
from sync.site.not_found import Absences
from sync.site.session import Connection, SendLimits
from sync.state import open_store
from tests.clock import NOON, Clock

TODAY = NOON.date().toordinal()
MANNERS = Conventions(roles=(("editingteacher", "Teacher"), ("student", "Student")))
PAGE = Response(200, text="Site maintenance")
LOST = Response(None, text="the connection was cut", lost=True)
UNREACHED = Response(None, text="connection refused")
NOT_THERE = Response(404, {"message": "no such object"}, json=True)


class Watcher:
    """A reporter that records its calls."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.total = self.steps = 0
        self.ended = False

    def begin(self, task: str, total: int) -> None:
        self.total = total

    def step(self, done: int = 1) -> None:
        self.steps += done

    def end(self) -> None:
        self.ended = True

    def say(self, text: str) -> None:
        self.said.append(text)


@dataclass(frozen=True)
class Late:
    """The site does its work, but gives this answer."""

    answer: Response


class Crash(BaseException):
    """The process dies here."""


def connection(site: MemorySite, watcher: Watcher, random: float = 1.0, **limits: Any) -> Connection:
    """A connection to the site with the default limits, except for these."""
    return Connection(
        site=site,
        limits=replace(SendLimits.of(Sending()), **limits),
        clock=site.clock,
        reporter=watcher,
        random=lambda: random,
        pause=site.clock.pause,
        absences=Absences({f"user/{NOBODY}": frozenset({"message"})}),
    )


def refused(message: str, status: int = 400) -> Response:
    return Response(status, {"message": message}, json=True)


def _json(data: object) -> Response:
    return Response(200, data, json=True)


@dataclass
class MemorySite:
    """Objects by path. `script` has answers to give instead, call by call; `log` has what was sent, and when."""

    clock: Clock
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    script: dict[str, list[Response | Late]] = field(default_factory=lambda: defaultdict(list))
    log: list[tuple[float, str]] = field(default_factory=list)
    together: list[set[str]] = field(default_factory=list)
    other_plugins: set[str] = field(default_factory=set)
    before: Callable[[str, int], object] = lambda call, number: None
    after: Callable[[str, int], object] = lambda call, number: None
    _flying: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    @property
    def sent(self) -> list[str]:
        return [call for _, call in self.log]

    @property
    def writes(self) -> list[str]:
        return [call for call in self.sent if not call.startswith("GET")]

    def times(self, call: str) -> list[float]:
        return [time for time, each in self.log if each == call]

    def send(self, call: Request, timeout: float) -> Response:
        name = f"{call.method} {unquote(call.path)}"
        with self._lock:
            self.log.append((self.clock.monotonic(), name))
            number = len(self.log)
            self._flying[name] += 1
            self.together.append(set(self._flying.elements()))
        try:
            self.before(name, number)
            with self._lock:
                fault = self.script[name].pop(0) if self.script[name] else None
                if isinstance(fault, Response):
                    return fault
                answer = self._work(call)
            self.after(name, number)
            return fault.answer if fault else answer
        finally:
            with self._lock:
                self._flying -= Counter([name])

    def _work(self, call: Request) -> Response:
        path = unquote(call.path)
        if call.method == "GET":
            return self._read(path)
        if call.method == "DELETE":
            return _json({"message": "deleted"}) if self.objects.pop(path, None) is not None else NOT_THERE
        for parent in _parents(path):
            if parent not in self.objects:
                return refused(f"no {parent}", 404)
        self.objects[path] = {**self.objects.get(path, {}), **(call.body or {})}
        return Response(200) if call.empty else _json(self.objects[path])

    def _read(self, path: str) -> Response:
        if found := re.fullmatch(r"(user|course)/([^/]+)/enrol", path):
            if f"{found[1]}/{found[2]}" not in self.objects:
                return NOT_THERE
            return _json(list(self._enrolments(found[1], found[2])))
        if found := re.fullmatch(r"course/([^/]+)/group", path):
            if f"course/{found[1]}" not in self.objects:
                return NOT_THERE
            groups = {p: o for p, o in self.objects.items() if re.fullmatch(rf"{re.escape(path)}/[^/]+", p)}
            return _json([{"groupid": p.rsplit("/", 1)[1], **o} for p, o in groups.items()])
        if path not in self.objects:
            return NOT_THERE
        kind, _, name = path.rpartition("/")
        named = {"user": "userid", "course": "courseid", "group": "groupid"}.get(kind.rpartition("/")[2])
        return _json({named: name, **self.objects[path]} if named else self.objects[path])

    def _enrolments(self, side: str, id: str) -> Iterable[dict[str, object]]:
        display = dict(MANNERS.roles)
        for path, body in self.objects.items():
            found = re.fullmatch(r"user/([^/]+)/enrol/([^/]+)", path)
            if found and found[1 if side == "user" else 2] == id:
                enrol = "manual" if path in self.other_plugins else "nexsis"
                if side == "course":
                    yield {"idnumber": found[1], "role": display[body["roleid"]], "enrol": enrol}
                elif enrol == "nexsis":
                    yield {"courseid": found[2], "roles": [body["roleid"]]}


def _parents(path: str) -> list[str]:
    if found := re.fullmatch(r"user/([^/]+)/enrol/([^/]+)", path):
        return [f"user/{found[1]}", f"course/{found[2]}"]
    if found := re.fullmatch(r"course/([^/]+)/group/([^/]+)/user/([^/]+)", path):
        return [f"course/{found[1]}/group/{found[2]}", f"user/{found[3]}/enrol/{found[1]}"]
    if found := re.fullmatch(r"course/([^/]+)/group/([^/]+)", path):
        return [f"course/{found[1]}"]
    return []


# -- plans -----------------------------------------------------------------------------------------------------


def change(op: str, resource: str, *key: str, **said: Any) -> dict[str, Any]:
    """A row of a plan; `said` are its columns, `after` and `before` as dicts."""
    kind = CATALOGUE[resource]
    parts = list(zip(kind.keys, key, strict=True))
    row: dict[str, Any] = {
        "stage": delete_stage(kind) if op == "delete" else put_stage(kind),
        "resource": resource,
        "op": op,
        "match": SEPARATOR.join(each if f.compares == "as_php" else each.lower() for f, each in parts),
        "slice": "{}",
        "key": json.dumps(dict(zip(kind.key, key, strict=True))),
        "cause": "sis",
        "claims": "students",
        "status": "planned",
        "attempts": 0,
    }
    packed = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in said.items()}
    return row | packed


def user(id: str, op: str = "create", **said: Any) -> dict[str, Any]:
    image = {"username": id.lower(), "firstname": "F", "lastname": "L", "email": f"{id.lower()}@inst.example"}
    return change(op, "user", id, **({"before" if op == "delete" else "after": image} | said))


def course(id: str, op: str = "create", **said: Any) -> dict[str, Any]:
    return change(op, "course", id, **({"before" if op == "delete" else "after": {"fullname": id}} | said))


def enrolment(user: str, course: str, op: str = "create", **said: Any) -> dict[str, Any]:
    image = {"roleid": "student"}
    return change(op, "enrolment", user, course, **({"before" if op == "delete" else "after": image} | said))


def member(course: str, group: str, user: str, op: str = "create", **said: Any) -> dict[str, Any]:
    return change(op, "group_member", course, group, user, **({"after": {}} if op == "create" else {}) | said)


def group(course: str, id: str, op: str = "create", **said: Any) -> dict[str, Any]:
    image = {"name": id}
    return change(op, "group", course, id, **({"before" if op == "delete" else "after": image} | said))


def plan_of(*rows: Mapping[str, Any], id: str = "p-1") -> Plan:
    """A plan whose changes are numbered in the order of their stages."""
    ordered = sorted(rows, key=lambda row: row["stage"])
    frame = pd.DataFrame([{"n": n, **row} for n, row in enumerate(ordered, 1)], columns=list(CHANGES))
    numbers = {"n": "int64", "stage": "int64", "attempts": "int64"}
    numbers |= dict.fromkeys(["covered_by", "row", "http_status"], "Int64")
    changes = frame.astype({name: numbers.get(name, "str") for name in CHANGES})
    return Plan(id, "https://moodle.example.edu", NOON, changes, (), (), {}, ())


class World:
    """A site, a store that holds one plan, and runs of it."""

    def __init__(self, stack: ExitStack, *rows: Mapping[str, Any], **settings: Any) -> None:
        self.clock = Clock()
        self.site = MemorySite(self.clock)
        self.store: Store = stack.enter_context(open_store("sqlite://", self.clock))
        self.plan = plan_of(*rows)
        self.store.save_plan(self.plan)
        self.settings = settings
        self.watcher = Watcher()
        self.stop = Event()

    def holding(self, *paths: str, **objects: Mapping[str, Any]) -> World:
        """Put these objects on the site."""
        self.site.objects |= {path: {} for path in paths}
        return self

    def remembering(self, resource: str, **row: Any) -> None:
        """Put this row into the ledger."""
        plain = {"key": "{}", "sent": None, "seen": None, "claims": "students", "owned": 1, "checked": 0}
        frame = pd.DataFrame([plain | row], columns=list(LEDGER))
        self.store.remember(
            resource, frame.astype({n: "int64" if n in ("owned", "checked") else "str" for n in LEDGER})
        )

    def run(self, run_id: str = "r-1") -> Result:
        """Apply the plan as it is."""
        return apply(
            self.store.plan(self.plan.id),
            connection(self.site, self.watcher, **self.settings),
            self.store,
            MANNERS,
            run_id=run_id,
            stop=self.stop,
        )

    @property
    def outcomes(self) -> list[Outcome]:
        """The status of each change of the plan."""
        changes = self.store.plan(self.plan.id).changes
        columns = (changes[name].to_list() for name in ("n", "status", "attempts", "http_status", "error"))
        return [
            Outcome(n, status, attempts, None if pd.isna(http) else int(http), None if pd.isna(error) else error)
            for n, status, attempts, http, error in zip(*columns, strict=True)
        ]

    @property
    def statuses(self) -> list[str]:
        return [outcome.status for outcome in self.outcomes]

    def memory(self, resource: str) -> dict[str, dict[str, Any]]:
        """The ledger's rows by match, unpacked."""
        rows: dict[str, dict[str, Any]] = {}
        for row in self.store.ledger(resource).to_dict("records"):
            packed = {name: json.loads(row[name]) if isinstance(row[name], str) else None for name in ("sent", "seen")}
            rows[str(row["match"])] = {str(name): value for name, value in row.items()} | packed
        return rows
