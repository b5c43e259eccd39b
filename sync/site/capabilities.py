"""What kind of site this is, found out by reading what cannot exist.

Nothing in the API says which families of endpoints a site offers: those of Moodle Workplace are absent elsewhere. But
an endpoint that exists answers a made-up identifier with "no such object", while a path that leads nowhere is answered
like any other such path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from sync.model import Read, Request, Resource, Response, Site
from sync.site.requests import read_request
from sync.site.responses import classify

NOWHERE = Request("GET", "nexsis-sync-probe")
"""A path that no API has."""

NOBODY = "nexsis-sync-probe"
"""An identifier that no SIS gives."""


def offered(site: Site, resources: Iterable[Resource], timeout: float) -> dict[str, bool | None]:
    """Which of these resources the site has endpoints for, by name; None if its answers do not show it.

    `timeout` is in seconds a call. What nothing reads is left out.
    """
    return answered(site, {resource.name: resource.reads[0] for resource in resources if resource.reads}, timeout)


def answered(site: Site, reads: Mapping[str, Read], timeout: float) -> dict[str, bool | None]:
    """The same for single reads, by any name."""
    nowhere = site.send(NOWHERE, timeout)
    requests = {name: read_request(read, dict.fromkeys(read.by, NOBODY)) for name, read in reads.items()}
    return {name: _there(request, site.send(request, timeout), nowhere) for name, request in requests.items()}


def _there(request: Request, response: Response, nowhere: Response) -> bool | None:
    match classify(request, response).kind:
        case "done" | "refused":
            return True
        case "absent":
            return _code(response) != _code(nowhere)
        case "foreign" | "denied" if response.status == nowhere.status:
            return False
        case _:
            return None


def _code(response: Response) -> tuple[object, ...]:
    """What kind of refusal an answer is, whatever it is about."""
    data = response.data if isinstance(response.data, dict) else {}
    return response.status, response.json, *(data.get(name) for name in ("error", "errorcode", "exception"))


def comparison(
    site: Site, resource: Resource, keys: Iterable[Mapping[str, str]], timeout: float
) -> Literal["ignore_case", "exact"] | None:
    """How the site compares identifiers, tried on one of these objects that exists; None if none can show it.

    Only an identifier with a letter shows this: it is read once more in the other case.
    """
    read = next((read for read in resource.reads if not read.many and set(read.by) == set(resource.key)), None)
    for key in keys if read else ():
        other = {name: value.swapcase() for name, value in key.items()}
        if read is None or other == key or classify(*_asked(site, read_request(read, key), timeout)).kind != "done":
            continue
        match classify(*_asked(site, read_request(read, other), timeout)).kind:
            case "done":
                return "ignore_case"
            case "absent":
                return "exact"
            case _:
                return None
    return None


def _asked(site: Site, request: Request, timeout: float) -> tuple[Request, Response]:
    return request, site.send(request, timeout)
