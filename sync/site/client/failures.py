"""The ways in which a call of the client can fail, as one tree.

CallFailed           the call did not do what it says; also a `SiteError`
+-- NotFound         404 from the API: what is asked for, or something it refers to, is not on the site
+-- Refused          any other 4xx: the call asks for something impossible, in the server's words
+-- Unauthorised     401, 403: the token is wrong, or lacks rights
+-- SlowDown         408, 425, 429: too many calls; `retry_after`
+-- ServerTrouble    5xx, or a 200 with an error or the wrong shape: repeat later
|   +-- Maintenance  503 on purpose and for long; `retry_after`
+-- NotTheApi        HTML, a redirect, PHP notices, part of a list, pages that repeat: not to be relied on
+-- NoAnswer         no answer came; `lost` says whether a write may have been done anyway
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from sync.errors import Fault, SiteError
from sync.model import Request, Response
from sync.site.responses import Classification, ResponseKind


class CallFailed(SiteError):
    """The call did not do what it says.

    `status` is that of HTTP where one answer is to blame, None where none came. `retry_after` is how many seconds the
    server asks to wait. `lost`: the request went out and its result is unknown, so that a write may be done,
    or be running still.
    """

    hint: ClassVar[str] = ""
    """What to do about it, if that is always the same."""

    def __init__(
        self,
        *faults: Fault | str,
        status: int | None = None,
        retry_after: float | None = None,
        lost: bool = False,
    ) -> None:
        super().__init__(*faults)
        self.status = status
        self.retry_after = retry_after
        self.lost = lost


class NotFound(CallFailed):
    """404 from the API itself: what was asked for, or something it refers to, is not on the site."""


class Refused(CallFailed):
    """The site refuses this call, but others may continue. The message is the server's own."""


class Unauthorised(CallFailed):
    """The token is wrong, or lacks the rights for this call."""

    hint = "Check the token, and the API keys in the plugin's settings in Moodle."


class SlowDown(CallFailed):
    """The site asks for fewer calls; nothing was done."""


class ServerTrouble(CallFailed):
    """The server or its database failed; the call may be repeated later."""


class Maintenance(ServerTrouble):
    """The site is in maintenance mode, probably for some time."""


class NotTheApi(CallFailed):
    """The answer is not the API's own. If PHP notices precede it, the call may have been carried out."""

    hint = "Check that the address is that of the Moodle site itself, and that the plugin's API is enabled there."


class NoAnswer(CallFailed):
    """The site could not be reached, or its answer was lost on the way."""


_KINDS: Final[Mapping[ResponseKind, type[CallFailed]]] = {
    "absent": NotFound,
    "gone": NotFound,
    "refused": Refused,
    "denied": Unauthorised,
    "slow_down": SlowDown,
    "trouble": ServerTrouble,
    "maintenance": Maintenance,
    "lost": NoAnswer,
    "foreign": NotTheApi,
    "unusable": NotTheApi,
}


def failure(request: Request, response: Response, classification: Classification) -> CallFailed:
    """The exception for an answer that is classified as anything but done."""
    kind = _KINDS[classification.kind]
    if kind is Refused and response.status == 404:  # a write that refers to something the site lacks
        kind = NotFound
    elif kind is ServerTrouble and response.status is None:
        kind = NoAnswer
    fault = Fault(classification.message, where=f"{request.method} {request.path}", hint=kind.hint)
    return kind(fault, status=response.status, retry_after=response.retry_after, lost=classification.kind == "lost")
