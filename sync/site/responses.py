"""What a response means: the one place where a status, a body and a call become one kind of response.

The error table of the API reference is missing; this replaces it. An answer counts only if it is the API's own: JSON of
the shape that the call returns, or nothing where that is allowed. A Moodle whose database is down answers 200 to
everything, and a page of HTML at any address is not an answer of the API.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from sync.errors import Fault, SiteRefused, masked
from sync.model import Request, Response, Site
from sync.site.listing import Listing

ResponseKind = Literal[
    "done", "absent", "gone", "refused", "denied", "slow_down", "trouble", "maintenance", "lost", "foreign", "unusable"
]
"""
done         the call did what it says, and the answer has the shape it should have
absent       GET: the API says there is no such object
gone         DELETE: the API says there was no such object any more
refused      this call fails, others continue
denied       the token is wrong or lacks rights: stop
slow_down    wait (`retry_after` if given), send fewer at a time, repeat
trouble      the server failed or could not be reached: wait, repeat
maintenance  as trouble, but on purpose and for long: notify the person
lost         a write whose answer never came: it may be done, or be running still; wait, read, only then repeat
foreign      something other than the API answered: stop
unusable     an answer that is not final, not whole, or a 404 of another kind than the site's own: this call fails,
             others continue
"""

LONG_WAIT: Final = 60.0
"""Seconds of `Retry-After` from which a 503 is maintenance rather than a short problem."""

READ: Final = frozenset({200})
WRITTEN: Final = frozenset({200, 201, 204})
"""The statuses of success that the API gives to reads and to writes. Others are those of something on the way: a part
of an answer (206), a promise (202), a changed copy (203)."""

_FAILED: Final = frozenset({"error", "errorcode", "exception"})
SAID: Final = ("message", "error", "exception", "errorcode")
"""The names under which an answer in JSON may say what is wrong, the most telling first."""

_LEAD: Final[Mapping[ResponseKind, str]] = {
    "absent": "Moodle has no such record",
    "gone": "Moodle no longer has this record",
    "refused": "Moodle refused the request",
    "denied": "Moodle does not accept the token for this request",
    "slow_down": "Moodle asks for fewer requests",
    "trouble": "Moodle reports a server error",
    "maintenance": "Moodle is in maintenance mode",
    "lost": "the answer was lost, and the change may have been made",
    "foreign": "something other than the NexSIS API answered",
    "unusable": "Moodle's answer cannot be used",
}


PING: Final = Request("GET", "ping")


@dataclass(frozen=True, slots=True)
class Classification:
    """The kind of a response, and the one line a person reads about it (empty for `done`)."""

    kind: ResponseKind
    message: str = ""


def classify(request: Request, response: Response) -> Classification:
    """What the answer to this call means. Pure; see `ResponseKind` for what to do about it."""
    kind = _kind_of(request, response)
    return Classification(kind, "" if kind == "done" else _message(kind, request, response))


def unusable(request: Request, response: Response) -> Classification:
    """The meaning of an answer that turns out to be none to this call."""
    return Classification("unusable", _message("unusable", request, response))


def refuses(status: int) -> bool:
    """Whether a write with this status was refused for its content, and not for technical reasons on the way."""
    return classify(Request("PUT", ""), Response(status, data={}, json=True)).kind == "refused"


def ping(site: Site, timeout: float) -> None:
    """Make sure the API is there and takes our token (reference: Health Checks).

    `timeout` is in seconds. Raises SiteRefused with the cause and what to do about it.
    """
    require_pong(site.send(PING, timeout))


def require_pong(response: Response) -> None:
    """Check the answer to `PING`; raises as `ping` does."""
    classification = classify(PING, response)
    if classification.kind != "done":
        raise SiteRefused(Fault(classification.message, hint=_HINTS.get(classification.kind, _ADDRESS)))
    if not (isinstance(response.data, dict) and response.data.get("message") == "pong"):
        words = _words(response.data) or "unexpected JSON"
        raise SiteRefused(Fault(f"{_LEAD['foreign']} the ping: {words}", hint=_ADDRESS))


_ADDRESS: Final = (
    "Check the address (`url` in the site file): it is that of the Moodle site, like https://moodle.example.edu. "
    "In Moodle, check that the NexSIS plugin is installed and its API enabled."
)
_HINTS: Final[Mapping[ResponseKind, str]] = {
    "denied": "Check the token (`token` in the site file says where it is), and the API keys in the plugin's settings "
    "in Moodle.",
    "maintenance": "Nothing was sent. Run again once the maintenance is over.",
    "slow_down": "Nothing was sent. Run again later.",
    "trouble": "Nothing was sent. Check the address and the network, or run again later.",
}


# -- kinds --------------------------------------------------------------------------------------------------


def _kind_of(request: Request, response: Response) -> ResponseKind:
    match response.status:
        case None:
            return "lost" if response.lost and request.method != "GET" else "trouble"
        case 401 | 403:
            return "denied"
        case 404:
            return _missing(request, response)
        case 407:  # only a proxy between us and the site says this
            return "foreign"
        case 408 | 425 | 429:
            return "slow_down"
        case 503 if _on_purpose(response):
            return "maintenance"
        case 504 | 524 if request.method != "GET":  # the gateway gave up waiting; the work behind it continues
            return "lost"
        case status if status >= 500:
            return "trouble"
        case status if status >= 400:
            return "refused"
        case status if status >= 300 or status < 200:
            return "foreign"
        case _:
            return _success(request, response)


def _missing(request: Request, response: Response) -> ResponseKind:
    """404: only a JSON object comes from the API; a page is a wrong address, or the plugin switched off."""
    if not isinstance(response.data, dict):
        return "foreign"
    match request.method:
        case "GET":
            return "absent"
        case "DELETE":
            return "gone"
        case _:
            return "refused"


def _success(request: Request, response: Response) -> ResponseKind:
    if response.text and response.whole:
        return "foreign"
    if not response.whole or response.status not in (READ if request.method == "GET" else WRITTEN):
        return "unusable" if request.method == "GET" else "lost"
    if isinstance(response.data, dict) and _FAILED & response.data.keys():
        return "trouble"
    if isinstance(response.data, (list, Listing) if request.many else dict) and not _is_unreadable(request, response):
        return "done"
    return "done" if request.empty and response.data in (None, []) else "trouble"  # PHP writes an empty object as []


def _is_unreadable(request: Request, response: Response) -> bool:
    """Whether properties were asked for, and the list has entries that can have none."""
    entries = response.data if isinstance(response.data, list) and request.takes else ()
    return not all(isinstance(entry, dict) for entry in entries)


def _on_purpose(response: Response) -> bool:
    return bool(response.text) or (response.retry_after or 0.0) >= LONG_WAIT


# -- words for people ------------------------------------------------------------------------------------------


def _message(kind: ResponseKind, request: Request, response: Response) -> str:
    words = _words(response.data) or one_line(response.text)
    if kind == "refused" and words:
        return words
    lead = _LEAD[kind]
    if kind == "trouble" and response.status is None:
        lead = "no answer from Moodle"
    status = f" (HTTP {response.status})" if response.status is not None else ""
    pause = ""
    if response.retry_after and kind in ("slow_down", "maintenance"):
        pause = f" and asks for a pause of {response.retry_after:.0f} s"
    words = words or _without_words(request, response)
    return f"{lead}{status}{pause}" + (f": {words}" if words else "")


def _without_words(request: Request, response: Response) -> str:
    """What to say if the server said nothing."""
    if response.status == 404 and request.method in ("PUT", "POST") and response.json:
        return "something it refers to, such as the user, the course or the group, is not there"
    if response.status is not None and 200 <= response.status < 300:
        if response.status not in READ | WRITTEN:
            return "expected HTTP 200"
        came = "the answer is something else" if response.json else "the answer is empty"
        return f"expected {'a list' if request.many else 'an object'}, but {came}"
    return ""


def _words(data: object, depth: int = 3) -> str:
    """The server's own words in a JSON answer, however deep they are within reason."""
    if isinstance(data, str):
        return one_line(data)
    if isinstance(data, dict) and depth:
        return next((words for name in SAID if (words := _words(data.get(name), depth - 1))), "")
    return ""


_HIDDEN: Final = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_INLINE: Final = re.compile(r"</?(?:a|abbr|b|code|em|font|i|small|span|strong|u)\b[^<>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[a-z/!?][^<>]*>", re.IGNORECASE)
_EXCERPT: Final = 8192
_WIDTH: Final = 200


def one_line(text: str) -> str:
    """A server's text on one line of at most 200 characters, without tags, control characters and known secrets."""
    return _cut(masked(" ".join(_lines(text))))


def first_line(text: str) -> str:
    """The first line of a page with more than tags in it, of at most 200 characters; empty if there is none."""
    return _cut(masked(next(iter(_lines(text)), "")))


def _lines(text: str) -> list[str]:
    bare = _TAG.sub("\n", _INLINE.sub("", _HIDDEN.sub("", text[:_EXCERPT])))
    # A terminal obeys control characters, so none are let through.
    clean = ("".join(c if c.isprintable() else " " for c in line) for line in html.unescape(bare).splitlines())
    return [" ".join(line.split()) for line in clean if line.strip()]


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
