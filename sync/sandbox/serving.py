"""A sandbox on loopback: in this thread until it is stopped, or in another one next to the caller."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

import orjson
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync.sandbox import institution
from sync.sandbox.app import Api
from sync.sandbox.moodle import Moodle, Sandbox
from sync.sandbox.schema import private
from sync.sandbox.settings import LoggedRequest, SandboxSettings

_HOST = "127.0.0.1"


def serve(settings: SandboxSettings, announce: Callable[[str], None]) -> None:
    """See `sync.sandbox.serve`."""
    with _server(settings, []) as (server, listener, _):
        server.on_started = lambda: announce(_address(listener))
        try:
            server.run([listener])
        except KeyboardInterrupt:
            return


@contextmanager
def running(settings: SandboxSettings) -> Iterator[Sandbox]:
    """See `sync.sandbox.running`."""
    requests: list[LoggedRequest] = []
    with _server(settings, [requests.append]) as (server, listener, moodle):
        started = Event()
        server.on_started = started.set
        thread = Thread(target=server.run, args=([listener],), name="sandbox", daemon=True)
        thread.start()
        started.wait()
        try:
            yield Sandbox(_address(listener), settings.token, requests, moodle)
        finally:
            server.end()
            thread.join()


class _Server(uvicorn.Server):
    """A server that says when it answers, and ends at once: uvicorn's own checks every tenth of a second if it should.

    Answers under way are waited for, as by uvicorn; what is idle is not.
    """

    on_started: Callable[[], None]

    def end(self) -> None:
        """Stop a server that runs in another thread."""
        self._loop.call_soon_threadsafe(self._ended.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        await super().startup(sockets)
        self.on_started()

    async def main_loop(self) -> None:
        ways = [asyncio.ensure_future(super().main_loop()), asyncio.ensure_future(self._ended.wait())]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=self.config.timeout_graceful_shutdown)


class _Protocol(H11Protocol):
    """HTTP/1.1 whose requests can reach their connection, as `state.transport`, in order to cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


@contextmanager
def _server(
    settings: SandboxSettings, sinks: list[Callable[[LoggedRequest], object]]
) -> Iterator[tuple[_Server, socket.socket, Moodle]]:
    with ExitStack() as stack:
        moodle = Moodle(settings)
        stack.callback(moodle.close)
        if settings.institution:
            institution.load(moodle, settings.institution)
        if settings.log:
            log = stack.enter_context(open(settings.log, "ab", buffering=0, opener=private))
            sinks = [*sinks, lambda request: log.write(orjson.dumps(request) + b"\n")]

        def note(request: LoggedRequest) -> None:
            for sink in sinks:
                sink(request)

        listener = stack.enter_context(_listener(settings.port))
        config = uvicorn.Config(
            Api(moodle, settings, note),
            http=_Protocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=2,
        )
        yield _Server(config), listener, moodle


def _listener(port: int) -> socket.socket:
    # Declared as TCP, otherwise asyncio leaves Nagle's delay on and every answer of two writes waits 40 ms for it.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def _address(listener: socket.socket) -> str:
    return f"http://{_HOST}:{listener.getsockname()[1]}"
