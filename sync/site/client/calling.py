"""How every method of the client works: a call is sent, the answer classified, and its content returned or raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Final, TypeVar, cast

from sync.errors import Fault
from sync.model import Request, Site, path_of
from sync.site.client.endpoints import Endpoint
from sync.site.client.failures import NotTheApi, failure
from sync.site.responses import classify

Instant = datetime | str
"""An instant: an aware datetime, or text that is sent as it is, such as `2026-09-01T08:00:00+01:00`."""

Flag = bool | int | str
"""Yes or no, as True and False, 1 and 0, or "1" and "0"."""

Row = TypeVar("Row")
Said = TypeVar("Said")
Query = Mapping[str, str | int | tuple[str, ...] | None]
Fields = Mapping[str, Instant | Flag | None]

_NOTHING: Final[Mapping[str, None]] = {}


class Caller:
    """Asks a site for endpoints, each call within `timeout` seconds; `page` is the parameter that numbers pages."""

    def __init__(self, site: Site, timeout: float, page: str) -> None:
        self._site = site
        self._timeout = timeout
        self._page = page

    def _ask(self, endpoint: Endpoint[Said], query: Query = _NOTHING, body: Fields = _NOTHING, **at: str) -> Said:
        """The content of the answer for the identifiers `at` in the path; None in `query` or `body` is left out.

        Raises CallFailed. Raises ValueError for an identifier that no path can hold (empty, `.` or `..`) and for a
        datetime without a time zone.
        """
        request = Request(
            endpoint.method,
            path_of(endpoint.path, at),
            query={name: _asked(value) for name, value in query.items() if value is not None},
            body={name: written(value) for name, value in body.items() if value is not None} or None,
            empty=endpoint.empty,
            many=endpoint.many,
        )
        response = self._site.send(request, self._timeout)
        classification = classify(request, response)
        if classification.kind != "done":
            raise failure(request, response, classification)
        return cast("Said", response.data)


def _asked(value: str | int | tuple[str, ...]) -> str | tuple[str, ...]:
    return value if isinstance(value, tuple) else str(value)


def written(value: Instant | Flag) -> str | int:
    """A value as it is sent: instants as ISO 8601 in UTC, flags as 1 or 0, the rest as it is. Raises ValueError."""
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError(f"{value!r} has no time zone: give it one, or write it as text the way the site reads it")
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return int(value) if isinstance(value, bool) else value


def every_page(page: Callable[[int], list[Row]], size: int) -> Iterator[Row]:
    """The rows of all pages, numbered from 0, up to one of fewer than `size` rows.

    Raises NotTheApi if a page repeats the one before: the site does not know the parameter it is asked by.
    """
    before: list[Row] = []
    for number in count():
        rows = page(number)
        if rows and rows == before:
            message = f"page {number} repeats the one before, so the list cannot be read to its end"
            raise NotTheApi(Fault(message, hint="Ask for one page that is large enough, or name the parameter."))
        yield from rows
        if not rows or len(rows) < size:
            return
        before = rows
