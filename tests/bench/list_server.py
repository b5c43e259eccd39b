"""A site for benchmarks: the lists of a folder over HTTP, from memory, as fast as Python answers.

    python -m tests.bench.list_server FOLDER

Prints its port, then answers until its standard input is closed. `course/{id}/enrol` is the file `{id}.json` of the
folder; any course or user by itself is there.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from threading import Thread

from sync.site.address import API

FRAME = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


def main() -> None:
    """Serve the folder."""
    lists = {path.stem: path.read_bytes() for path in Path(sys.argv[1]).iterdir()}
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        Thread(target=accept, args=(server, lists), daemon=True).start()
        sys.stdin.read()


def accept(server: socket.socket, lists: dict[str, bytes]) -> None:
    """One thread for each connection: a peer keeps four of them."""
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Thread(target=answer, args=(connection, lists), daemon=True).start()


def answer(connection: socket.socket, lists: dict[str, bytes]) -> None:
    """Requests without a body, one after another, until the client closes."""
    waiting = b""
    with connection:
        while True:
            head, end, waiting = waiting.partition(b"\r\n\r\n")
            while not end:
                more = connection.recv(65536)
                if not more:
                    return
                head, end, waiting = (head + more).partition(b"\r\n\r\n")
            connection.sendall(response(head.split(b" ", 2)[1].decode(), lists))


def response(path: str, lists: dict[str, bytes]) -> bytes:
    """The answer to a GET."""
    kind, _, rest = path.partition(f"{API}/")[2].partition("/")
    body = (
        b'{"message":"pong"}' if kind == "ping"
        else lists.get(rest.removesuffix("/enrol"), b"[]") if rest.endswith("/enrol")
        else b'{"%bid":"%b"}' % (kind.encode(), rest.encode())
    )  # fmt: skip
    return FRAME % (len(body), body)


if __name__ == "__main__":
    main()
