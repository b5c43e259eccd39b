"""Which 404 is the site's own, and what is learned from it when."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sync.model import Request, Response
from sync.site.not_found import UNREAL, Absences
from sync.site.responses import PING

DELETE = Request("DELETE", "user/S1/enrol/C1")
READ = Request("GET", "course/C1")
PONG = Response(200, {"message": "pong"}, json=True)
GATEWAY = {"message": "no Route matched"}


def missing(data: Mapping[str, object]) -> Response:
    return Response(404, dict(data), json=True)


def site(user: Mapping[str, object], nowhere: Mapping[str, object], pong: Response = PONG) -> dict[str, Response]:
    """What a site answers, by path."""
    return {PING.path: pong, UNREAL[0].path: missing(user), UNREAL[1].path: missing(nowhere)}


HONEST = site({"error": "User not found", "userid": "x"}, {"error": "Unknown endpoint"})
DOWN = site(GATEWAY, GATEWAY, missing(GATEWAY))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"error": "Course not found"}, "absent"),
        ({"error": "Course not found", "courseid": "C1"}, "absent"),
        ({"error": "Course not found", "errorcode": "x"}, "absent"),
        (GATEWAY, "unusable"),
        ({"detail": "Not Found", "userid": "x"}, "unusable"),
        ({}, "unusable"),
    ],
)
def test_a_404_counts_if_it_has_the_error_of_the_site_in_it(data: Mapping[str, object], kind: str) -> None:
    absences = Absences()
    for _ in range(2):
        assert absences.meaning(READ, missing(data), lambda asked: HONEST[asked.path]).kind == kind


def test_a_form_of_names_that_mean_nothing_counts_if_it_is_the_same() -> None:
    there = site({"reason": "none"}, {})
    absences = Absences()
    assert absences.meaning(READ, missing({"reason": "none"}), lambda asked: there[asked.path]).kind == "absent"
    assert (
        absences.meaning(READ, missing({"reason": "", "more": 1}), lambda asked: there[asked.path]).kind == "unusable"
    )


def test_nothing_is_learned_from_a_gateway_while_the_site_is_down() -> None:
    absences = Absences()
    during = absences.meaning(DELETE, missing(GATEWAY), lambda asked: DOWN[asked.path])
    assert (during.kind, absences.forms) == ("trouble", {})
    assert absences.meaning(DELETE, missing(GATEWAY), lambda asked: HONEST[asked.path]).kind == "unusable"
    assert absences.meaning(DELETE, missing({"error": "none"}), lambda asked: HONEST[asked.path]).kind == "gone"


def test_another_form_is_trouble_while_the_site_is_down() -> None:
    absences = Absences()
    absences.meaning(READ, missing({"error": "none"}), lambda asked: HONEST[asked.path])
    spring = missing({"error": "Not Found", "path": "/x"})
    assert absences.meaning(DELETE, spring, lambda asked: DOWN[asked.path]).kind == "trouble"
