"""How this site says that something is not there.

A proxy or gateway before the site has answers of its own, JSON with 404 among them. So a 404 is believed only if it has
the form in which the site answers for what cannot exist: a made-up user, or a path that no API has. Each is asked for
once, when the first 404 arrives. What the site says about other objects may have more names in it, such as `courseid`.

A gateway answers for everything while the site behind it is down. So nothing is learned, and no 404 of a new form
counts, unless the ping is answered afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sync.errors import SiteRefused
from sync.model import Request, Response
from sync.site.capabilities import NOBODY, NOWHERE
from sync.site.responses import PING, SAID, Classification, classify, require_pong, unusable

UNREAL: Final = (Request("GET", f"user/{NOBODY}"), NOWHERE)
"""What cannot exist."""

_PASSING: Final = frozenset({"slow_down", "trouble", "maintenance", "lost"})

Form = frozenset[str]
"""The names in an answer's object."""

Reader = Callable[[Request], Response]
"""Sends a GET to the site."""


@dataclass(frozen=True, slots=True)
class Absences:
    """What is known of the answers of one site.

    forms:   those of the answers for what cannot exist; None for what was not answered with an error in JSON
    similar: other forms that have the same error in them, and came while the site answered
    """

    forms: dict[str, Form | None] = field(default_factory=dict)
    similar: set[Form | None] = field(default_factory=set)

    def meaning(self, request: Request, response: Response, ask: Reader) -> Classification:
        """What an answer means, as `classify` has it; a 404 of another form than the site's cannot be used."""
        found = classify(request, response)
        form = _form(response)
        if found.kind not in ("absent", "gone") or form in self.similar:
            return found
        for unreal in UNREAL:
            if unreal.path not in self.forms and (trouble := self._learn(unreal, ask)):
                return trouble
            if form == self.forms[unreal.path]:
                return found
        if trouble := _trouble(ask):
            return trouble
        if not any(_has_error_of(form, own) for own in self.forms.values()):
            return unusable(request, response)
        self.similar.add(form)
        return found

    def _learn(self, unreal: Request, ask: Reader) -> Classification | None:
        """Ask for what cannot exist. Nothing is learned if there is trouble, which is returned."""
        answer = ask(unreal)
        said = classify(unreal, answer)
        trouble = said if said.kind in _PASSING else _trouble(ask)
        if trouble is None:
            self.forms[unreal.path] = _form(answer)
        return trouble


def _form(response: Response) -> Form | None:
    failed = response.status is not None and response.status >= 400
    return frozenset(response.data) if failed and isinstance(response.data, dict) else None


def _has_error_of(form: Form | None, own: Form | None) -> bool:
    """Whether it has all the names under which the site says what is wrong."""
    error = (own or frozenset()) & frozenset(SAID)
    return bool(form and error) and error <= (form or frozenset())


def _trouble(ask: Reader) -> Classification | None:
    """What is wrong if the API does not answer the ping: the call is to be repeated, and the site asked for first."""
    try:
        require_pong(ask(PING))
    except SiteRefused as error:
        return Classification("trouble", error.briefly)
    return None
