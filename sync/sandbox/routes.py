"""The table of routes: what the API answers to, and by which rule. A new resource is some lines here and its rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from sync.sandbox.manners import Manners
from sync.sandbox.rules import Ask, Json, Refused, Rule, courses, enrolments, groups, users


@dataclass(frozen=True)
class Route:
    """A method and a path, whose segments in braces name identifiers.

    `claim` says what other calls in flight would race with this one, beyond those to its own path: a sentence that
    two such calls share, or None.
    """

    method: str
    path: str
    rule: Rule
    claim: Callable[[sqlite3.Connection, Manners, Ask], str | None] | None = None

    @property
    def segments(self) -> list[str]:
        return self.path.split("/")[1:]

    def at(self, segments: list[str]) -> dict[str, str]:
        """The identifiers in a path that fits."""
        return {name[1:-1]: text for name, text in zip(self.segments, segments, strict=True) if name[0] == "{"}


def pong(db: sqlite3.Connection, manners: Manners, ask: Ask) -> Json:
    return {"message": "pong"}


ROUTES = (
    Route("GET", "/ping", pong),
    Route("GET", "/course/{courseid}", courses.get),
    Route("PUT", "/course/{courseid}", courses.put, claim=courses.new_category),
    Route("DELETE", "/course/{courseid}", courses.delete),
    Route("GET", "/course/{courseid}/enrol", enrolments.of_course),
    Route("GET", "/user/{userid}", users.get),
    Route("PUT", "/user/{userid}", users.put),
    Route("DELETE", "/user/{userid}", users.delete),
    Route("GET", "/user/{userid}/enrol", enrolments.of_user),
    Route("PUT", "/user/{userid}/enrol/{courseid}", enrolments.put, claim=enrolments.first_of_course),
    Route("DELETE", "/user/{userid}/enrol/{courseid}", enrolments.delete),
    Route("GET", "/course/{courseid}/group", groups.of_course),
    Route("GET", "/course/{courseid}/group/{groupid}", groups.get),
    Route("PUT", "/course/{courseid}/group/{groupid}", groups.put),
    Route("DELETE", "/course/{courseid}/group/{groupid}", groups.delete),
    Route("PUT", "/course/{courseid}/group/{groupid}/user/{userid}", groups.put_member),
    Route("DELETE", "/course/{courseid}/group/{groupid}/user/{userid}", groups.delete_member),
)


def route_of(method: str, segments: list[str]) -> Route | None:
    """The route for a path's decoded segments; None if the API has no such path, Refused (405) if not by `method`."""
    fitting = [route for route in ROUTES if _fits(route, segments)]
    for route in fitting:
        if route.method == method:
            return route
    if fitting:
        raise Refused(405, "method_not_allowed", f"{method} is not supported here.")
    return None


def _fits(route: Route, segments: list[str]) -> bool:
    pattern = route.segments
    return len(pattern) == len(segments) and all(
        text if part[0] == "{" else part == text for part, text in zip(pattern, segments, strict=True)
    )
