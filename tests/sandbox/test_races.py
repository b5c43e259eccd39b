"""Calls that are in progress together: what they would do to a real Moodle is noted, and stale groups are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest

from sync.sandbox import BASE, LoggedRequest, Moodle, Sandbox, SandboxSettings
from sync.sandbox.app import Api

Call = tuple[str, str, dict[str, str] | None]
ENROL = {"roleid": "student"}


def course(name: str, path: str) -> Call:
    return "PUT", f"/course/{name}", {"fullname": name, "shortname": name, "categorypath": path}


def linked(parent: str, course: str, groupid: str = "M1", spelt: str = "course") -> Call:
    return "PUT", f"/{spelt}/{parent}/metalink/{course}", {"group": "new", "groupid": groupid}


DONE = "/course/C1/user/S1/completion"


def job(position: str, user: str = "S1") -> Call:
    return "PUT", f"/organisation/user/{user}", {"departmentid": "D5", "positionid": position}


def group(course: str, id: str) -> Call:
    return "PUT", f"/course/{course}/group/{id}", {"name": id}


class Crossroads:
    """A site whose calls arrive together, without a network: none is answered before all have begun."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.moodle = Moodle(settings)
        self._requests: list[LoggedRequest] = []
        self._transport = httpx.ASGITransport(Api(self.moodle, settings, self._requests.append))

    def statuses(self, *calls: Call) -> list[int]:
        async def together() -> list[httpx.Response]:
            bearer = {"Authorization": "Bearer sandbox"}
            site = f"http://moodle.example.edu{BASE}"
            async with httpx.AsyncClient(transport=self._transport, base_url=site, headers=bearer) as client:
                return await asyncio.gather(*(client.request(method, path, json=body) for method, path, body in calls))

        return [answer.status_code for answer in asyncio.run(together())]

    @property
    def races(self) -> list[str]:
        return [request.race for request in self._requests if request.race]


@pytest.fixture
def crossroads() -> Iterator[Callable[..., Crossroads]]:
    """A site with these settings, on which some have been enrolled before."""
    with ExitStack() as stack:

        def opened(**settings: Any) -> Crossroads:
            site = Crossroads(SandboxSettings(**settings))
            moodle = stack.enter_context(closing(site.moodle))
            for n in (1, 2):
                moodle.add_user(f"S{n}", f"s{n}")
            for n in (1, 2, 3):
                moodle.add_course(f"C{n}", categorypath="/There")
            moodle.add_enrolment("S1", "C3")
            moodle.add_enrolment("S2", "C1", plugin="manual")
            return site

        yield opened


@pytest.mark.parametrize(
    ("one", "other", "race"),
    [
        (("PUT", "/user/S1", {}), ("PUT", "/user/s1", {}), "two calls in flight for /user/s1"),
        (("PUT", "/user/S1", {}), ("GET", "/user/S1", None), "two calls in flight for /user/s1"),
        (("GET", "/user/S1", None), ("GET", "/user/S1", None), None),
        (("PUT", "/user/S1", {}), ("PUT", "/user/S2", {}), None),
        (course("N1", "/A/B"), course("N2", "/a/C"), "new category /a "),
        (course("N1", "/There/B"), course("N2", "/There/B"), "new category /there/b "),
        (course("N1", "/There/B"), course("N2", "/There/C"), None),
        (course("N1", "/There"), course("N2", "/There"), None),
        (("PUT", "/user/S1/enrol/C1", ENROL), ("PUT", "/user/S2/enrol/C1", ENROL), "first enrolments of course c1 "),
        (("PUT", "/user/S1/enrol/C1", ENROL), ("PUT", "/user/S2/enrol/C2", ENROL), None),
        (("PUT", "/user/S1/enrol/C3", ENROL), ("PUT", "/user/S2/enrol/C3", ENROL), None),
        (linked("C1", "C2"), linked("C1", "C3"), "first writes of the new group M1 of course c1 "),
        (linked("C1", "C2"), linked("C2", "C3"), None),
        (linked("C1", "C2", "m1"), linked("C1", "C2", "m1", "metalink"), "for /course/c1/metalink/c2"),
        (linked("C1", "C2", ""), linked("C1", "C3", ""), None),
        (("POST", f"{DONE}/1793520000", None), ("POST", f"{DONE}/1793520001", None), "/course/c1/user/s1/completion"),
        (job("P4"), job("p4 "), "two calls in flight for /organisation/user/s1/department/d5/position/p4"),
        (job("P4"), ("DELETE", "/organisation/user/S1/department/D5/position/P4", None), "/position/p4"),
        (job("P4"), job("P5"), None),
        (group("C1", "G1"), group("c1", "G2"), "two writes of groups in course c1"),
        (group("C1", "1"), group("C1", "01"), "two calls in flight for /course/c1/group/1"),
        (group("C1", "G1"), ("DELETE", "/course/C1/group/G2", None), "two writes of groups in course c1"),
        (group("C1", "G1"), group("C2", "G1"), None),
        (group("C1", "G1"), ("GET", "/course/C1/group", None), None),
        (job("P4"), job("P4", "S2"), None),
    ],
)
def test_races_are_seen(crossroads: Callable[..., Crossroads], one: Call, other: Call, race: str | None) -> None:
    """> Parallel writes of one record create duplicates, and so do parallel first writes under a new category and
    the first enrolments of a course.
    """
    site = crossroads()
    site.statuses(one, other)
    assert [race in seen for seen in site.races if race] == ([True] if race else [])
    assert len(site.races) == bool(race)


def test_groups_put_at_once_in_one_course_are_made_and_all_but_the_first_answered_with_404(
    crossroads: Callable[..., Crossroads],
) -> None:
    """> If groups of one course are written in parallel, all of them are created, but some are answered with 404.
    A moment later they are found.
    """
    site = crossroads()
    calls = [group(course, f"G{n}") for course in ("C1", "C2") for n in range(3)]
    assert site.statuses(*calls) == [200, 404, 404, 200, 404, 404]
    assert len(site.moodle.groups()) == 6
    assert site.statuses(("GET", "/course/C1/group/G2", None)) == [200]


def test_a_site_may_see_its_groups_however_they_are_put(crossroads: Callable[..., Crossroads]) -> None:
    """> If groups of one course are written in parallel, all of them are created, but some are answered with 404.
    A moment later they are found.
    """
    site = crossroads(stale_groups=False)
    assert site.statuses(group("C1", "G1"), group("C1", "G2")) == [200, 200]
    assert len(site.races) == 1


def test_calls_one_after_another_never_race(sandbox: Sandbox, client: httpx.Client) -> None:
    for number in range(50):
        client.put("/user/S1", json={"lastname": f"N{number}"})
        client.put("/user/S1/enrol/C1", json=ENROL)
    assert len(sandbox.requests) == 100
    assert sandbox.races == []
