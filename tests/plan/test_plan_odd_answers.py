"""A table of answers that the API does not give (`odd_answers.yaml`), over a real connection, through plans and runs.

Between the engine and the sandbox is a server that passes calls on, except those that it answers itself.
"""

from __future__ import annotations

import gzip
import http.client
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest

from sync.errors import NexsisSyncError
from sync.model import Plan, Request, Response, Site
from sync.observe.context import Context
from sync.sandbox import BASE, Sandbox
from sync.site import connect
from sync.workflows.apply import apply_plan
from sync.workflows.plan import PlanRequest, make_plan
from sync.workflows.sources import gather
from tests.clock import Clock as WaitingClock
from tests.plan.plan_lines import key_of, rows_of
from tests.plan.plan_scenario import Stage
from tests.remote.raw_server import Peer, serve
from tests.yaml_files import read_yaml

TABLE: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("odd_answers.yaml"))
SAID = {"sending": {"max_failures": 1000, "retries": 1}, "guards": {"delete": "off", "roster": "off", "update": "off"}}
MAPPINGS = {"enrolments": {"missing": "delete"}, "courses": {}, "users": {}}
BRIEF = 0.3
"""Seconds for answers that never come."""


def named(case: dict[str, Any]) -> str:
    """The course or user of a case."""
    return f"{'U' if case['to'] == 'record' else 'C'}-{case['id']}"


def asked(case: dict[str, Any]) -> str:
    """The call that a case answers."""
    return {
        "list": f"GET course/{named(case)}/enrol",
        "record": f"GET user/{named(case)}",
        "check": "GET user/S2/enrol",
        "delete": f"DELETE user/S2/enrol/{named(case)}",
    }[case["to"]]


def body_of(case: dict[str, Any]) -> bytes:
    usual: Any = {"userid": named(case), "username": named(case).lower(), "firstname": "First", "lastname": "Last"}
    if case["to"] != "record":
        usual = {"idnumber": "S2", "enrol": "nexsis", "role": "Student", "enrolstatus": "0"}
    odd = {name: value for name, value in (usual | case.get("row", {})).items() if name not in case.get("lacks", ())}
    whole = odd if case["to"] == "record" else [usual | {"idnumber": "S1"}, odd]
    content: str = case["text"] if "text" in case else json.dumps(case.get("json", whole))
    piece, times = case.get("big", ["", 0])
    return bytes.fromhex(case.get("hex", "")) + f"{content}{piece * times}".encode()


def write(case: dict[str, Any], peer: Peer) -> None:
    """Give the answer of a case."""
    if case.get("pace") == "silent":
        peer.server.stopped.wait()
        return
    body, headers = body_of(case), dict(case.get("headers", {"Content-Type": "application/json"}))
    if pack := case.get("pack"):
        body = (gzip.compress if pack == "gzip" else zlib.compress)(body)
        body, headers["Content-Encoding"] = body[: len(body) - case.get("torn", 0)], pack
    body += case.get("after", "").encode()
    if case.get("pace"):
        peer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body)
        while case["pace"] == "drip" and not peer.server.stopped.wait(0.02):
            peer.write(b" ")
        peer.sock.close()
        return
    if case.get("status", 200) in (204, 304):
        peer.write(f"HTTP/1.1 {case['status']} No Content\r\n\r\n".encode())
        return
    peer.answer(body, case.get("status", 200), **headers)


@dataclass
class Between:
    """What stands between the engine and the sandbox: the odd answers by call; all other calls are passed on."""

    sandbox: Sandbox
    odd: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __call__(self, peer: Peer) -> None:
        address = urlsplit(self.sandbox.url)
        behind = http.client.HTTPConnection(address.hostname or "", address.port or 0)
        try:
            while request := peer.request():
                method, target, _ = request.line.split(" ")
                if case := self.odd.get(f"{method} {target.removeprefix(BASE + '/').partition('?')[0]}"):
                    write(case, peer)
                    continue
                passed = ("authorization", "content-type")
                headers: dict[str, str] = {name: given for name, given in request.headers.items() if name in passed}
                behind.request(method, target, request.body or None, headers)
                answer = behind.getresponse()
                kind = answer.getheader("Content-Type") or "text/plain"
                peer.answer(answer.read(), answer.status, Content_Type=kind)
        finally:
            behind.close()


@dataclass(frozen=True)
class Hasty:
    """A site of which some calls get little time, because nothing will come."""

    site: Site
    odd: dict[str, dict[str, Any]]

    def send(self, request: Request, timeout: float) -> Response:
        case = self.odd.get(f"{request.method} {request.path}", {})
        return self.site.send(request, BRIEF if "pace" in case else timeout)


@pytest.fixture
def between(served: tuple[Sandbox, Site]) -> Iterator[tuple[Between, Site]]:
    sandbox, _ = served
    talk = Between(sandbox)
    with serve(talk) as server, connect(server.url, sandbox.token, permits=4) as site:
        yield talk, Hasty(site, talk.odd)


def settled(stage: Callable[[dict[str, Any]], Stage], cases: list[dict[str, Any]]) -> Stage:
    """Everybody is where they were last night, and the exports of today are there."""
    courses = [named(case) for case in cases if case["to"] != "record"] or ["C1"]
    users = [named(case) for case in cases if case["to"] == "record"]
    there = stage(
        SAID
        | {
            "mappings": MAPPINGS,
            "settled": {
                "users": ["S1", "S2", *users],
                "courses": courses,
                "enrolments": [f"{user} {course}" for course in courses for user in ("S1", "S2")],
            },
        }
    )
    there.bring(
        {
            "users": ["S1", "S2", *(f"{user} LAST=New" for user in users)],
            "enrolments": [f"S1 {course}" for course in courses],
        }
    )
    return there


def context_of(there: Stage, site: Site, clock: WaitingClock) -> Context:
    there.clock.monotonic = clock.monotonic  # type: ignore[method-assign]  # waiting takes no time here
    return replace(there.world, site=site, pause=clock.pause)


def planned(there: Stage, context: Context) -> Plan:
    there.clock.time += timedelta(hours=1)
    return make_plan(context, gather(context.config), PlanRequest("share"))


def touched(plan: Plan) -> set[str]:
    """`delete C-x` for a removal from that course, `update U-x` for a user, and anything else that is planned."""
    lines = (f"{row.op} {key_of(row.key)}" for row in rows_of(plan.changes))
    return {line.replace("delete S2/", "delete ") for line in lines}


def wanted(cases: list[dict[str, Any]]) -> set[str]:
    return {f"{'update' if case['to'] == 'record' else 'delete'} {named(case)}" for case in cases}


def unread(plan: Plan) -> dict[str, str]:
    return {str(issue.value).removeprefix("GET /"): issue.message for issue in plan.issues if issue.code == "unread"}


def test_what_cannot_be_understood_is_unread_and_comes_again(
    stage: Callable[[dict[str, Any]], Stage], between: tuple[Between, Site]
) -> None:
    """All of the table's answers that concern one list or one record, in one plan."""
    talk, site = between
    cases = [case for case in TABLE if case["to"] in ("list", "record") and case["leads"] != "stops"]
    there = settled(stage, cases)
    talk.odd |= {asked(case): case for case in cases}
    context = context_of(there, site, WaitingClock())
    plan = planned(there, context)
    told = unread(plan)
    assert {case["id"] for case in cases if asked(case).removeprefix("GET ") in told} == {
        case["id"] for case in cases if case["leads"] == "unread"
    }
    says = {
        case["id"]: (case["says"], told[asked(case).removeprefix("GET ")])
        for case in cases
        if case["leads"] == "unread"
    }
    assert {name: message for name, (said, message) in says.items() if said not in message} == {}
    assert touched(plan) >= wanted([case for case in cases if case["leads"] == "known"])
    assert not re.findall(
        rf"\b({'|'.join(named(case) for case in cases if case['leads'] == 'unread')})$",
        "\n".join(touched(plan)),
        re.MULTILINE,
    )
    talk.odd.clear()
    plan = planned(there, context)
    assert (unread(plan), wanted([case for case in cases if case["leads"] != "absent"]) - touched(plan)) == ({}, set())


def test_what_the_api_does_not_give_stops_a_plan(
    stage: Callable[[dict[str, Any]], Stage], between: tuple[Between, Site]
) -> None:
    talk, site = between
    stops = [case for case in TABLE if case["to"] in ("list", "record") and case["leads"] == "stops"]
    cases = [case | {"id": "one"} for case in stops]  # one course and one user are enough for all
    there = settled(stage, cases[:1] + cases[-1:])
    context = context_of(there, site, WaitingClock())
    wrong = {}
    for name, case in zip((each["id"] for each in stops), cases, strict=True):
        talk.odd.clear()
        talk.odd[asked(case)] = case
        try:
            wrong[name] = f"planned {len(planned(there, context).changes)}"
        except NexsisSyncError as error:
            if case["says"] not in str(error) or not str(error).isprintable():
                wrong[name] = str(error)
    assert wrong == {}
    talk.odd.clear()
    assert wanted(cases) <= touched(planned(there, context))


@pytest.mark.parametrize(
    "case", [case for case in TABLE if case["to"] in ("check", "delete")], ids=lambda case: case["id"]
)
def test_what_is_not_understood_while_sending_is_not_done(
    stage: Callable[[dict[str, Any]], Stage], between: tuple[Between, Site], case: dict[str, Any]
) -> None:
    """A removal whose check, or whose own answer, is odd stays in the ledger and comes again."""
    talk, site = between
    there = settled(stage, [case])
    context = context_of(there, site, WaitingClock())
    plan = planned(there, context)
    plan = there.approve(plan, [hold.guard for hold in plan.holds])
    talk.odd[asked(case) if case["to"] == "delete" else f"GET course/{named(case)}/enrol"] = case
    try:
        run = apply_plan(context, plan, "r-1", Event())
        changes = there.store.plan(plan.id).changes
        said = " ".join([run.reason, *changes["error"].dropna()])
    except NexsisSyncError as error:
        said = str(error)
    assert case["says"] in said
    talk.odd.clear()
    assert wanted([case]) <= touched(planned(there, context))
