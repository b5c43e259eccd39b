"""What kind of site this is, found out by reads that ask for what cannot be there.

Nothing in the API tells which families of endpoints a site offers: Moodle Workplace ones are absent elsewhere. But an
endpoint that exists says of a made-up identifier that there is no such thing, while a path that leads nowhere is
answered as any other such path is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from sync.model import Answer, Call, Resource, Site
from sync.site.requests import read_call
from sync.site.responses import judge

NOWHERE = Call("GET", "nexsis-sync-probe")
"""A path that no API has."""

NOBODY = "nexsis-sync-probe"
"""An identifier that no SIS gives."""


def offered(site: Site, resources: Iterable[Resource], timeout: float) -> dict[str, bool | None]:
    """Which of these resources the site has endpoints for, by name; None where its answers do not tell.

    `timeout` is in seconds a call. What nothing reads is left out.
    """
    nowhere = site.send(NOWHERE, timeout)
    found: dict[str, bool | None] = {}
    for resource in resources:
        if resource.reads:
            call = read_call(resource.reads[0], dict.fromkeys(resource.key, NOBODY))
            found[resource.name] = _there(call, site.send(call, timeout), nowhere)
    return found


def _there(call: Call, answer: Answer, nowhere: Answer) -> bool | None:
    match judge(call, answer).verdict:
        case "done" | "refused":
            return True
        case "absent":
            return _code(answer) != _code(nowhere)
        case "foreign" | "denied" if answer.status == nowhere.status:
            return False
        case _:
            return None


def _code(answer: Answer) -> tuple[object, ...]:
    """What kind of refusal an answer is, whatever it is about."""
    data = answer.data if isinstance(answer.data, dict) else {}
    return answer.status, answer.json, *(data.get(name) for name in ("error", "errorcode", "exception"))


def comparison(
    site: Site, resource: Resource, keys: Iterable[Mapping[str, str]], timeout: float
) -> Literal["ignore_case", "exact"] | None:
    """How the site compares identifiers, tried on one of these objects that is there; None if none can tell.

    An identifier tells something only if it has a letter: it is asked for once more in the other case.
    """
    read = next((read for read in resource.reads if not read.many and set(read.by) == set(resource.key)), None)
    for key in keys if read else ():
        other = {name: value.swapcase() for name, value in key.items()}
        if read is None or other == key or judge(*_asked(site, read_call(read, key), timeout)).verdict != "done":
            continue
        match judge(*_asked(site, read_call(read, other), timeout)).verdict:
            case "done":
                return "ignore_case"
            case "absent":
                return "exact"
            case _:
                return None
    return None


def _asked(site: Site, call: Call, timeout: float) -> tuple[Call, Answer]:
    return call, site.send(call, timeout)
