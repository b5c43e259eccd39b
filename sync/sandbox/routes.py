"""The table of routes: what the API answers to, and by which rule. A new resource is a few lines here and its rules."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import (
    ApiRefusal,
    Arguments,
    Json,
    Parameter,
    Rule,
    category_grades,
    certifications,
    completions,
    courses,
    enrolments,
    grades,
    groups,
    jobs,
    logs,
    managers,
    metalinks,
    programs,
    users,
)
from sync.sandbox.shapes import Shape, constant, listed, record


@dataclass(frozen=True)
class Route:
    """A method and a path, whose segments in braces name identifiers.

    `answer` is what it says when all went well, None an empty body; `body` and `query` are the parameters it heeds.
    `about` is the path of the one thing it reads or writes, where that is not its own: what it has in braces
    is taken from the path or the body, and two calls in progress about one object race. `claim` says which other calls
    in progress would race with this one: a sentence that two such calls share, or None. `raced` is the answer to a call
    that was done, if such a sentence came true.
    """

    method: str
    path: str
    rule: Rule
    answer: Shape | None = None
    body: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    about: str = ""
    claim: Callable[[sqlite3.Connection, SiteConventions, Arguments], str | None] | None = None
    raced: Callable[[Arguments], ApiRefusal] | None = None

    @property
    def segments(self) -> list[str]:
        return self.path.split("/")[1:]

    def at(self, segments: list[str]) -> dict[str, str]:
        """The identifiers in a path that matches."""
        return {name[1:-1]: text for name, text in zip(self.segments, segments, strict=True) if name[0] == "{"}

    def thing(self, conventions: SiteConventions, args: Arguments) -> str:
        """The path of what a call is about, so that calls about the same object share it."""
        named = {name: conventions.same_key(name, text) for name, text in {**args.body, **args.at}.items()}
        return (self.about or self.path).format_map(defaultdict(str, named))


def pong(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    return {"message": "pong"}


_ENROLMENT = "/user/{userid}/enrol/{courseid}"

_GROUP = "/course/{courseid}/group/{groupid}"
_METALINK, _ALSO_METALINK = (
    f"/{first}/{{parent_courseid}}/metalink/{{metalink_courseid}}" for first in ("course", "metalink")
)
_COMPLETION = "/course/{courseid}/user/{userid}/completion"
_CATEGORY, _ALSO_CATEGORY = (f"/course/{{courseid}}/{noun}/{{catid}}" for noun in ("categorygrade", "categorygrades"))
_OVERRIDDEN = f"{_CATEGORY}/{{userid}}"


def _category_grades(path: str) -> tuple[Route, Route]:
    override, words = f"{path}/{{userid}}/{{grade}}", category_grades.OVERRIDE
    return (
        Route("GET", path, category_grades.of_course, category_grades.LIST, query=category_grades.FILTER),
        Route("PUT", override, category_grades.put, category_grades.WRITTEN, query=words, about=_OVERRIDDEN),
    )


def _metalink_put(path: str) -> Route:
    body, claim = metalinks.BODY, metalinks.new_group
    return Route("PUT", path, metalinks.put, metalinks.SHAPE, body, about=_METALINK, claim=claim)


ROUTES = (
    Route("GET", "/ping", pong, record(message=constant("pong"))),
    Route("GET", "/course/{courseid}", courses.get, courses.SHAPE),
    Route("PUT", "/course/{courseid}", courses.put, courses.SHAPE, courses.BODY, claim=courses.new_category),
    Route("DELETE", "/course/{courseid}", courses.delete),
    Route("GET", "/course/{courseid}/enrol", enrolments.of_course, enrolments.OF_COURSE),
    Route("GET", "/user/{userid}", users.get, users.SHAPE),
    Route("PUT", "/user/{userid}", users.put, users.SHAPE, users.BODY),
    Route("DELETE", "/user/{userid}", users.delete),
    Route("GET", "/user/{userid}/enrol", enrolments.of_user, enrolments.OF_USER, query=enrolments.QUERY),
    Route("PUT", _ENROLMENT, enrolments.put, body=enrolments.BODY, claim=enrolments.first_of_course),
    Route("DELETE", _ENROLMENT, enrolments.delete, query=enrolments.QUERY),
    Route("GET", "/course/{courseid}/group", groups.of_course, listed(groups.SHAPE)),
    Route("GET", _GROUP, groups.get, groups.SHAPE),
    Route("PUT", _GROUP, groups.put, groups.SHAPE, groups.BODY, claim=groups.one_at_a_time, raced=groups.unseen),
    Route("DELETE", _GROUP, groups.delete, claim=groups.one_at_a_time),
    Route("PUT", f"{_GROUP}/user/{{userid}}", groups.put_member),
    Route("DELETE", f"{_GROUP}/user/{{userid}}", groups.delete_member),
    Route("GET", _METALINK, metalinks.get, metalinks.SHAPE),
    _metalink_put(_METALINK),
    _metalink_put(_ALSO_METALINK),
    Route("DELETE", _METALINK, metalinks.delete),
    Route("GET", _COMPLETION, completions.get, completions.SHAPE),
    Route("POST", f"{_COMPLETION}/{{timestamp_course_completion}}", completions.post, about=_COMPLETION),
    Route("GET", "/user/{userid}/grade", grades.of_user, grades.LIST),
    Route("GET", "/course/{courseid}/grade", grades.of_course, grades.LIST, query=grades.QUERY),
    *_category_grades(_CATEGORY),
    *_category_grades(_ALSO_CATEGORY),
    Route("GET", "/logs", logs.get, listed(logs.SHAPE), query=logs.QUERY),
)
"""The routes of any Moodle with the plugin."""

_PROGRAM, _CERTIFICATION = "/program/{programid}/user/{userid}", "/certification/{certificationid}/user/{userid}"
_JOB = "/organisation/user/{userid}/department/{departmentid}/position/{positionid}"
_MANAGER = "/organisation/user/{userid}/manager/{reportsto_userid}"

WORKPLACE = (
    Route("GET", _PROGRAM, programs.get, programs.READ),
    Route("PUT", _PROGRAM, programs.put, programs.WRITTEN, programs.BODY),
    Route("DELETE", _PROGRAM, programs.delete),
    Route("GET", _CERTIFICATION, certifications.get, certifications.SHAPE),
    Route("PUT", _CERTIFICATION, certifications.put, certifications.SHAPE, certifications.BODY),
    Route("DELETE", _CERTIFICATION, certifications.delete),
    Route("GET", "/organisation/user/{userid}/job", jobs.of_user, listed(jobs.READ)),
    Route("PUT", "/organisation/user/{userid}", jobs.put, jobs.WRITTEN, jobs.BODY, about=_JOB),
    Route("DELETE", _JOB, jobs.delete),
    Route("GET", "/organisation/user/{userid}/manager", managers.of_user, listed(managers.READ)),
    Route("PUT", _MANAGER, managers.put, managers.WRITTEN, managers.BODY),
    Route("DELETE", _MANAGER, managers.delete),
)
"""The routes of a Moodle Workplace only. To any other Moodle these paths are unknown."""


def served(workplace: bool) -> tuple[Route, ...]:
    """The routes of a site, with or without those of Workplace."""
    return ROUTES + WORKPLACE if workplace else ROUTES


def route_of(routes: Sequence[Route], method: str, segments: list[str]) -> Route:
    """The route for a path's decoded segments.

    Raises Refused: 405 if it is not served by `method`; 404 if there is no such path at all. The latter is an answer
    of the plugin, not a page of the web server: the plugin interprets everything below index.php in a URL.
    """
    fitting = [route for route in routes if _fits(route, segments)]
    for route in fitting:
        if route.method == method:
            return route
    if fitting:
        allowed = {"Allow": ", ".join(sorted(route.method for route in fitting))}
        raise ApiRefusal(405, "method_not_allowed", f"{method} is not supported here.", allowed)
    raise ApiRefusal(404, "unknown_endpoint", f"There is no endpoint {method} /{'/'.join(segments)}.")


def _fits(route: Route, segments: list[str]) -> bool:
    pattern = route.segments
    return len(pattern) == len(segments) and all(
        text if part[0] == "{" else part == text for part, text in zip(pattern, segments, strict=True)
    )
