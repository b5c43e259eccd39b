"""A server of raw sockets: each connection is given to a function that reads requests and writes any bytes."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Peer:
    """One accepted connection."""

    sock: socket.socket
    server: RawServer
    _left: bytes = b""

    def request(self) -> Request | None:
        """The next request, or None once the client has closed."""
        while b"\r\n\r\n" not in self._left:
            if not self._more():
                return None
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
        length = int(headers.get("content-length", "0"))
        while len(self._left) < length and self._more():
            pass
        body, self._left = self._left[:length], self._left[length:]
        request = Request(line, headers, body)
        self.server.requests.append(request)
        return request

    def _more(self) -> bytes:
        chunk = self.sock.recv(65536)
        self._left += chunk
        return chunk

    def write(self, data: bytes) -> None:
        self.sock.sendall(data)

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


@dataclass
class RawServer:
    port: int = 0
    accepted: int = 0
    requests: list[Request] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Talk = Callable[[Peer], None]


@contextmanager
def serve(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Serve on a free port of this machine; each connection is closed when `talk` returns."""
    server = RawServer()
    threads: list[threading.Thread] = []

    def attend(sock: socket.socket) -> None:
        with sock, suppress(OSError):
            if tls is None:
                talk(Peer(sock, server))
            else:
                with tls.wrap_socket(sock, server_side=True) as secured:
                    talk(Peer(secured, server))

    def listen(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                server.accepted += 1
                threads.append(threading.Thread(target=attend, args=(sock,)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        listening = threading.Thread(target=listen, args=(listener,))
        listening.start()
        try:
            yield server
        finally:
            server.stopped.set()
            listener.shutdown(socket.SHUT_RDWR)
            listening.join()
            for thread in threads:
                thread.join()


def always(body: bytes, status: int = 200, **headers: str) -> Talk:
    """Give every request the same answer."""

    def talk(peer: Peer) -> None:
        while peer.request():
            peer.answer(body, status, **headers)

    return talk


def cut(beginning: bytes) -> Talk:
    """Read the request, write this much, close."""

    def talk(peer: Peer) -> None:
        peer.request()
        peer.write(beginning)

    return talk


def silent(peer: Peer) -> None:
    """Read the request and never answer."""
    peer.request()
    peer.server.stopped.wait()
