"""Connections to a mail server that end in time, however slowly its replies come.

A time-out of a socket begins again with every byte, so a server that sends one now and then could hold a run forever.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from time import monotonic
from typing import Any, Final

from sync.site.dialling import dial

PIECE: Final = 1 << 16
"""Bytes that are written at once."""

LONGEST: Final = 1 << 20
"""Bytes of the longest reply."""


class Late(Exception):
    """What was to be done took too long."""


class Punctual(smtplib.SMTP):
    """A connection on which everything must be done within some seconds, which `within` sets again.

    They count from the beginning of the connection at first. All methods raise Late, for a reply without an end too.
    """

    room = LONGEST
    """Bytes that the reply being read may still have."""

    def __init__(self, host: str, port: int, seconds: float, **more: Any) -> None:
        self.within(seconds)
        try:
            super().__init__(host, port, timeout=seconds, **more)
        except Late:
            self.close()
            raise

    def within(self, seconds: float) -> None:
        """Whatever follows must be done in this time."""
        self._end = monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left. Raises Late."""
        left = self._end - monotonic()
        if left <= 0:
            raise Late
        return left

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """A socket, as `smtplib` asks for one, connected to the first of the host's addresses that can be reached."""

        def connect(address: str, seconds: float) -> socket.socket:
            return socket.create_connection((address, port), seconds)

        return dial(host, port, self.left, connect, (OSError,))

    def send(self, s: Any) -> None:
        """Write bytes, or text in ASCII."""
        content = s.encode(self.command_encoding) if isinstance(s, str) else bytes(s)
        for at in range(0, len(content), PIECE):
            if self.sock is None:
                raise smtplib.SMTPServerDisconnected("the connection is closed")
            self.sock.settimeout(self.left())
            try:
                self.sock.sendall(content[at : at + PIECE])
            except TimeoutError:
                raise Late from None

    def getreply(self) -> tuple[int, bytes]:
        """The next reply."""
        if self.file is None and self.sock is not None:
            self.file = _Lines(self.sock, self)
        self.room = LONGEST
        return super().getreply()


class PunctualTLS(Punctual, smtplib.SMTP_SSL):
    """The same over TLS from the beginning."""

    def __init__(self, host: str, port: int, seconds: float, context: ssl.SSLContext) -> None:
        super().__init__(host, port, seconds, context=context)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        plain.settimeout(self.left())
        return self.context.wrap_socket(plain, server_hostname=host)


class _Lines:
    """What a server sends, line by line, as `smtplib` reads it."""

    def __init__(self, sock: socket.socket, connection: Punctual) -> None:
        self._sock = sock
        self._connection = connection
        self._came = b""

    def readline(self, most: int) -> bytes:
        """The next line with its end, or its first `most` bytes; an empty one if nothing more will come."""
        while b"\n" not in self._came and len(self._came) < most:
            self._sock.settimeout(self._connection.left())
            try:
                chunk = self._sock.recv(PIECE)
            except TimeoutError:
                raise Late from None
            if not chunk:
                break
            self._connection.room -= len(chunk)
            if self._connection.room < 0:
                raise Late
            self._came += chunk
        end = min(most, self._came.find(b"\n") + 1 or len(self._came))
        line, self._came = self._came[:end], self._came[end:]
        return line

    def close(self) -> None:
        """Forget the rest; the connection is closed elsewhere."""
        self._came = b""
