"""One end for a whole call.

The time-outs of a socket begin again with every read, so a server that sends a byte now and then could hold a call
forever; here every look at the socket is bounded by what is left of the call's time.
"""

from __future__ import annotations

import ssl
from io import BufferedReader, RawIOBase
from socket import socket
from time import monotonic
from typing import Any, Protocol


class Deadline:
    """When the call in hand must be over, on the monotonic clock."""

    def __init__(self) -> None:
        self.at = 0.0

    def left(self) -> float:
        """The seconds left. Raises TimeoutError if there are none."""
        seconds = self.at - monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


class Stream(Protocol):
    """What is needed of a socket, whether or not it is encrypted."""

    def settimeout(self, value: float | None, /) -> None: ...  # noqa: D102 - as of a socket
    def recv_into(self, buffer: Any, /) -> int: ...  # noqa: D102
    def sendall(self, data: Any, /) -> None: ...  # noqa: D102
    def fileno(self) -> int: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class TimedStream:
    """A stream whose every use ends by the deadline; `http.client` takes it for a socket.

    `ended` says whether the other side has closed it. Closing it is left to whoever opened the stream: `http.client`
    does so before it has read the answer.
    """

    def __init__(self, stream: Stream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self.ended = False

    def sendall(self, data: bytes) -> None:
        """Send all of the bytes. Raises TimeoutError, OSError."""
        self._stream.settimeout(self._deadline.left())
        self._stream.sendall(data)

    def receive(self, buffer: Any) -> int:
        """Fill the buffer with what has come; 0 is the end. Raises TimeoutError, OSError."""
        self._stream.settimeout(self._deadline.left())
        count = self._stream.recv_into(buffer)
        self.ended = not count
        return count

    def makefile(self, _mode: str) -> BufferedReader:
        """What comes, as a file to read from."""
        return BufferedReader(_Incoming(self), 65536)

    def close(self) -> None:
        """Do nothing; see the class."""


class _Incoming(RawIOBase):
    def __init__(self, stream: TimedStream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._stream.receive(buffer)


class TlsWithin:
    """TLS through a connection that is itself encrypted, as to a proxy: `ssl` cannot wrap its own sockets.

    Raises OSError as `SSLContext.wrap_socket` does.
    """

    def __init__(self, outer: socket, trust: ssl.SSLContext, host: str) -> None:
        self._outer = outer
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trust.wrap_bio(self._came, self._goes, server_hostname=host)
        self.settimeout = outer.settimeout
        self.fileno = outer.fileno
        self.close = outer.close
        self._pump(self._tls.do_handshake)

    def recv_into(self, buffer: Any) -> int:
        """As of a socket."""
        try:
            return int(self._pump(self._tls.read, len(buffer), buffer))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return 0

    def sendall(self, data: bytes) -> None:
        """As of a socket."""
        self._pump(self._tls.write, data)

    def _pump(self, step: Any, *arguments: Any) -> Any:
        """Take a step of TLS, carrying its bytes in and out until it is done."""
        while True:
            try:
                done = step(*arguments)
            except ssl.SSLWantReadError:
                self._outer.sendall(self._goes.read())
                received = self._outer.recv(65536)
                if received:
                    self._came.write(received)
                else:
                    self._came.write_eof()
            else:
                self._outer.sendall(self._goes.read())
                return done
