"""The NexSIS API as a typed client: a method for every endpoint of the reference, for use without the engine.

    with Client("https://moodle.example.edu", token) as nexsis:
        nexsis.put_user("S123", username="student123", firstname="Student", lastname="Smith", email="s@inst.example")
        nexsis.user("S123")["email"]

What a method is called follows from what it does: `user` gets one, `put_user` creates or changes it, `delete_user`
deletes it; lists are in the plural, and `all_` reads a long one to its end. `ENDPOINTS` lists which call each makes.
What answers mean is judged in `sync.site.responses`, for the engine and here alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from sync.errors import Fault
from sync.site.client import endpoints as at
from sync.site.client.calling import Flag, Instant, every_page
from sync.site.client.courses import Courses
from sync.site.client.endpoints import ENDPOINTS, Endpoint
from sync.site.client.failures import (
    CallFailed,
    Maintenance,
    NoAnswer,
    NotFound,
    NotTheApi,
    Refused,
    ServerTrouble,
    SlowDown,
    Unauthorised,
)
from sync.site.client.organisation import Organisation
from sync.site.client.shapes import Level, Log
from sync.site.client.users import PAGE, Users
from sync.site.transport import connect


class Client(Courses, Users, Organisation):
    """A Moodle to be asked, by address and token; closed at the end of a `with`, or by `close`.

    `timeout` is how many seconds a call may take in all, `permits` the maximum number of calls in progress if several
    threads share the client; `page` is the parameter that numbers the pages of a course's grades, from 0; `ca_file` is
    a PEM file of authorities that are trusted besides the system's. Nothing is sent yet. Raises ConfigError for an
    address, a token or a file that cannot be used: HTTPS is required except on this machine.

    A call is sent once, never repeated. Every method raises CallFailed where the site does not do what is asked, as
    one of the kinds listed in `sync.site.client.failures`; in particular, what is not there is NotFound, for a delete
    too. Every method raises ValueError for an identifier that is empty, `.` or `..`. The token is in no message.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 60.0,
        permits: int = 4,
        page: str = "page",
        ca_file: Path | None = None,
    ) -> None:
        self._closing = ExitStack()
        site = self._closing.enter_context(connect(url, token, permits=permits, ca_file=ca_file))
        super().__init__(site, timeout, page)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._site!r})"

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._closing.close()

    def ping(self) -> None:
        """Make sure the API is there and takes the token (reference: Health Checks). Raises CallFailed if not."""
        pong = self._ask(at.PING)
        if pong.get("message") != "pong":
            raise NotTheApi(Fault("something other than the NexSIS API answered the ping", hint=NotTheApi.hint))

    def logs(self, *, level: Iterable[Level] = (), limit: int | None = None, offset: int | None = None) -> list[Log]:
        """Lines of the plugin's log, `limit` of them after the first `offset` (reference: Get Logs).

        With `level`, only lines as grave as one of these: fatal, error, warning, info.
        """
        return self._ask(at.LOGS, query={"limit": limit, "offset": offset, "level": ",".join(level) or None})

    def all_logs(self, *, level: Iterable[Level] = (), limit: int = PAGE) -> Iterator[Log]:
        """All lines of the log, read `limit` at a time as they are needed (reference: Get Logs).

        A line may come twice if new ones are written in the meantime. Raises NotTheApi if the site gives the same lines
        again and again.
        """
        level = tuple(level)
        return every_page(lambda page: self.logs(level=level, limit=limit, offset=page * limit), limit)


__all__ = [
    "ENDPOINTS",
    "CallFailed",
    "Client",
    "Endpoint",
    "Flag",
    "Instant",
    "Maintenance",
    "NoAnswer",
    "NotFound",
    "NotTheApi",
    "Refused",
    "ServerTrouble",
    "SlowDown",
    "Unauthorised",
]
