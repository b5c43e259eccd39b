"""The API over HTTP, as an ASGI application: who may call, what goes wrong on purpose, what races; all of it noted."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter

from starlette.requests import Request as Body
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sync.sandbox import answers
from sync.sandbox.flights import Flights
from sync.sandbox.incoming import Incoming, body_of, incoming_of
from sync.sandbox.moodle import Moodle
from sync.sandbox.routes import Route, route_of
from sync.sandbox.rules import Ask, Refused, WriteFailed
from sync.sandbox.settings import Fault, Request, Settings, faults_of


class Api:
    """The ASGI application over one Moodle. `note` is given every request before its answer leaves."""

    def __init__(self, moodle: Moodle, settings: Settings, note: Callable[[Request], None]) -> None:
        self._moodle, self._settings, self._note = moodle, settings, note
        self._fault_of = faults_of(settings)
        self._flights = Flights()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        time, start = datetime.now(UTC).isoformat(timespec="milliseconds"), perf_counter()
        incoming = incoming_of(scope, await Body(scope, receive).body())
        method, path = incoming.method, incoming.path
        fault = self._fault_of(method, path)
        understood = self._understood(incoming)
        with self._flights.flying(self._claims(incoming, understood), method != "GET") as race:
            # Without latency too: it lets calls that came together be in flight together.
            await asyncio.sleep(self._settings.latency_ms / 1000)
            answer = self._answer(understood, fault)
        ms = round((perf_counter() - start) * 1000, 3)
        self._note(Request(time, method, path, answer.status_code if answer else None, ms, fault, race))
        if answer:
            await answer(scope, receive, send)
        else:
            await _cut(scope, receive)

    def _understood(self, incoming: Incoming) -> tuple[Route, Ask] | Response:
        """The route and what is asked of it, or the answer to a call that reaches none."""
        try:
            if incoming.segments is None:
                return answers.nowhere()
            if not hmac.compare_digest(incoming.token.encode(), self._settings.token.encode()):
                raise Refused(401, "unauthorized", "The API key is missing or wrong.")
            route = route_of(incoming.method, incoming.segments)
            if route is None:
                return answers.nowhere()
            return route, Ask(route.at(incoming.segments), incoming.query, body_of(incoming))
        except Refused as refused:
            return answers.refusal(refused)

    def _claims(self, incoming: Incoming, understood: tuple[Route, Ask] | Response) -> list[str]:
        """What must not be true of this call and of another one in flight."""
        if isinstance(understood, Response):
            return []
        route, ask = understood
        same = self._moodle.manners.same
        claims = [f"two calls in flight for /{'/'.join(same(segment) for segment in incoming.segments or [])}"]
        if route.claim:
            with self._moodle.transaction() as db:
                claims += filter(None, [route.claim(db, self._moodle.manners, ask)])
        return claims

    def _answer(self, understood: tuple[Route, Ask] | Response, fault: Fault | None) -> Response | None:
        """The answer, or None for a connection to be cut."""
        if fault in answers.TROUBLES:
            return answers.TROUBLES[fault]()
        if fault == "slow_down":
            return answers.slow_down(self._settings.retry_after)
        if fault == "cut_before":
            return None
        answer = self._done(understood)
        if fault == "cut_after":
            return None
        return answers.with_notice(answer) if fault == "notice" else answer

    def _done(self, understood: tuple[Route, Ask] | Response) -> Response:
        if isinstance(understood, Response):
            return understood
        route, ask = understood
        try:
            with self._moodle.transaction() as db:
                return answers.told(route.rule(db, self._moodle.manners, ask))
        except Refused as refused:
            return answers.refusal(refused)
        except WriteFailed:
            return answers.failed_write()


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the connection under the request; the server has put its transport into the scope."""
    scope["state"]["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
