"""The API over HTTP, as an ASGI application: who may call, simulated faults, races; every request is logged."""

from __future__ import annotations

import asyncio
import hmac
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import perf_counter

from starlette.requests import Request as Body
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sync.sandbox import openapi, responses
from sync.sandbox.incoming import Incoming, body_of, incoming_of
from sync.sandbox.moodle import Moodle
from sync.sandbox.routes import Route, route_of, served
from sync.sandbox.rules import ApiRefusal, Arguments, WriteFailed, logs
from sync.sandbox.settings import BASE, Fault, LoggedRequest, SandboxSettings, faults_of

Understood = tuple[Route, Arguments] | ApiRefusal | Response
"""The route and its arguments, why the API refuses the call, or what else answers."""


class RequestsInFlight:
    """The claims of the requests in progress; a claim is a sentence that is false unless two requests share it."""

    def __init__(self) -> None:
        self._aloft: Counter[str] = Counter()
        self._written: Counter[str] = Counter()

    @contextmanager
    def holding(self, claims: Iterable[str], writes: bool) -> Iterator[list[str]]:
        """Hold `claims` for that time; gives those that it made true. Reads don't race each other."""
        held = list(claims)
        others = self._aloft if writes else self._written
        race = [claim for claim in held if others[claim]]
        counters = [self._aloft, self._written] if writes else [self._aloft]
        for counter in counters:
            counter.update(held)
        try:
            yield race
        finally:
            for counter in counters:
                for claim in held:
                    counter[claim] -= 1
                    if not counter[claim]:
                        del counter[claim]


class Api:
    """The ASGI application over one Moodle. `note` is given every request before its answer is sent."""

    def __init__(self, moodle: Moodle, settings: SandboxSettings, note: Callable[[LoggedRequest], None]) -> None:
        self._moodle, self._settings, self._note = moodle, settings, note
        self._fault_of = faults_of(settings)
        self._in_flight = RequestsInFlight()
        self._routes = served(settings.workplace)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        time, start = datetime.now(UTC).isoformat(timespec="milliseconds"), perf_counter()
        incoming = incoming_of(scope, await Body(scope, receive).body())
        method, path = incoming.method, incoming.path
        fault = self._fault_of(method, path)
        understood = self._understood(incoming)
        claims = self._claims(understood)
        with self._in_flight.holding(claims, method != "GET") as race:
            # Without latency too: it lets calls that arrived together be in progress together.
            await asyncio.sleep(self._settings.latency_ms / 1000)
            raced = self._settings.stale_groups and not {*race}.isdisjoint(claims[1:])
            answer = self._answer(incoming, understood, fault, raced)
        ms = round((perf_counter() - start) * 1000, 3)
        races = "; ".join(race) or None
        self._note(LoggedRequest(time, method, path, answer.status_code if answer else None, ms, fault, races))
        if answer:
            await answer(scope, receive, send)
        else:
            await _cut(scope, receive)

    def _understood(self, incoming: Incoming) -> Understood:
        try:
            if incoming.path == openapi.PATH and incoming.method == "GET":
                return responses.json_answer(openapi.document(self._routes))
            if incoming.segments is None:
                return responses.not_found()
            if not hmac.compare_digest(incoming.token.encode(), self._settings.token.encode()):
                raise ApiRefusal(401, "unauthorized", "The API key is missing or wrong.")
            route = route_of(self._routes, incoming.method, incoming.segments)
            return route, Arguments(route.at(incoming.segments), incoming.query, body_of(incoming))
        except ApiRefusal as refused:
            return refused

    def _claims(self, understood: Understood) -> list[str]:
        """What must not be true of this call and another one in progress, above all that their object is the same."""
        if not isinstance(understood, tuple):
            return []
        route, args = understood
        claims = [f"two calls in flight for {route.thing(self._moodle.conventions, args)}"]
        if route.claim:
            with self._moodle.transaction() as db:
                claims += filter(None, [route.claim(db, self._moodle.conventions, args)])
        return claims

    def _answer(self, incoming: Incoming, understood: Understood, fault: Fault | None, raced: bool) -> Response | None:
        """The answer, or None if the connection is to be cut."""
        if fault in responses.TROUBLES:
            return responses.TROUBLES[fault]()
        if fault == "slow_down":
            return responses.slow_down(self._settings.retry_after)
        if fault == "cut_before":
            return None
        answer = self._done(incoming, understood, raced)
        if fault == "cut_after":
            return None
        return responses.with_notice(answer) if fault == "notice" else answer

    def _done(self, incoming: Incoming, understood: Understood, raced: bool) -> Response:
        """The site's own answer, with a line in its log for a write and for a refusal.

        A read that finds nothing is not a refusal. A call that was carried out may be answered with one all the same.
        """
        if isinstance(understood, Response):
            return understood
        entry: tuple[logs.Level, str]
        try:
            if isinstance(understood, ApiRefusal):
                raise understood
            route, args = understood
            with self._moodle.transaction() as db:
                done = route.rule(db, self._moodle.conventions, args)
                done = route.raced(args) if raced and route.raced else done
                answer = responses.refusal(done) if isinstance(done, ApiRefusal) else responses.json_answer(done)
                if incoming.method != "GET":
                    _log(db, incoming, answer, "info", f"{incoming.method} {incoming.path}")
            return answer
        except ApiRefusal as refused:
            entry, answer = ("error", refused.message), responses.refusal(refused)
        except WriteFailed:
            entry, answer = ("fatal", "Error writing to database"), responses.failed_write()
        if (incoming.method, answer.status_code) != ("GET", 404):
            with self._moodle.transaction() as db:
                _log(db, incoming, answer, *entry)
        return answer


def _log(db: sqlite3.Connection, incoming: Incoming, answer: Response, level: logs.Level, message: str) -> None:
    logs.write(
        db,
        level,
        message,
        request_method=incoming.method,
        request_url=BASE + incoming.path,
        request_body=incoming.body.decode(errors="replace"),
        response_body=bytes(answer.body).decode(),
        response_status_code=str(answer.status_code),
        user_agent=incoming.agent,
    )


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the connection under the request; the server has put its transport into the scope."""
    scope["state"]["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
