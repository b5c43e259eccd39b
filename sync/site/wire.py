"""HTTP/1.1 on one connection: a request goes out, an answer comes back.

Python's own http.client parses the answers, in a quarter of the time that httpcore and h11 take.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPResponse, IncompleteRead, RemoteDisconnected
from io import BufferedReader, RawIOBase
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import httpcore

from sync.site.deadline import Deadline

if TYPE_CHECKING:
    import ssl

    from _typeshed import WriteableBuffer

KEPT: Final = 4.0
"""Seconds an idle connection is kept: less than the 5 s after which Apache closes it."""

STEP: Final = 1 << 20
"""Bytes of a body that are read at a time."""


class RawResponse(NamedTuple):
    """What a server answers: headers, by names in lower case, and the body as it arrives, still packed."""

    status: int
    reason: str
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


def written(method: str, target: str, headers: Iterable[str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire, in one piece. `headers` are lines, without that of the length."""
    lines = [f"{method} {target} HTTP/1.1", *headers]
    if body or method in ("PUT", "POST"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


class Wire:
    """An open connection, for one call at a time, every wait of which ends at the `deadline`.

    kept: until when it can be used again, on the monotonic clock; 0 until an answer has been read to its end
    """

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self.kept = 0.0

    @property
    def idle(self) -> bool:
        """Whether it can be used again, and the server has not closed it."""
        return monotonic() < self.kept and not self._stream.get_extra_info("is_readable")

    @property
    def tls(self) -> ssl.SSLSocket | None:
        """The secured socket; None if the connection is not encrypted."""
        found: ssl.SSLSocket | None = self._stream.get_extra_info("ssl_object")
        return found

    def call(self, method: str, request: bytes) -> RawResponse:
        """Send a request, and wait for the head of its answer. Raises what httpcore and http.client raise."""
        self.kept = 0.0
        with suppress(httpcore.WriteError):  # a server may refuse a request it has not read
            self._stream.write(request, self._deadline.left(httpcore.WriteTimeout))
        incoming = _Incoming(self._stream, self._deadline)
        response = _final(_Reader(incoming), method)
        if incoming.ended:  # http.client takes a head that was cut off for a whole one
            raise RemoteDisconnected("the head of the answer was cut off")
        headers = {name.lower(): value.strip() for name, value in response.getheaders()}
        return RawResponse(response.status, response.reason, headers, self._chunks(response))

    def _chunks(self, response: HTTPResponse) -> Iterator[bytes]:
        while chunk := response.read(STEP):
            yield chunk
        if response.length:
            raise IncompleteRead(b"", response.length)
        if not response.will_close:
            self.kept = monotonic() + KEPT

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()


def _final(reader: _Reader, method: str) -> HTTPResponse:
    """The final answer, after interim ones (1xx)."""
    while True:
        response = HTTPResponse(reader, method=method)  # type: ignore[arg-type]  # all it needs of a socket
        response.begin()
        if response.status >= 200:
            return response


class _Incoming(RawIOBase):
    """What a server sends. `ended`: it has closed its side."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = self._stream.read(len(view), self._deadline.left(httpcore.ReadTimeout))
        view[: len(data)] = data
        self.ended = not data
        return len(data)


class _Reader(BufferedReader):
    """The same for http.client, which closes it after every answer; interim ones are followed by another."""

    def makefile(self, mode: str) -> _Reader:
        return self

    def close(self) -> None:
        pass
