"""How this site says that something is not there.

A proxy or gateway before the site has answers of its own, JSON with 404 among them. So a 404 is believed only if it has
the form in which the site answers for what cannot exist: a made-up user, or a path that no API has. Each is asked for
once, when the first 404 arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sync.model import Request, Response
from sync.site.capabilities import NOBODY, NOWHERE
from sync.site.responses import Classification, classify, foreign

UNREAL: Final = (Request("GET", f"user/{NOBODY}"), NOWHERE)
"""What cannot exist."""

_PASSING: Final = frozenset({"slow_down", "trouble", "maintenance", "lost"})

Form = frozenset[str]
"""The names in an answer's object."""


@dataclass(frozen=True, slots=True)
class Absences:
    """What is known of the answers of one site. `forms` has None for what was not answered with an error in JSON."""

    forms: dict[str, Form | None] = field(default_factory=dict)

    def meaning(self, request: Request, response: Response, ask: Callable[[Request], Response]) -> Classification:
        """What an answer means, as `classify` has it; a 404 of another form than the site's is not the API's own.

        ask: sends a GET to the site
        """
        found = classify(request, response)
        if found.kind not in ("absent", "gone"):
            return found
        form = _form(response)
        for unreal in UNREAL:
            if unreal.path not in self.forms:
                answer = ask(unreal)
                said = classify(unreal, answer)
                if said.kind in _PASSING:
                    return said
                self.forms[unreal.path] = _form(answer)
            if form == self.forms[unreal.path]:
                return found
        return foreign(response)


def _form(response: Response) -> Form | None:
    failed = response.status is not None and response.status >= 400
    return frozenset(response.data) if failed and isinstance(response.data, dict) else None
