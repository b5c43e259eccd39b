"""A site for benchmarks that takes its time: each call waits, as many at once as there are connections.

    python -m tests.bench.late_server SECONDS

Prints its port, then answers until its standard input is closed. What is put is there afterwards, and is the answer;
only a ping is answered at once.
"""

from __future__ import annotations

import asyncio
import sys

from sync.site.address import API

FRAME = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


class Late(asyncio.Protocol):
    """A connection: its requests one after another, each answered `late` seconds after it has arrived."""

    def __init__(self, late: float) -> None:
        self.late = late
        self.waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        head, end, rest = self.waiting.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
        if end and len(rest) >= length:
            path, body, self.waiting = head.split(b" ", 2)[1], rest[:length], rest[length:]
            late = 0.0 if path.endswith(b"/ping") else self.late
            asyncio.get_running_loop().call_later(late, self.transport.write, response(path.decode(), body))


def response(path: str, body: bytes) -> bytes:
    """The answer to a request: the object with its identifier."""
    kind, _, id = path.partition(f"{API}/")[2].partition("/")
    said = b'{"message":"pong"}' if kind == "ping" else b'{"%bid":"%b",%b' % (kind.encode(), id.encode(), body[1:])
    return FRAME % (len(said), said)


async def main() -> None:
    """Serve until standard input is closed."""
    late = float(sys.argv[1])
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: Late(late), "127.0.0.1", 0, backlog=1024) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
